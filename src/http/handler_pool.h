#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace millrace::http {

/// Threads that come when there is work and go when there is none. Any thread may call.
class HandlerPool {
 public:
  explicit HandlerPool(std::size_t max_threads);
  ~HandlerPool();

  /// Runs `work` soon: at once on an idle or a new thread, queued when there are `max_threads` busy ones.
  void run(std::function<void()> work);

  /// Waits up to `limit` for everything that runs; then lets the rest run on by itself. Refuses new work.
  void stop(std::chrono::milliseconds limit);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the threads: a given-up one may outlive the pool
};

}  // namespace millrace::http
