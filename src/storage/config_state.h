#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/value.h"
#include "storage/types.h"

namespace millrace::storage {

struct SessionKey {
  Bytes key;
  std::string algorithm;
  std::int64_t creation_ms = 0;
  bool operator==(const SessionKey&) const = default;
};

/// What the config topic says up to `offset`. A snapshot: copied out and never changed.
struct ClusterConfigState {
  std::int64_t offset = -1;  ///< of the last record that was read, plus one; -1: none yet
  std::optional<SessionKey> session_key;
  std::map<std::string, RawConfig> connectors;
  std::map<std::string, TargetState> target_states;
  std::map<std::string, std::int32_t> task_counts;
  std::map<ConnectorTaskId, RawConfig> task_configs;
  std::set<std::string> inconsistent;
  std::map<std::string, std::int32_t> task_count_records;
  std::map<std::string, std::int32_t> task_config_generations;
  std::set<std::string> pending_fencing;
  std::map<std::string, RawConfig> applied_configs;  ///< connector config that the current task configs came from

  bool contains(const std::string& connector) const { return connectors.contains(connector); }
  const RawConfig* connector_config(const std::string& connector) const;
  std::optional<TargetState> target_state(const std::string& connector) const;
  const RawConfig* task_config(const ConnectorTaskId& id) const;
  /// 0..count-1; empty while inconsistent.
  std::vector<ConnectorTaskId> tasks(const std::string& connector) const;
  std::vector<RawConfig> all_task_configs(const std::string& connector) const;
  std::int32_t task_count(const std::string& connector) const;
  std::optional<std::int32_t> task_count_record(const std::string& connector) const;
  std::optional<std::int32_t> task_config_generation(const std::string& connector) const;
};
using ConfigSnapshot = std::shared_ptr<const ClusterConfigState>;

struct RestartRecord {
  std::string connector;
  bool only_failed = false;
  bool include_tasks = false;
};

/// Told of changes while the topic is read. Runs on: the thread that applies records.
class ConfigUpdateListener {
 public:
  virtual ~ConfigUpdateListener() = default;
  virtual void on_connector_config_removed(const std::string& connector) = 0;
  virtual void on_connector_config_updated(const std::string& connector) = 0;
  virtual void on_task_configs_updated(const std::vector<ConnectorTaskId>& tasks) = 0;
  virtual void on_target_state_changed(const std::string& connector) = 0;
  virtual void on_session_key(const SessionKey& key) = 0;
  virtual void on_restart_request(const RestartRecord& request) = 0;
  virtual void on_logger_level(const std::string& logger, const std::string& level) = 0;
};

/// Applies the records of the config topic, one after another.
///
/// Task configs wait in `deferred_` until their commit record; a commit whose task records are not all there makes the
/// connector inconsistent until the leader writes them anew. Threads: one at a time. Errors: a record that makes no
/// sense is skipped with a text for the log.
class ConfigRecordReader {
 public:
  enum class Phase : std::uint8_t { kReplay, kLive };  ///< replayed records call no callbacks but still count

  /// Applies one record. `value` is the parsed JSON: nullopt for a tombstone. Returns what is wrong with it, or empty.
  std::string apply(std::string_view key, const std::optional<Value>& value, std::int64_t offset, Phase phase,
                    ConfigUpdateListener* listener);

  /// A record whose value is no JSON must not be applied at all: the offset stays then.
  const ClusterConfigState& state() const noexcept { return state_; }

 private:
  std::string apply_target_state(const std::string& connector, const std::optional<Value>& value,
                                 ConfigUpdateListener* listener);
  std::string apply_connector(const std::string& connector, const std::optional<Value>& value,
                              ConfigUpdateListener* listener);
  std::string apply_task(const std::string& key, const std::optional<Value>& value);
  std::string apply_commit(const std::string& connector, const std::optional<Value>& value,
                           ConfigUpdateListener* listener);
  std::string apply_fencing(const std::string& connector, const std::optional<Value>& value);
  std::string apply_session_key(const std::optional<Value>& value, ConfigUpdateListener* listener);
  void forget_tasks(const std::string& connector);

  ClusterConfigState state_;
  std::map<std::string, std::map<std::int32_t, RawConfig>> deferred_;
};

/// "prefix" + name keys of the topic.
namespace config_keys {
inline constexpr std::string_view kTargetState = "target-state-";
inline constexpr std::string_view kConnector = "connector-";
inline constexpr std::string_view kTask = "task-";
inline constexpr std::string_view kCommit = "commit-";
inline constexpr std::string_view kRestart = "restart-connector-";
inline constexpr std::string_view kTasksFencing = "tasks-fencing-";
inline constexpr std::string_view kSessionKey = "session-key";
inline constexpr std::string_view kLoggerCluster = "logger-cluster-";
}  // namespace config_keys

/// The value of a `connector-` or `task-` record.
Value properties_value(const RawConfig& config);

}  // namespace millrace::storage
