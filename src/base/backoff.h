#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace millrace::base {

/// Exponential back-off: first, first*2, first*4, ... up to `max`.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds max) : first_(first), max_(max), next_(first) {}
  std::chrono::milliseconds next() {
    const auto wait = std::min(next_, max_);
    next_ = wait * 2;
    return wait;
  }
  void reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_, max_, next_;
};

}  // namespace millrace::base
