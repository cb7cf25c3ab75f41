#include "connectors/verifiable/mock.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "millrace/errors.h"

namespace millrace::verifiable {
namespace {

constexpr std::chrono::milliseconds kDefaultDelay{15000};
constexpr std::chrono::milliseconds kIdleWait{50};
constexpr std::chrono::milliseconds kLongestWakeUp{250};

/// The failure on purpose. Java throws a RuntimeException without a text.
class MockFailure : public std::runtime_error {
 public:
  MockFailure() : std::runtime_error("") {}
};

}  // namespace

MockPlan MockPlan::from(const Props& props) {
  MockPlan plan;
  const std::string mode = text_of(props, "mock_mode");
  if (mode == "connector-failure") plan.failure = Failure::kConnector;
  if (mode == "task-failure") plan.failure = Failure::kTask;
  plan.delay = kDefaultDelay;
  if (!text_of(props, "delay_ms").empty())
    plan.delay = std::chrono::milliseconds(whole_number(props, "delay_ms", "mock"));
  return plan;
}

void DelayedFailure::start(ConnectorContext& context, std::chrono::milliseconds delay) {
  thread_ = std::jthread([&context, delay](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, delay, [] { return false; });
    if (!stop.stop_requested()) context.raise_error(MockFailure());
  });
}

void DelayedFailure::stop() { thread_ = {}; }

void MockSourceTask::start(const Props& config) {
  plan_ = MockPlan::from(config);
  start_ = std::chrono::steady_clock::now();
}

std::vector<SourceRecord> MockSourceTask::poll() {
  const bool fails = plan_.failure == MockPlan::Failure::kTask;
  if (fails && std::chrono::steady_clock::now() - start_ > plan_.delay) throw MockFailure();
  context().wait_for(fails ? std::min(kIdleWait, plan_.delay + std::chrono::milliseconds(1)) : kIdleWait);
  return {};
}

void MockSinkTask::start(const Props& config) {
  plan_ = MockPlan::from(config);
  start_ = std::chrono::steady_clock::now();
  ask_for_wake_up();
}

void MockSinkTask::put(const std::vector<SinkRecord>&) {
  const bool fails = plan_.failure == MockPlan::Failure::kTask;
  if (fails && std::chrono::steady_clock::now() - start_ > plan_.delay) throw MockFailure();
  ask_for_wake_up();
}

void MockSinkTask::ask_for_wake_up() {
  if (plan_.failure == MockPlan::Failure::kTask) context().timeout(std::min(plan_.delay, kLongestWakeUp));
}

}  // namespace millrace::verifiable
