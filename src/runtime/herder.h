#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "millrace/config.h"
#include "millrace/record.h"
#include "storage/types.h"

namespace millrace::runtime {

using storage::ConnectorTaskId;
using storage::name_of;
using storage::RawConfig;
using storage::State;
using storage::TargetState;

enum class ConnectorType : std::uint8_t { kSource, kSink, kUnknown };
/// "source", "sink", "unknown"
const char* name_of(ConnectorType type) noexcept;

struct ConnectorInfo {
  std::string name;
  RawConfig config;
  std::vector<ConnectorTaskId> tasks;
  ConnectorType type = ConnectorType::kUnknown;
};

/// The status of a connector or a task.
struct StatusInfo {
  State state = State::kUnassigned;
  std::string worker_id;
  std::optional<std::string> version;
  std::string trace;  ///< empty: none
};

struct ConnectorStateInfo {
  std::string name;
  StatusInfo connector;
  std::map<std::int32_t, StatusInfo> tasks;
  ConnectorType type = ConnectorType::kUnknown;
};

struct TaskInfo {
  ConnectorTaskId id;
  RawConfig config;
};

struct Created {
  bool created = false;  ///< true: did not exist before
  ConnectorInfo info;
};

struct PartitionOffset {
  OffsetMap partition;  ///< null: JSON null or absent
  OffsetMap offset;     ///< null: reset
};

/// Validation's answer, ready to be written.
struct ConfigInfos {
  struct Entry {
    std::optional<ConfigKey> definition;
    ConfigValue value;
  };
  std::string name;
  std::int32_t error_count = 0;  ///< warnings included
  std::vector<std::string> groups;
  std::vector<Entry> configs;
};

struct RestartRequest {
  std::string connector;
  bool only_failed = false;
  bool include_tasks = false;
};

struct LoggerLevel {
  std::string level;
  std::optional<std::int64_t> last_modified_ms;
};

struct Health {
  enum class Status : std::uint8_t { kHealthy, kStarting, kUnhealthy };
  Status status = Status::kStarting;
  std::string message;
};

/// Signature headers of a worker-to-worker request and the exact bytes they sign.
struct RequestSignature {
  std::optional<std::string> authorization;
  std::optional<std::string> algorithm;
  std::string body;
};

/// What REST and the command line see of a worker. Standalone and distributed implement it.
///
/// Threads: all methods may be called from any thread. They block up to REST's 90 s, answer kTimeout then, and never run
/// connector code on the caller's thread without a deadline.
/// Errors: texts are the REST messages. kNotLeader and kNotAssigned carry the URL to forward to.
class Herder {
 public:
  virtual ~Herder() = default;

  struct ServerInfo {
    std::string version;
    std::string commit;
    std::optional<std::string> kafka_cluster_id;
  };
  virtual ServerInfo server_info() const = 0;
  virtual Health health() = 0;
  /// The worker's figures in Prometheus' text format.
  virtual std::string metrics() const { return {}; }

  /// Waits until what it says about connectors is what the cluster's topics hold; at once when it has been so before.
  virtual Result<void> await_serving() { return {}; }
  /// Takes in what another worker has written for a request that was forwarded to it, so that the next answer here knows of
  /// it. Blocks up to worker.sync.timeout.ms; when that does not do, the news come a little later.
  virtual void catch_up() {}

  virtual std::vector<std::string> connectors() const = 0;
  virtual Result<ConnectorInfo> connector_info(const std::string& name) = 0;
  virtual Result<ConnectorStateInfo> connector_status(const std::string& name) const = 0;
  virtual Result<StatusInfo> task_status(const ConnectorTaskId& id) const = 0;
  virtual Result<std::vector<TaskInfo>> task_configs(const std::string& name) = 0;

  /// Creates (`allow_replace` false: kConflict when it exists) or replaces. Validates first.
  enum class Replace : std::uint8_t { kRefuse, kAllow };
  virtual Result<Created> put_connector_config(const std::string& name, const RawConfig& config,
                                               std::optional<TargetState> initial_state, Replace replace) = 0;
  virtual Result<Created> patch_connector_config(const std::string& name, const RawConfig& patch) = 0;
  virtual Result<void> delete_connector(const std::string& name) = 0;

  virtual Result<void> restart_connector(const std::string& name) = 0;
  /// The state with everything that will be restarted shown as RESTARTING.
  virtual Result<ConnectorStateInfo> restart_connector_and_tasks(const RestartRequest& request) = 0;
  virtual Result<void> restart_task(const ConnectorTaskId& id) = 0;
  virtual Result<void> pause_connector(const std::string& name) = 0;
  virtual Result<void> resume_connector(const std::string& name) = 0;
  virtual Result<void> stop_connector(const std::string& name) = 0;

  virtual Result<std::vector<std::string>> active_topics(const std::string& name) const = 0;
  virtual Result<void> reset_active_topics(const std::string& name) = 0;

  virtual Result<std::vector<PartitionOffset>> connector_offsets(const std::string& name) = 0;
  /// The message of success. `offsets` nullopt: reset all (DELETE).
  virtual Result<std::string> alter_connector_offsets(const std::string& name,
                                                      const std::optional<std::vector<PartitionOffset>>& offsets) = 0;

  struct PluginInfo {
    std::string class_name;
    std::string type;
    std::string version;  ///< empty: none
  };
  enum class Plugins : std::uint8_t { kConnectorsOnly, kAll };
  virtual std::vector<PluginInfo> plugins(Plugins which) const = 0;
  virtual Result<std::vector<ConfigKey>> plugin_config(const std::string& name, const std::string& version) const = 0;
  virtual Result<ConfigInfos> validate_connector_config(const RawConfig& config) = 0;

  virtual std::map<std::string, LoggerLevel> loggers() const = 0;
  virtual std::optional<LoggerLevel> logger_level(const std::string& name) const = 0;
  /// Names of the loggers it changed, sorted. Precondition: `level` is valid.
  virtual std::vector<std::string> set_worker_logger_level(const std::string& name, const std::string& level) = 0;
  virtual Result<void> set_cluster_logger_level(const std::string& name, const std::string& level) = 0;

  // Worker to worker (distributed only; standalone refuses).
  virtual Result<void> put_task_configs(const std::string& connector, const std::vector<RawConfig>& configs,
                                        const RequestSignature& signature) = 0;
  virtual Result<void> fence_zombie_source_tasks(const std::string& connector, const RequestSignature& signature) = 0;
};

}  // namespace millrace::runtime
