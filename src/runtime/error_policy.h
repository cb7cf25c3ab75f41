#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kafka/consumer.h"
#include "millrace/record.h"
#include "runtime/config/connector_config.h"
#include "runtime/plugin_call.h"
#include "runtime/task_control.h"
#include "runtime/task_metrics.h"

namespace millrace::runtime {

/// Where a record was when it failed.
enum class Stage : std::uint8_t {
  kTransformation,
  kKeyConverter,
  kValueConverter,
  kHeaderConverter,
  kTaskPoll,
  kTaskPut,
  kKafkaProduce,
  kKafkaConsume,
};
/// "VALUE_CONVERTER", ...
const char* name_of(Stage stage) noexcept;

/// The record in hand, as it was before anything changed it. One of the two is set.
struct RecordInHand {
  const SourceRecord* source = nullptr;
  const kafka::InRecord* consumed = nullptr;
  /// "topic-0@5", or "source partition {filename=x}, source offset {position=3}".
  std::string to_string() const;
};

struct FailedRecord {
  Stage stage = Stage::kTransformation;
  std::string_view executing_class;
  const PluginFailure* failure = nullptr;
  RecordInHand record;
};

/// Told of every record that failed for good, tolerated or not.
class ErrorReporter {
 public:
  virtual ~ErrorReporter() = default;
  /// Runs on: the task's thread. Must not block. The future is ready when the report is stored.
  virtual std::shared_future<void> report(const FailedRecord& failed) = 0;
};

/// errors.log.enable: one line per failed record.
class LogReporter : public ErrorReporter {
 public:
  LogReporter(ConnectorTaskId id, bool include_messages, TaskMetrics& metrics);
  std::shared_future<void> report(const FailedRecord& failed) override;

 private:
  ConnectorTaskId id_;
  bool include_messages_;
  TaskMetrics& metrics_;
};

/// What happens to a record whose conversion, transformation or delivery fails: retry, skip and report, or fail the task.
/// The only class that knows errors.* (I3). Behaviour: Java's
/// RetryWithToleranceOperator, KIP-298.
///
/// Differs: when retries of a retriable error are used up and errors.tolerance=none the task fails; Kafka Connect 4.1 skips
/// the record silently there.
///
/// Threads: the task's.
class ErrorPolicy {
 public:
  ErrorPolicy(ErrorHandlingConfig config, TaskControl& control, TaskMetrics& metrics);

  void add_reporter(std::unique_ptr<ErrorReporter> reporter) { reporters_.push_back(std::move(reporter)); }
  bool has_reporters() const noexcept { return !reporters_.empty(); }
  bool tolerates_all() const noexcept { return config_.tolerance == ErrorTolerance::kAll; }
  bool logs_messages() const noexcept { return config_.log && config_.log_messages; }

  enum class Outcome : std::uint8_t { kDone, kSkip, kFail };

  /// Runs one step of one record. kFail: the task must fail with `error()`; kSkip: drop the record.
  template <class Step>
  Outcome run(Stage stage, std::string_view executing_class, const RecordInHand& record, Step&& step) {
    std::optional<PluginFailure> failure = guard_plugin(step);
    if (!failure) [[likely]]
      return Outcome::kDone;
    return recover(stage, executing_class, record, std::move(*failure), [&step] { return guard_plugin(step); });
  }

  /// A record that Kafka refused, or a sink task reported: no retry.
  Outcome failed(Stage stage, std::string_view executing_class, const RecordInHand& record,
                 const PluginFailure& failure, std::vector<std::shared_future<void>>* reports = nullptr);

  /// Why the last step ended with kFail.
  Error& error() noexcept { return error_; }

 private:
  Outcome recover(Stage stage, std::string_view executing_class, const RecordInHand& record, PluginFailure failure,
                  const std::function<std::optional<PluginFailure>()>& again);

  Outcome stopped(Stage stage, std::string_view executing_class, const RecordInHand& record,
                  const PluginFailure& failure);

  const ErrorHandlingConfig config_;
  TaskControl& control_;
  TaskMetrics& metrics_;
  std::vector<std::unique_ptr<ErrorReporter>> reporters_;
  Error error_;
};

}  // namespace millrace::runtime
