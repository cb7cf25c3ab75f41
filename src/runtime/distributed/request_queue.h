#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace millrace::runtime {

/// The answer to a request that another thread waits for. Copies answer the same request; the first answer counts.
template <class T>
class Reply {
 public:
  void operator()(Result<T> result) const {
    const std::scoped_lock lock(state_->mutex);
    if (!state_->result) state_->result.emplace(std::move(result));
    state_->answered.notify_all();
  }
  /// The one who asked does not wait any more: do not begin with it.
  bool abandoned() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->abandoned;
  }
  /// nullopt: no answer within `timeout`; the request counts as abandoned from then on.
  std::optional<Result<T>> wait(std::chrono::milliseconds timeout) const {
    std::unique_lock lock(state_->mutex);
    if (!state_->answered.wait_for(lock, timeout, [&] { return state_->result.has_value(); })) {
      state_->abandoned = true;
      return std::nullopt;
    }
    return std::move(*state_->result);
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<Result<T>> result;  // guarded by mutex
    bool abandoned = false;           // guarded by mutex
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// Work for the herder's thread: at once, or when its time has come. Threads: `post` from any, the rest from the owner's.
class HerderQueue {
 public:
  using Work = std::function<void()>;

  /// `wake` is called after each post, on the poster's thread.
  void set_wake(std::function<void()> wake);
  /// False once closed.
  bool post(Work work);
  /// Stages of requests (as opposed to events): they may be held back while a rebalance is under way.
  bool post_request(Work work);

  void run_events();
  void run_requests();
  void at(base::SteadyTime when, Work work) { timers_.emplace(when, std::move(work)); }
  void run_due(base::SteadyTime now);
  std::optional<base::SteadyTime> next_timer() const;
  bool has_requests() const;

  /// Refuses posts from now on and drops what waits; its requesters time out or were told otherwise.
  void close();

 private:
  bool post_to(std::deque<Work>& queue, Work work);
  void run_all(std::deque<Work>& queue);

  mutable std::mutex mutex_;
  std::deque<Work> events_;     // guarded by mutex_
  std::deque<Work> requests_;   // guarded by mutex_
  std::function<void()> wake_;  // guarded by mutex_
  bool closed_ = false;         // guarded by mutex_
  std::multimap<base::SteadyTime, Work> timers_;
};

}  // namespace millrace::runtime
