#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "base/clock.h"

namespace millrace::base {

/// Messages for one owner thread. Any thread posts; after `close` posts are refused and what is left can still be taken.
template <class T>
class Mailbox {
 public:
  explicit Mailbox(Clock& clock = Clock::system()) : clock_(clock) {}

  bool post(T message) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return false;
      messages_.push_back(std::move(message));
    }
    changed_.notify_one();
    return true;
  }

  /// Waits for messages up to `deadline`; all that are there, in order. Empty: timeout, or closed and drained.
  std::deque<T> take_all(SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    clock_.wait_until(lock, changed_, deadline, [this] { return closed_ || !messages_.empty(); });
    return std::exchange(messages_, {});
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> messages_;
  bool closed_ = false;
};

}  // namespace millrace::base
