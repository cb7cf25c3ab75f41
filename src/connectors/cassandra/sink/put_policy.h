#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "connectors/cassandra/common/connection_config.h"
#include "millrace/connector.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

/// What becomes of a failed put (`error.policy`, `max.retries`, `retry.interval`), and the count of what was delivered
/// (`connect.progress.enabled`). Both sinks have one per task.
class PutPolicy {
 public:
  struct Settings {
    ErrorPolicy error_policy = ErrorPolicy::kThrow;
    std::int64_t max_retries = 20;
    std::chrono::milliseconds retry_interval{60000};
    bool progress = false;
  };
  explicit PutPolicy(Settings settings);

  /// Returns where the policy is NOOP; otherwise throws `error`, or RetriableError while attempts remain.
  void failed(const ConnectError& error, SinkTaskContext& context);
  void succeeded();
  void delivered(const std::string& topic) { ++delivered_[topic]; }
  /// One line per topic and minute.
  void log_progress();

 private:
  Settings settings_;
  std::int64_t attempts_left_ = 0;
  std::string last_error_;
  std::map<std::string, std::uint64_t> delivered_;
  std::chrono::steady_clock::time_point progress_due_;
};

/// "topic t partition 0 offset 7", of the record as it was in Kafka.
std::string place_of(const SinkRecord& record);

}  // namespace millrace::cassandra
