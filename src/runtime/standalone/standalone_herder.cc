#include "runtime/standalone/standalone_herder.h"

#include <fmt/core.h>

#include <condition_variable>
#include <utility>

#include "base/log.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

base::Log& herder_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.standalone.StandaloneHerder");
  return log;
}

Error connector_not_found(const std::string& name) { return not_found(fmt::format("Connector {} not found", name)); }
Error unknown_connector(const std::string& name) { return not_found(fmt::format("Unknown connector {}", name)); }

constexpr std::chrono::milliseconds kStopCheck{50};

Error shutting_down() { return internal_error("Worker is shutting down"); }

/// Waits for an answer that comes on another thread, up to REST's limit or the herder's stop. Late answers are dropped.
template <class T>
class Answer {
 public:
  explicit Answer(const std::atomic<bool>& stopping) : stopping_(stopping) {}
  std::function<void(Result<T>)> callback() const {
    return [shared = shared_](Result<T> result) {
      const std::lock_guard lock(shared->mutex);
      shared->result = std::move(result);
      shared->done.notify_all();
    };
  }
  Result<T> wait() {
    const auto deadline = std::chrono::steady_clock::now() + kRequestTimeout;
    std::unique_lock lock(shared_->mutex);
    while (!shared_->done.wait_for(lock, kStopCheck, [&] { return shared_->result.has_value(); })) {
      if (stopping_) return shutting_down();
      if (std::chrono::steady_clock::now() >= deadline) return timed_out();
    }
    return std::move(*shared_->result);
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<T>> result;  // guarded by mutex
  };
  const std::atomic<bool>& stopping_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace

StandaloneHerder::StandaloneHerder(Deps deps)
    : HerderBase(std::move(deps)), offset_changes_(*deps_.worker, *deps_.plugins) {
  reconfigurer_ = base::Thread("reconfigure", [this](std::stop_token) {
    while (true) {
      const auto names = reconfigurations_.take_all(base::SteadyTime::max());
      if (names.empty()) return;
      for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
        Result<Locked> locked = lock(name, connector_not_found(name));
        if (!locked || locked->entry->target != TargetState::kStarted) continue;
        if (Result<void> done = update_tasks(name, *locked->entry); !done) {
          herder_log().error("could not reconfigure the tasks of connector {}: {}", name, done.error().text);
        }
      }
    }
  });
}

StandaloneHerder::~StandaloneHerder() { stop(); }

void StandaloneHerder::stop() {
  stopping_ = true;
  reconfigurations_.close();
  if (reconfigurer_.joinable()) reconfigurer_.join();
  deps_.worker->stop();
}

Health StandaloneHerder::health() {
  if (ready_) return Health{Health::Status::kHealthy, "Worker has completed startup and is ready to handle requests."};
  return Health{Health::Status::kStarting, "Worker is still starting up."};
}

// ------------------------------------------------------------------------------------------------------- reading

StandaloneHerder::EntryPtr StandaloneHerder::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() || !found->second->exists ? nullptr : found->second;
}

Result<StandaloneHerder::Operation> StandaloneHerder::begin_operation(Entry& entry) const {
  const auto deadline = std::chrono::steady_clock::now() + kRequestTimeout;
  Operation operation(entry.operation, std::defer_lock);
  while (!operation.try_lock_for(kStopCheck)) {
    if (stopping_) return shutting_down();
    if (std::chrono::steady_clock::now() >= deadline) return timed_out();
  }
  if (stopping_) return shutting_down();
  return operation;
}

Result<StandaloneHerder::Locked> StandaloneHerder::lock(const std::string& name, const Error& when_missing) {
  EntryPtr entry = find(name);
  if (!entry) return when_missing;
  Result<Operation> operation = begin_operation(*entry);
  if (!operation) return std::move(operation).error();
  if (!find(name)) return when_missing;
  return Locked{std::move(entry), std::move(*operation)};
}

std::vector<std::string> StandaloneHerder::connectors() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (entry->exists) names.push_back(name);
  }
  return names;
}

std::optional<RawConfig> StandaloneHerder::stored_config(const std::string& name) const {
  const EntryPtr entry = find(name);
  if (!entry) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return entry->config;
}

ConnectorInfo StandaloneHerder::info(const std::string& name, const Entry& entry) const {
  ConnectorInfo info;
  info.name = name;
  {
    const std::lock_guard lock(mutex_);
    info.config = entry.config;
    for (std::size_t i = 0; i < entry.tasks.size(); ++i)
      info.tasks.push_back(ConnectorTaskId{name, static_cast<std::int32_t>(i)});
  }
  info.type = type_of(info.config);
  return info;
}

Result<ConnectorInfo> StandaloneHerder::connector_info(const std::string& name) {
  const EntryPtr entry = find(name);
  if (!entry) return connector_not_found(name);
  return info(name, *entry);
}

Result<std::vector<TaskInfo>> StandaloneHerder::task_configs(const std::string& name) {
  const EntryPtr entry = find(name);
  if (!entry) return connector_not_found(name);
  const std::lock_guard lock(mutex_);
  std::vector<TaskInfo> tasks;
  for (std::size_t i = 0; i < entry->tasks.size(); ++i) {
    tasks.push_back(TaskInfo{ConnectorTaskId{name, static_cast<std::int32_t>(i)}, entry->tasks[i]});
  }
  return tasks;
}

// ---------------------------------------------------------------------------------------------- create and delete

Result<Created> StandaloneHerder::put_connector_config(const std::string& name, const RawConfig& config,
                                                       std::optional<TargetState> initial_state, Replace replace) {
  if (Result<void> valid = check_config(config); !valid) return std::move(valid).error();
  return store_and_start(name, config, initial_state, replace);
}

Result<Created> StandaloneHerder::patch_connector_config(const std::string& name, const RawConfig& patch) {
  auto config = stored_config(name);
  if (!config) return connector_not_found(name);
  for (const auto& [key, value] : patch) {
    if (value) {
      (*config)[key] = value;
    } else {
      config->erase(key);
    }
  }
  return put_connector_config(name, *config, std::nullopt, Replace::kAllow);
}

Result<Created> StandaloneHerder::store_and_start(const std::string& name, const RawConfig& config,
                                                  std::optional<TargetState> initial_state, Replace replace) {
  EntryPtr entry;
  {
    const std::lock_guard lock(mutex_);
    EntryPtr& slot = entries_[name];
    if (!slot) slot = std::make_shared<Entry>();
    entry = slot;
  }
  const Result<Operation> operation = begin_operation(*entry);
  if (!operation) return operation.error();
  bool existed = false;
  {
    const std::lock_guard lock(mutex_);
    existed = entry->exists;
    if (existed && replace == Replace::kRefuse) {
      Error error = connect_error(fmt::format("Connector {} already exists", name));
      error.code = Errc::kConflict;
      return error;
    }
  }
  // Behaviour: its tasks go on as they are until new ones take their place; those of a paused connector until it is resumed.
  if (existed) deps_.worker->stop_connectors({name});
  {
    const std::lock_guard lock(mutex_);
    entry->exists = true;
    entry->config = config;
    if (!existed) entry->target = TargetState::kStarted;
    if (initial_state) entry->target = *initial_state;
    entries_[name] = entry;  // a deletion that ran in between took it out
  }
  if (Result<void> started = start(name, *entry); !started) return std::move(started).error();
  return Created{!existed, info(name, *entry)};
}

Result<void> StandaloneHerder::start_instance(const std::string& name, Entry& entry) {
  Answer<void> answer(stopping_);
  if (Result<void> begun =
          deps_.worker->start_connector(name, entry.config, entry.target, *this, *this, answer.callback());
      !begun) {
    return begun;
  }
  return answer.wait();
}

Result<void> StandaloneHerder::start(const std::string& name, Entry& entry) {
  if (Result<void> started = start_instance(name, entry); !started) return started;
  if (entry.target != TargetState::kStarted) return {};  // its tasks are made when it is resumed
  return update_tasks(name, entry);
}

Result<void> StandaloneHerder::delete_connector(const std::string& name) {
  Result<Locked> locked = lock(name, connector_not_found(name));
  if (!locked) return std::move(locked).error();
  stop_tasks(name, *locked->entry);
  deps_.worker->stop_connectors({name});
  {
    const std::lock_guard lock(mutex_);
    locked->entry->exists = false;
    locked->entry->tasks.clear();
    entries_.erase(name);
  }
  storage::Status destroyed;
  destroyed.state = State::kDestroyed;
  for (const auto& [id, status] : deps_.statuses->tasks_of(name))
    deps_.statuses->put(ConnectorTaskId{name, id}, destroyed);
  deps_.statuses->put(name, destroyed);
  forget_topics(name);
  herder_log().info("Deleted connector {}", name);
  return {};
}

// -------------------------------------------------------------------------------------------------------- tasks

std::vector<ConnectorTaskId> StandaloneHerder::task_ids(const std::string& name, const Entry& entry) const {
  const std::lock_guard lock(mutex_);
  std::vector<ConnectorTaskId> ids;
  for (std::size_t i = 0; i < entry.tasks.size(); ++i)
    ids.push_back(ConnectorTaskId{name, static_cast<std::int32_t>(i)});
  return ids;
}

void StandaloneHerder::stop_tasks(const std::string& name, Entry& entry) {
  deps_.worker->stop_tasks(task_ids(name, entry));
}

void StandaloneHerder::remove_tasks(const std::string& name, Entry& entry) {
  stop_tasks(name, entry);
  storage::Status destroyed;
  destroyed.state = State::kDestroyed;
  for (const ConnectorTaskId& id : task_ids(name, entry)) deps_.statuses->put(id, destroyed);
  const std::lock_guard lock(mutex_);
  entry.tasks.clear();
}

Result<std::vector<RawConfig>> StandaloneHerder::ask_for_task_configs(const std::string& name) {
  Answer<std::vector<RawConfig>> answer(stopping_);
  deps_.worker->task_configs(name, answer.callback());
  return answer.wait();
}

Result<void> StandaloneHerder::start_task(const std::string& name, Entry& entry, std::int32_t task) {
  TaskStart start;
  {
    const std::lock_guard lock(mutex_);
    start = TaskStart{ConnectorTaskId{name, task}, entry.config, entry.tasks[static_cast<std::size_t>(task)],
                      entry.tasks.size(), entry.target};
  }
  return deps_.worker->start_task(std::move(start), *this, [](Result<void>) {});  // a failure shows in the status
}

Result<void> StandaloneHerder::update_tasks(const std::string& name, Entry& entry) {
  Result<std::vector<RawConfig>> configs = ask_for_task_configs(name);
  if (!configs) return std::move(configs).error();
  Result<Props> applied = resolved(entry.config);
  if (!applied) return std::move(applied).error();
  {
    const std::lock_guard lock(mutex_);
    if (entry.tasks == *configs && entry.applied == *applied) return {};
  }
  remove_tasks(name, entry);
  const auto count = static_cast<std::int32_t>(configs->size());
  {
    const std::lock_guard lock(mutex_);
    entry.tasks = std::move(*configs);
    entry.applied = std::move(*applied);
  }
  for (std::int32_t task = 0; task < count; ++task) {
    if (Result<void> started = start_task(name, entry, task); !started) return started;
  }
  return {};
}

void StandaloneHerder::request_task_reconfiguration(const std::string& connector) { reconfigurations_.post(connector); }

// ----------------------------------------------------------------------------------------------------- restarts

Result<void> StandaloneHerder::restart_connector(const std::string& name) {
  Result<Locked> locked = lock(name, connector_not_found(name));
  if (!locked) return std::move(locked).error();
  deps_.worker->stop_connectors({name});
  return start(name, *locked->entry);
}

Result<ConnectorStateInfo> StandaloneHerder::restart_connector_and_tasks(const RestartRequest& request) {
  const std::string& name = request.connector;
  Result<Locked> locked = lock(name, not_found(fmt::format("Unknown connector: {}", name)));
  if (!locked) return std::move(locked).error();
  Result<ConnectorStateInfo> state = connector_status(name);
  if (!state) return not_found(fmt::format("Status for connector {} not found", name));
  RestartPlan plan = plan_restart(request, std::move(*state));
  storage::Status restarting;
  restarting.state = State::kRestarting;
  restarting.worker_id = deps_.worker_id;
  std::vector<ConnectorTaskId> ids;
  for (const std::int32_t task : plan.tasks) ids.push_back(ConnectorTaskId{name, task});
  if (plan.connector) deps_.worker->stop_connectors({name});
  deps_.worker->stop_tasks(ids);
  if (plan.connector) deps_.statuses->put(name, restarting);
  for (const ConnectorTaskId& id : ids) deps_.statuses->put(id, restarting);

  // The plan is the answer; what then does not start shows in its status.
  const std::size_t count = task_ids(name, *locked->entry).size();
  if (plan.connector) {
    if (Result<void> started = start_instance(name, *locked->entry); !started)
      herder_log().error("Failed to restart connector {}: {}", name, trace_of(started.error()));
  }
  for (const std::int32_t task : plan.tasks) {
    if (static_cast<std::size_t>(task) >= count) continue;
    if (Result<void> started = start_task(name, *locked->entry, task); !started)
      herder_log().error("Failed to restart task {}-{}: {}", name, task, trace_of(started.error()));
  }
  return plan.state;
}

Result<void> StandaloneHerder::restart_task(const ConnectorTaskId& id) {
  Result<Locked> locked = lock(id.connector, connector_not_found(id.connector));
  if (!locked) return std::move(locked).error();
  if (id.task < 0 || static_cast<std::size_t>(id.task) >= task_ids(id.connector, *locked->entry).size()) {
    return not_found(fmt::format("Task {} not found", id.to_string()));
  }
  deps_.worker->stop_tasks({id});
  TaskStart start;
  {
    const std::lock_guard lock(mutex_);
    const Entry& entry = *locked->entry;
    start =
        TaskStart{id, entry.config, entry.tasks[static_cast<std::size_t>(id.task)], entry.tasks.size(), entry.target};
  }
  Answer<void> answer(stopping_);
  Result<void> started = deps_.worker->start_task(std::move(start), *this, answer.callback());
  if (started) started = answer.wait();
  if (started) return {};
  Error error = internal_error(fmt::format("Failed to start task: {}", id.to_string()));
  error.trace = trace_of(started.error());
  return error;
}

// ------------------------------------------------------------------------------------------------ target states

Result<void> StandaloneHerder::pause_connector(const std::string& name) {
  return change_state(name, TargetState::kPaused);
}
Result<void> StandaloneHerder::resume_connector(const std::string& name) {
  return change_state(name, TargetState::kStarted);
}

Result<void> StandaloneHerder::change_state(const std::string& name, TargetState target) {
  Result<Locked> locked = lock(name, unknown_connector(name));
  if (!locked) return std::move(locked).error();
  TargetState before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(locked->entry->target, target);
  }
  deps_.worker->change_connector_state(name, target, [this, name, target](Result<void> done) {
    if (!done) herder_log().error("connector {} could not change its state: {}", name, done.error().text);
    if (done && target == TargetState::kStarted) reconfigurations_.post(name);
  });
  if (before != target) deps_.worker->set_target_state(name, target);
  return {};
}

Result<void> StandaloneHerder::stop_connector(const std::string& name) {
  Result<Locked> locked = lock(name, internal_error(fmt::format("No connector `{}` configured", name)));
  if (!locked) return std::move(locked).error();
  remove_tasks(name, *locked->entry);
  {
    const std::lock_guard lock(mutex_);
    locked->entry->target = TargetState::kStopped;
  }
  Answer<void> answer(stopping_);
  deps_.worker->change_connector_state(name, TargetState::kStopped, answer.callback());
  return answer.wait();
}

// ------------------------------------------------------------------------------------------------------ offsets

Result<std::vector<PartitionOffset>> StandaloneHerder::connector_offsets(const std::string& name) {
  const auto config = stored_config(name);
  if (!config) return connector_not_found(name);
  Result<Props> props = resolved(*config);
  if (!props) return std::move(props).error();
  return offset_changes_.read(name, type_of(*config), *props);
}

Result<std::string> StandaloneHerder::alter_connector_offsets(
    const std::string& name, const std::optional<std::vector<PartitionOffset>>& offsets) {
  if (offsets && offsets->empty()) {
    return bad_request("Partitions / offsets need to be provided for an alter offsets request");
  }
  Result<Locked> locked = lock(name, connector_not_found(name));
  if (!locked) return std::move(locked).error();
  const Entry& entry = *locked->entry;
  if (entry.target != TargetState::kStopped || !task_ids(name, entry).empty())
    return OffsetChanges::must_be_stopped(name);
  Result<Props> props = resolved(entry.config);
  if (!props) return std::move(props).error();
  return offset_changes_.change(name, type_of(entry.config), *props, offsets, OffsetChanges::Writes::kPlain);
}

// ------------------------------------------------------------------------------------------- distributed matters

Result<void> StandaloneHerder::set_cluster_logger_level(const std::string& name, const std::string& level) {
  set_worker_logger_level(name, level);
  return {};
}

Result<void> StandaloneHerder::put_task_configs(const std::string&, const std::vector<RawConfig>&,
                                                const RequestSignature&) {
  return internal_error("Kafka Connect in standalone mode does not support externally setting task configurations.");
}

Result<void> StandaloneHerder::fence_zombie_source_tasks(const std::string&, const RequestSignature&) {
  return internal_error("Kafka Connect in standalone mode does not support exactly-once source connectors.");
}

}  // namespace millrace::runtime
