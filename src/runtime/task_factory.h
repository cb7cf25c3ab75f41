#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kafka/clients.h"
#include "millrace/plugin.h"
#include "runtime/config/client_configs.h"
#include "runtime/config/config_providers.h"
#include "runtime/connector_offset_stores.h"
#include "runtime/task_runner.h"
#include "storage/offset_store.h"

namespace millrace::runtime {

/// What a source task needs of its cluster to run exactly once (KIP-618). Runs on: the task's thread.
struct ExactlyOnceStart {
  std::function<Result<void>()> fence_older_tasks;   ///< before its producer is made
  std::function<Result<void>()> check_still_wanted;  ///< behind it: no newer tasks, and still assigned here
};

/// What a task is to be started with.
struct TaskStart {
  ConnectorTaskId id;
  RawConfig connector_config;  ///< as stored
  RawConfig task_config;       ///< as stored
  std::size_t task_count = 1;  ///< how many the connector has
  TargetState target = TargetState::kStarted;
  std::optional<ExactlyOnceStart> exactly_once;  ///< set: a source task runs exactly once
};

/// Makes everything that a task needs, in the order of Java's Worker.TaskBuilder: what fails first is what is reported.
class TaskFactory {
 public:
  struct Deps {
    const WorkerConfig* worker = nullptr;
    const PluginRegistry* plugins = nullptr;
    const ConfigProviders* providers = nullptr;
    const ClientConfigs* client_configs = nullptr;
    kafka::Clients* clients = nullptr;
    ConnectorOffsetStores* offsets = nullptr;
  };
  explicit TaskFactory(Deps deps) : deps_(deps) {}

  /// Blocks: clients are made, topics of dead letter queues looked up. An Error: the task has failed.
  Result<std::unique_ptr<TaskRunner>> make(const TaskStart& start, std::shared_ptr<TaskControl> control,
                                           std::shared_ptr<TaskMetrics> metrics, StatusListener& listener) const;

  /// How often, and how soon, that task is to be started again after a failure.
  TaskRestarts restarts_of(const TaskStart& start) const;

 private:
  struct Common;
  Result<void> add_converters(TaskParts& parts, const Props& connector) const;
  Result<void> add_error_policy(TaskParts& parts, const ConnectorConfig& connector) const;
  Result<std::unique_ptr<TaskRunner>> make_source(TaskParts parts, const ConnectorConfig& connector,
                                                  const PluginEntry& plugin, const TaskStart& start) const;
  Result<std::shared_ptr<kafka::Producer>> make_producer(const ConnectorTaskId& id, const ConnectorConfig& connector,
                                                         const TaskStart& start,
                                                         std::uint64_t& bytes_in_flight_max) const;
  Result<std::unique_ptr<TaskRunner>> make_sink(TaskParts parts, const ConnectorConfig& connector,
                                                const PluginEntry& plugin) const;

  Deps deps_;
};

}  // namespace millrace::runtime
