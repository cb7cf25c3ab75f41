#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace millrace::jdbc {

/// Ends whatever a thread waits for inside a database client, from another thread.
///
/// The owner of a connection sets how to wake it (`Scope`); `trigger` runs that once and every later wait ends at once with
/// `Interrupted`. Threads: all methods from any thread. The action must not block and must not call back into this object.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void trigger();
  bool triggered() const noexcept { return triggered_.load(std::memory_order_acquire); }
  /// Makes the object usable again, for a task that is started a second time.
  void reset();

  /// Throws Interrupted when triggered.
  void check() const;
  /// True when the time passed, false when triggered before.
  bool wait_for(std::chrono::milliseconds time);
  /// Readable once triggered: for poll(2).
  int fd() const noexcept { return fd_; }

  /// While it lives, `action` is what wakes the current wait.
  class Scope {
   public:
    Scope(Interrupt& interrupt, std::function<void()> action);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Interrupt& interrupt_;
  };

 private:
  std::atomic<bool> triggered_{false};
  int fd_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> action_;
};

}  // namespace millrace::jdbc
