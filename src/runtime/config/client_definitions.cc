#include "runtime/config/client_definitions.h"

#include "runtime/config/key_rows.h"

namespace millrace::runtime {
namespace {

using T = ConfigType;
using I = Importance;

// clang-format off
// What producers, consumers and admin clients of Kafka 4.1 have in common, besides the security keys.
constexpr KeyRow kCommon[] = {
    {"client.dns.lookup", T::kString, "use_all_dns_ips", I::kMedium, "one of: use_all_dns_ips, resolve_canonical_bootstrap_servers_only", nullptr},
    {"send.buffer.bytes", T::kInt, "131072", I::kMedium, ">=-1", nullptr},
    {"reconnect.backoff.ms", T::kLong, "50", I::kLow, ">=0", nullptr},
    {"reconnect.backoff.max.ms", T::kLong, "1000", I::kLow, ">=0", nullptr},
    {"retry.backoff.ms", T::kLong, "100", I::kLow, ">=0", nullptr},
    {"retry.backoff.max.ms", T::kLong, "1000", I::kLow, ">=0", nullptr},
    {"request.timeout.ms", T::kInt, "30000", I::kMedium, ">=0", nullptr},
    {"metadata.max.age.ms", T::kLong, "300000", I::kLow, ">=0", nullptr},
    {"metrics.sample.window.ms", T::kLong, "30000", I::kLow, ">=0", nullptr},
    {"metrics.num.samples", T::kInt, "2", I::kLow, ">=1", nullptr},
    {"metrics.recording.level", T::kString, "INFO", I::kLow, "one of: INFO, DEBUG, TRACE", nullptr},
    {"socket.connection.setup.timeout.ms", T::kLong, "10000", I::kMedium, "", nullptr},
    {"socket.connection.setup.timeout.max.ms", T::kLong, "30000", I::kMedium, "", nullptr},
    {"security.protocol", T::kString, "PLAINTEXT", I::kMedium, "any case: SASL_SSL, PLAINTEXT, SSL, SASL_PLAINTEXT", nullptr},
    {"security.providers", T::kString, nullptr, I::kLow, "", nullptr},
    {"metadata.recovery.strategy", T::kString, "rebootstrap", I::kLow, "any case: REBOOTSTRAP, NONE", nullptr},
    {"metadata.recovery.rebootstrap.trigger.ms", T::kLong, "300000", I::kLow, ">=0", nullptr},
};

constexpr KeyRow kProducer[] = {
    {"bootstrap.servers", T::kList, "", I::kHigh, "non-null", nullptr},
    {"buffer.memory", T::kLong, "33554432", I::kHigh, ">=0", nullptr},
    {"retries", T::kInt, "2147483647", I::kHigh, ">=0", nullptr},
    {"acks", T::kString, "all", I::kLow, "one of: all, -1, 0, 1", nullptr},
    {"compression.type", T::kString, "none", I::kHigh, "one of: none, gzip, snappy, lz4, zstd", nullptr},
    {"compression.gzip.level", T::kInt, "-1", I::kMedium, "1..9 or -1", nullptr},
    {"compression.lz4.level", T::kInt, "9", I::kMedium, "1..17", nullptr},
    {"compression.zstd.level", T::kInt, "3", I::kMedium, "-131072..22", nullptr},
    {"batch.size", T::kInt, "16384", I::kMedium, ">=0", nullptr},
    {"partitioner.adaptive.partitioning.enable", T::kBoolean, "true", I::kLow, "", nullptr},
    {"partitioner.availability.timeout.ms", T::kLong, "0", I::kLow, ">=0", nullptr},
    {"partitioner.ignore.keys", T::kBoolean, "false", I::kMedium, "", nullptr},
    {"linger.ms", T::kLong, "5", I::kMedium, ">=0", nullptr},
    {"delivery.timeout.ms", T::kInt, "120000", I::kMedium, ">=0", nullptr},
    {"client.id", T::kString, "", I::kMedium, "", nullptr},
    {"receive.buffer.bytes", T::kInt, "32768", I::kMedium, ">=-1", nullptr},
    {"max.request.size", T::kInt, "1048576", I::kMedium, ">=0", nullptr},
    {"enable.metrics.push", T::kBoolean, "true", I::kLow, "", nullptr},
    {"max.block.ms", T::kLong, "60000", I::kMedium, ">=0", nullptr},
    {"metadata.max.idle.ms", T::kLong, "300000", I::kLow, ">=5000", nullptr},
    {"metric.reporters", T::kList, "org.apache.kafka.common.metrics.JmxReporter", I::kLow, "non-null", nullptr},
    {"max.in.flight.requests.per.connection", T::kInt, "5", I::kLow, ">=1", nullptr},
    {"key.serializer", T::kClass, kRequired, I::kHigh, "", nullptr},
    {"value.serializer", T::kClass, kRequired, I::kHigh, "", nullptr},
    {"connections.max.idle.ms", T::kLong, "540000", I::kMedium, "", nullptr},
    {"partitioner.class", T::kClass, nullptr, I::kMedium, "", nullptr},
    {"interceptor.classes", T::kList, "", I::kLow, "non-null", nullptr},
    {"enable.idempotence", T::kBoolean, "true", I::kLow, "", nullptr},
    {"transaction.timeout.ms", T::kInt, "60000", I::kLow, "", nullptr},
    {"transactional.id", T::kString, nullptr, I::kLow, "non-empty", nullptr},
    {"transaction.two.phase.commit.enable", T::kBoolean, "false", I::kLow, "", nullptr},
};

constexpr KeyRow kConsumer[] = {
    {"bootstrap.servers", T::kList, "", I::kHigh, "non-null", nullptr},
    {"group.id", T::kString, nullptr, I::kHigh, "", nullptr},
    {"group.instance.id", T::kString, nullptr, I::kMedium, "non-empty", nullptr},
    {"session.timeout.ms", T::kInt, "45000", I::kHigh, "", nullptr},
    {"heartbeat.interval.ms", T::kInt, "3000", I::kHigh, "", nullptr},
    {"partition.assignment.strategy", T::kList, "org.apache.kafka.clients.consumer.RangeAssignor,org.apache.kafka.clients.consumer.CooperativeStickyAssignor", I::kMedium, "non-null", nullptr},
    {"enable.auto.commit", T::kBoolean, "true", I::kMedium, "", nullptr},
    {"auto.commit.interval.ms", T::kInt, "5000", I::kLow, ">=0", nullptr},
    {"client.id", T::kString, "", I::kLow, "", nullptr},
    {"client.rack", T::kString, "", I::kLow, "", nullptr},
    {"max.partition.fetch.bytes", T::kInt, "1048576", I::kHigh, ">=0", nullptr},
    {"receive.buffer.bytes", T::kInt, "65536", I::kMedium, ">=-1", nullptr},
    {"fetch.min.bytes", T::kInt, "1", I::kHigh, ">=0", nullptr},
    {"fetch.max.bytes", T::kInt, "52428800", I::kMedium, ">=0", nullptr},
    {"fetch.max.wait.ms", T::kInt, "500", I::kLow, ">=0", nullptr},
    {"enable.metrics.push", T::kBoolean, "true", I::kLow, "", nullptr},
    {"auto.offset.reset", T::kString, "latest", I::kMedium, "", nullptr},
    {"check.crcs", T::kBoolean, "true", I::kLow, "", nullptr},
    {"metric.reporters", T::kList, "org.apache.kafka.common.metrics.JmxReporter", I::kLow, "non-null", nullptr},
    {"key.deserializer", T::kClass, kRequired, I::kHigh, "", nullptr},
    {"value.deserializer", T::kClass, kRequired, I::kHigh, "", nullptr},
    {"default.api.timeout.ms", T::kInt, "60000", I::kMedium, ">=0", nullptr},
    {"connections.max.idle.ms", T::kLong, "540000", I::kMedium, "", nullptr},
    {"interceptor.classes", T::kList, "", I::kLow, "non-null", nullptr},
    {"max.poll.records", T::kInt, "500", I::kMedium, ">=1", nullptr},
    {"max.poll.interval.ms", T::kInt, "300000", I::kMedium, ">=1", nullptr},
    {"exclude.internal.topics", T::kBoolean, "true", I::kMedium, "", nullptr},
    {"isolation.level", T::kString, "read_uncommitted", I::kMedium, "one of: read_committed, read_uncommitted", nullptr},
    {"allow.auto.create.topics", T::kBoolean, "true", I::kMedium, "", nullptr},
    {"group.protocol", T::kString, "classic", I::kHigh, "any case: CONSUMER, CLASSIC", nullptr},
    {"group.remote.assignor", T::kString, nullptr, I::kMedium, "", nullptr},
    {"share.acknowledgement.mode", T::kString, "implicit", I::kMedium, "one of: implicit, explicit", nullptr},
};

constexpr KeyRow kAdmin[] = {
    {"bootstrap.servers", T::kList, "", I::kHigh, "", nullptr},
    {"bootstrap.controllers", T::kList, "", I::kHigh, "", nullptr},
    {"client.id", T::kString, "", I::kMedium, "", nullptr},
    {"receive.buffer.bytes", T::kInt, "65536", I::kMedium, ">=-1", nullptr},
    {"enable.metrics.push", T::kBoolean, "false", I::kLow, "", nullptr},
    {"connections.max.idle.ms", T::kLong, "300000", I::kMedium, "", nullptr},
    {"retries", T::kInt, "2147483647", I::kLow, ">=0", nullptr},
    {"default.api.timeout.ms", T::kInt, "60000", I::kMedium, ">=0", nullptr},
    {"metric.reporters", T::kList, "org.apache.kafka.common.metrics.JmxReporter", I::kLow, "", nullptr},
};
// clang-format on

ConfigDef define(std::span<const KeyRow> own, const char* kind) {
  ConfigDef definition;
  const auto add = [&](std::span<const KeyRow> rows) {
    for (const KeyRow& row : rows) {
      ConfigKey key = to_config_key(row);
      if (key.documentation.empty()) key.documentation = key.name + " of the Kafka " + kind + ".";
      definition.define(std::move(key));
    }
  };
  add(own);
  add(kCommon);
  add(ssl_rows());
  add(sasl_rows());
  return definition;
}

}  // namespace

const char* name_of(ClientKind kind) noexcept {
  switch (kind) {
    case ClientKind::kProducer: return "producer";
    case ClientKind::kConsumer: return "consumer";
    case ClientKind::kAdmin: break;
  }
  return "admin";
}

const ConfigDef& client_definition(ClientKind kind) {
  static const ConfigDef kProducerDefinition = define(kProducer, "producer");
  static const ConfigDef kConsumerDefinition = define(kConsumer, "consumer");
  static const ConfigDef kAdminDefinition = define(kAdmin, "admin client");
  switch (kind) {
    case ClientKind::kProducer: return kProducerDefinition;
    case ClientKind::kConsumer: return kConsumerDefinition;
    case ClientKind::kAdmin: break;
  }
  return kAdminDefinition;
}

Result<void> check_client_config(ClientKind kind, const kafka::ClientConfig& config) {
  Props given;
  for (const ConfigKey& key : client_definition(kind).keys()) {
    if (const auto at = config.find(key.name); at != config.end()) given.insert(*at);
  }
  for (const ConfigValue& value : client_definition(kind).validate(given)) {
    if (value.errors.empty() || !given.contains(value.name)) continue;
    Error error{.code = Errc::kInvalid, .text = value.errors.front()};
    error.trace = "org.apache.kafka.common.config.ConfigException: " + error.text;
    return error;
  }
  return {};
}

}  // namespace millrace::runtime
