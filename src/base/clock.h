#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace millrace::base {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Time, and waiting for it: a test advances a ManualClock instead of sleeping. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime now() const = 0;
  /// Milliseconds since the epoch.
  virtual std::int64_t wall_ms() const = 0;
  /// Waits until `done()` (under `lock`) or `deadline`; false on timeout. `changed` is notified when `done` may have changed.
  virtual bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, SteadyTime deadline,
                          const std::function<bool()>& done) = 0;

  /// The machine's clock.
  static Clock& system();
};

/// A clock that stands still until it is advanced.
class ManualClock : public Clock {
 public:
  SteadyTime now() const override;
  std::int64_t wall_ms() const override;
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, SteadyTime deadline,
                  const std::function<bool()>& done) override;
  void advance(std::chrono::milliseconds by);

 private:
  mutable std::mutex mutex_;
  std::chrono::milliseconds since_start_{0};
};

}  // namespace millrace::base
