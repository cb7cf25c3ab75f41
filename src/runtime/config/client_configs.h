#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kafka/client_config.h"
#include "millrace/config.h"
#include "runtime/config/client_definitions.h"
#include "runtime/config/worker_config.h"
#include "runtime/herder.h"

namespace millrace::runtime {

/// Which client settings connectors may override.
enum class OverridePolicy : std::uint8_t { kAll, kNone, kPrincipal };
/// By alias or class name, as `connector.client.config.override.policy` has it.
Result<OverridePolicy> parse_override_policy(const std::string& name);
/// Why the policy refuses `key` (without prefix), or nullopt.
std::optional<std::string> override_refusal(OverridePolicy policy, const std::string& key);

/// "producer.override.", ...
std::string override_prefix(ClientKind kind);

/// Settings of Kafka clients under their Java names, layer over layer.
///
/// `connector` is always the connector's resolved configuration. Errors: kInvalid "Client Config Overrides not allowed
/// [...]", or the sentence for a value that Kafka's client refuses. Threads: const methods from any.
class ClientConfigs {
 public:
  using Config = kafka::ClientConfig;

  /// `worker` must outlive this. `cluster_id` is the Kafka cluster's, empty when unknown.
  ClientConfigs(const WorkerConfig& worker, std::string cluster_id);

  /// What every client of the worker itself starts from: all worker properties, then `client_id_suffix` behind the
  /// client id base ("connect-cluster-offsets"). The caller adds what its role needs.
  Config internal(const std::string& client_id_suffix) const;
  /// The client of the group member; `worker_id` is "host:port".
  Config group_member(const std::string& worker_id) const;

  Result<Config> source_producer(const ConnectorTaskId& task, const Props& connector) const;
  /// With transactions: idempotent, transactional id "<group>-<connector>-<task>". `warnings` gets what the user's
  /// settings had to yield.
  Result<Config> exactly_once_producer(const ConnectorTaskId& task, const Props& connector,
                                       std::vector<std::string>* warnings) const;
  Result<Config> dead_letter_producer(const ConnectorTaskId& task, const Props& connector) const;
  /// Writes offsets that REST changes. Transactional (id of task 0) when the worker supports exactly once.
  Result<Config> offset_producer(const std::string& connector_name, const Props& connector) const;

  Result<Config> sink_consumer(const ConnectorTaskId& task, const Props& connector) const;
  /// Reads a source connector's own offsets topic; `task` nullopt: on behalf of the connector.
  Result<Config> offset_consumer(const std::string& connector_name, std::optional<std::int32_t> task,
                                 const Props& connector) const;

  Result<Config> source_admin(const ConnectorTaskId& task, const Props& connector) const;
  Result<Config> dead_letter_admin(const ConnectorTaskId& task, const Props& connector) const;
  Result<Config> connector_admin(const std::string& connector_name, const Props& connector) const;

  /// "connect-<name>", or what consumer.override.group.id (or consumer.group.id of the worker) says.
  std::string sink_group_id(const std::string& connector_name, const Props& connector) const;
  std::string transactional_id(const ConnectorTaskId& task) const;

 private:
  Result<void> add_overrides(Config& config, ClientKind kind, const Props& connector) const;
  Result<Config> producer(const std::string& client_id, const Props& connector) const;
  Result<Config> consumer(const std::string& connector_name, const std::string& client_id,
                          const Props& connector) const;
  Result<Config> admin(const std::string& client_id, const Props& connector) const;
  void add_metrics_context(Config& config) const;
  void make_transactional(Config& config, const ConnectorTaskId& task, std::vector<std::string>* warnings) const;

  const WorkerConfig& worker_;
  std::string cluster_id_;
};

}  // namespace millrace::runtime
