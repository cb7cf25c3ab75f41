#include "runtime/config/client_configs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

using ::testing::Contains;
using ::testing::Pair;

WorkerConfig worker(Props more, WorkerMode mode = WorkerMode::kDistributed) {
  for (const char* key : {"key.converter", "value.converter", "group.id", "offset.storage.topic",
                          "config.storage.topic", "status.storage.topic", "offset.storage.file.filename"}) {
    more.emplace(key, "x");
  }
  more["group.id"] = "g";
  Result<WorkerConfig> parsed = WorkerConfig::parse(mode, std::move(more), nullptr);
  EXPECT_TRUE(parsed.ok()) << parsed.error().text;
  return std::move(parsed).value();
}

TEST(ClientConfigsTest, LaterLayersOfAProducerOverrideEarlierOnes) {
  const WorkerConfig config = worker({{"bootstrap.servers", "k:1"},
                                      {"producer.linger.ms", "1"},
                                      {"producer.acks", "1"},
                                      {"metrics.context.site", "s"},
                                      {"security.protocol", "SSL"}});
  const ClientConfigs clients(config, "cid");
  const auto producer = clients.source_producer({"c", 2}, {{"producer.override.linger.ms", "9"}});
  ASSERT_TRUE(producer.ok());
  EXPECT_EQ(producer->at("client.id"), "connector-producer-c-2");
  EXPECT_EQ(producer->at("linger.ms"), "9");
  EXPECT_EQ(producer->at("acks"), "1");
  EXPECT_EQ(producer->at("enable.idempotence"), "false");
  EXPECT_EQ(producer->at("metrics.context.site"), "s");
  EXPECT_EQ(producer->at("metrics.context.connect.kafka.cluster.id"), "cid");
  EXPECT_EQ(producer->at("metrics.context.connect.group.id"), "g");
  EXPECT_FALSE(producer->contains("security.protocol")) << "top level security is for the worker's own clients";
}

TEST(ClientConfigsTest, ConsumersBelongToTheConnectorsGroup) {
  const WorkerConfig config = worker({{"consumer.auto.offset.reset", "latest"}});
  const ClientConfigs clients(config, "");
  const auto consumer = clients.sink_consumer({"c", 0}, {});
  ASSERT_TRUE(consumer.ok());
  EXPECT_THAT(*consumer, Contains(Pair("group.id", "connect-c")));
  EXPECT_THAT(*consumer, Contains(Pair("auto.offset.reset", "latest")));
  EXPECT_EQ(clients.sink_group_id("c", {{"consumer.override.group.id", "own"}}), "own");
}

TEST(ClientConfigsTest, ValuesThatAJavaClientRefusesAreRefused) {
  const WorkerConfig config = worker({{"admin.retry.backoff.ms", "-1"}});
  const ClientConfigs clients(config, "");
  const auto why = [](const Result<ClientConfigs::Config>& made) { return made ? "made" : made.error().text; };
  EXPECT_EQ(why(clients.source_producer({"c", 0}, {{"producer.override.buffer.memory", "-1"}})),
            "Invalid value -1 for configuration buffer.memory: Value must be at least 0");
  EXPECT_EQ(why(clients.source_producer({"c", 0}, {{"producer.override.request.timeout.ms", "soon"}})),
            "Invalid value soon for configuration request.timeout.ms: Not a number of type INT");
  EXPECT_EQ(why(clients.sink_consumer({"c", 0}, {{"consumer.override.fetch.min.bytes", "-1"}})),
            "Invalid value -1 for configuration fetch.min.bytes: Value must be at least 0");
  EXPECT_EQ(why(clients.sink_consumer({"c", 0}, {{"consumer.override.group.instance.id", ""}})),
            "Invalid value  for configuration group.instance.id: String must be non-empty");
  EXPECT_EQ(why(clients.dead_letter_admin({"c", 0}, {})),
            "Invalid value -1 for configuration retry.backoff.ms: Value must be at least 0");
  EXPECT_EQ(why(clients.sink_consumer({"c", 0}, {{"consumer.override.no.such.key", "-1"}})), "made");
}

TEST(ClientConfigsTest, AdminClientsTakeTheWorkersSecurity) {
  const WorkerConfig config =
      worker({{"security.protocol", "SSL"}, {"producer.x", "1"}, {"admin.retries", "3"}, {"client.id", "w"}});
  const auto admin = ClientConfigs(config, "").dead_letter_admin({"c", 0}, {{"admin.override.retries", "4"}});
  ASSERT_TRUE(admin.ok());
  EXPECT_THAT(*admin, Contains(Pair("security.protocol", "SSL")));
  EXPECT_THAT(*admin, Contains(Pair("retries", "4")));
  EXPECT_THAT(*admin, Contains(Pair("client.id", "w")));
  EXPECT_FALSE(admin->contains("producer.x"));
}

TEST(ClientConfigsTest, ExactlyOnceForcesItsSettings) {
  const WorkerConfig config = worker({{"exactly.once.source.support", "enabled"}});
  const ClientConfigs clients(config, "");
  std::vector<std::string> warnings;
  const auto producer =
      clients.exactly_once_producer({"c", 1}, {{"producer.override.transactional.id", "mine"}}, &warnings);
  ASSERT_TRUE(producer.ok());
  EXPECT_EQ(producer->at("transactional.id"), "g-c-1");
  EXPECT_EQ(producer->at("enable.idempotence"), "true");
  EXPECT_EQ(warnings.size(), 1u);
  EXPECT_EQ(clients.offset_consumer("c", {}, {{"consumer.override.isolation.level", "read_uncommitted"}})
                ->at("isolation.level"),
            "read_committed");
}

TEST(ClientConfigsTest, PoliciesRefuseOverrides) {
  const WorkerConfig none = worker({{"connector.client.config.override.policy", "None"}});
  const auto refused = ClientConfigs(none, "").sink_consumer({"c", 0}, {{"consumer.override.max.poll.records", "1"}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text,
            "Client Config Overrides not allowed [The 'None' policy does not allow 'max.poll.records' to be "
            "overridden in the connector configuration.]");
  EXPECT_EQ(override_refusal(OverridePolicy::kPrincipal, "sasl.mechanism"), std::nullopt);
  EXPECT_EQ(override_refusal(OverridePolicy::kPrincipal, "linger.ms"),
            "The 'Principal' policy does not allow 'linger.ms' to be overridden in the connector configuration.");
  EXPECT_TRUE(
      parse_override_policy("org.apache.kafka.connect.connector.policy.AllConnectorClientConfigOverridePolicy").ok());
}

TEST(ClientConfigsTest, InternalClientsGetEverythingButProviders) {
  const WorkerConfig config =
      worker({{"config.providers", "file"}, {"config.providers.file.class", "x"}, {"sasl.mechanism", "PLAIN"}});
  const auto internal = ClientConfigs(config, "").internal("offsets");
  EXPECT_EQ(internal.at("client.id"), "g-offsets");
  EXPECT_EQ(internal.at("sasl.mechanism"), "PLAIN");
  EXPECT_FALSE(internal.contains("config.providers"));
  EXPECT_FALSE(internal.contains("config.providers.file.class"));
}

TEST(ClientConfigsTest, DefinitionsAreKafkas) {
  EXPECT_EQ(client_definition(ClientKind::kProducer).keys().size(), 112u);
  EXPECT_EQ(client_definition(ClientKind::kConsumer).keys().size(), 113u);
  EXPECT_EQ(client_definition(ClientKind::kAdmin).keys().size(), 90u);
  EXPECT_EQ(client_definition(ClientKind::kProducer).find("linger.ms")->default_value, "5");
  EXPECT_EQ(client_definition(ClientKind::kConsumer).find("group.id")->default_value, std::nullopt);
}

}  // namespace
}  // namespace millrace::runtime
