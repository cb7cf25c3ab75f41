#include "runtime/error_policy.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

#include "base/log.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstDelay{300};

base::Log& errors_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.errors.LogReporter");
  return log;
}

std::shared_future<void> ready() {
  std::promise<void> done;
  done.set_value();
  return done.get_future().share();
}

milliseconds delay_before(std::uint64_t attempt, milliseconds max) {
  const milliseconds doubled = kFirstDelay * (std::uint64_t{1} << std::min<std::uint64_t>(attempt - 1, 20));
  if (doubled <= max) return doubled;
  thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(
      std::uniform_int_distribution<std::int64_t>(0, std::max<std::int64_t>(max.count() - 1, 0))(random));
}

/// What most probably is wrong when JsonConverter cannot read a record, and which setting cures it; empty: no idea.
std::string converter_hint(Stage stage, std::string_view executing_class, const RecordInHand& record) {
  const bool key = stage == Stage::kKeyConverter;
  if (record.consumed == nullptr || (!key && stage != Stage::kValueConverter)) return {};
  if (executing_class != "org.apache.kafka.connect.json.JsonConverter") return {};
  const std::optional<std::string_view> bytes = key ? record.consumed->key : record.consumed->value;
  if (!bytes || bytes->empty()) return {};
  const char* const what = key ? "key" : "value";
  if (bytes->front() == '\0' && bytes->size() >= 5) {
    return fmt::format(
        " (the {} begins with byte 0 and four bytes of a schema id, as serializers with a schema registry write it; "
        "JsonConverter does not read those)",
        what);
  }
  std::string_view text = *bytes;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const bool may_be_json = text.empty() || std::string_view("{[\"-0123456789").find(text.front()) != text.npos ||
                           text.starts_with("true") || text.starts_with("false") || text.starts_with("null");
  if (may_be_json) return {};
  return fmt::format(
      " (the {0} is not JSON; if it is plain text, set {0}.converter=org.apache.kafka.connect.storage.StringConverter "
      "for this connector)",
      what);
}

}  // namespace

const char* name_of(Stage stage) noexcept {
  switch (stage) {
    case Stage::kTransformation: return "TRANSFORMATION";
    case Stage::kKeyConverter: return "KEY_CONVERTER";
    case Stage::kValueConverter: return "VALUE_CONVERTER";
    case Stage::kHeaderConverter: return "HEADER_CONVERTER";
    case Stage::kTaskPoll: return "TASK_POLL";
    case Stage::kTaskPut: return "TASK_PUT";
    case Stage::kKafkaProduce: return "KAFKA_PRODUCE";
    case Stage::kKafkaConsume: return "KAFKA_CONSUME";
  }
  return "";
}

std::string RecordInHand::to_string() const {
  if (consumed != nullptr) return fmt::format("{}-{}@{}", *consumed->topic, consumed->partition, consumed->offset);
  if (source == nullptr) return "record";
  const auto text = [](const OffsetMap& map) { return map ? Value(map).to_string() : std::string("null"); };
  return fmt::format("source partition {}, source offset {}", text(source->source_partition),
                     text(source->source_offset));
}

LogReporter::LogReporter(ConnectorTaskId id, bool include_messages, TaskMetrics& metrics)
    : id_(std::move(id)), include_messages_(include_messages), metrics_(metrics) {}

std::shared_future<void> LogReporter::report(const FailedRecord& failed) {
  std::string line = fmt::format("Error encountered in task {}. Executing stage '{}' with class '{}'", id_.to_string(),
                                 name_of(failed.stage), failed.executing_class);
  if (include_messages_ && failed.record.consumed != nullptr) {
    const kafka::InRecord& record = *failed.record.consumed;
    line += fmt::format(", where consumed record is {{topic='{}', partition={}, offset={}", *record.topic,
                        record.partition, record.offset);
    if (record.timestamp_type != TimestampType::kNoTimestampType) {
      line += fmt::format(", timestamp={}, timestampType={}", record.timestamp_ms,
                          record.timestamp_type == TimestampType::kCreateTime ? "CreateTime" : "LogAppendTime");
    }
    line += "}";
  } else if (include_messages_ && failed.record.source != nullptr) {
    line += fmt::format(", where source record is = {}", failed.record.source->to_string());
  }
  errors_log().error("{}.\n{}", line, failed.failure->trace);
  metrics_.errors_logged.add();
  return ready();
}

ErrorPolicy::ErrorPolicy(ErrorHandlingConfig config, TaskControl& control, TaskMetrics& metrics)
    : config_(std::move(config)), control_(control), metrics_(metrics) {}

ErrorPolicy::Outcome ErrorPolicy::recover(Stage stage, std::string_view executing_class, const RecordInHand& record,
                                          PluginFailure failure,
                                          const std::function<std::optional<PluginFailure>()>& again) {
  base::Clock& clock = control_.clock();
  const base::SteadyTime start = clock.now();
  const base::SteadyTime deadline = config_.retry_timeout ? start + *config_.retry_timeout : base::SteadyTime::max();
  for (std::uint64_t attempt = 1; failure.retriable; ++attempt) {
    const base::SteadyTime now = clock.now();
    if (now >= deadline) break;
    if (control_.stopping()) return stopped(stage, executing_class, record, failure);
    metrics_.record_failures.add();
    metrics_.retries.add();
    control_.wait(std::min(deadline, now + delay_before(attempt, config_.retry_delay_max)), [] { return false; });
    if (control_.stopping()) return stopped(stage, executing_class, record, failure);
    std::optional<PluginFailure> next = again();
    if (!next) return Outcome::kDone;
    failure = std::move(*next);
  }
  return failed(stage, executing_class, record, failure);
}

/// Differs: Kafka Connect takes the record for failed then, and with errors.tolerance=all skips it for good (I3).
ErrorPolicy::Outcome ErrorPolicy::stopped(Stage stage, std::string_view executing_class, const RecordInHand& record,
                                          const PluginFailure& failure) {
  error_ = plugin_error(
      kConnectException,
      fmt::format("Stopped while an error was retried, the record will be read again: {}, stage {}, class {}",
                  record.to_string(), name_of(stage), executing_class),
      failure);
  return Outcome::kFail;
}

ErrorPolicy::Outcome ErrorPolicy::failed(Stage stage, std::string_view executing_class, const RecordInHand& record,
                                         const PluginFailure& failure, std::vector<std::shared_future<void>>* reports) {
  metrics_.record_failures.add();
  metrics_.record_errors.add();
  metrics_.last_error_ms.set(static_cast<std::uint64_t>(control_.clock().wall_ms()));
  const FailedRecord failed{stage, executing_class, &failure, record};
  for (const auto& reporter : reporters_) {
    std::shared_future<void> stored = reporter->report(failed);
    if (reports != nullptr) reports->push_back(std::move(stored));
  }
  if (tolerates_all()) {
    metrics_.records_skipped.add();
    return Outcome::kSkip;
  }
  error_ = plugin_error(kConnectException,
                        fmt::format("Tolerance exceeded in error handler: {}, stage {}, class {}{}", record.to_string(),
                                    name_of(stage), executing_class, converter_hint(stage, executing_class, record)),
                        failure);
  return Outcome::kFail;
}

}  // namespace millrace::runtime
