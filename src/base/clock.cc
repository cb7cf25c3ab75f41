#include "base/clock.h"

#include <algorithm>

namespace millrace::base {
namespace {

class SystemClock : public Clock {
 public:
  SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  std::int64_t wall_ms() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, SteadyTime deadline,
                  const std::function<bool()>& done) override {
    if (deadline == SteadyTime::max()) {
      changed.wait(lock, done);
      return true;
    }
    return changed.wait_until(lock, deadline, done);
  }
};

}  // namespace

Clock& Clock::system() {
  static auto* clock = new SystemClock();
  return *clock;
}

SteadyTime ManualClock::now() const {
  const std::lock_guard lock(mutex_);
  return SteadyTime{} + since_start_;
}

std::int64_t ManualClock::wall_ms() const {
  const std::lock_guard lock(mutex_);
  return 1'700'000'000'000 + since_start_.count();
}

bool ManualClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, SteadyTime deadline,
                             const std::function<bool()>& done) {
  // Looks again every millisecond: `advance` does not know who waits.
  while (!done()) {
    if (now() >= deadline) return false;
    changed.wait_for(lock, std::chrono::milliseconds(1));
  }
  return true;
}

void ManualClock::advance(std::chrono::milliseconds by) {
  const std::lock_guard lock(mutex_);
  since_start_ += by;
}

}  // namespace millrace::base
