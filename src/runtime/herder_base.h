#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "runtime/config/validation.h"
#include "runtime/herder.h"
#include "runtime/task_listener.h"
#include "runtime/worker.h"
#include "storage/status_store.h"

namespace millrace::runtime {

/// The version of Kafka Connect that this worker stands in for: what REST, statuses and plugins of its own show.
inline constexpr const char* kKafkaVersion = "4.1.0";
inline constexpr const char* kKafkaCommit = "13f70256db3c994c";

inline constexpr std::chrono::seconds kRequestTimeout{90};

/// Runs `work` on a thread of its own and waits for it; kTimeout "Request timed out" when it does not end in time (it then
/// runs on by itself, so it must own what it uses or use what lives as long as the process).
Result<void> run_with_deadline(const std::string& thread_name, std::chrono::milliseconds timeout,
                               std::function<Result<void>()> work);

Error not_found(std::string text);
Error bad_request(std::string text);
Error internal_error(std::string text);
Error timed_out();

/// Connector instance and tasks that a restart request means.
struct RestartPlan {
  bool connector = false;
  std::vector<std::int32_t> tasks;
  ConnectorStateInfo state;  ///< with RESTARTING where something will be restarted
};
RestartPlan plan_restart(const RestartRequest& request, ConnectorStateInfo state);

/// What both herders answer alike: statuses, topics, plugins, validation, loggers. Threads: any.
class HerderBase : public Herder, protected StatusListener {
 public:
  struct Deps {
    const WorkerConfig* config = nullptr;
    const PluginRegistry* plugins = nullptr;
    const ConfigProviders* providers = nullptr;
    Worker* worker = nullptr;
    storage::StatusStore* statuses = nullptr;
    std::string worker_id;  ///< "host:port" of the advertised URL
    std::optional<std::string> kafka_cluster_id;
    base::Clock* clock = nullptr;  ///< nullptr: the machine's
  };
  explicit HerderBase(Deps deps);

  ServerInfo server_info() const override;
  std::string metrics() const override;
  Result<ConnectorStateInfo> connector_status(const std::string& name) const override;
  Result<StatusInfo> task_status(const ConnectorTaskId& id) const override;
  Result<std::vector<std::string>> active_topics(const std::string& name) const override;
  Result<void> reset_active_topics(const std::string& name) override;
  std::vector<PluginInfo> plugins(Plugins which) const override;
  Result<std::vector<ConfigKey>> plugin_config(const std::string& name, const std::string& version) const override;
  Result<ConfigInfos> validate_connector_config(const RawConfig& config) override;
  std::map<std::string, LoggerLevel> loggers() const override;
  std::optional<LoggerLevel> logger_level(const std::string& name) const override;
  std::vector<std::string> set_worker_logger_level(const std::string& name, const std::string& level) override;

 protected:
  // StatusListener. Runs on: connector and task threads.
  void on_connector_state(const std::string& connector, State state, const std::string& trace,
                          const std::string& version) override;
  void on_task_state(const ConnectorTaskId& task, State state, const std::string& trace,
                     const std::string& version) override;
  void on_topic(const ConnectorTaskId& task, const std::string& topic) override;
  std::uint64_t topics_epoch() const override { return topics_epoch_.load(std::memory_order_relaxed); }

  /// Generation that goes into statuses; the distributed herder's changes.
  virtual std::int32_t generation() const { return 0; }
  /// The stored config of a connector, nullopt when there is none.
  virtual std::optional<RawConfig> stored_config(const std::string& name) const = 0;

  ConnectorType type_of(const RawConfig& config) const;
  /// Validates and turns errors into the sentence of a refused creation (400).
  Result<void> check_config(const RawConfig& config);
  /// With variables resolved and nulls left out.
  Result<Props> resolved(const RawConfig& config) const;
  void forget_topics(const std::string& connector);

  base::Clock& clock() const;

  const Deps deps_;
  const ConfigValidator validator_;

 private:
  storage::Status status_of(State state, const std::string& trace, const std::string& version) const;
  std::atomic<std::uint64_t> topics_epoch_{1};
};

}  // namespace millrace::runtime
