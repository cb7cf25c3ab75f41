#include "connectors/verifiable/throttle.h"

namespace millrace::verifiable {
namespace {
constexpr std::chrono::milliseconds kShortestSleep{2};
constexpr std::chrono::hours kForever{24};
}  // namespace

bool Throttle::wait(std::int64_t sent, SourceTaskContext& context) {
  if (rate_ < 0) return true;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  if (elapsed.count() <= 0 || static_cast<double>(sent) / elapsed.count() <= rate_) return true;
  if (rate_ == 0) {
    while (context.wait_for(kForever)) {
    }
    return false;
  }
  saved_ += std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1.0 / rate_));
  if (saved_ < kShortestSleep) return true;
  const auto sleep = std::chrono::duration_cast<std::chrono::milliseconds>(saved_);
  saved_ -= sleep;
  return context.wait_for(sleep);
}

}  // namespace millrace::verifiable
