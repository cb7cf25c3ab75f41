#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace millrace::base {

/// A named thread with a stop token. Joined on destruction, after a stop request; or given up with `abandon`.
class Thread {
 public:
  Thread() = default;
  /// `name` is cut to the 15 characters that the system keeps. Nothing may escape from `body`.
  Thread(const std::string& name, std::function<void(std::stop_token)> body);
  Thread(Thread&&) = default;
  Thread& operator=(Thread&&) = default;

  bool joinable() const noexcept { return thread_.joinable(); }
  void request_stop() { thread_.request_stop(); }
  void join() { thread_.join(); }
  /// Lets it run on by itself: for foreign code that does not return. What `body` uses must outlive it.
  void abandon() {
    thread_.request_stop();
    thread_.detach();
  }

 private:
  std::jthread thread_;
};

}  // namespace millrace::base
