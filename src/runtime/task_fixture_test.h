#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "kafka/fake_clients.h"
#include "runtime/task_runner.h"

namespace millrace::runtime {

/// Text as it is; "bad" throws a DataError, "flaky" a RetriableError as often as `failures` says.
class TextConverter : public Converter, public HeaderConverter {
 public:
  const ConfigDef& config() const override {
    static const ConfigDef kNone;
    return kNone;
  }
  void configure(const Props&, ConverterType) override {}
  void configure(const Props&) override {}
  bool from_connect_data(std::string_view, const SchemaPtr&, const Value& value, std::string& out) override {
    if (value.is_null()) return false;
    check(value.as_string());
    out += value.as_string();
    return true;
  }
  SchemaAndValue to_connect_data(std::string_view, std::optional<BytesView> bytes) override {
    if (!bytes) return {};
    check(*bytes);
    return {Schema::string(), Value(std::string(*bytes))};
  }
  bool from_connect_header(std::string_view topic, std::string_view, const SchemaPtr& schema, const Value& value,
                           std::string& out) override {
    return from_connect_data(topic, schema, value, out);
  }
  SchemaAndValue to_connect_header(std::string_view topic, std::string_view, std::optional<BytesView> bytes) override {
    return to_connect_data(topic, bytes);
  }

  int failures = 0;

 private:
  void check(std::string_view text) {
    if (text == "bad") throw DataError("bad text");
    if (text == "flaky" && failures-- > 0) throw RetriableError("not yet");
  }
};

/// Collects statuses.
class RecordingListener : public StatusListener {
 public:
  void on_connector_state(const std::string&, State, const std::string&, const std::string&) override {}
  void on_task_state(const ConnectorTaskId&, State state, const std::string& trace, const std::string&) override {
    const std::lock_guard lock(mutex_);
    states_.push_back(state);
    trace_ = trace;
  }
  void on_topic(const ConnectorTaskId&, const std::string& topic) override {
    const std::lock_guard lock(mutex_);
    topics_.push_back(topic);
  }
  std::uint64_t topics_epoch() const override { return 1; }

  std::vector<State> states() const {
    const std::lock_guard lock(mutex_);
    return states_;
  }
  State last() const {
    const std::lock_guard lock(mutex_);
    return states_.empty() ? State::kUnassigned : states_.back();
  }
  std::string trace() const {
    const std::lock_guard lock(mutex_);
    return trace_;
  }
  std::vector<std::string> topics() const {
    const std::lock_guard lock(mutex_);
    return topics_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<State> states_;
  std::string trace_;
  std::vector<std::string> topics_;
};

/// Runs one task on a thread of its own against a Kafka in memory.
class TaskFixture : public testing::Test {
 protected:
  /// Before members of the tests die. A test whose task uses its local variables stops the task itself.
  void TearDown() override { stop(); }

  static bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  TaskParts parts(ErrorHandlingConfig errors = {}) {
    TaskParts made;
    made.id = ConnectorTaskId{"lines", 0};
    made.control = control_;
    made.metrics = metrics_;
    made.listener = &listener_;
    made.errors = std::make_unique<ErrorPolicy>(errors, *control_, *metrics_);
    made.key_converter = std::make_unique<TextConverter>();
    made.value_converter = std::make_unique<TextConverter>();
    made.header_converter = std::make_unique<TextConverter>();
    made.value_converter_class = "test.TextConverter";
    made.flush_interval = std::chrono::milliseconds(20);
    made.flush_timeout = std::chrono::milliseconds(5000);
    return made;
  }

  void run(std::unique_ptr<TaskRunner> runner) {
    runner_ = std::move(runner);
    thread_ = std::thread([this] { runner_->run(); });
  }
  void stop() {
    control_->stop();
    join();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  kafka::FakeClients kafka_;
  RecordingListener listener_;
  std::shared_ptr<TaskControl> control_ = std::make_shared<TaskControl>(base::Clock::system());
  std::shared_ptr<TaskMetrics> metrics_ = std::make_shared<TaskMetrics>();
  std::unique_ptr<TaskRunner> runner_;
  std::thread thread_;
};

}  // namespace millrace::runtime
