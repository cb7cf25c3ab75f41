#include "runtime/config/client_configs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "kafka/bootstrap.h"

namespace millrace::runtime {
namespace {

constexpr const char* kPolicyPackage = "org.apache.kafka.connect.connector.policy.";
constexpr const char* kPolicySuffix = "ConnectorClientConfigOverridePolicy";
constexpr const char* kByteArraySerializer = "org.apache.kafka.common.serialization.ByteArraySerializer";
constexpr const char* kByteArrayDeserializer = "org.apache.kafka.common.serialization.ByteArrayDeserializer";

void put_all(kafka::ClientConfig& config, const Props& props) {
  for (const auto& [key, value] : props) config[key] = value;
}

std::string text_of(const ConnectorTaskId& task) { return fmt::format("{}-{}", task.connector, task.task); }

bool is_client_prefixed(const std::string& key) {
  return key.starts_with("admin.") || key.starts_with("producer.") || key.starts_with("consumer.");
}

}  // namespace

Result<OverridePolicy> parse_override_policy(const std::string& name) {
  const std::pair<const char*, OverridePolicy> policies[] = {
      {"All", OverridePolicy::kAll}, {"None", OverridePolicy::kNone}, {"Principal", OverridePolicy::kPrincipal}};
  for (const auto& [word, policy] : policies) {
    const std::string simple = std::string(word) + kPolicySuffix;
    if (name == word || name == simple || name == kPolicyPackage + simple) return policy;
  }
  return Error{.code = Errc::kInvalid,
               .text = fmt::format("Failed to find any class that implements interface "
                                   "org.apache.kafka.connect.connector.policy.ConnectorClientConfigOverridePolicy and "
                                   "which name matches {}; connector.client.config.override.policy takes All, None or "
                                   "Principal",
                                   name)};
}

std::optional<std::string> override_refusal(OverridePolicy policy, const std::string& key) {
  const char* name = "None";
  if (policy == OverridePolicy::kAll) return std::nullopt;
  if (policy == OverridePolicy::kPrincipal) {
    if (key == "security.protocol" || key == "sasl.jaas.config" || key == "sasl.mechanism") return std::nullopt;
    name = "Principal";
  }
  return fmt::format("The '{}' policy does not allow '{}' to be overridden in the connector configuration.", name, key);
}

std::string override_prefix(ClientKind kind) { return std::string(name_of(kind)) + ".override."; }

ClientConfigs::ClientConfigs(const WorkerConfig& worker, std::string cluster_id)
    : worker_(worker), cluster_id_(std::move(cluster_id)) {}

ClientConfigs::Config ClientConfigs::internal(const std::string& client_id_suffix) const {
  Config out;
  for (const auto& [key, value] : worker_.originals) {
    if (key != "config.providers" && !key.starts_with("config.providers.")) out.emplace(key, value);
  }
  const auto given = worker_.originals.find("client.id");
  const std::string base = given == worker_.originals.end() || given->second.empty()
                               ? worker_.group_id_or_connect()
                               : worker_.group_id_or_connect() + "-" + given->second;
  out["client.id"] = base + "-" + client_id_suffix;
  out["bootstrap.servers"] = worker_.bootstrap_servers;
  add_metrics_context(out);
  return out;
}

ClientConfigs::Config ClientConfigs::group_member(const std::string& worker_id) const {
  Config out = internal("group");
  const auto given = worker_.originals.find("client.id");
  out["client.id"] = given == worker_.originals.end() || given->second.empty() ? "connect-" + worker_id : given->second;
  return out;
}

void ClientConfigs::add_metrics_context(Config& config) const {
  for (const auto& [key, value] : worker_.originals) {
    if (key.starts_with("metrics.context.")) config[key] = value;
  }
  config["metrics.context.connect.kafka.cluster.id"] = cluster_id_;
  if (worker_.distributed) config["metrics.context.connect.group.id"] = worker_.distributed->group_id;
}

Result<void> ClientConfigs::add_overrides(Config& config, ClientKind kind, const Props& connector) const {
  Result<OverridePolicy> policy = parse_override_policy(worker_.client_override_policy);
  if (!policy) return std::move(policy).error();
  std::vector<std::string> refused;
  for (const auto& [key, value] : with_prefix(connector, override_prefix(kind))) {
    if (const auto why = override_refusal(*policy, key)) refused.push_back(*why);
    config[key] = value;
  }
  if (refused.empty()) {
    const auto servers = connector.find(override_prefix(kind) + "bootstrap.servers");
    if (servers == connector.end() || kafka::may_be_resolved(servers->second)) return {};
    Error error{.code = Errc::kInvalid, .text = "No resolvable bootstrap urls given in bootstrap.servers"};
    error.trace = "org.apache.kafka.common.config.ConfigException: " + error.text;
    return error;
  }
  return Error{.code = Errc::kInvalid,
               .text = fmt::format("Client Config Overrides not allowed [{}]", fmt::join(refused, ", "))};
}

Result<ClientConfigs::Config> ClientConfigs::producer(const std::string& client_id, const Props& connector) const {
  Config out{{"bootstrap.servers", worker_.bootstrap_servers},
             {"key.serializer", kByteArraySerializer},
             {"value.serializer", kByteArraySerializer},
             {"max.block.ms", "9223372036854775807"},
             {"enable.idempotence", "false"},
             {"acks", "all"},
             {"max.in.flight.requests.per.connection", "1"},
             {"delivery.timeout.ms", "2147483647"},
             {"client.id", client_id}};
  put_all(out, worker_.with_prefix("producer."));
  add_metrics_context(out);
  if (auto added = add_overrides(out, ClientKind::kProducer, connector); !added) return std::move(added).error();
  if (auto checked = check_client_config(ClientKind::kProducer, out); !checked) return std::move(checked).error();
  return out;
}

Result<ClientConfigs::Config> ClientConfigs::consumer(const std::string& connector_name, const std::string& client_id,
                                                      const Props& connector) const {
  Config out{{"group.id", "connect-" + connector_name},
             {"client.id", client_id},
             {"bootstrap.servers", worker_.bootstrap_servers},
             {"enable.auto.commit", "false"},
             {"auto.offset.reset", "earliest"},
             {"key.deserializer", kByteArrayDeserializer},
             {"value.deserializer", kByteArrayDeserializer}};
  put_all(out, worker_.with_prefix("consumer."));
  add_metrics_context(out);
  if (auto added = add_overrides(out, ClientKind::kConsumer, connector); !added) return std::move(added).error();
  if (auto checked = check_client_config(ClientKind::kConsumer, out); !checked) return std::move(checked).error();
  return out;
}

Result<ClientConfigs::Config> ClientConfigs::admin(const std::string& client_id, const Props& connector) const {
  Config out{{"bootstrap.servers", worker_.bootstrap_servers}, {"client.id", client_id}};
  for (const auto& [key, value] : worker_.originals) {
    if (!is_client_prefixed(key)) out[key] = value;
  }
  out["bootstrap.servers"] = worker_.bootstrap_servers;
  put_all(out, worker_.with_prefix("admin."));
  if (auto added = add_overrides(out, ClientKind::kAdmin, connector); !added) return std::move(added).error();
  if (auto checked = check_client_config(ClientKind::kAdmin, out); !checked) return std::move(checked).error();
  add_metrics_context(out);
  return out;
}

Result<ClientConfigs::Config> ClientConfigs::source_producer(const ConnectorTaskId& task,
                                                             const Props& connector) const {
  return producer("connector-producer-" + text_of(task), connector);
}

std::string ClientConfigs::transactional_id(const ConnectorTaskId& task) const {
  return worker_.group_id_or_connect() + "-" + text_of(task);
}

void ClientConfigs::make_transactional(Config& config, const ConnectorTaskId& task,
                                       std::vector<std::string>* warnings) const {
  const auto force = [&](const char* key, const std::string& value, const char* replaced) {
    const auto given = config.find(key);
    if (warnings != nullptr && given != config.end() && given->second != value && given->second != replaced) {
      warnings->push_back(
          fmt::format("{}={} is replaced by {}: exactly-once delivery needs it", key, given->second, value));
    }
    config[key] = value;
  };
  force("enable.idempotence", "true", "false");
  force("transactional.id", transactional_id(task), "");
}

Result<ClientConfigs::Config> ClientConfigs::exactly_once_producer(const ConnectorTaskId& task, const Props& connector,
                                                                   std::vector<std::string>* warnings) const {
  Result<Config> out = source_producer(task, connector);
  if (out) make_transactional(*out, task, warnings);
  return out;
}

Result<ClientConfigs::Config> ClientConfigs::dead_letter_producer(const ConnectorTaskId& task,
                                                                  const Props& connector) const {
  return producer("connector-dlq-producer-" + text_of(task), connector);
}

Result<ClientConfigs::Config> ClientConfigs::offset_producer(const std::string& connector_name,
                                                             const Props& connector) const {
  Result<Config> out = producer("connector-offset-producer-" + connector_name, connector);
  if (out && worker_.exactly_once_source_enabled()) make_transactional(*out, {connector_name, 0}, nullptr);
  return out;
}

Result<ClientConfigs::Config> ClientConfigs::sink_consumer(const ConnectorTaskId& task, const Props& connector) const {
  return consumer(task.connector, "connector-consumer-" + text_of(task), connector);
}

Result<ClientConfigs::Config> ClientConfigs::offset_consumer(const std::string& connector_name,
                                                             std::optional<std::int32_t> task,
                                                             const Props& connector) const {
  std::string client_id = "connector-consumer-" + connector_name;
  if (task) client_id += "-" + std::to_string(*task);
  Result<Config> out = consumer(connector_name, client_id, connector);
  if (!out) return out;
  if (worker_.exactly_once_source_enabled()) {
    (*out)["isolation.level"] = "read_committed";
  } else {
    out->emplace("isolation.level", "read_committed");
  }
  return out;
}

Result<ClientConfigs::Config> ClientConfigs::source_admin(const ConnectorTaskId& task, const Props& connector) const {
  return admin("connector-adminclient-" + text_of(task), connector);
}

Result<ClientConfigs::Config> ClientConfigs::dead_letter_admin(const ConnectorTaskId& task,
                                                               const Props& connector) const {
  return admin("connector-dlq-adminclient-" + text_of(task), connector);
}

Result<ClientConfigs::Config> ClientConfigs::connector_admin(const std::string& connector_name,
                                                             const Props& connector) const {
  return admin("connector-worker-adminclient-" + connector_name, connector);
}

std::string ClientConfigs::sink_group_id(const std::string& connector_name, const Props& connector) const {
  for (const auto& [props, key] : {std::pair<const Props&, const char*>{connector, "consumer.override.group.id"},
                                   std::pair<const Props&, const char*>{worker_.originals, "consumer.group.id"}}) {
    if (const auto found = props.find(key); found != props.end() && !found->second.empty()) return found->second;
  }
  return "connect-" + connector_name;
}

}  // namespace millrace::runtime
