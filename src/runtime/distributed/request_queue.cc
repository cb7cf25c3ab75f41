#include "runtime/distributed/request_queue.h"

namespace millrace::runtime {

void HerderQueue::set_wake(std::function<void()> wake) {
  const std::scoped_lock lock(mutex_);
  wake_ = std::move(wake);
}

bool HerderQueue::post_to(std::deque<Work>& queue, Work work) {
  std::function<void()> wake;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return false;
    queue.push_back(std::move(work));
    wake = wake_;
  }
  if (wake) wake();
  return true;
}

bool HerderQueue::post(Work work) { return post_to(events_, std::move(work)); }
bool HerderQueue::post_request(Work work) { return post_to(requests_, std::move(work)); }

void HerderQueue::run_all(std::deque<Work>& queue) {
  std::deque<Work> taken;
  {
    const std::scoped_lock lock(mutex_);
    taken.swap(queue);
  }
  for (const Work& work : taken) work();
}

void HerderQueue::run_events() { run_all(events_); }
void HerderQueue::run_requests() { run_all(requests_); }

void HerderQueue::run_due(base::SteadyTime now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const Work work = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    work();
  }
}

std::optional<base::SteadyTime> HerderQueue::next_timer() const {
  return timers_.empty() ? std::nullopt : std::optional(timers_.begin()->first);
}

bool HerderQueue::has_requests() const {
  const std::scoped_lock lock(mutex_);
  return !requests_.empty() || !events_.empty();
}

void HerderQueue::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  events_.clear();
  requests_.clear();
}

}  // namespace millrace::runtime
