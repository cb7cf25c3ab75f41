#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>

#include "base/clock.h"

namespace millrace::runtime {

/// What others may tell a running task: stop, pause, resume, cancel; and the one place where the task's thread waits.
///
/// Threads: any. Messages for the task (acknowledgements) are guarded by `mutex()`, and followed by `notify()`.
class TaskControl {
 public:
  explicit TaskControl(base::Clock& clock) : clock_(clock) {}

  void stop();
  /// Its results no longer count: it was waited for long enough. Implies stop.
  void cancel();
  void set_paused(bool paused);

  bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }
  bool paused() const noexcept { return paused_.load(std::memory_order_acquire); }
  std::stop_token stop_token() const { return stop_source_.get_token(); }

  /// Called on every change, from the thread that made it, under no lock (a consumer's wake_up). Set it before others know
  /// of the task; `clear_on_change` returns once no call is under way.
  void set_on_change(std::function<void()> on_change);
  void clear_on_change() { set_on_change(nullptr); }

  std::mutex& mutex() noexcept { return mutex_; }
  void notify() noexcept { changed_.notify_all(); }

  /// Waits until stop, `done()` (called under the mutex) or `deadline`. Runs on: the task's thread.
  void wait(base::SteadyTime deadline, const std::function<bool()>& done);

  /// The same for the last steps of a task that is stopping; only `cancel` ends it early.
  void wait_even_if_stopping(base::SteadyTime deadline, const std::function<bool()>& done);

  base::Clock& clock() noexcept { return clock_; }

 private:
  void changed();

  base::Clock& clock_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> paused_{false};
  std::stop_source stop_source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::mutex on_change_mutex_;
  std::function<void()> on_change_;  // guarded by on_change_mutex_
};

}  // namespace millrace::runtime
