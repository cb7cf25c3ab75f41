#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/connector.h"
#include "millrace/converter.h"
#include "runtime/config/connector_config.h"
#include "runtime/error_policy.h"
#include "runtime/task_control.h"
#include "runtime/task_listener.h"
#include "runtime/task_metrics.h"
#include "runtime/topic_reporter.h"
#include "runtime/transform_chain.h"

namespace millrace::runtime {

/// What tasks of both kinds are made of. `control` and `metrics` are shared with the worker.
struct TaskParts {
  ConnectorTaskId id;
  Props task_config;  ///< given to the task's start
  std::string version;
  std::shared_ptr<TaskControl> control;
  std::shared_ptr<TaskMetrics> metrics;
  StatusListener* listener = nullptr;  ///< not null
  TopicReporter::Tracking tracking = TopicReporter::Tracking::kOn;
  std::unique_ptr<ErrorPolicy> errors;
  TransformChain transforms;
  std::unique_ptr<Converter> key_converter;
  std::unique_ptr<Converter> value_converter;
  std::unique_ptr<HeaderConverter> header_converter;
  std::string key_converter_class;
  std::string value_converter_class;
  std::string header_converter_class;
  bool retries_steps = false;  ///< errors.retry.timeout is not 0
  std::chrono::milliseconds flush_interval{60000};
  std::chrono::milliseconds flush_timeout{5000};
};

/// Runs one task on the calling thread, from start to its last status. `run` returns when the task has ended.
class TaskRunner {
 public:
  explicit TaskRunner(TaskParts parts) : parts_(std::move(parts)) {}
  virtual ~TaskRunner() = default;
  TaskRunner(const TaskRunner&) = delete;
  TaskRunner& operator=(const TaskRunner&) = delete;

  enum class End : std::uint8_t { kStopped, kFailed };
  End run();

 protected:
  /// Starts the task and loops. An Error: the task has failed.
  virtual Result<void> execute() = 0;
  /// Last commit, for good or bad; before FAILED is reported.
  virtual void wind_up(const Result<void>& result) = 0;
  /// Stops the task and lets go of clients.
  virtual void close() = 0;

  TaskControl& control() noexcept { return *parts_.control; }
  TaskMetrics& metrics() noexcept { return *parts_.metrics; }
  ErrorPolicy& errors() noexcept { return *parts_.errors; }
  void report(State state, const std::string& trace = {});

  enum class Kept : bool { kNo, kYes };
  /// All transforms of one record, in place. kNo: it is dropped, by one of them or because one fails and that is tolerated.
  template <class Record>
  Result<Kept> transform(Record& record, const RecordInHand& hand) {
    for (const auto& step : parts_.transforms.steps()) {
      bool keep = true;
      bool again = false;
      std::optional<ConnectRecord> before;
      if (parts_.retries_steps) before = record;
      const auto outcome = errors().run(Stage::kTransformation, step->class_name(), hand, [&] {
        if (std::exchange(again, true) && before) static_cast<ConnectRecord&>(record) = *before;
        keep = step->apply(record);
      });
      if (outcome == ErrorPolicy::Outcome::kFail) return std::move(errors().error());
      if (outcome == ErrorPolicy::Outcome::kSkip || !keep) return Kept::kNo;
    }
    return Kept::kYes;
  }

  TaskParts parts_;
};

}  // namespace millrace::runtime
