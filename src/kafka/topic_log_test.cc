#include "kafka/topic_log.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "kafka/fake_clients.h"

namespace millrace::kafka {
namespace {

using namespace std::chrono_literals;

class TopicLogTest : public testing::Test {
 protected:
  std::unique_ptr<TopicLog> make(bool single = false) {
    TopicLog::Deps deps;
    deps.clients = &clients_;
    deps.admin_config = {{"default.api.timeout.ms", "200"}, {"retry.backoff.ms", "10"}};
    TopicLog::Options options;
    options.topic = {"configs", 1, 1, {{"min.insync.replicas", "1"}, {"cleanup.policy", "delete"}}};
    options.property = "config.storage.topic";
    options.purpose = "connector configurations";
    options.require_single_partition = single;
    auto log = TopicLog::create(deps, options, [this](const InRecord& record) {
      std::lock_guard lock(mutex_);
      seen_.push_back(std::string(record.key.value_or("null")) + "=" + std::string(record.value.value_or("null")));
    });
    if (!log) throw std::runtime_error(log.error().text);
    return std::move(*log);
  }
  std::vector<std::string> seen() {
    std::lock_guard lock(mutex_);
    return seen_;
  }

  FakeClients clients_;

 private:
  std::mutex mutex_;
  std::vector<std::string> seen_;
};

using Lines = std::vector<std::string>;

TEST_F(TopicLogTest, CreatesTheTopicCompactedWhateverTheSettingsSay) {
  auto log = make();
  ASSERT_TRUE(log->start());
  ASSERT_TRUE(clients_.has_topic("configs"));
  EXPECT_EQ(clients_.admin({}).value()->topic_configs("configs", 1s).value(),
            (std::map<std::string, std::string>{{"cleanup.policy", "compact"}, {"min.insync.replicas", "1"}}));
  EXPECT_EQ(log->partition_count(), 1);
}

TEST_F(TopicLogTest, StartReadsWhatIsThereAndThenFollows) {
  clients_.create_topic("configs", 1, {{"cleanup.policy", "compact"}});
  clients_.append("configs", "a", "1");
  clients_.append("configs", "b", std::nullopt);
  auto log = make();
  ASSERT_TRUE(log->start());
  EXPECT_EQ(seen(), (Lines{"a=1", "b=null"}));
  clients_.append("configs", "c", "3");
  ASSERT_TRUE(log->read_to_end(10s));
  EXPECT_EQ(seen(), (Lines{"a=1", "b=null", "c=3"}));
}

TEST_F(TopicLogTest, ReadToEndSeesEverySendBeforeIt) {
  auto log = make();
  ASSERT_TRUE(log->start());
  clients_.hold_acks();
  std::promise<bool> sent;
  log->send("k", "v", [&](Result<void> result) { sent.set_value(result.ok()); });
  std::promise<void> read;
  log->read_to_end_async([&](Result<void>) { read.set_value(); });
  auto reading = read.get_future();
  EXPECT_EQ(reading.wait_for(50ms), std::future_status::timeout);
  EXPECT_FALSE(log->flush(1ms));
  clients_.release_acks();
  EXPECT_EQ(reading.wait_for(10s), std::future_status::ready);
  EXPECT_TRUE(sent.get_future().get());
  EXPECT_EQ(seen(), Lines{"k=v"});
  EXPECT_TRUE(log->flush(1s));
}

TEST_F(TopicLogTest, AFailedSendTellsItsSender) {
  auto log = make();
  ASSERT_TRUE(log->start());
  clients_.fail_next_sends(1, Error{Errc::kKafka, "no", false, {}, {}, 0});
  std::promise<std::string> failed;
  log->send("k", "v", [&](Result<void> result) { failed.set_value(result ? "" : result.error().text); });
  EXPECT_EQ(failed.get_future().get(), "no");
}

TEST_F(TopicLogTest, SendsBeyondTheQueueGoOutInOrderLater) {
  auto log = make();
  ASSERT_TRUE(log->start());
  clients_.set_queue_limit(1);
  for (int i = 0; i < 20; ++i) log->send("k", std::to_string(i), nullptr);
  ASSERT_TRUE(log->flush(20s));
  ASSERT_TRUE(log->read_to_end(10s));
  Lines expected;
  for (int i = 0; i < 20; ++i) expected.push_back("k=" + std::to_string(i));
  EXPECT_EQ(seen(), expected);
}

TEST_F(TopicLogTest, AWrongCleanupPolicyIsExplainedInJavasWords) {
  clients_.create_topic("configs", 1, {{"cleanup.policy", "compact, delete"}});
  auto started = make()->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(
      started.error().text,
      "Topic 'configs' supplied via the 'config.storage.topic' property is required to have 'cleanup.policy=compact' "
      "to guarantee "
      "consistency and durability of connector configurations, but found the topic currently has "
      "'cleanup.policy=compact,delete'. "
      "Continuing would likely result in eventually losing connector configurations and problems restarting this "
      "Connect cluster in "
      "the future. Change the 'config.storage.topic' property in the Connect worker configurations to use a topic with "
      "'cleanup.policy=compact'.");
}

TEST_F(TopicLogTest, SeveralPartitionsAreRefusedWhereOneIsRequired) {
  clients_.create_topic("configs", 5, {{"cleanup.policy", "compact"}});
  auto started = make(true)->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().text,
            "Topic 'configs' supplied via the 'config.storage.topic' property is required to have a single partition "
            "in order to guarantee "
            "consistency of connector configurations, but found 5 partitions.");
}

TEST_F(TopicLogTest, NoKafkaEndsStartAfterTheAdminTimeout) {
  clients_.set_outage(Error{Errc::kTimeout, "no answer", true, {}, {}, 0});
  auto started = make()->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().text,
            "Timed out while checking for or creating topic(s) 'configs'. This could indicate a connectivity issue, "
            "unavailable topic "
            "partitions, or if this is your first use of the topic it may have taken too long to create.");
}

TEST_F(TopicLogTest, StopAnswersWhoStillWaits) {
  auto log = make();
  ASSERT_TRUE(log->start());
  clients_.hold_acks();
  std::promise<Errc> sent;
  std::promise<Errc> read;
  log->send("k", "v", [&](Result<void> result) { sent.set_value(result.error().code); });
  log->read_to_end_async([&](Result<void> result) { read.set_value(result.error().code); });
  log->stop();
  EXPECT_EQ(sent.get_future().get(), Errc::kCancelled);
  EXPECT_EQ(read.get_future().get(), Errc::kCancelled);
  EXPECT_FALSE(log->read_to_end(1s));
}

}  // namespace
}  // namespace millrace::kafka
