#include "runtime/config/key_rows.h"
#include "runtime/config/worker_config.h"

// The worker's options, in the order of Kafka 4.1.

namespace millrace::runtime {
namespace {

using T = ConfigType;
using I = Importance;

// clang-format off
constexpr KeyRow kWorker[] = {
    {"bootstrap.servers", T::kList, "localhost:9092", I::kHigh, "",
     "Kafka brokers (host:port list) for the internal topics and the group, and the default of all connectors' clients."},
    {"client.dns.lookup", T::kString, "use_all_dns_ips", I::kMedium, "one of: use_all_dns_ips, resolve_canonical_bootstrap_servers_only",
     "How the addresses of a broker's name are used."},
    {"key.converter", T::kClass, kRequired, I::kHigh, "",
     "Converter of record keys for connectors that name none; its settings are key.converter.*."},
    {"key.converter.plugin.version", T::kString, nullptr, I::kLow, "",
     "Version of the key converter."},
    {"value.converter", T::kClass, kRequired, I::kHigh, "",
     "Converter of record values for connectors that name none; its settings are value.converter.*."},
    {"value.converter.plugin.version", T::kString, nullptr, I::kLow, "",
     "Version of the value converter."},
    {"task.shutdown.graceful.timeout.ms", T::kLong, "5000", I::kLow, "",
     "Time for all tasks together to stop; late ones are cancelled."},
    {"offset.flush.interval.ms", T::kLong, "60000", I::kLow, "",
     "Interval of offset commits of sources and sinks; also the default interval of transactions."},
    {"offset.flush.timeout.ms", T::kLong, "5000", I::kLow, "",
     "Longest time that one offset commit may take."},
    {"plugin.path", T::kList, nullptr, I::kLow, "",
     "Folders and shared libraries with plugins. Used as written, without variables."},
    {"plugin.discovery", T::kString, "hybrid_warn", I::kLow, "any case: ONLY_SCAN, SERVICE_LOAD, HYBRID_WARN, HYBRID_FAIL",
     "How Java plugins are found; accepted, without effect."},
    {"metrics.sample.window.ms", T::kLong, "30000", I::kLow, ">=0",
     "Time over which one metrics sample is taken."},
    {"metrics.num.samples", T::kInt, "2", I::kLow, ">=1",
     "Number of samples kept for metrics."},
    {"metrics.recording.level", T::kString, "INFO", I::kLow, "one of: INFO, DEBUG",
     "Highest level of metrics that is recorded."},
    {"metric.reporters", T::kList, "org.apache.kafka.common.metrics.JmxReporter", I::kLow, "",
     "Java classes that report metrics; accepted, without effect."},
    {"header.converter", T::kClass, "org.apache.kafka.connect.storage.SimpleHeaderConverter", I::kLow, "",
     "Converter of record headers for connectors that name none; its settings are header.converter.*."},
    {"header.converter.plugin.version", T::kString, nullptr, I::kLow, "",
     "Version of the header converter."},
    {"config.providers", T::kList, "", I::kLow, "",
     "Names of the config providers that resolve variables; each is configured by config.providers.NAME.class and .param.*."},
    {"connector.client.config.override.policy", T::kString, "All", I::kMedium, "",
     "What producer.override.*, consumer.override.* and admin.override.* of connectors may set: All, None or Principal."},
    {"topic.creation.enable", T::kBoolean, "true", I::kLow, "",
     "Whether source connectors may use topic.creation.*."},
};

constexpr KeyRow kRest[] = {
    {"topic.tracking.enable", T::kBoolean, "true", I::kLow, "",
     "Whether the topics that a connector uses are tracked."},
    {"topic.tracking.allow.reset", T::kBoolean, "true", I::kLow, "",
     "Whether the set of tracked topics may be reset over REST."},
    {"listeners", T::kList, "http://:8083", I::kLow, "",
     "URLs that REST listens on, http or https. An empty host means all interfaces, port 0 any free port."},
    {"rest.advertised.host.name", T::kString, nullptr, I::kLow, "",
     "Host under which other workers reach this one."},
    {"rest.advertised.port", T::kInt, nullptr, I::kLow, "",
     "Port under which other workers reach this one."},
    {"rest.advertised.listener", T::kString, nullptr, I::kLow, "",
     "Which listener is advertised: http or https."},
    {"access.control.allow.origin", T::kString, "", I::kLow, "",
     "Value of Access-Control-Allow-Origin; empty switches CORS off."},
    {"access.control.allow.methods", T::kString, "", I::kLow, "",
     "Methods that CORS requests may use."},
    {"response.http.headers.config", T::kString, "", I::kLow, "",
     "Headers added to every REST response: a comma list of 'action name:value' with the actions set, add, setDate and addDate."},
    {"ssl.client.auth", T::kString, "none", I::kLow, "one of: required, requested, none",
     "Whether https listeners ask clients for a certificate: required, requested or none."},
    {"rest.extension.classes", T::kList, "", I::kLow, "",
     "REST extensions. BasicAuthSecurityRestExtension is built in."},
    {"admin.listeners", T::kList, nullptr, I::kLow, "",
     "URLs of the admin resources. Absent: on the listeners; empty: nowhere."},
};

constexpr KeyRow kStandalone[] = {
    {"offset.storage.file.filename", T::kString, kRequired, I::kHigh, "",
     "File that keeps the offsets of source connectors."},
};

constexpr KeyRow kGroup[] = {
    {"group.id", T::kString, kRequired, I::kHigh, "",
     "Name of the cluster of workers; all of one cluster have the same."},
    {"session.timeout.ms", T::kInt, "10000", I::kHigh, "",
     "Time without a heartbeat after which a worker counts as gone."},
    {"rebalance.timeout.ms", T::kInt, "60000", I::kHigh, "",
     "Time within which workers must join a rebalance."},
    {"heartbeat.interval.ms", T::kInt, "3000", I::kHigh, "",
     "Interval of heartbeats; must be below session.timeout.ms."},
    {"exactly.once.source.support", T::kString, "disabled", I::kHigh, "any case: DISABLED, ENABLED, PREPARING",
     "Exactly-once delivery for source connectors: disabled, preparing or enabled."},
    {"metadata.max.age.ms", T::kLong, "300000", I::kLow, ">=0",
     "Age at which cluster metadata are fetched again."},
    {"client.id", T::kString, "", I::kLow, "",
     "Name that brokers see in requests of the worker's own clients."},
    {"send.buffer.bytes", T::kInt, "131072", I::kMedium, ">=-1",
     "Size of the TCP send buffer; -1: the system's default."},
    {"receive.buffer.bytes", T::kInt, "32768", I::kMedium, ">=-1",
     "Size of the TCP receive buffer; -1: the system's default."},
    {"reconnect.backoff.ms", T::kLong, "50", I::kLow, ">=0",
     "First wait before a broker is connected to again."},
    {"reconnect.backoff.max.ms", T::kLong, "1000", I::kLow, ">=0",
     "Longest wait before a broker is connected to again."},
    {"socket.connection.setup.timeout.ms", T::kLong, "10000", I::kLow, ">=0",
     "Time to wait for a connection to be made."},
    {"socket.connection.setup.timeout.max.ms", T::kLong, "30000", I::kLow, ">=0",
     "Longest time to wait for a connection to be made."},
    {"retry.backoff.ms", T::kLong, "100", I::kLow, ">=0",
     "First wait before a failed request is repeated."},
    {"retry.backoff.max.ms", T::kLong, "1000", I::kLow, ">=0",
     "Longest wait before a failed request is repeated."},
    {"request.timeout.ms", T::kInt, "40000", I::kMedium, ">=0",
     "Time to wait for the answer to a request."},
    {"connections.max.idle.ms", T::kLong, "540000", I::kMedium, "",
     "Time after which an idle connection is closed."},
    {"security.protocol", T::kString, "PLAINTEXT", I::kMedium, "any case: SASL_SSL, PLAINTEXT, SSL, SASL_PLAINTEXT",
     "How brokers are talked to: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."},
};

constexpr KeyRow kDistributed[] = {
    {"worker.sync.timeout.ms", T::kInt, "3000", I::kMedium, "",
     "Time to catch up with the config topic before the worker leaves the group."},
    {"worker.unsync.backoff.ms", T::kInt, "300000", I::kMedium, "",
     "Time to stay out of the group after failing to catch up."},
    {"offset.storage.topic", T::kString, kRequired, I::kHigh, "",
     "Topic of source offsets, compacted."},
    {"offset.storage.partitions", T::kInt, "25", I::kLow, "partitions",
     "Partitions of the offsets topic when it is created."},
    {"offset.storage.replication.factor", T::kShort, "3", I::kLow, "replication",
     "Replication factor of the offsets topic when it is created."},
    {"config.storage.topic", T::kString, kRequired, I::kHigh, "",
     "Topic of connector configurations, compacted, one partition."},
    {"config.storage.replication.factor", T::kShort, "3", I::kLow, "replication",
     "Replication factor of the config topic when it is created."},
    {"status.storage.topic", T::kString, kRequired, I::kHigh, "",
     "Topic of connector and task statuses, compacted."},
    {"status.storage.partitions", T::kInt, "5", I::kLow, "partitions",
     "Partitions of the status topic when it is created."},
    {"status.storage.replication.factor", T::kShort, "3", I::kLow, "replication",
     "Replication factor of the status topic when it is created."},
    {"connect.protocol", T::kString, "sessioned", I::kLow, "",
     "Protocol between workers: eager, compatible or sessioned."},
    {"scheduled.rebalance.max.delay.ms", T::kInt, "300000", I::kLow, ">=0",
     "Time to wait for a departed worker to come back before its tasks move."},
    {"scheduled.rebalance.delay.clean.stops", T::kBoolean, "false", I::kLow, "",
     "Whether the tasks of a worker that stopped in good order wait for its return too, as with a Java leader; otherwise they move at "
     "once."},
    {"inter.worker.key.ttl.ms", T::kInt, "3600000", I::kLow, ">=0",
     "Life of a session key between workers; 0: for ever."},
    {"inter.worker.key.generation.algorithm", T::kString, "HmacSHA256", I::kLow, "",
     "Algorithm that generates session keys."},
    {"inter.worker.key.size", T::kInt, nullptr, I::kLow, "",
     "Bits of a session key; absent: the algorithm's default."},
    {"inter.worker.signature.algorithm", T::kString, "HmacSHA256", I::kLow, "",
     "Algorithm that signs requests between workers."},
    {"inter.worker.verification.algorithms", T::kList, "HmacSHA256", I::kLow, "",
     "Algorithms that are accepted in signed requests between workers."},
    {"metadata.recovery.strategy", T::kString, "rebootstrap", I::kLow, "any case: REBOOTSTRAP, NONE",
     "What to do when no known broker answers: none or rebootstrap."},
    {"metadata.recovery.rebootstrap.trigger.ms", T::kLong, "300000", I::kLow, ">=0",
     "Time without metadata after which the bootstrap servers are used again."},
};
// clang-format on

ConfigDef make(WorkerMode mode) {
  ConfigDef definition;
  define_all(definition, kWorker);
  define_all(definition, ssl_rows());
  define_all(definition, kRest);
  if (mode == WorkerMode::kStandalone) {
    define_all(definition, kStandalone);
    return definition;
  }
  define_all(definition, kGroup);
  define_all(definition, sasl_rows());
  define_all(definition, kDistributed);
  return definition;
}

}  // namespace

const ConfigDef& WorkerConfig::definition(WorkerMode mode) {
  static const ConfigDef kStandaloneDefinition = make(WorkerMode::kStandalone);
  static const ConfigDef kDistributedDefinition = make(WorkerMode::kDistributed);
  return mode == WorkerMode::kStandalone ? kStandaloneDefinition : kDistributedDefinition;
}

}  // namespace millrace::runtime
