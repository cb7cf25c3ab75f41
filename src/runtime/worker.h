#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/thread.h"
#include "runtime/task_factory.h"
#include "runtime/worker_connector.h"

namespace millrace::runtime {

/// The connectors and tasks that run in this process, each on its own thread. Both herders use it.
///
/// Nothing here waits for connector code without a deadline: starting only makes a thread; what became of it is told to the
/// listener and to `done`. Threads: any.
class Worker {
 public:
  struct Deps {
    const WorkerConfig* config = nullptr;
    const PluginRegistry* plugins = nullptr;
    const ConfigProviders* providers = nullptr;
    kafka::Clients* clients = nullptr;
    storage::OffsetStore* offsets = nullptr;
    std::string kafka_cluster_id;
    base::Clock* clock = nullptr;  ///< nullptr: the machine's
  };
  explicit Worker(Deps deps);
  ~Worker();

  /// `done` runs on the connector's thread once it reached `target` or failed. kConflict when it is here already.
  Result<void> start_connector(const std::string& name, const RawConfig& config, TargetState target,
                               StatusListener& listener, ConnectorRequests& requests, Done done);
  void change_connector_state(const std::string& name, TargetState target, Done done);
  void task_configs(const std::string& name, TaskConfigsDone done);
  /// Stops all of them at once and waits up to five seconds; who is late is given up. Unknown names are left out.
  void stop_connectors(const std::vector<std::string>& names);
  bool has_connector(const std::string& name) const;
  std::set<std::string> connectors() const;

  /// `done` runs on the task's thread once it is built (before its start), with the Error when it could not be; its status is
  /// FAILED then. kConflict when it is here already.
  Result<void> start_task(TaskStart start, StatusListener& listener, Done done);
  /// Stops all of them at once and waits up to task.shutdown.graceful.timeout.ms; who is late is cancelled.
  void stop_tasks(const std::vector<ConnectorTaskId>& ids);
  void set_target_state(const std::string& connector, TargetState target);
  bool has_task(const ConnectorTaskId& id) const;
  std::set<ConnectorTaskId> tasks() const;
  std::shared_ptr<const TaskMetrics> metrics(const ConnectorTaskId& id) const;

  /// Everything. Afterwards nothing starts any more.
  void stop();
  /// Code of some plugin did not return in time, so the process cannot end in the ordinary way.
  bool has_abandoned_threads() const;

  const ClientConfigs& client_configs() const noexcept { return client_configs_; }
  kafka::Clients& clients() const noexcept { return *deps_.clients; }
  /// Where that source connector's offsets are. Blocks where it has a topic of its own.
  Result<ConnectorOffsetStore> offset_store_of(const std::string& connector, const Props& config) {
    return offsets_.of(connector, config);
  }

 private:
  struct RunningTask;
  void run_task(const TaskStart& start, RunningTask& task, const Done& done);
  std::shared_ptr<WorkerConnector> connector(const std::string& name) const;

  const Deps deps_;
  base::Clock& clock_;
  const ClientConfigs client_configs_;
  ConnectorOffsetStores offsets_;
  const TaskFactory factory_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<WorkerConnector>> connectors_;  // guarded by mutex_
  std::map<ConnectorTaskId, std::shared_ptr<RunningTask>> tasks_;       // guarded by mutex_
  bool stopping_ = false;                                               // guarded by mutex_
  bool abandoned_ = false;                                              // guarded by mutex_
};

}  // namespace millrace::runtime
