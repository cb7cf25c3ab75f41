#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/mailbox.h"
#include "base/thread.h"
#include "runtime/herder_base.h"
#include "runtime/offset_changes.h"

namespace millrace::runtime {

/// Everything in one process, configs in memory. Behaviour: Java's StandaloneHerder.
///
/// Operations on one connector follow one another; those on different ones do not wait for each other, so a connector that
/// hangs in its start holds up only itself. Waits have REST's deadline.
class StandaloneHerder : public HerderBase, private ConnectorRequests {
 public:
  explicit StandaloneHerder(Deps deps);
  ~StandaloneHerder() override;

  /// From now on it is healthy: the connectors of the command line are submitted.
  void mark_ready() { ready_ = true; }
  /// Stops connectors and tasks; who waits for one of them is answered "Worker is shutting down". Twice is harmless.
  void stop();

  Health health() override;
  std::vector<std::string> connectors() const override;
  Result<ConnectorInfo> connector_info(const std::string& name) override;
  Result<std::vector<TaskInfo>> task_configs(const std::string& name) override;
  Result<Created> put_connector_config(const std::string& name, const RawConfig& config,
                                       std::optional<TargetState> initial_state, Replace replace) override;
  Result<Created> patch_connector_config(const std::string& name, const RawConfig& patch) override;
  Result<void> delete_connector(const std::string& name) override;
  Result<void> restart_connector(const std::string& name) override;
  Result<ConnectorStateInfo> restart_connector_and_tasks(const RestartRequest& request) override;
  Result<void> restart_task(const ConnectorTaskId& id) override;
  Result<void> pause_connector(const std::string& name) override;
  Result<void> resume_connector(const std::string& name) override;
  Result<void> stop_connector(const std::string& name) override;
  Result<std::vector<PartitionOffset>> connector_offsets(const std::string& name) override;
  Result<std::string> alter_connector_offsets(const std::string& name,
                                              const std::optional<std::vector<PartitionOffset>>& offsets) override;
  Result<void> set_cluster_logger_level(const std::string& name, const std::string& level) override;
  Result<void> put_task_configs(const std::string& connector, const std::vector<RawConfig>& configs,
                                const RequestSignature& signature) override;
  Result<void> fence_zombie_source_tasks(const std::string& connector, const RequestSignature& signature) override;

 protected:
  std::optional<RawConfig> stored_config(const std::string& name) const override;

 private:
  /// One connector. `operation` is held by whoever changes it; the other members are guarded by the herder's mutex.
  struct Entry {
    std::timed_mutex operation;
    bool exists = false;
    RawConfig config;
    TargetState target = TargetState::kStarted;
    std::vector<RawConfig> tasks;
    std::optional<Props> applied;  ///< what `config` resolved to when `tasks` were made
  };
  using EntryPtr = std::shared_ptr<Entry>;
  using Operation = std::unique_lock<std::timed_mutex>;
  /// An entry whose operations are this caller's alone.
  struct Locked {
    EntryPtr entry;
    Operation operation;
  };

  // ConnectorRequests. Runs on: a connector's thread.
  void request_task_reconfiguration(const std::string& connector) override;

  EntryPtr find(const std::string& name) const;
  Result<Operation> begin_operation(Entry& entry) const;
  Result<Locked> lock(const std::string& name, const Error& when_missing);
  ConnectorInfo info(const std::string& name, const Entry& entry) const;
  Result<Created> store_and_start(const std::string& name, const RawConfig& config,
                                  std::optional<TargetState> initial_state, Replace replace);
  /// The connector instance is started (or put into its target state) and, when it runs, its tasks made. Waits.
  Result<void> start(const std::string& name, Entry& entry);
  Result<void> start_instance(const std::string& name, Entry& entry);
  /// Makes the tasks anew, unless they and the connector's resolved config are as they were.
  Result<void> update_tasks(const std::string& name, Entry& entry);
  Result<std::vector<RawConfig>> ask_for_task_configs(const std::string& name);
  Result<void> start_task(const std::string& name, Entry& entry, std::int32_t task);
  std::vector<ConnectorTaskId> task_ids(const std::string& name, const Entry& entry) const;
  void stop_tasks(const std::string& name, Entry& entry);
  void remove_tasks(const std::string& name, Entry& entry);
  Result<void> change_state(const std::string& name, TargetState target);

  mutable std::mutex mutex_;
  std::map<std::string, EntryPtr> entries_;  // guarded by mutex_
  std::atomic<bool> ready_{false};
  std::atomic<bool> stopping_{false};
  OffsetChanges offset_changes_;
  base::Mailbox<std::string> reconfigurations_;
  base::Thread reconfigurer_;  // last: runs code
};

}  // namespace millrace::runtime
