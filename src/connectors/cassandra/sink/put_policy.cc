#include "connectors/cassandra/sink/put_policy.h"

namespace millrace::cassandra {

namespace {

constexpr std::chrono::seconds kProgressInterval{60};

}  // namespace

PutPolicy::PutPolicy(Settings settings)
    : settings_(settings),
      attempts_left_(settings.max_retries),
      progress_due_(std::chrono::steady_clock::now() + kProgressInterval) {}

void PutPolicy::failed(const ConnectError& error, SinkTaskContext& context) {
  auto& log = logger(kLoggerName);
  const std::string text = error.what();
  switch (settings_.error_policy) {
    case ErrorPolicy::kNoop: log.warn("Error policy NOOP: [" + text + "]. Processing continuing."); return;
    case ErrorPolicy::kThrow: throw error;
    case ErrorPolicy::kRetry: break;
  }
  if (settings_.max_retries >= 0 && attempts_left_ <= 0) throw error;
  log.warn("Error policy set to RETRY. Remaining attempts [" +
           (settings_.max_retries < 0 ? "unlimited" : std::to_string(attempts_left_)) + "]. " + text);
  if (settings_.max_retries >= 0) --attempts_left_;
  last_error_ = text;
  context.timeout(settings_.retry_interval);
  throw RetriableError(text);
}

void PutPolicy::succeeded() {
  if (!last_error_.empty()) logger(kLoggerName).info("Recovered from error [" + last_error_ + "]");
  last_error_.clear();
  attempts_left_ = settings_.max_retries;
}

void PutPolicy::log_progress() {
  if (!settings_.progress || std::chrono::steady_clock::now() < progress_due_) return;
  progress_due_ = std::chrono::steady_clock::now() + kProgressInterval;
  for (auto& [topic, count] : delivered_) {
    logger(kLoggerName).info("Delivered " + std::to_string(count) + " records for " + topic + ".");
    count = 0;
  }
}

std::string place_of(const SinkRecord& record) {
  return "topic " + record.original_topic + " partition " + std::to_string(record.original_kafka_partition) +
         " offset " + std::to_string(record.original_kafka_offset);
}

}  // namespace millrace::cassandra
