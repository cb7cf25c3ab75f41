#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "millrace/config.h"
#include "runtime/config/rest_config.h"

namespace millrace {
class PluginRegistry;
}

namespace millrace::runtime {

enum class WorkerMode : std::uint8_t { kStandalone, kDistributed };

/// `offset.storage.*`, `config.storage.*` or `status.storage.*` of a distributed worker.
struct StorageTopicConfig {
  std::string topic;
  std::int32_t partitions = 1;  ///< -1: the broker's default
  std::int16_t replication_factor = 3;
  Props topic_settings;  ///< further settings for the topic's creation, without prefix and without cleanup.policy
};

enum class ExactlyOnceSource : std::uint8_t { kDisabled, kPreparing, kEnabled };
enum class ConnectProtocol : std::uint8_t { kEager, kCompatible, kSessioned };

/// What only a distributed worker has.
struct DistributedConfig {
  std::string group_id;
  std::chrono::milliseconds session_timeout{};
  std::chrono::milliseconds heartbeat_interval{};
  std::chrono::milliseconds rebalance_timeout{};
  ExactlyOnceSource exactly_once_source = ExactlyOnceSource::kDisabled;
  StorageTopicConfig offsets;
  StorageTopicConfig configs;
  StorageTopicConfig statuses;
  std::chrono::milliseconds worker_sync_timeout{};
  std::chrono::milliseconds worker_unsync_backoff{};
  ConnectProtocol protocol = ConnectProtocol::kSessioned;
  std::chrono::milliseconds scheduled_rebalance_max_delay{};
  bool clean_stops_are_waited_for = false;
  std::chrono::milliseconds key_ttl{};
  std::string key_generation_algorithm;
  std::optional<std::int32_t> key_size_bits;
  std::string signature_algorithm;
  std::vector<std::string> verification_algorithms;
  std::string client_id;
  std::chrono::milliseconds request_timeout{};
  std::chrono::milliseconds retry_backoff{};
  std::chrono::milliseconds retry_backoff_max{};
  std::chrono::milliseconds reconnect_backoff{};
  std::chrono::milliseconds reconnect_backoff_max{};
};

/// A worker's configuration, parsed. Immutable once made; share it by reference.
struct WorkerConfig {
  WorkerMode mode = WorkerMode::kStandalone;
  /// Every key that was given, unknown ones too, variables resolved. Kafka clients and converters take their settings
  /// here.
  Props originals;
  /// Lines to log at start: renamed, ignored or meaningless keys.
  std::vector<std::string> warnings;

  std::string bootstrap_servers;
  std::string key_converter;
  std::string value_converter;
  std::string header_converter;
  std::chrono::milliseconds task_shutdown_graceful_timeout{};
  std::chrono::milliseconds offset_flush_interval{};
  std::chrono::milliseconds offset_flush_timeout{};
  std::vector<std::string> plugin_path;
  std::string client_override_policy;
  bool topic_creation_enable = true;
  bool topic_tracking_enable = true;
  bool topic_tracking_allow_reset = true;
  RestConfig rest;

  std::string offset_storage_file;               ///< standalone only
  std::optional<DistributedConfig> distributed;  ///< distributed only

  bool exactly_once_source_enabled() const {
    return distributed && distributed->exactly_once_source == ExactlyOnceSource::kEnabled;
  }
  /// Group id, or "connect" in standalone: the first part of internal client ids.
  std::string group_id_or_connect() const { return distributed ? distributed->group_id : "connect"; }
  /// The keys below "prefix", without it.
  Props with_prefix(const std::string& prefix) const;

  /// The options in Kafka's order.
  static const ConfigDef& definition(WorkerMode mode);

  /// Parses `originals`, whose variables are resolved already. Converter classes are looked up in `plugins` unless it
  /// is null. Errors: kInvalid, one sentence per problem, one a line.
  static Result<WorkerConfig> parse(WorkerMode mode, Props originals, const PluginRegistry* plugins);
};

/// The keys of `props` below `prefix`, without it.
Props with_prefix(const Props& props, const std::string& prefix);

}  // namespace millrace::runtime
