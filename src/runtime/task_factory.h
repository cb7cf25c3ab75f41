#pragma once

#include <cstddef>
#include <memory>

#include "kafka/clients.h"
#include "millrace/plugin.h"
#include "runtime/config/client_configs.h"
#include "runtime/config/config_providers.h"
#include "runtime/task_runner.h"
#include "storage/offset_store.h"

namespace millrace::runtime {

/// What a task is to be started with.
struct TaskStart {
  ConnectorTaskId id;
  RawConfig connector_config;  ///< as stored
  RawConfig task_config;       ///< as stored
  std::size_t task_count = 1;  ///< how many the connector has
  TargetState target = TargetState::kStarted;
};

/// Makes everything that a task needs, in the order of task-lifecycle 3.
class TaskFactory {
 public:
  struct Deps {
    const WorkerConfig* worker = nullptr;
    const PluginRegistry* plugins = nullptr;
    const ConfigProviders* providers = nullptr;
    const ClientConfigs* client_configs = nullptr;
    kafka::Clients* clients = nullptr;
    storage::OffsetStore* offsets = nullptr;
  };
  explicit TaskFactory(Deps deps) : deps_(deps) {}

  /// Blocks: clients are made, topics of dead letter queues looked up. An Error: the task has failed.
  Result<std::unique_ptr<TaskRunner>> make(const TaskStart& start, std::shared_ptr<TaskControl> control,
                                           std::shared_ptr<TaskMetrics> metrics, StatusListener& listener) const;

 private:
  struct Common;
  Result<void> add_converters(TaskParts& parts, const Props& connector) const;
  Result<void> add_error_policy(TaskParts& parts, const ConnectorConfig& connector) const;
  Result<std::unique_ptr<TaskRunner>> make_source(TaskParts parts, const ConnectorConfig& connector,
                                                  const PluginEntry& plugin) const;
  Result<std::unique_ptr<TaskRunner>> make_sink(TaskParts parts, const ConnectorConfig& connector,
                                                const PluginEntry& plugin) const;

  Deps deps_;
};

}  // namespace millrace::runtime
