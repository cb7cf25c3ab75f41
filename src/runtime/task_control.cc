#include "runtime/task_control.h"

#include <utility>

namespace millrace::runtime {

void TaskControl::stop() {
  stopping_.store(true, std::memory_order_release);
  stop_source_.request_stop();
  changed();
}

void TaskControl::cancel() {
  cancelled_.store(true, std::memory_order_release);
  stop();
}

void TaskControl::set_paused(bool paused) {
  if (paused_.exchange(paused) != paused) changed();
}

void TaskControl::set_on_change(std::function<void()> on_change) {
  const std::lock_guard lock(on_change_mutex_);
  on_change_ = std::move(on_change);
}

void TaskControl::changed() {
  { const std::lock_guard lock(mutex_); }  // a waiter has either seen the flag or is waiting by now
  changed_.notify_all();
  const std::lock_guard lock(on_change_mutex_);
  if (on_change_) on_change_();
}

void TaskControl::wait(base::SteadyTime deadline, const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  clock_.wait_until(lock, changed_, deadline, [&] { return stopping() || done(); });
}

void TaskControl::wait_even_if_stopping(base::SteadyTime deadline, const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  clock_.wait_until(lock, changed_, deadline, [&] { return cancelled() || done(); });
}

}  // namespace millrace::runtime
