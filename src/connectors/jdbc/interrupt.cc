#include "connectors/jdbc/interrupt.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>
#include <utility>

#include "connectors/jdbc/sql_error.h"

namespace millrace::jdbc {

Interrupt::Interrupt() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Interrupt::~Interrupt() { ::close(fd_); }

void Interrupt::trigger() {
  const std::lock_guard lock(mutex_);
  if (triggered_.exchange(true)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
  if (action_) action_();
  changed_.notify_all();
}

void Interrupt::reset() {
  const std::lock_guard lock(mutex_);
  triggered_ = false;
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_, &count, sizeof count);
}

void Interrupt::check() const {
  if (triggered()) throw Interrupted();
}

bool Interrupt::wait_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return triggered(); });
}

Interrupt::Scope::Scope(Interrupt& interrupt, std::function<void()> action) : interrupt_(interrupt) {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.action_ = std::move(action);
}

Interrupt::Scope::~Scope() {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.action_ = nullptr;
}

}  // namespace millrace::jdbc
