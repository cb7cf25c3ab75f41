#include "kafka/rdkafka/settings_table.h"

#include <array>

namespace millrace::kafka {
namespace {

constexpr std::uint8_t kAll = kP | kC | kA;
constexpr std::int64_t kIntMax = 2147483647;
constexpr std::int64_t kDay = 86400000;

using enum Treatment;
using enum Conversion;

// clang-format off
constexpr SettingRow kRows[] = {
    // Connection.
    {"bootstrap.servers", kAll, kMapped, "bootstrap.servers", kServers},
    {"client.id", kAll, kMapped, "client.id"},
    {"client.dns.lookup", kAll, kIrrelevant, "librdkafka always tries every address of a name"},
    {"send.buffer.bytes", kAll, kMapped, "socket.send.buffer.bytes", kNumber, 0, 100000000},
    {"receive.buffer.bytes", kAll, kMapped, "socket.receive.buffer.bytes", kNumber, 0, 100000000},
    {"reconnect.backoff.ms", kAll, kMapped, "reconnect.backoff.ms", kNumber, 1, 3600000},
    {"reconnect.backoff.max.ms", kAll, kMapped, "reconnect.backoff.max.ms", kNumber, 1, 3600000},
    {"retry.backoff.ms", kAll, kMapped, "retry.backoff.ms", kNumber, 1, 300000},
    {"retry.backoff.max.ms", kAll, kIrrelevant, "librdkafka keeps a constant retry.backoff.ms"},
    {"request.timeout.ms", kAll, kMapped, "socket.timeout.ms", kNumber, 1000, 300000},
    {"default.api.timeout.ms", kC | kA, kEmulated, "callers give every call its own deadline"},
    {"socket.connection.setup.timeout.ms", kAll, kIrrelevant, "the upper limit socket.connection.setup.timeout.max.ms is used"},
    {"socket.connection.setup.timeout.max.ms", kAll, kMapped, "socket.connection.setup.timeout.ms", kNumber, 1000, kIntMax},
    {"connections.max.idle.ms", kAll, kMapped, "connections.max.idle.ms", kNumber, 0, kIntMax},
    {"metadata.max.age.ms", kAll, kEmulated, "how often a topic pattern is matched again; leaders are looked for every 5 s at least"},
    {"metadata.max.idle.ms", kP, kIrrelevant, "librdkafka forgets unused topics with their handles"},
    {"metadata.recovery.strategy", kAll, kIrrelevant, "librdkafka keeps the bootstrap servers for good"},
    {"metadata.recovery.rebootstrap.trigger.ms", kAll, kIrrelevant, "librdkafka keeps the bootstrap servers for good"},
    {"bootstrap.controllers", kA, kUnsupported, "librdkafka talks to brokers, not to controllers"},
    {"retries", kP | kA, kMapped, "message.send.max.retries", kNumber, 0, kIntMax},

    // Observation, plug-in classes: nothing to run without a JVM.
    {"metric.reporters", kAll, kIrrelevant, "a Java class"},
    {"metrics.num.samples", kAll, kIrrelevant, "the client keeps no such metrics"},
    {"metrics.recording.level", kAll, kIrrelevant, "the client keeps no such metrics"},
    {"metrics.sample.window.ms", kAll, kIrrelevant, "the client keeps no such metrics"},
    {"auto.include.jmx.reporter", kAll, kIrrelevant, "no JMX"},
    {"enable.metrics.push", kAll, kIrrelevant, "the client keeps no such metrics"},
    {"key.serializer", kP, kIrrelevant, "records arrive as bytes"},
    {"value.serializer", kP, kIrrelevant, "records arrive as bytes"},
    {"key.deserializer", kC, kIrrelevant, "records leave as bytes"},
    {"value.deserializer", kC, kIrrelevant, "records leave as bytes"},
    {"interceptor.classes", kP | kC, kUnsupported, "interceptors are Java classes"},
    {"security.providers", kAll, kUnsupported, "security providers are Java classes"},
    {"config.providers", kAll, kIrrelevant, "resolved before the client sees its settings"},

    // Producer.
    {"acks", kP, kMapped, "acks", kLower, 0, 0, "all|-1|0|1"},
    {"enable.idempotence", kP, kMapped, "enable.idempotence", kBoolean},
    {"max.in.flight.requests.per.connection", kP, kMapped, "max.in.flight.requests.per.connection", kNumber, 1, 1000000},
    {"linger.ms", kP, kMapped, "linger.ms", kNumber, 0, 900000},
    {"batch.size", kP, kMapped, "batch.size", kNumber, 1, kIntMax},
    {"buffer.memory", kP, kEmulated, "our producer counts the bytes in flight"},
    {"max.request.size", kP, kEmulated, "checked before a record is taken; also bounds a request"},
    {"max.block.ms", kP, kUnsupported, "sending never blocks, and a task waits for room as long as it takes", kText, 0, 0,
     "9223372036854775807|60000"},
    {"compression.type", kP, kMapped, "compression.type", kLower, 0, 0, "none|gzip|snappy|lz4|zstd"},
    {"compression.gzip.level", kP, kEmulated, "compression.level when compression.type is gzip"},
    {"compression.lz4.level", kP, kEmulated, "compression.level when compression.type is lz4"},
    {"compression.zstd.level", kP, kEmulated, "compression.level when compression.type is zstd"},
    {"delivery.timeout.ms", kP, kMapped, "message.timeout.ms", kDeliveryTimeout},
    {"partitioner.class", kP, kEmulated, "the default, RoundRobinPartitioner and UniformStickyPartitioner are known"},
    {"partitioner.ignore.keys", kP, kEmulated, "true: a record goes where one without a key would"},
    {"partitioner.adaptive.partitioning.enable", kP, kIrrelevant, "null keys stick to one partition for batch.size bytes, then to another at random"},
    {"partitioner.availability.timeout.ms", kP, kIrrelevant, "null keys go to partitions that have a leader"},
    {"transactional.id", kP, kMapped, "transactional.id"},
    {"transaction.timeout.ms", kP, kMapped, "transaction.timeout.ms", kNumber, 1000, kIntMax},
    {"transaction.two.phase.commit.enable", kP, kUnsupported, "librdkafka has no two-phase commit", kText, 0, 0, "false"},

    // Consumer.
    {"group.id", kC, kMapped, "group.id"},
    {"group.instance.id", kC, kMapped, "group.instance.id"},
    {"session.timeout.ms", kC, kMapped, "session.timeout.ms", kNumber, 1, 3600000},
    {"heartbeat.interval.ms", kC, kMapped, "heartbeat.interval.ms", kNumber, 1, 3600000},
    {"max.poll.interval.ms", kC, kMapped, "max.poll.interval.ms", kNumber, 1, kDay},
    {"max.poll.records", kC, kEmulated, "the most records that one poll gives"},
    {"partition.assignment.strategy", kC, kEmulated, "Range, RoundRobin and CooperativeSticky are known; eager and cooperative ones cannot be mixed"},
    {"group.protocol", kC, kUnsupported, "librdkafka 2.0 only has the classic group protocol", kText, 0, 0, "classic|CLASSIC"},
    {"group.remote.assignor", kC, kIrrelevant, "belongs to group.protocol=consumer"},
    {"enable.auto.commit", kC, kIrrelevant, "offsets are committed by the task only"},
    {"auto.commit.interval.ms", kC, kIrrelevant, "offsets are committed by the task only"},
    {"auto.offset.reset", kC, kMapped, "auto.offset.reset", kOffsetReset},
    {"fetch.min.bytes", kC, kMapped, "fetch.min.bytes", kNumber, 1, 100000000},
    {"fetch.max.bytes", kC, kMapped, "fetch.max.bytes", kNumber, 0, 2147483135},
    {"fetch.max.wait.ms", kC, kMapped, "fetch.wait.max.ms", kNumber, 0, 300000},
    {"max.partition.fetch.bytes", kC, kMapped, "max.partition.fetch.bytes", kNumber, 1, 1000000000},
    {"check.crcs", kC, kMapped, "check.crcs", kBoolean},
    {"isolation.level", kC, kMapped, "isolation.level", kLower, 0, 0, "read_committed|read_uncommitted"},
    {"client.rack", kC, kMapped, "client.rack"},
    {"allow.auto.create.topics", kC, kMapped, "allow.auto.create.topics", kBoolean},
    {"exclude.internal.topics", kC, kIrrelevant, "internal topics are never matched by a pattern"},
    {"internal.leave.group.on.close", kC, kIrrelevant, "a member leaves its group on close"},
    {"internal.throw.on.fetch.stable.offset.unsupported", kC, kIrrelevant, "brokers that old are not supported"},

    // Security.
    {"security.protocol", kAll, kSecurity, ""},
    {"sasl.mechanism", kAll, kSecurity, ""},
    {"sasl.jaas.config", kAll, kSecurity, ""},
    {"sasl.kerberos.service.name", kAll, kSecurity, ""},
    {"sasl.kerberos.kinit.cmd", kAll, kIrrelevant, "librdkafka builds its own kinit command from keytab and principal"},
    {"sasl.kerberos.min.time.before.relogin", kAll, kSecurity, ""},
    {"sasl.kerberos.ticket.renew.jitter", kAll, kIrrelevant, "kinit is run by min.time.before.relogin"},
    {"sasl.kerberos.ticket.renew.window.factor", kAll, kIrrelevant, "kinit is run by min.time.before.relogin"},
    {"sasl.client.callback.handler.class", kAll, kUnsupported, "callback handlers are Java classes"},
    {"sasl.login.callback.handler.class", kAll, kUnsupported, "callback handlers are Java classes", kText, 0, 0,
     "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler|"
     "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler"},
    {"sasl.login.class", kAll, kUnsupported, "login handlers are Java classes"},
    {"sasl.login.connect.timeout.ms", kAll, kIrrelevant, "tokens are refreshed by librdkafka in its own rhythm"},
    {"sasl.login.read.timeout.ms", kAll, kIrrelevant, "tokens are refreshed by librdkafka in its own rhythm"},
    {"sasl.login.refresh.buffer.seconds", kAll, kIrrelevant, "tokens are refreshed by librdkafka in its own rhythm"},
    {"sasl.login.refresh.min.period.seconds", kAll, kIrrelevant, "tokens are refreshed by librdkafka in its own rhythm"},
    {"sasl.login.refresh.window.factor", kAll, kIrrelevant, "tokens are refreshed by librdkafka in its own rhythm"},
    {"sasl.login.refresh.window.jitter", kAll, kIrrelevant, "tokens are refreshed by librdkafka in its own rhythm"},
    {"sasl.login.retry.backoff.ms", kAll, kIrrelevant, "tokens are refreshed by librdkafka in its own rhythm"},
    {"sasl.login.retry.backoff.max.ms", kAll, kIrrelevant, "tokens are refreshed by librdkafka in its own rhythm"},
    {"sasl.oauthbearer.token.endpoint.url", kAll, kSecurity, ""},
    {"sasl.oauthbearer.jwks.endpoint.url", kAll, kIrrelevant, "for brokers"},
    {"sasl.oauthbearer.jwks.endpoint.refresh.ms", kAll, kIrrelevant, "for brokers"},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", kAll, kIrrelevant, "for brokers"},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", kAll, kIrrelevant, "for brokers"},
    {"sasl.oauthbearer.clock.skew.seconds", kAll, kIrrelevant, "for brokers"},
    {"sasl.oauthbearer.expected.audience", kAll, kIrrelevant, "for brokers"},
    {"sasl.oauthbearer.expected.issuer", kAll, kIrrelevant, "for brokers"},
    {"sasl.oauthbearer.scope.claim.name", kAll, kIrrelevant, "the claim is called scope"},
    {"sasl.oauthbearer.sub.claim.name", kAll, kIrrelevant, "the claim is called sub"},
    {"sasl.oauthbearer.header.urlencode", kAll, kUnsupported, "librdkafka does not encode the credentials", kText, 0, 0, "false"},
    {"ssl.protocol", kAll, kIrrelevant, "the best version that both sides know is used"},
    {"ssl.enabled.protocols", kAll, kUnsupported, "the best TLS version that both sides know is used", kText, 0, 0,
     "TLSv1.2,TLSv1.3|TLSv1.3,TLSv1.2|TLSv1.2, TLSv1.3"},
    {"ssl.provider", kAll, kUnsupported, "security providers are Java classes"},
    {"ssl.cipher.suites", kAll, kEmulated, "names of TLS 1.2 suites become OpenSSL's"},
    {"ssl.keystore.type", kAll, kSecurity, ""},
    {"ssl.keystore.location", kAll, kSecurity, ""},
    {"ssl.keystore.password", kAll, kSecurity, ""},
    {"ssl.keystore.key", kAll, kSecurity, ""},
    {"ssl.keystore.certificate.chain", kAll, kSecurity, ""},
    {"ssl.key.password", kAll, kSecurity, ""},
    {"ssl.truststore.type", kAll, kSecurity, ""},
    {"ssl.truststore.location", kAll, kSecurity, ""},
    {"ssl.truststore.password", kAll, kSecurity, ""},
    {"ssl.truststore.certificates", kAll, kSecurity, ""},
    {"ssl.endpoint.identification.algorithm", kAll, kSecurity, ""},
    {"ssl.keymanager.algorithm", kAll, kIrrelevant, "OpenSSL has one"},
    {"ssl.trustmanager.algorithm", kAll, kIrrelevant, "OpenSSL has one"},
    {"ssl.secure.random.implementation", kAll, kIrrelevant, "OpenSSL has one"},
    {"ssl.engine.factory.class", kAll, kUnsupported, "engine factories are Java classes"},
};
// clang-format on

}  // namespace

std::span<const SettingRow> setting_table() { return kRows; }

}  // namespace millrace::kafka
