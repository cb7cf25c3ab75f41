#include "runtime/sink_task_runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>

#include "runtime/dead_letter_queue.h"
#include "runtime/task_fixture_test.h"

namespace millrace::runtime {
namespace {

constexpr const char* kGroup = "connect-lines";

/// What a test tells its task, and what the task saw.
struct Script {
  std::mutex mutex;
  std::vector<std::string> put;
  std::vector<std::string> calls;  // open, close, stop
  std::function<void(const std::vector<SinkRecord>&, SinkTaskContext&)> on_put;
  std::function<SinkOffsets(const SinkOffsets&)> on_pre_commit;
  std::size_t preferred = 0;
  bool reads_headers = true;
};

class ScriptedSink : public SinkTask {
 public:
  explicit ScriptedSink(Script& script) : script_(script) {}
  void start(const Props&) override {}
  void stop() override { note("stop"); }
  void open(const std::vector<TopicPartition>& partitions) override {
    note("open " + std::to_string(partitions.size()));
  }
  void close(const std::vector<TopicPartition>& partitions) override {
    note("close " + std::to_string(partitions.size()));
  }
  void put(const std::vector<SinkRecord>& records) override {
    if (script_.on_put) script_.on_put(records, context());
    const std::lock_guard lock(script_.mutex);
    for (const SinkRecord& record : records) script_.put.push_back(record.value.as_string());
  }
  std::size_t preferred_put_records() const override { return script_.preferred; }
  bool reads_headers() const override { return script_.reads_headers; }
  SinkOffsets pre_commit(const SinkOffsets& offsets) override {
    return script_.on_pre_commit ? script_.on_pre_commit(offsets) : offsets;
  }

 private:
  void note(std::string what) {
    const std::lock_guard lock(script_.mutex);
    script_.calls.push_back(std::move(what));
  }
  Script& script_;
};

class SinkTaskRunnerTest : public TaskFixture {
 protected:
  SinkTaskRunnerTest() { kafka_.create_topic("t"); }
  void add(std::initializer_list<const char*> values) {
    for (const char* value : values) kafka_.append("t", std::nullopt, value);
  }
  void start(ErrorHandlingConfig errors = {}, const char* dead_letters = nullptr) {
    TaskParts common = parts(errors);
    common.header_converter_class = header_converter_class_;
    SinkTaskRunner::Parts sink;
    sink.bisects_put = errors.bisect_put;
    if (dead_letters != nullptr) {
      common.errors->add_reporter(std::make_unique<DeadLetterQueue>(
          DeadLetterQueue::Options{common.id, dead_letters, true}, *kafka_.producer({}), control_, metrics_));
      sink.reports_errant_records = true;
    }
    sink.task = std::make_unique<ScriptedSink>(script_);
    sink.consumer = std::move(*kafka_.consumer({{"group.id", kGroup}, {"auto.offset.reset", "earliest"}}));
    sink.topics = {"t"};
    run(std::make_unique<SinkTaskRunner>(std::move(common), std::move(sink)));
  }
  std::vector<std::string> put() {
    const std::lock_guard lock(script_.mutex);
    return script_.put;
  }
  std::vector<std::string> calls() {
    const std::lock_guard lock(script_.mutex);
    return script_.calls;
  }
  std::int64_t committed() const {
    const kafka::Offsets offsets = kafka_.group_offsets(kGroup);
    const auto found = offsets.find(TopicPartition{"t", 0});
    return found == offsets.end() ? -1 : found->second;
  }

  /// One record with a header.
  void send_with_header(const char* value) {
    class Nobody : public kafka::DeliveryListener {
      void on_deliveries(std::span<const kafka::Delivery>) override {}
    } nobody;
    const std::string topic = "t";
    const kafka::HeaderView header{"trace", "bad"};  // TextConverter fails on it
    kafka::OutRecord record;
    record.topic = &topic;
    record.value = value;
    record.headers = {&header, 1};
    const auto producer = *kafka_.producer({});
    ASSERT_EQ(producer->send({&record, 1}, nobody).accepted, 1U);
    producer->detach(nobody);
  }

  Script script_;
  std::string header_converter_class_;
};

using Values = std::vector<std::string>;

TEST_F(SinkTaskRunnerTest, PutsRecordsAndCommitsBehindThem) {
  add({"a", "b", "c"});
  start();
  ASSERT_TRUE(eventually([&] { return committed() == 3; }));
  EXPECT_EQ(put(), (Values{"a", "b", "c"}));
  add({"d"});
  ASSERT_TRUE(eventually([&] { return put().size() == 4; }));
  stop();
  EXPECT_EQ(committed(), 4) << "the closing commit";
  EXPECT_EQ(calls(), (Values{"open 1", "close 1", "stop"}));
  EXPECT_EQ(listener_.states(), (std::vector<State>{State::kRunning, State::kUnassigned}));
}

TEST_F(SinkTaskRunnerTest, ATaskMayAskForLargerPuts) {
  constexpr std::size_t kRecords = 1500;
  for (std::size_t i = 0; i < kRecords; ++i) add({"x"});
  std::atomic<std::size_t> largest{0};
  script_.on_put = [&](const std::vector<SinkRecord>& records, SinkTaskContext&) {
    largest = std::max(largest.load(), records.size());
  };
  script_.preferred = 1200;
  start();
  ASSERT_TRUE(eventually([&] { return put().size() == kRecords; }));
  EXPECT_EQ(largest, 1200U);
}

TEST_F(SinkTaskRunnerTest, CommitsOnlyWhatPreCommitAllows) {
  script_.on_pre_commit = [](const SinkOffsets& offsets) {
    SinkOffsets allowed;
    for (const auto& [partition, offset] : offsets) allowed[partition] = std::min<std::int64_t>(offset, 2);
    allowed[TopicPartition{"other", 0}] = 7;
    return allowed;
  };
  add({"a", "b", "c"});
  start();
  ASSERT_TRUE(eventually([&] { return committed() == 2; }));
  stop();
  EXPECT_EQ(committed(), 2);
}

TEST_F(SinkTaskRunnerTest, OffsetsBeyondWhatWasReadAreIgnored) {
  script_.on_pre_commit = [](const SinkOffsets& offsets) {
    SinkOffsets wrong = offsets;
    for (auto& entry : wrong) entry.second += 100;
    return wrong;
  };
  add({"a"});
  start();
  ASSERT_TRUE(eventually([&] { return put().size() == 1; }));
  stop();
  EXPECT_LT(committed(), 100);
}

TEST_F(SinkTaskRunnerTest, NothingIsCommittedWhilePutFailsRetriablyAndTheSameBatchComesAgain) {
  std::atomic<int> failures{3};
  std::mutex mutex;
  std::vector<std::size_t> sizes;
  script_.on_put = [&](const std::vector<SinkRecord>& records, SinkTaskContext& context) {
    if (records.empty()) return;
    {
      const std::lock_guard lock(mutex);
      sizes.push_back(records.size());
    }
    if (failures.fetch_sub(1) <= 0) return;
    EXPECT_LE(committed(), 0);
    context.timeout(std::chrono::milliseconds(1));
    throw RetriableError("database is away");
  };
  add({"a", "b"});
  start();
  ASSERT_TRUE(eventually([&] { return committed() == 2; }));
  stop();
  EXPECT_EQ(put(), (Values{"a", "b"}));
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 2, 2, 2}));
}

TEST_F(SinkTaskRunnerTest, AFailureOfPutFailsTheTaskAndCommitsNothing) {
  script_.on_put = [](const std::vector<SinkRecord>& records, SinkTaskContext&) {
    if (!records.empty()) throw std::runtime_error("disk is full");
  };
  add({"a"});
  start();
  join();
  EXPECT_EQ(listener_.last(), State::kFailed);
  EXPECT_NE(listener_.trace().find("Exiting WorkerSinkTask due to unrecoverable exception."), std::string::npos);
  EXPECT_NE(listener_.trace().find("disk is full"), std::string::npos);
  EXPECT_LE(committed(), 0);
  EXPECT_EQ(calls().back(), "stop");
}

TEST_F(SinkTaskRunnerTest, ARewindReadsAgain) {
  std::atomic<bool> rewound{false};
  script_.on_put = [&](const std::vector<SinkRecord>& records, SinkTaskContext& context) {
    if (!records.empty() && !rewound.exchange(true)) context.offset(TopicPartition{"t", 0}, 1);
  };
  add({"a", "b", "c"});
  start();
  const bool read_again = eventually([&] { return put().size() == 5; });
  stop();
  ASSERT_TRUE(read_again);
  EXPECT_EQ(put(), (Values{"a", "b", "c", "b", "c"}));
}

TEST_F(SinkTaskRunnerTest, PausedItReadsNothingAndSaysSo) {
  start();
  ASSERT_TRUE(eventually([&] { return !calls().empty(); }));
  control_->set_paused(true);
  ASSERT_TRUE(eventually([&] { return listener_.last() == State::kPaused; }));
  add({"a"});
  ASSERT_TRUE(eventually([&] { return kafka_.paused(kGroup).size() == 1; }));
  EXPECT_TRUE(put().empty());
  control_->set_paused(false);
  ASSERT_TRUE(eventually([&] { return put().size() == 1; }));
  EXPECT_EQ(listener_.last(), State::kRunning);
}

TEST_F(SinkTaskRunnerTest, RevokedPartitionsAreCommittedAndClosed) {
  add({"a"});
  start();
  ASSERT_TRUE(eventually([&] { return put().size() == 1; }));
  kafka_.rebalance(kGroup, {});
  ASSERT_TRUE(eventually([&] { return calls().size() == 2; }));
  EXPECT_EQ(committed(), 1);
  EXPECT_EQ(calls(), (Values{"open 1", "close 1"}));
}

TEST_F(SinkTaskRunnerTest, LostPartitionsAreClosedWithoutACommit) {
  std::atomic<bool> allowed{false};
  script_.on_pre_commit = [&](const SinkOffsets& offsets) { return allowed ? offsets : SinkOffsets{}; };
  add({"a"});
  start();
  ASSERT_TRUE(eventually([&] { return put().size() == 1; }));
  kafka_.rebalance(kGroup, {}, kafka::FakeClients::Leaving::kLost);
  ASSERT_TRUE(eventually([&] { return calls().size() == 2; }));
  allowed = true;
  stop();
  EXPECT_LE(committed(), 0);
}

TEST_F(SinkTaskRunnerTest, ABadRecordIsNamedByTopicPartitionAndOffset) {
  add({"a", "bad"});
  start();
  join();
  EXPECT_EQ(listener_.last(), State::kFailed);
  EXPECT_NE(listener_.trace().find("Tolerance exceeded in error handler: t-0@1, stage VALUE_CONVERTER"),
            std::string::npos)
      << listener_.trace();
}

TEST_F(SinkTaskRunnerTest, ATopicIsActiveWhenARecordOfItIsConverted) {
  add({"bad"});
  ErrorHandlingConfig errors;
  errors.tolerance = ErrorTolerance::kAll;
  start(errors);
  ASSERT_TRUE(eventually([&] { return committed() == 1; }));
  EXPECT_TRUE(listener_.topics().empty());
  add({"bad", "a"});
  ASSERT_TRUE(eventually([&] { return put() == Values{"a"}; }));
  EXPECT_EQ(listener_.topics(), Values{"t"});
}

TEST_F(SinkTaskRunnerTest, ToleratedRecordsAndThoseThatTheTaskReportsGoToTheDeadLetterQueue) {
  kafka_.create_topic("dead");
  script_.on_put = [](const std::vector<SinkRecord>& records, SinkTaskContext& context) {
    for (const SinkRecord& record : records) {
      if (record.value.as_string() == "refused")
        context.errant_record_reporter()->report(record, DataError("no such column"));
    }
  };
  add({"a", "bad", "refused", "d"});
  ErrorHandlingConfig errors;
  errors.tolerance = ErrorTolerance::kAll;
  start(errors, "dead");
  ASSERT_TRUE(eventually([&] { return committed() == 4; }));
  const auto dead = kafka_.records("dead");
  ASSERT_EQ(dead.size(), 2U) << "reports are stored before their offsets are committed";
  EXPECT_EQ(dead[0].value, "bad");
  EXPECT_EQ(dead[1].value, "refused");
  const std::map<std::string, std::optional<std::string>> headers(dead[1].headers.begin(), dead[1].headers.end());
  EXPECT_EQ(headers.at("__connect.errors.stage"), "TASK_PUT");
  EXPECT_EQ(headers.at("__connect.errors.offset"), "2");
  EXPECT_EQ(headers.at("__connect.errors.exception.message"), "no such column");
}

TEST_F(SinkTaskRunnerTest, HeadersThatNobodyReadsAreLeftOutButNotFromDeadLetters) {
  kafka_.create_topic("dead");
  header_converter_class_ = "org.apache.kafka.connect.storage.SimpleHeaderConverter";
  script_.reads_headers = false;
  script_.on_put = [](const std::vector<SinkRecord>& records, SinkTaskContext& context) {
    for (const SinkRecord& record : records) {
      EXPECT_TRUE(record.headers.empty());
      context.errant_record_reporter()->report(record, DataError("no such column"));
    }
  };
  send_with_header("a");
  ErrorHandlingConfig errors;
  errors.tolerance = ErrorTolerance::kAll;
  start(errors, "dead");
  ASSERT_TRUE(eventually([&] { return committed() == 1; }));
  const auto dead = kafka_.records("dead");
  ASSERT_EQ(dead.size(), 1U);
  const std::map<std::string, std::optional<std::string>> headers(dead[0].headers.begin(), dead[0].headers.end());
  EXPECT_EQ(headers.at("trace"), "bad");
  EXPECT_EQ(headers.at("__connect.errors.stage"), "TASK_PUT");
}

TEST_F(SinkTaskRunnerTest, AHeaderConverterThatMayFailIsAskedWhoeverReads) {
  kafka_.create_topic("dead");
  header_converter_class_ = "org.apache.kafka.connect.json.JsonConverter";
  script_.reads_headers = false;
  send_with_header("a");
  ErrorHandlingConfig errors;
  errors.tolerance = ErrorTolerance::kAll;
  start(errors, "dead");
  ASSERT_TRUE(eventually([&] { return committed() == 1; }));
  EXPECT_TRUE(put().empty());
  ASSERT_EQ(kafka_.records("dead").size(), 1U);
}

TEST_F(SinkTaskRunnerTest, TheRecordsThatATaskRefusesAreFoundAndTheOthersPutOnceInOrder) {
  kafka_.create_topic("dead");
  std::atomic<int> outages{2};
  script_.on_put = [&](const std::vector<SinkRecord>& records, SinkTaskContext& context) {
    for (const SinkRecord& record : records) {
      if (record.value.as_string() == "refused") throw std::runtime_error("no such column");
    }
    if (records.size() == 1 && records.front().value.as_string() == "d" && outages.fetch_sub(1) > 0) {
      context.timeout(std::chrono::milliseconds(1));
      throw RetriableError("database is away");
    }
  };
  add({"a", "b", "c", "refused", "d", "refused", "e"});
  ErrorHandlingConfig errors;
  errors.tolerance = ErrorTolerance::kAll;
  errors.bisect_put = true;
  start(errors, "dead");
  ASSERT_TRUE(eventually([&] { return committed() == 7; }));
  EXPECT_EQ(put(), (Values{"a", "b", "c", "d", "e"}));
  EXPECT_LE(outages, 0) << "what was put before the outage was not put again";
  const auto dead = kafka_.records("dead");
  ASSERT_EQ(dead.size(), 2U);
  const std::map<std::string, std::optional<std::string>> headers(dead[1].headers.begin(), dead[1].headers.end());
  EXPECT_EQ(headers.at("__connect.errors.offset"), "5");
  EXPECT_EQ(headers.at("__connect.errors.stage"), "TASK_PUT");
  EXPECT_EQ(headers.at("__connect.errors.exception.message"), "no such column");
  EXPECT_EQ(metrics_->records_skipped.get(), 2U);
}

TEST_F(SinkTaskRunnerTest, ARetriableFailureOfAConverterIsRetriedWithinItsTime) {
  add({"flaky"});
  ErrorHandlingConfig errors;
  errors.retry_timeout = std::chrono::seconds(30);
  errors.retry_delay_max = std::chrono::milliseconds(1);
  TaskParts common = parts(errors);
  auto converter = std::make_unique<TextConverter>();
  converter->failures = 2;
  common.value_converter = std::move(converter);
  SinkTaskRunner::Parts sink;
  sink.task = std::make_unique<ScriptedSink>(script_);
  sink.consumer = std::move(*kafka_.consumer({{"group.id", kGroup}, {"auto.offset.reset", "earliest"}}));
  sink.topics = {"t"};
  run(std::make_unique<SinkTaskRunner>(std::move(common), std::move(sink)));
  ASSERT_TRUE(eventually([&] { return put() == Values{"flaky"}; }));
  EXPECT_EQ(metrics_->retries.get(), 2U);
}

TEST_F(SinkTaskRunnerTest, ARecordThatIsBeingRetriedAtTheStopIsNotSkipped) {
  add({"a"});
  ErrorHandlingConfig errors;
  errors.retry_timeout = std::chrono::seconds(600);
  errors.tolerance = ErrorTolerance::kAll;
  TaskParts common = parts(errors);
  auto converter = std::make_unique<TextConverter>();
  converter->failures = 1000000;
  common.value_converter = std::move(converter);
  SinkTaskRunner::Parts sink;
  sink.task = std::make_unique<ScriptedSink>(script_);
  sink.consumer = std::move(*kafka_.consumer({{"group.id", kGroup}, {"auto.offset.reset", "earliest"}}));
  sink.topics = {"t"};
  run(std::make_unique<SinkTaskRunner>(std::move(common), std::move(sink)));
  ASSERT_TRUE(eventually([&] { return put() == Values{"a"}; }));
  add({"flaky", "b"});
  ASSERT_TRUE(eventually([&] { return metrics_->retries.get() > 0; }));
  stop();
  EXPECT_EQ(put(), Values{"a"});
  EXPECT_LE(committed(), 1);
  EXPECT_EQ(metrics_->records_skipped.get(), 0U);
  EXPECT_EQ(listener_.last(), State::kUnassigned);
}

}  // namespace
}  // namespace millrace::runtime
