// The client seams on a real Kafka. Run by test_clients.py, which sets MILLRACE_TEST_BOOTSTRAP.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "kafka/rdkafka/rdkafka_clients.h"
#include "tests/integration/kafka/clients_fixture.h"

namespace millrace::kafka {
namespace {

using namespace std::chrono_literals;

class ClientsTest : public ClientsFixture {};

TEST_F(ClientsTest, SentRecordsComeBackAsTheyWere) {
  const std::string topic = create_topic(1);
  Collector deliveries;
  auto out = producer();
  const std::vector<HeaderView> headers{{"a", "1"}, {"a", std::nullopt}, {"b", ""}};
  std::vector<OutRecord> records(5);
  for (auto& record : records) record.topic = &topic;
  records[0].value = "plain";
  records[1].key = "key";
  records[2].key = "";
  records[2].value = "";
  records[3].value = "with headers";
  records[3].headers = headers;
  records[4].timestamp_ms = 1234567890123;
  records[4].key = "late";
  for (std::size_t i = 0; i < records.size(); ++i) records[i].tag = 100 + i;
  send_all(*out, records, deliveries);
  ASSERT_TRUE(out->flush(10s));
  ASSERT_TRUE(eventually([&] { return deliveries.count() == 5; }));
  EXPECT_EQ(deliveries.failures(), 0U);
  EXPECT_EQ(deliveries.all()[4].tag, 104U);
  EXPECT_EQ(deliveries.all()[4].offset, 4);
  out->detach(deliveries);

  auto in = consumer({{"auto.offset.reset", "earliest"}});
  ASSERT_TRUE(in->assign({{{topic, 0}, -2}}));
  auto read = poll_until(*in, 5);
  ASSERT_EQ(read.size(), 5U);
  EXPECT_EQ(read[0].value, "plain");
  EXPECT_EQ(read[0].key, std::nullopt);
  EXPECT_EQ(read[1].key, "key");
  EXPECT_EQ(read[1].value, std::nullopt);
  EXPECT_EQ(read[2].key, "");
  EXPECT_EQ(read[2].value, "");
  ASSERT_EQ(read[3].headers.size(), 3U);
  EXPECT_EQ(read[3].headers[0], (std::pair<std::string, std::optional<std::string>>("a", "1")));
  EXPECT_EQ(read[3].headers[1].second, std::nullopt);
  EXPECT_EQ(read[3].headers[2].second, "");
  EXPECT_EQ(read[4].timestamp_ms, 1234567890123);
  EXPECT_EQ(read[4].timestamp_type, TimestampType::kCreateTime);
  in->close(5s);
}

TEST_F(ClientsTest, KeyedRecordsLandWhereJavaPutsThem) {
  // Partition = murmur2(key) & 0x7fffffff % 10, computed with Java's Utils.murmur2 for these keys.
  const std::map<std::string, std::int32_t> expected{
      {"21", -973932308}, {"foobar", -790332482}, {"a-little-bit-long-string", -985981536}};
  const std::string topic = create_topic(10);
  auto out = producer();
  Collector deliveries;
  std::uint64_t tag = 0;
  for (const auto& [key, hash] : expected) {
    OutRecord record;
    record.topic = &topic;
    record.key = key;
    record.tag = tag++;
    send_all(*out, {&record, 1}, deliveries);
  }
  ASSERT_TRUE(out->flush(10s));
  ASSERT_TRUE(eventually([&] { return deliveries.count() == expected.size(); }));
  for (const auto& delivery : deliveries.all()) {
    auto it = std::next(expected.begin(), static_cast<std::ptrdiff_t>(delivery.tag));
    EXPECT_EQ(delivery.partition, (it->second & 0x7fffffff) % 10) << it->first;
  }
  out->detach(deliveries);
}

TEST_F(ClientsTest, RecordsWithoutKeyKeepToAPartitionForABatch) {
  const std::string topic = create_topic(3);
  const auto partitions_of = [&](const ClientConfig& config, int records) {
    auto out = producer(config);
    Collector deliveries;
    for (int i = 0; i < records; ++i) {
      OutRecord record;
      record.topic = &topic;
      record.value = "a line of a quiet file";
      send_all(*out, {&record, 1}, deliveries);
      EXPECT_TRUE(out->flush(10s));
    }
    EXPECT_TRUE(eventually([&] { return deliveries.count() == static_cast<std::size_t>(records); }));
    out->detach(deliveries);
    std::map<std::int32_t, int> counts;
    for (const auto& delivery : deliveries.all()) counts[delivery.partition] += 1;
    return counts;
  };
  EXPECT_EQ(partitions_of({}, 30).size(), 1U);
  EXPECT_EQ(partitions_of({{"partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner"}}, 6),
            (std::map<std::int32_t, int>{{0, 2}, {1, 2}, {2, 2}}));
}

TEST_F(ClientsTest, ABatchThatATopicDoesNotTakeIsSentInSmallerOnes) {
  for (const char* limit : {"50000", "2000"}) {
    SCOPED_TRACE(limit);
    const std::string topic = create_topic(1, {{"max.message.bytes", limit}});
    auto out = producer({{"max.in.flight.requests.per.connection", "1"}, {"enable.idempotence", "false"}});
    Collector deliveries;
    const std::string small(100, 's');
    const std::string large(60000, 'l');
    std::vector<OutRecord> records(4000);
    for (std::size_t i = 0; i < records.size(); ++i) {
      records[i].topic = &topic;
      records[i].value = i == 1000 ? large : small;
      records[i].tag = i;
    }
    send_all(*out, records, deliveries);
    ASSERT_TRUE(out->flush(60s));
    ASSERT_TRUE(eventually([&] { return deliveries.count() == records.size(); }));
    out->detach(deliveries);
    EXPECT_EQ(deliveries.failures(), 1U);
    std::map<std::uint64_t, std::int64_t> offsets;
    for (const auto& delivery : deliveries.all()) {
      if (delivery.tag != 1000) offsets[delivery.tag] = delivery.offset;
    }
    EXPECT_EQ(offsets.size(), records.size() - 1);
    std::int64_t next = 0;
    for (const auto& [tag, offset] : offsets) ASSERT_EQ(offset, next++) << "record " << tag;
  }
}

TEST_F(ClientsTest, APollMayHoldMoreThan500RecordsIfAskedAndNotConfigured) {
  const std::string topic = create_topic(1);
  auto out = producer();
  Collector deliveries;
  std::vector<OutRecord> records(3000);
  for (auto& record : records) {
    record.topic = &topic;
    record.value = "v";
  }
  send_all(*out, records, deliveries);
  ASSERT_TRUE(out->flush(10s));
  out->detach(deliveries);
  const auto largest_poll = [&](const ClientConfig& config, std::size_t preferred) {
    auto in = consumer(config);
    in->prefer_poll_records(preferred);
    EXPECT_TRUE(in->assign({{{topic, 0}, 0}}));
    std::size_t largest = 0;
    for (std::size_t read = 0; read < records.size();) {
      auto batch = in->poll(10s);
      if (!batch || (*batch)->records().empty()) break;
      read += (*batch)->records().size();
      largest = std::max(largest, (*batch)->records().size());
    }
    return largest;
  };
  EXPECT_EQ(largest_poll({}, 0), 500U);
  EXPECT_EQ(largest_poll({}, 1200), 1200U);
  EXPECT_EQ(largest_poll({{"max.poll.records", "100"}}, 1200), 100U);
}

TEST_F(ClientsTest, ARecordLargerThanTheLimitIsRefusedInJavasWords) {
  const std::string topic = create_topic(1);
  auto out = producer({{"max.request.size", "1000"}});
  Collector deliveries;
  std::string large(2000, 'x');
  std::vector<OutRecord> records(2);
  records[0].topic = records[1].topic = &topic;
  records[0].value = "small";
  records[1].value = large;
  auto sent = out->send(records, deliveries);
  EXPECT_EQ(sent.accepted, 1U);
  ASSERT_TRUE(sent.error);
  EXPECT_EQ(
      sent.error->text,
      "The message is 2086 bytes when serialized which is larger than 1000, which is the value of the max.request.size "
      "configuration.");
  ASSERT_TRUE(out->flush(10s));
  out->detach(deliveries);
}

TEST_F(ClientsTest, AFullQueueTakesPartAndTellsWhenThereIsRoom) {
  const std::string topic = create_topic(1);
  auto out = producer({{"buffer.memory", "20000"}});
  Collector deliveries;
  std::string value(1000, 'v');
  std::vector<OutRecord> records(500);
  for (auto& record : records) {
    record.topic = &topic;
    record.value = value;
  }
  auto sent = out->send(records, deliveries);
  EXPECT_LT(sent.accepted, 30U);
  EXPECT_GT(sent.accepted, 5U);
  EXPECT_FALSE(sent.error);
  EXPECT_TRUE(out->wait_for_room(deliveries, 10s));
  std::span<const OutRecord> left = std::span(records).subspan(sent.accepted);
  send_all(*out, left, deliveries);
  ASSERT_TRUE(out->flush(10s));
  EXPECT_EQ(deliveries.count(), 500U);
  out->detach(deliveries);
}

TEST_F(ClientsTest, EqualSettingsShareAProducerAndDetachSilencesOneLane) {
  const std::string topic = create_topic(1);
  auto first = producer({{"client.id", "one"}});
  auto second = producer({{"client.id", "two"}});
  EXPECT_EQ(first.get(), second.get());
  auto other = producer({{"client.id", "two"}, {"linger.ms", "1"}});
  EXPECT_NE(first.get(), other.get());

  Collector lane_a;
  Collector lane_b;
  OutRecord record;
  record.topic = &topic;
  record.value = "x";
  send_all(*first, {&record, 1}, lane_a);
  first->detach(lane_a);
  const auto before = lane_a.count();
  send_all(*first, {&record, 1}, lane_b);
  ASSERT_TRUE(first->flush(10s));
  EXPECT_EQ(lane_a.count(), before);
  EXPECT_EQ(lane_b.count(), 1U);
  first->detach(lane_b);
}

TEST_F(ClientsTest, AGroupReadsCommitsAndGoesOnFromThere) {
  const std::string topic = create_topic(2);
  produce(topic, 0, 100);
  produce(topic, 1, 100);
  const std::string group = "group-" + topic;
  {
    Listener listener;
    auto in = consumer({{"group.id", group}, {"auto.offset.reset", "earliest"}, {"max.poll.records", "50"}});
    ASSERT_TRUE(in->subscribe({topic}, listener));
    auto read = poll_until(*in, 200);
    ASSERT_EQ(read.size(), 200U);
    EXPECT_EQ(listener.assigned, (std::set<TopicPartition>{{topic, 0}, {topic, 1}}));
    EXPECT_EQ(in->position({topic, 0}, 5s).value(), 100);
    ASSERT_TRUE(in->commit_sync({{{topic, 0}, 100}}, 10s));
    bool done = false;
    in->commit_async({{{topic, 1}, 60}}, [&](Result<void> result) { done = result.ok(); });
    in->close(10s);
    EXPECT_TRUE(done);
    EXPECT_EQ(listener.revoked, (std::set<TopicPartition>{{topic, 0}, {topic, 1}}));
  }
  Listener listener;
  auto in = consumer({{"group.id", group}, {"auto.offset.reset", "earliest"}});
  ASSERT_TRUE(in->subscribe({topic}, listener));
  auto read = poll_until(*in, 40);
  EXPECT_EQ(read.size(), 40U);
  EXPECT_EQ(read.front().partition, 1);
  EXPECT_EQ(read.front().offset, 60);
  in->close(10s);
  auto stored = admin()->group_offsets(group, 10s);
  ASSERT_TRUE(stored) << stored.error().text;
  EXPECT_EQ(stored.value(), (Offsets{{{topic, 0}, 100}, {{topic, 1}, 60}}));
}

TEST_F(ClientsTest, SeeksInsideOnAssignedDecideWhereReadingStarts) {
  const std::string topic = create_topic(1);
  produce(topic, 0, 50);
  Listener listener;
  auto in = consumer({{"group.id", "seek-" + topic}, {"auto.offset.reset", "earliest"}});
  listener.on_assign = [&](const auto& partitions) {
    for (const auto& partition : partitions) {
      EXPECT_EQ(in->position(partition, 5s).value(), 0);
      EXPECT_TRUE(in->seek(partition, 42));
    }
  };
  ASSERT_TRUE(in->subscribe({topic}, listener));
  auto read = poll_until(*in, 8);
  ASSERT_FALSE(read.empty());
  EXPECT_EQ(read.front().offset, 42);
  in->close(10s);
}

TEST_F(ClientsTest, SeekBackAndForthGivesEveryRecordFromThere) {
  const std::string topic = create_topic(1);
  produce(topic, 0, 2000);
  auto in = consumer({{"max.poll.records", "100"}});
  ASSERT_TRUE(in->assign({{{topic, 0}, -2}}));
  poll_until(*in, 1000);
  for (std::int64_t target : {10, 1500, 700, 0, 1999}) {
    ASSERT_TRUE(in->seek({topic, 0}, target));
    EXPECT_EQ(in->position({topic, 0}, 1s).value(), target);
    auto read = poll_until(*in, 1);
    ASSERT_FALSE(read.empty());
    EXPECT_EQ(read.front().offset, target);
    for (std::size_t i = 1; i < read.size(); ++i) EXPECT_EQ(read[i].offset, read[i - 1].offset + 1);
  }
  in->close(5s);
}

TEST_F(ClientsTest, PauseAndResumeLoseNothing) {
  const std::string topic = create_topic(2);
  produce(topic, 0, 3000);
  produce(topic, 1, 3000);
  auto in = consumer({{"max.poll.records", "100"}});
  ASSERT_TRUE(in->assign({{{topic, 0}, -2}, {{topic, 1}, -2}}));
  std::map<std::int32_t, std::int64_t> next;
  auto take = [&](const std::vector<Seen>& read) {
    for (const Seen& record : read) EXPECT_EQ(record.offset, next[record.partition]++);
  };
  take(poll_until(*in, 300));
  ASSERT_TRUE(in->pause({{topic, 0}}));
  const auto kept = next[0];
  take(poll_until(*in, static_cast<std::size_t>(3000 - next[1])));
  EXPECT_EQ(next[0], kept);
  EXPECT_EQ(next[1], 3000);
  ASSERT_TRUE(in->resume({{topic, 0}}));
  take(poll_until(*in, static_cast<std::size_t>(3000 - next[0])));
  EXPECT_EQ(next[0], 3000);
  in->close(5s);
}

TEST_F(ClientsTest, WakeUpEndsAPoll) {
  const std::string topic = create_topic(1);
  auto in = consumer();
  ASSERT_TRUE(in->assign({{{topic, 0}, -2}}));
  while (in->position({topic, 0}, 5s).value() != 0) ASSERT_TRUE(in->poll(100ms));
  in->poll(300ms).value();
  auto begin = std::chrono::steady_clock::now();
  in->wake_up();
  for (int i = 0; i < 2; ++i) {
    std::jthread waker([&] { in->wake_up(); });
    in->poll(20s).value();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  in->close(5s);
}

TEST_F(ClientsTest, APatternFindsTopicsThatExist) {
  const std::string topic = create_topic(1);
  produce(topic, 0, 10);
  Listener listener;
  auto in =
      consumer({{"group.id", "pattern-" + topic}, {"auto.offset.reset", "earliest"}, {"metadata.max.age.ms", "500"}});
  ASSERT_TRUE(in->subscribe([&](std::string_view name) { return name.starts_with(topic); }, listener));
  EXPECT_EQ(poll_until(*in, 10).size(), 10U);
  const std::string later = topic + "-later";
  ASSERT_TRUE(admin()->create_topic({later, 1, 1, {}}, 10s));
  produce(later, 0, 5);
  // The new topic came with a rebalance, so the first one is read again from its last commit: there is none.
  EXPECT_EQ(poll_until(*in, 15).size(), 15U);
  EXPECT_TRUE(listener.assigned.contains({later, 0}));
  in->close(10s);
}

TEST_F(ClientsTest, ATopicThatComesLaterIsRead) {
  const std::string topic = unique_name();
  Listener listener;
  auto in = consumer(
      {{"group.id", "later-" + topic}, {"auto.offset.reset", "earliest"}, {"allow.auto.create.topics", "false"}});
  ASSERT_TRUE(in->subscribe({topic}, listener));
  EXPECT_TRUE(poll_for(*in, 1s).empty());
  ASSERT_TRUE(admin()->create_topic({topic, 1, 1, {}}, 10s));
  produce(topic, 0, 3);
  EXPECT_EQ(poll_until(*in, 3).size(), 3U);
  in->close(10s);
}

TEST_F(ClientsTest, ASubscriptionToWhatCannotBeATopicFails) {
  Listener listener;
  auto in = consumer({{"group.id", unique_name()}});
  const auto done = in->subscribe({"a b", "good", ".", "c/d"}, listener);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().trace, "org.apache.kafka.common.errors.InvalidTopicException: Invalid topics: [a b, ., c/d]");
}

TEST_F(ClientsTest, WithoutAResetPolicyAMissingOffsetIsAnError) {
  const std::string topic = unique_name();
  ASSERT_TRUE(admin()->create_topic({topic, 1, 1, {}}, 10s));
  Listener listener;
  auto in = consumer({{"group.id", "none-" + topic}, {"auto.offset.reset", "none"}});
  ASSERT_TRUE(in->subscribe({topic}, listener));
  std::optional<Error> error;
  ASSERT_TRUE(eventually([&] {
    auto batch = in->poll(100ms);
    if (!batch) error = std::move(batch).error();
    return error.has_value();
  }));
  EXPECT_EQ(
      error->trace,
      "org.apache.kafka.clients.consumer.NoOffsetForPartitionException: Undefined offset with no reset policy for "
      "partitions: [" +
          topic + "-0]");
  in->close(10s);
}

TEST_F(ClientsTest, TheClusterTellsItsId) {
  auto id = must(admin()->cluster_id(15s));
  EXPECT_TRUE(id.has_value());
}

TEST_F(ClientsTest, AdminManagesTopicsAndGroups) {
  auto client = admin();
  auto id = client->cluster_id(10s);
  ASSERT_TRUE(id) << id.error().text;
  EXPECT_TRUE(id.value().has_value());
  const std::string topic = unique_name();
  EXPECT_EQ(must(client->create_topic({topic, 3, 1, {{"retention.ms", "86400000"}}}, 10s)), TopicCreation::kCreated);
  EXPECT_EQ(must(client->create_topic({topic, 3, 1, {}}, 10s)), TopicCreation::kExisted);
  EXPECT_TRUE(eventually([&] {
    return must(client->describe_topics({topic, "no-such-topic"}, 10s)) ==
           std::map<std::string, std::int32_t>{{topic, 3}};
  }));
  EXPECT_EQ(must(client->topic_configs(topic, 10s))["retention.ms"], "86400000");
  produce(topic, 1, 7);
  EXPECT_EQ(must(client->end_offsets({{topic, 0}, {topic, 1}}, 10s)), (Offsets{{{topic, 0}, 0}, {{topic, 1}, 7}}));
  EXPECT_FALSE(client->end_offsets({{"no-such-topic", 0}}, 3s));

  const std::string group = "admin-" + topic;
  EXPECT_TRUE(client->delete_group(group, 10s));
  ASSERT_TRUE(client->alter_group_offsets(group, {{{topic, 1}, 5}, {{topic, 2}, 0}}, 10s));
  EXPECT_EQ(must(client->group_offsets(group, 10s)), (Offsets{{{topic, 1}, 5}, {{topic, 2}, 0}}));
  auto deleted = client->delete_group_offsets(group, {{topic, 2}}, 10s);
  EXPECT_TRUE(deleted) << deleted.error().text;
  EXPECT_EQ(must(client->group_offsets(group, 10s)), (Offsets{{{topic, 1}, 5}}));
  Listener listener;
  auto in = consumer({{"group.id", group}, {"auto.offset.reset", "earliest"}});
  ASSERT_TRUE(in->subscribe({topic}, listener));
  EXPECT_EQ(poll_until(*in, 2).size(), 2U);
  auto refused = client->alter_group_offsets(group, {{{topic, 1}, 0}}, 10s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kConflict) << refused.error().text;
  refused = client->delete_group(group, 10s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kConflict) << refused.error().text;
  in->close(10s);
  EXPECT_TRUE(eventually([&] { return client->delete_group(group, 10s).ok(); }));
  EXPECT_TRUE(must(client->group_offsets(group, 10s)).empty());
}

TEST_F(ClientsTest, TransactionsHideWhatIsNotCommittedAndFenceOldOnes) {
  const std::string topic = create_topic(1);
  const ClientConfig id{{"transactional.id", "tx-" + topic}, {"delivery.timeout.ms", "2147483647"}};
  auto out = producer(id);
  Collector deliveries;
  ASSERT_TRUE(out->init_transactions(20s));
  auto write = [&](std::string_view value) {
    OutRecord record;
    record.topic = &topic;
    record.value = value;
    send_all(*out, {&record, 1}, deliveries);
  };
  ASSERT_TRUE(out->begin_transaction());
  write("aborted");
  ASSERT_TRUE(out->flush(10s));
  ASSERT_TRUE(out->abort_transaction(10s));
  ASSERT_TRUE(out->begin_transaction());
  write("committed");
  ASSERT_TRUE(out->commit_transaction(10s));
  auto in = consumer({{"isolation.level", "read_committed"}});
  ASSERT_TRUE(in->assign({{{topic, 0}, -2}}));
  auto read = poll_until(*in, 1);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].value, "committed");
  // The position passes the marker at the end.
  auto end = admin()->end_offsets({{topic, 0}}, 10s).value()[{topic, 0}];
  EXPECT_EQ(end, 4);
  EXPECT_TRUE(eventually([&] {
    (void)in->poll(100ms).value();
    return in->position({topic, 0}, 1s).value() == end;
  }));
  ASSERT_TRUE(admin()->fence_producers({"tx-" + topic}, 20s));
  auto begun = out->begin_transaction();
  if (begun) {
    write("fenced");
    auto committed = out->commit_transaction(10s);
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, Errc::kFenced) << committed.error().text;
  }
  out->detach(deliveries);
  in->close(5s);
}

TEST_F(ClientsTest, ABrokerThatIsNotThereIsSaidOnce) {
  RdKafkaClients clients([this](ClientLogLevel level, std::string_view text) { log(level, text); });
  auto client = clients.admin({{"bootstrap.servers", "127.0.0.1:1"}});
  ASSERT_TRUE(client);
  auto id = (*client)->cluster_id(2s);
  ASSERT_FALSE(id);
  EXPECT_NE(id.error().text.find("Connection refused"), std::string::npos) << id.error().text;
  EXPECT_LE(logged().size(), 1U);
}

}  // namespace
}  // namespace millrace::kafka
