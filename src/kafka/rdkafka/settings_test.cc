#include "kafka/rdkafka/settings.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "kafka/rdkafka/settings_table.h"

namespace millrace::kafka {
namespace {

Settings translated(ClientKind kind, const ClientConfig& config) {
  auto settings = translate(kind, config);
  if (!settings) throw std::runtime_error(settings.error().text);
  return std::move(*settings);
}

std::string refused(ClientKind kind, const ClientConfig& config) {
  auto settings = translate(kind, config);
  return settings ? std::string("accepted") : settings.error().text;
}

using enum ClientKind;

TEST(SettingsTableTest, NamesEachKeyOnceAndSaysWhyWhereItDoesNothing) {
  std::set<std::string_view> keys;
  for (const SettingRow& row : setting_table()) {
    EXPECT_TRUE(keys.insert(row.key).second) << row.key;
    EXPECT_NE(row.kinds, 0) << row.key;
    EXPECT_TRUE(row.treatment == Treatment::kSecurity || !row.detail.empty()) << row.key;
  }
}

TEST(SettingsTest, AProducerAsConnectMakesIt) {
  auto settings =
      translated(kProducer, {{"bootstrap.servers", "a:1,b:2"},
                             {"acks", "all"},
                             {"enable.idempotence", "false"},
                             {"max.block.ms", "9223372036854775807"},
                             {"max.in.flight.requests.per.connection", "1"},
                             {"delivery.timeout.ms", "2147483647"},
                             {"key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer"},
                             {"client.id", "connector-producer-c-0"}});
  EXPECT_TRUE(settings.notices.empty());
  EXPECT_EQ(settings.properties.at("bootstrap.servers"), "a:1,b:2");
  EXPECT_EQ(settings.properties.at("acks"), "all");
  EXPECT_EQ(settings.properties.at("enable.idempotence"), "false");
  EXPECT_EQ(settings.properties.at("max.in.flight.requests.per.connection"), "1");
  EXPECT_EQ(settings.properties.at("message.timeout.ms"), "0");
  EXPECT_EQ(settings.partitioning, Partitioning::kByKey);
  EXPECT_EQ(settings.sticky_bytes, 16384);
  // In microseconds it must fit into 32 bits, or records for a topic that was created just now fail at once.
  EXPECT_LE(std::stol(settings.properties.at("topic.metadata.propagation.max.ms")), 2147483);
  EXPECT_FALSE(settings.properties.contains("key.serializer"));
}

TEST(SettingsTest, WhatCannotBeHonouredIsSaidAndTheRestIsTolerated) {
  auto settings = translated(
      kProducer, {{"interceptor.classes", "com.example.Audit"}, {"max.block.ms", "10"}, {"no.such.key", "x"}});
  ASSERT_EQ(settings.notices.size(), 2U);
  EXPECT_EQ(settings.notices[0],
            "setting interceptor.classes of the producer cannot be honoured: interceptors are Java classes");
  EXPECT_FALSE(settings.properties.contains("no.such.key"));
}

TEST(SettingsTest, BrokersAreCheckedAsJavaDoes) {
  const auto servers = [](const char* text) {
    return translated(kConsumer, {{"bootstrap.servers", text}}).properties.at("bootstrap.servers");
  };
  EXPECT_EQ(servers(" a:1 , PLAINTEXT://b.c:2,[::1]:3"), "a:1,b.c:2,[::1]:3");
  EXPECT_EQ(refused(kConsumer, {{"bootstrap.servers", "foo"}}), "Invalid url in bootstrap.servers: foo");
  EXPECT_EQ(refused(kAdmin, {{"bootstrap.servers", "a:1,b:1;"}}), "Invalid url in bootstrap.servers: b:1;");
  EXPECT_EQ(refused(kProducer, {{"bootstrap.servers", "a:99999"}}), "Invalid port in bootstrap.servers: a:99999");
}

TEST(SettingsTest, WordsThatAClientDoesNotKnowAreRefused) {
  EXPECT_EQ(refused(kProducer, {{"acks", "7"}}),
            "Invalid value 7 for configuration acks: String must be one of: all, -1, 0, 1");
  EXPECT_EQ(
      refused(kConsumer, {{"isolation.level", "dirty"}}),
      "Invalid value dirty for configuration isolation.level: String must be one of: read_committed, read_uncommitted");
  EXPECT_EQ(translated(kProducer, {{"acks", "ALL"}, {"compression.type", "GZIP"}}).properties.at("compression.type"),
            "gzip");
}

TEST(SettingsTest, IdempotenceIsOnByDefaultAndGivesWayToOtherSettings) {
  EXPECT_EQ(translated(kProducer, {}).properties.at("enable.idempotence"), "true");
  EXPECT_EQ(translated(kProducer, {{"acks", "1"}}).properties.at("enable.idempotence"), "false");
  EXPECT_EQ(translated(kProducer, {{"retries", "0"}}).properties.at("enable.idempotence"), "false");
  EXPECT_EQ(refused(kProducer, {{"acks", "1"}, {"enable.idempotence", "true"}}),
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.");
  EXPECT_EQ(refused(kProducer, {{"retries", "0"}, {"enable.idempotence", "true"}}),
            "Must set retries to non-zero when using the idempotent producer.");
  EXPECT_EQ(refused(kProducer, {{"max.in.flight.requests.per.connection", "6"}, {"enable.idempotence", "true"}}),
            "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer.");
  EXPECT_EQ(refused(kProducer, {{"transactional.id", "t"}, {"enable.idempotence", "false"}}),
            "Cannot set a transactional.id without also enabling idempotence.");
}

TEST(SettingsTest, SettingsThatContradictEachOtherAreRefusedAsInJava) {
  EXPECT_EQ(refused(kProducer, {{"delivery.timeout.ms", "30004"}}),
            "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms");
  EXPECT_EQ(refused(kProducer, {{"delivery.timeout.ms", "30"}, {"linger.ms", "10"}, {"request.timeout.ms", "20"}}),
            "accepted");
  EXPECT_EQ(refused(kConsumer, {{"group.id", "g"}, {"session.timeout.ms", "3000"}}),
            "Heartbeat must be set lower than the session timeout");
  EXPECT_EQ(refused(kConsumer, {{"group.id", " "}}),
            "The configured group.id should not be an empty string or whitespace.");
}

TEST(SettingsTest, ATransactionBoundsTheDeliveryTimeout) {
  auto settings = translated(
      kProducer,
      {{"transactional.id", "t"}, {"delivery.timeout.ms", "2147483647"}, {"transaction.timeout.ms", "90000"}});
  EXPECT_EQ(settings.properties.at("message.timeout.ms"), "90000");
}

TEST(SettingsTest, CompressionLevelsBelongToTheirCodec) {
  EXPECT_EQ(translated(kProducer, {{"compression.type", "zstd"}, {"compression.zstd.level", "7"}})
                .properties.at("compression.level"),
            "7");
  EXPECT_FALSE(translated(kProducer, {{"compression.type", "lz4"}, {"compression.zstd.level", "7"}})
                   .properties.contains("compression.level"));
}

TEST(SettingsTest, KafkasPartitionersAreKnown) {
  EXPECT_EQ(translated(kProducer, {{"partitioner.ignore.keys", "true"}}).partitioning, Partitioning::kSticky);
  EXPECT_EQ(translated(kProducer, {{"batch.size", "0"}}).sticky_bytes, 1);
  EXPECT_EQ(translated(kProducer, {{"batch.size", "65536"}}).sticky_bytes, 65536);
  auto robin =
      translated(kProducer, {{"partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner"}});
  EXPECT_EQ(robin.partitioning, Partitioning::kRoundRobin);
  EXPECT_TRUE(robin.notices.empty());
  EXPECT_EQ(translated(kProducer, {{"partitioner.class", "com.example.Mine"}}).notices.size(), 1U);
}

TEST(SettingsTest, OneFetchIsBoundedUnlessTheUserWantsMore) {
  const auto fetch = [](const ClientConfig& config) {
    return translated(kConsumer, config).properties.at("fetch.max.bytes");
  };
  EXPECT_EQ(fetch({}), "2097152");
  EXPECT_EQ(fetch({{"fetch.max.bytes", "52428800"}}), "52428800");
  EXPECT_EQ(fetch({{"max.partition.fetch.bytes", "8000000"}}), "8000000");
  EXPECT_EQ(fetch({{"max.partition.fetch.bytes", "8000000"}, {"fetch.max.bytes", "3000000"}}), "3000000");
}

TEST(SettingsTest, LeadersAreLookedForEveryFewSecondsWhateverTheAgeOfMetadata) {
  const auto interval = [](const ClientConfig& config) {
    return translated(kConsumer, config).properties.at("topic.metadata.refresh.interval.ms");
  };
  EXPECT_EQ(interval({}), "5000");
  EXPECT_EQ(interval({{"metadata.max.age.ms", "300000"}}), "5000");
  EXPECT_EQ(interval({{"metadata.max.age.ms", "700"}}), "700");
  EXPECT_EQ(translated(kConsumer, {{"metadata.max.age.ms", "300000"}}).metadata_max_age.count(), 300000);
}

TEST(SettingsTest, AConsumerAsConnectMakesIt) {
  auto settings = translated(kConsumer, {{"group.id", "connect-c"},
                                         {"enable.auto.commit", "false"},
                                         {"auto.offset.reset", "earliest"},
                                         {"max.poll.records", "50"},
                                         {"fetch.max.wait.ms", "200"},
                                         {"isolation.level", "READ_COMMITTED"}});
  EXPECT_TRUE(settings.notices.empty());
  EXPECT_EQ(settings.properties.at("group.id"), "connect-c");
  EXPECT_EQ(settings.properties.at("auto.offset.reset"), "earliest");
  EXPECT_EQ(settings.properties.at("fetch.wait.max.ms"), "200");
  EXPECT_EQ(settings.properties.at("isolation.level"), "read_committed");
  EXPECT_EQ(settings.properties.at("partition.assignment.strategy"), "range");
  EXPECT_EQ(settings.max_poll_records, 50);
}

TEST(SettingsTest, AssignorsByClassName) {
  auto chosen = [](const std::string& names) {
    return translated(kConsumer, {{"partition.assignment.strategy", names}})
        .properties.at("partition.assignment.strategy");
  };
  const std::string package = "org.apache.kafka.clients.consumer.";
  EXPECT_EQ(chosen(package + "RangeAssignor," + package + "CooperativeStickyAssignor"), "range");
  EXPECT_EQ(chosen(package + "CooperativeStickyAssignor"), "cooperative-sticky");
  EXPECT_EQ(chosen(package + "RoundRobinAssignor, " + package + "RangeAssignor"), "roundrobin,range");
  EXPECT_EQ(translated(kConsumer, {{"partition.assignment.strategy", package + "StickyAssignor"}}).notices.size(), 1U);
}

TEST(SettingsTest, OffsetResetByDurationReadsEverythingInstead) {
  auto settings = translated(kConsumer, {{"auto.offset.reset", "by_duration:PT1H"}});
  EXPECT_EQ(settings.properties.at("auto.offset.reset"), "earliest");
  EXPECT_EQ(settings.notices.size(), 1U);
  EXPECT_EQ(translated(kConsumer, {{"auto.offset.reset", "none"}}).properties.at("auto.offset.reset"), "error");
  EXPECT_NE(refused(kConsumer, {{"auto.offset.reset", "sometimes"}}), "accepted");
  for (const char* good : {"by_duration:P2D", "by_duration:pt1h30m2.5s", "by_duration:P1DT1M"})
    EXPECT_EQ(refused(kConsumer, {{"auto.offset.reset", good}}), "accepted") << good;
  for (const char* bad : {"by_duration:", "by_duration:P", "by_duration:P1DT", "by_duration:PT-1H", "by_duration:1h"})
    EXPECT_NE(refused(kConsumer, {{"auto.offset.reset", bad}}), "accepted") << bad;
}

TEST(SettingsTest, WrongValuesAreRefusedInJavasWords) {
  EXPECT_EQ(refused(kProducer, {{"linger.ms", "soon"}}),
            "Invalid value soon for configuration linger.ms: Not a number of type LONG");
  EXPECT_EQ(refused(kConsumer, {{"check.crcs", "maybe"}}),
            "Invalid value maybe for configuration check.crcs: Expected value to be either true or false");
  EXPECT_EQ(refused(kAdmin, {{"security.protocol", "TLS"}}),
            "Invalid value TLS for configuration security.protocol: String must be one of (case insensitive): "
            "PLAINTEXT, SASL_PLAINTEXT, "
            "SASL_SSL, SSL");
}

TEST(SettingsTest, SaslKeysThatDoNotApplyAreLeftAlone) {
  auto settings = translated(kConsumer, {{"sasl.mechanism", "PLAIN"}, {"sasl.jaas.config", "nonsense"}});
  EXPECT_EQ(settings.properties.at("security.protocol"), "plaintext");
  EXPECT_FALSE(settings.properties.contains("sasl.mechanisms"));
}

TEST(SettingsTest, JaasTextsBecomeUserAndPassword) {
  auto settings = translated(
      kProducer,
      {{"security.protocol", "SASL_PLAINTEXT"},
       {"sasl.mechanism", "PLAIN"},
       {"sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"al\\\"ice\" password='p w';"}});
  EXPECT_EQ(settings.properties.at("sasl.username"), "al\"ice");
  EXPECT_EQ(settings.properties.at("sasl.password"), "p w");
}

TEST(SettingsTest, BadJaasTextsAreOneSentence) {
  auto text = [](const std::string& jaas) {
    return refused(kProducer,
                   {{"security.protocol", "SASL_PLAINTEXT"}, {"sasl.mechanism", "PLAIN"}, {"sasl.jaas.config", jaas}});
  };
  const std::string rule = "; expected: <login module class> required name=\"value\" ...;";
  EXPECT_EQ(text("Module required username=\"a\" password=\"b\""),
            "sasl.jaas.config: the final semicolon is missing" + rule);
  EXPECT_EQ(
      text("Module username=\"a\";"),
      "sasl.jaas.config: no control flag (required, requisite, sufficient or optional) after the login module" + rule);
  EXPECT_EQ(text("Module required username=\"a;"), "sasl.jaas.config: a quoted value does not end" + rule);
  EXPECT_EQ(text("Module required username=\"a\";"),
            "sasl.jaas.config: mechanism PLAIN needs the options username and password" + rule);
  EXPECT_EQ(text(""), "sasl.mechanism PLAIN needs sasl.jaas.config with a username and a password");
}

TEST(SettingsTest, AnUnsecuredTokenIsMadeByLibrdkafka) {
  auto settings =
      translated(kProducer, {{"security.protocol", "SASL_PLAINTEXT"},
                             {"sasl.mechanism", "OAUTHBEARER"},
                             {"sasl.jaas.config",
                              "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
                              "unsecuredLoginStringClaim_sub=\"me\";"}});
  EXPECT_EQ(settings.properties.at("enable.sasl.oauthbearer.unsecure.jwt"), "true");
  EXPECT_EQ(settings.properties.at("sasl.oauthbearer.config"), "principal=me");
}

TEST(SettingsTest, AStoreThatIsNotThereIsOneSentence) {
  EXPECT_EQ(refused(kProducer, {{"security.protocol", "SSL"}, {"ssl.truststore.location", "/no/such/store"}}),
            "ssl.truststore.location: /no/such/store cannot be read: No such file or directory");
}

}  // namespace
}  // namespace millrace::kafka
