#include "runtime/source_task_runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>

#include "runtime/at_least_once_delivery.h"
#include "runtime/task_fixture_test.h"
#include "storage/memory_offset_store.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

/// What a test tells its task, and what the task saw.
struct Script {
  std::mutex mutex;
  std::deque<std::vector<SourceRecord>> batches;
  std::vector<std::string> told;  // commit_record calls: value and "acked" or "dropped"
  std::atomic<int> commits{0};
  std::atomic<int> polls{0};
  std::atomic<bool> stopped{false};
  bool wants_commit_record = false;
  std::function<void()> on_poll;
};

class ScriptedTask : public SourceTask {
 public:
  explicit ScriptedTask(Script& script) : script_(script) {}
  void start(const Props&) override {}
  void stop() override { script_.stopped = true; }
  std::vector<SourceRecord> poll() override {
    ++script_.polls;
    if (script_.on_poll) script_.on_poll();
    {
      const std::lock_guard lock(script_.mutex);
      if (!script_.batches.empty()) {
        auto batch = std::move(script_.batches.front());
        script_.batches.pop_front();
        return batch;
      }
    }
    context().wait_for(milliseconds(5));
    return {};
  }
  void commit() override { ++script_.commits; }
  bool wants_commit_record() const override { return script_.wants_commit_record; }
  void commit_record(const SourceRecord& record, const RecordMetadata* metadata) override {
    const std::lock_guard lock(script_.mutex);
    script_.told.push_back(record.value.as_string() + (metadata != nullptr ? " acked" : " dropped"));
  }

 private:
  Script& script_;
};

class SourceTaskRunnerTest : public TaskFixture {
 protected:
  SourceRecord record(const std::string& value, std::int64_t position) const {
    SourceRecord made;
    made.topic = "t";
    made.value_schema = Schema::string();
    made.value = Value(value);
    made.source_partition = partition_;
    made.source_offset =
        std::make_shared<const Map>(std::initializer_list<Map::Entry>{{Value("position"), Value(position)}});
    return made;
  }
  void give(std::vector<SourceRecord> records) {
    const std::lock_guard lock(script_.mutex);
    script_.batches.push_back(std::move(records));
  }
  void start(ErrorHandlingConfig errors = {}, std::uint64_t bytes_in_flight_max = std::uint64_t{8} << 20) {
    TaskParts common = parts(errors);
    SourceTaskRunner::Parts source;
    source.task = std::make_unique<ScriptedTask>(script_);
    source.producer = *kafka_.producer({});
    source.offsets = std::make_unique<storage::ConnectorOffsets>(offsets_, "lines", milliseconds(1000));
    source.delivery = std::make_unique<AtLeastOnceDelivery>(AtLeastOnceDelivery::Deps{
        &offsets_, source.offsets.get(), control_, metrics_.get(), common.flush_interval, common.flush_timeout});
    source.bytes_in_flight_max = bytes_in_flight_max;
    run(std::make_unique<SourceTaskRunner>(std::move(common), std::move(source)));
  }
  std::string stored() {
    const auto table = offsets_.read("", milliseconds(0));
    const auto found = table->find(R"(["lines",{"file":"f"}])");
    return found == table->end() ? "" : found->second;
  }
  std::vector<std::string> sent() const {
    std::vector<std::string> values;
    if (!kafka_.has_topic("t")) return values;
    for (const auto& stored : kafka_.records("t")) values.push_back(stored.value.value_or("<null>"));
    return values;
  }

  const OffsetMap partition_ =
      std::make_shared<const Map>(std::initializer_list<Map::Entry>{{Value("file"), Value("f")}});
  Script script_;
  storage::MemoryOffsetStore offsets_;
};

using Values = std::vector<std::string>;

TEST_F(SourceTaskRunnerTest, SendsRecordsInOrderAndStoresTheLastOffset) {
  give({record("a", 1), record("b", 2)});
  give({record("c", 3)});
  start();
  ASSERT_TRUE(eventually([&] { return stored() == R"({"position":3})"; }));
  EXPECT_EQ(sent(), (Values{"a", "b", "c"}));
  EXPECT_EQ(listener_.topics(), Values{"t"});
  stop();
  EXPECT_EQ(listener_.states(), (std::vector<State>{State::kRunning, State::kUnassigned}));
  EXPECT_TRUE(script_.stopped);
  EXPECT_GT(script_.commits, 0);
}

TEST_F(SourceTaskRunnerTest, StoresNoOffsetBeyondAnUnacknowledgedRecord) {
  kafka_.create_topic("t");
  kafka_.hold_acks();
  give({record("a", 1), record("b", 2), record("c", 3)});
  start();
  ASSERT_TRUE(eventually([&] { return kafka_.unacknowledged() == 3; }));
  const int before = script_.commits;
  ASSERT_TRUE(eventually([&] { return script_.commits > before + 1; }));  // commits came and went
  EXPECT_EQ(stored(), "");
  kafka_.release_acks(2);
  ASSERT_TRUE(eventually([&] { return stored() == R"({"position":2})"; }));
  kafka_.release_acks();
  ASSERT_TRUE(eventually([&] { return stored() == R"({"position":3})"; }));
}

TEST_F(SourceTaskRunnerTest, AStopWaitsForAcknowledgementsAndStoresThem) {
  kafka_.create_topic("t");
  kafka_.hold_acks();
  give({record("a", 1)});
  start();
  ASSERT_TRUE(eventually([&] { return kafka_.unacknowledged() == 1; }));
  control_->stop();
  kafka_.release_acks();
  join();
  EXPECT_EQ(stored(), R"({"position":1})");
}

TEST_F(SourceTaskRunnerTest, WhatIsAcknowledgedDuringAPauseIsStoredDuringIt) {
  kafka_.create_topic("t");
  kafka_.hold_acks();
  give({record("a", 1)});
  start();
  ASSERT_TRUE(eventually([&] { return kafka_.unacknowledged() == 1; }));
  control_->set_paused(true);
  ASSERT_TRUE(eventually([&] { return listener_.last() == State::kPaused; }));
  kafka_.release_acks();
  ASSERT_TRUE(eventually([&] { return stored() == R"({"position":1})"; }));
  const int polls = script_.polls;
  control_->set_paused(false);
  ASSERT_TRUE(eventually([&] { return script_.polls > polls && listener_.last() == State::kRunning; }));
}

TEST_F(SourceTaskRunnerTest, StartedPausedItDoesNotStartTheTask) {
  control_->set_paused(true);
  start();
  ASSERT_TRUE(eventually([&] { return listener_.last() == State::kPaused; }));
  stop();
  EXPECT_EQ(script_.polls, 0);
  EXPECT_FALSE(script_.stopped);
}

TEST_F(SourceTaskRunnerTest, ABadRecordFailsTheTaskAndIsNamedAndEarlierOffsetsAreStored) {
  give({record("a", 1)});
  give({record("bad", 2)});
  start();
  join();
  EXPECT_EQ(listener_.last(), State::kFailed);
  EXPECT_NE(listener_.trace().find(
                "Tolerance exceeded in error handler: source partition {file=f}, source offset {position=2}, "
                "stage VALUE_CONVERTER, class test.TextConverter"),
            std::string::npos)
      << listener_.trace();
  EXPECT_NE(listener_.trace().find("Caused by: org.apache.kafka.connect.errors.DataException: bad text"),
            std::string::npos);
  EXPECT_TRUE(script_.stopped);
  EXPECT_EQ(stored(), R"({"position":1})");
}

TEST_F(SourceTaskRunnerTest, AFailureWaitsForWhatWasSentBeforeIt) {
  kafka_.create_topic("t");
  kafka_.hold_acks();
  give({record("a", 1), record("b", 2), record("bad", 3), record("c", 4)});
  start();
  ASSERT_TRUE(eventually([&] { return kafka_.unacknowledged() == 2; }));
  kafka_.release_acks();
  join();
  EXPECT_EQ(listener_.last(), State::kFailed);
  EXPECT_EQ(sent(), (Values{"a", "b"}));
  EXPECT_EQ(stored(), R"({"position":2})");
}

TEST_F(SourceTaskRunnerTest, AToleratedBadRecordIsSkippedAndToldToTheTask) {
  script_.wants_commit_record = true;
  give({record("a", 1), record("bad", 2), record("c", 3)});
  ErrorHandlingConfig errors;
  errors.tolerance = ErrorTolerance::kAll;
  start(errors);
  ASSERT_TRUE(eventually([&] { return stored() == R"({"position":3})"; }));
  stop();
  EXPECT_EQ(sent(), (Values{"a", "c"}));
  EXPECT_EQ(script_.told, (Values{"bad dropped", "a acked", "c acked"}));
  EXPECT_EQ(metrics_->records_skipped.get(), 1U);
}

TEST_F(SourceTaskRunnerTest, ARecordThatKafkaRefusesFailsTheTask) {
  kafka_.create_topic("t");
  Error error;
  error.code = Errc::kKafka;
  error.text = "message too large";
  kafka_.fail_next_sends(1, error);
  give({record("a", 1), record("b", 2)});
  start();
  join();
  EXPECT_EQ(listener_.last(), State::kFailed);
  EXPECT_NE(
      listener_.trace().find("Unrecoverable exception from producer send callback: source partition {file=f}, source "
                             "offset {position=1}"),
      std::string::npos)
      << listener_.trace();
  EXPECT_EQ(stored(), "") << "b is acknowledged, but a before it is not";
}

TEST_F(SourceTaskRunnerTest, AFullQueueHoldsTheTaskUpWithoutLosingOrder) {
  kafka_.create_topic("t");
  kafka_.set_queue_limit(3);
  std::vector<SourceRecord> many;
  Values expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back(std::to_string(i));
    many.push_back(record(expected.back(), i + 1));
  }
  give(std::move(many));
  start();
  ASSERT_TRUE(eventually([&] { return stored() == R"({"position":50})"; }));
  EXPECT_EQ(sent(), expected);
}

TEST_F(SourceTaskRunnerTest, ReadingStopsWhileTooManyBytesAreInFlight) {
  kafka_.create_topic("t");
  kafka_.hold_acks();
  for (int i = 0; i < 20; ++i) give({record(std::string(1000, 'x'), i + 1)});
  start({}, 5000);
  ASSERT_TRUE(eventually([&] { return kafka_.unacknowledged() >= 5; }));
  EXPECT_LE(metrics_->bytes_in_flight.get(), 7000U);
  kafka_.release_acks();
  ASSERT_TRUE(eventually([&] { return stored() == R"({"position":20})"; }));
  EXPECT_LE(metrics_->records_active_max.get(), 6U);
}

TEST_F(SourceTaskRunnerTest, ARetriableFailureOfPollIsRetried) {
  std::atomic<int> failures{2};
  script_.on_poll = [&] {
    if (failures.fetch_sub(1) > 0) throw RetriableError("later");
  };
  give({record("a", 1)});
  start();
  const bool came_through = eventually([&] { return stored() == R"({"position":1})"; });
  stop();
  EXPECT_TRUE(came_through);
}

}  // namespace
}  // namespace millrace::runtime
