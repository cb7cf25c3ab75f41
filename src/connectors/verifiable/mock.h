#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "connectors/verifiable/task_props.h"
#include "millrace/connector.h"

namespace millrace::verifiable {

/// What the mock connectors are told to do.
struct MockPlan {
  enum class Failure : std::uint8_t { kNone, kConnector, kTask };
  Failure failure = Failure::kNone;
  std::chrono::milliseconds delay{};

  /// From `mock_mode` (connector-failure, task-failure, anything else: never fails) and `delay_ms` (15000).
  static MockPlan from(const Props& props);
};

/// After the delay, reports to the worker that the connector failed. A thread of its own, so that `start` returns at
/// once.
class DelayedFailure {
 public:
  void start(ConnectorContext& context, std::chrono::milliseconds delay);
  void stop();

 private:
  std::jthread thread_;
};

/// Fails the connector or its task after a while, as told.
///
/// Behaviour: org.apache.kafka.connect.tools.MockSourceConnector and MockSinkConnector: one task, whatever tasks.max
/// says.
template <class Base>
class MockConnector : public Base {
 public:
  void start(const Props& config) override {
    props_ = config;
    const MockPlan plan = MockPlan::from(config);
    if (plan.failure == MockPlan::Failure::kConnector) failure_.start(this->context(), plan.delay);
  }
  void stop() override { failure_.stop(); }
  std::vector<Props> task_configs(std::int32_t) override { return {props_}; }
  const ConfigDef& config() const override { return no_options(); }

 private:
  Props props_;
  DelayedFailure failure_;
};

using MockSourceConnector = MockConnector<SourceConnector>;
using MockSinkConnector = MockConnector<SinkConnector>;

class MockSourceTask : public SourceTask {
 public:
  void start(const Props& config) override;
  std::vector<SourceRecord> poll() override;
  void stop() override {}

 private:
  MockPlan plan_;
  std::chrono::steady_clock::time_point start_;
};

class MockSinkTask : public SinkTask {
 public:
  void start(const Props& config) override;
  void put(const std::vector<SinkRecord>& records) override;
  void stop() override {}

 private:
  void ask_for_wake_up();
  MockPlan plan_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace millrace::verifiable
