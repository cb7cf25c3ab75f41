#include "runtime/config/worker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

Props standalone(Props more = {}) {
  more.emplace("bootstrap.servers", "localhost:9092");
  more.emplace("key.converter", "org.apache.kafka.connect.json.JsonConverter");
  more.emplace("value.converter", "org.apache.kafka.connect.json.JsonConverter");
  more.emplace("offset.storage.file.filename", "/tmp/connect.offsets");
  return more;
}

Props distributed(Props more = {}) {
  more.emplace("key.converter", "x");
  more.emplace("value.converter", "x");
  more.emplace("group.id", "connect-cluster");
  more.emplace("offset.storage.topic", "connect-offsets");
  more.emplace("config.storage.topic", "connect-configs");
  more.emplace("status.storage.topic", "connect-status");
  return more;
}

WorkerConfig parse(WorkerMode mode, Props props) {
  Result<WorkerConfig> parsed = WorkerConfig::parse(mode, std::move(props), nullptr);
  EXPECT_TRUE(parsed.ok()) << parsed.error().text;
  return parsed.ok() ? std::move(parsed).value() : WorkerConfig{};
}

std::string error_of(WorkerMode mode, Props props) {
  const Result<WorkerConfig> parsed = WorkerConfig::parse(mode, std::move(props), nullptr);
  return parsed.ok() ? "no error" : parsed.error().text;
}

TEST(WorkerConfigTest, StandaloneDefaults) {
  const WorkerConfig config = parse(WorkerMode::kStandalone, standalone());
  EXPECT_EQ(config.offset_flush_interval, milliseconds(60000));
  EXPECT_EQ(config.task_shutdown_graceful_timeout, milliseconds(5000));
  EXPECT_EQ(config.header_converter, "org.apache.kafka.connect.storage.SimpleHeaderConverter");
  EXPECT_EQ(config.offset_storage_file, "/tmp/connect.offsets");
  ASSERT_EQ(config.rest.listeners.size(), 1u);
  EXPECT_EQ(config.rest.listeners[0].host, "");
  EXPECT_EQ(config.rest.listeners[0].port, 8083);
  EXPECT_FALSE(config.rest.admin_listeners.has_value());
  EXPECT_TRUE(config.warnings.empty());
  EXPECT_FALSE(config.distributed.has_value());
}

TEST(WorkerConfigTest, UnknownKeysAreKept) {
  const WorkerConfig config =
      parse(WorkerMode::kStandalone, standalone({{"producer.linger.ms", "7"}, {"my.key", " x "}}));
  EXPECT_EQ(config.originals.at("my.key"), " x ");
  EXPECT_EQ(config.with_prefix("producer."), (Props{{"linger.ms", "7"}}));
}

TEST(WorkerConfigTest, DistributedDefaultsAndStorageTopics) {
  const WorkerConfig config =
      parse(WorkerMode::kDistributed, distributed({{"offset.storage.partitions", "-1"},
                                                   {"status.storage.replication.factor", "1"},
                                                   {"config.storage.retention.ms", "5"},
                                                   {"config.storage.cleanup.policy", "delete"},
                                                   {"config.storage.partitions", "3"},
                                                   {"exactly.once.source.support", "enabled"}}));
  ASSERT_TRUE(config.distributed.has_value());
  EXPECT_EQ(config.distributed->offsets.partitions, -1);
  EXPECT_EQ(config.distributed->statuses.partitions, 5);
  EXPECT_EQ(config.distributed->statuses.replication_factor, 1);
  EXPECT_EQ(config.distributed->configs.partitions, 1);
  EXPECT_EQ(config.distributed->configs.topic_settings, (Props{{"retention.ms", "5"}}));
  EXPECT_TRUE(config.exactly_once_source_enabled());
  EXPECT_EQ(config.distributed->protocol, ConnectProtocol::kSessioned);
  EXPECT_EQ(config.bootstrap_servers, "localhost:9092");
  EXPECT_EQ(config.warnings.size(), 2u);
}

TEST(WorkerConfigTest, ProblemsAreKafkasSentences) {
  EXPECT_EQ(error_of(WorkerMode::kStandalone, {{"key.converter", "x"}, {"value.converter", "x"}}),
            "Missing required configuration \"offset.storage.file.filename\" which has no default value.");
  EXPECT_EQ(error_of(WorkerMode::kStandalone, standalone({{"offset.flush.interval.ms", "soon"}})),
            "Invalid value soon for configuration offset.flush.interval.ms: Not a number of type LONG");
  EXPECT_EQ(error_of(WorkerMode::kStandalone, standalone({{"metrics.num.samples", "0"}})),
            "Invalid value 0 for configuration metrics.num.samples: Value must be at least 1");
  EXPECT_EQ(error_of(WorkerMode::kStandalone, standalone({{"client.dns.lookup", "maybe"}})),
            "Invalid value maybe for configuration client.dns.lookup: String must be one of: use_all_dns_ips, "
            "resolve_canonical_bootstrap_servers_only");
  EXPECT_EQ(error_of(WorkerMode::kDistributed, distributed({{"offset.storage.partitions", "0"}})),
            "Invalid value 0 for configuration offset.storage.partitions: Number of partitions must be positive, or -1 "
            "to use the "
            "broker's default");
  EXPECT_EQ(error_of(WorkerMode::kDistributed, distributed({{"connect.protocol", "lazy"}})),
            "Invalid value lazy for configuration connect.protocol: Invalid Connect protocol compatibility");
  EXPECT_EQ(error_of(WorkerMode::kDistributed, distributed({{"inter.worker.signature.algorithm", "HmacSHA512"}})),
            "Invalid value HmacSHA512 for configuration inter.worker.signature.algorithm: Signature algorithm must be "
            "present in "
            "inter.worker.verification.algorithms list");
  EXPECT_EQ(error_of(WorkerMode::kDistributed, distributed({{"sasl.login.refresh.window.factor", "0.4"}})),
            "Invalid value 0.4 for configuration sasl.login.refresh.window.factor: Value must be at least 0.5");
  EXPECT_EQ(
      error_of(WorkerMode::kStandalone, standalone({{"connector.client.config.override.policy", "Some"}})),
      "Failed to find any class that implements interface "
      "org.apache.kafka.connect.connector.policy.ConnectorClientConfigOverridePolicy and which name matches Some; "
      "connector.client.config.override.policy takes All, None or Principal");
}

TEST(WorkerConfigTest, EveryProblemHasItsLine) {
  EXPECT_EQ(error_of(WorkerMode::kStandalone, {{"value.converter", "x"}, {"offset.flush.timeout.ms", "x"}}),
            "Missing required configuration \"key.converter\" which has no default value.\n"
            "Invalid value x for configuration offset.flush.timeout.ms: Not a number of type LONG\n"
            "Missing required configuration \"offset.storage.file.filename\" which has no default value.");
}

TEST(WorkerConfigTest, Listeners) {
  const WorkerConfig config =
      parse(WorkerMode::kStandalone,
            standalone({{"listeners", "HTTP://127.0.0.1:0, https://[::1]:8443"}, {"admin.listeners", ""}}));
  ASSERT_EQ(config.rest.listeners.size(), 2u);
  EXPECT_FALSE(config.rest.listeners[0].https);
  EXPECT_EQ(config.rest.listeners[0].port, 0);
  EXPECT_TRUE(config.rest.listeners[1].https);
  EXPECT_EQ(config.rest.listeners[1].host, "::1");
  ASSERT_TRUE(config.rest.admin_listeners.has_value());
  EXPECT_TRUE(config.rest.admin_listeners->empty());

  const auto listeners = [](const char* text) {
    return error_of(WorkerMode::kStandalone, standalone({{"listeners", text}}));
  };
  EXPECT_EQ(listeners(""),
            "Invalid value for listeners, at least one URL is expected, ex: "
            "http://localhost:8080,https://localhost:8443.");
  EXPECT_EQ(listeners("http://a:1, ,"), "Empty URL found when parsing listeners list.");
  EXPECT_EQ(listeners("http://a"), "Listener doesn't have the right format (protocol://hostname:port).");
  EXPECT_EQ(listeners("ftp://a:1"), "Listener protocol must be either \"http\" or \"https\".");
}

TEST(WorkerConfigTest, TheOldRestKeysAreReadAsListeners) {
  const WorkerConfig config = parse(WorkerMode::kDistributed, distributed({{"rest.port", "8084"}}));
  EXPECT_EQ(config.rest.listeners[0].port, 8084);
  EXPECT_THAT(config.warnings,
              ElementsAre("rest.host.name and rest.port are old names; they are read as listeners=http://:8084"));
  const WorkerConfig both =
      parse(WorkerMode::kDistributed, distributed({{"rest.port", "8084"}, {"listeners", "http://:9"}}));
  EXPECT_EQ(both.rest.listeners[0].port, 9);
}

TEST(WorkerConfigTest, ResponseHeaders) {
  const auto headers = parse_response_headers("add X-A: 1, \"set X-B:a, b\", SetDate X-C:5000");
  ASSERT_TRUE(headers.ok()) << headers.error().text;
  ASSERT_EQ(headers->size(), 3u);
  EXPECT_EQ((*headers)[1].value, "a, b");
  EXPECT_EQ((*headers)[2].action, ResponseHeaderRule::Action::kSetDate);
  const auto text = [](const char* rule) { return parse_response_headers(rule).error().text; };
  EXPECT_EQ(text("X"), "Invalid format of header config 'X'. Expected: '[action] [header name]:[header value]'");
  EXPECT_EQ(text("del X:1"), "Invalid header config action: 'del'. Expected one of [set, add, setDate, addDate]");
  EXPECT_EQ(text("set X:1:2"),
            "Invalid format of header name and header value pair 'X:1:2'. Expected: '[header name]:[header value]'");
  EXPECT_EQ(text("set X Y:1"), "Invalid header name 'X Y'. The '[header name]' cannot contain whitespace");
}

TEST(WorkerConfigTest, TlsOfListenersIsAllOrNothing) {
  const WorkerConfig plain =
      parse(WorkerMode::kStandalone, standalone({{"ssl.keystore.location", "/a"}, {"ssl.client.auth", "required"}}));
  EXPECT_EQ(plain.rest.tls.at("ssl.keystore.location"), "/a");
  EXPECT_EQ(plain.rest.client_auth, TlsClientAuth::kRequired);
  const WorkerConfig own = parse(WorkerMode::kStandalone, standalone({{"ssl.keystore.location", "/a"},
                                                                      {"ssl.client.auth", "required"},
                                                                      {"listeners.https.ssl.keystore.type", "PEM"}}));
  EXPECT_EQ(own.rest.tls, (Props{{"ssl.keystore.type", "PEM"}}));
  EXPECT_EQ(own.rest.client_auth, TlsClientAuth::kNone);
}

}  // namespace
}  // namespace millrace::runtime
