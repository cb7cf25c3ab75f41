#pragma once

#include <chrono>
#include <cstdint>

#include "millrace/connector.h"

namespace millrace::verifiable {

/// Keeps a source task at a rate of records per second.
///
/// Negative: no limit. Zero: after the first record, for ever.
/// Behaviour: org.apache.kafka.tools.ThroughputThrottler; sleeps under 2 ms are saved up.
class Throttle {
 public:
  explicit Throttle(double records_per_second) : rate_(records_per_second) {}

  /// Waits when `sent` records since the start are more than the rate allows. False: stop or pause came first.
  bool wait(std::int64_t sent, SourceTaskContext& context);

 private:
  double rate_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::nanoseconds saved_{0};
};

}  // namespace millrace::verifiable
