#include "runtime/distributed/assigned_work.h"

#include <algorithm>
#include <utility>

namespace millrace::runtime {

ConnectorTaskId id_of(const kafka::TaskId& task) { return {task.connector, task.task}; }
kafka::TaskId id_of(const ConnectorTaskId& task) { return {task.connector, task.task}; }

AssignedWork::~AssignedWork() { close(); }

void AssignedWork::set_assignment(const kafka::ConnectorsAndTasks& assigned) {
  connectors_ = {assigned.connectors.begin(), assigned.connectors.end()};
  tasks_.clear();
  for (const kafka::TaskId& task : assigned.tasks) tasks_.insert(id_of(task));
}

void AssignedWork::start_missing(const storage::ClusterConfigState& state, const ConnectorStarted& on_connector) {
  const std::set<std::string> running_connectors = worker_.connectors();
  for (const std::string& connector : connectors_) {
    if (!running_connectors.contains(connector) && !stopping_connectors_.contains(connector) &&
        state.contains(connector)) {
      start(connector, state, on_connector);
    }
  }
  const std::set<ConnectorTaskId> running_tasks = worker_.tasks();
  for (const ConnectorTaskId& task : tasks_) {
    if (running_tasks.contains(task) || stopping_tasks_.contains(task)) continue;
    if (state.task_config(task) == nullptr || task.task >= state.task_count(task.connector)) continue;
    start(task, state, [](Result<void>) {});  // a failure is in its status already
  }
}

void AssignedWork::start(const std::string& connector, const storage::ClusterConfigState& state,
                         const ConnectorStarted& on_connector) {
  const RawConfig* config = state.connector_config(connector);
  if (config == nullptr) {
    on_connector(connector, TargetState::kStopped,
                 Error{.code = Errc::kNotFound, .text = "Connector " + connector + " not found"});
    return;
  }
  const TargetState target = state.target_state(connector).value_or(TargetState::kStarted);
  const auto told = [post = post_, connector, target, on_connector](Result<void> result) {
    post([connector, target, on_connector, result = std::move(result)] { on_connector(connector, target, result); });
  };
  if (Result<void> started = worker_.start_connector(connector, *config, target, statuses_, requests_, told);
      !started.ok()) {
    told(started);
  }
}

void AssignedWork::start(const ConnectorTaskId& task, const storage::ClusterConfigState& state,
                         std::function<void(Result<void>)> done) {
  const RawConfig* connector_config = state.connector_config(task.connector);
  const RawConfig* task_config = state.task_config(task);
  if (connector_config == nullptr || task_config == nullptr) {
    done(Error{.code = Errc::kNotFound, .text = "Unknown task: " + task.to_string()});
    return;
  }
  TaskStart start;
  start.id = task;
  start.connector_config = *connector_config;
  start.task_config = *task_config;
  start.task_count = static_cast<std::size_t>(state.task_count(task.connector));
  start.target = state.target_state(task.connector).value_or(TargetState::kStarted);
  start.exactly_once = exactly_once_(task, state);
  started_versions_[task] = state.task_config_generation(task.connector);
  const auto told = [post = post_, done](Result<void> result) {
    post([done, result = std::move(result)] { done(result); });
  };
  if (Result<void> started = worker_.start_task(std::move(start), statuses_, told); !started.ok()) told(started);
}

void AssignedWork::stop(std::vector<std::string> connectors, std::vector<ConnectorTaskId> tasks,
                        std::function<void()> then) {
  const bool under_way =
      std::any_of(connectors.begin(), connectors.end(),
                  [this](const auto& connector) { return stopping_connectors_.contains(connector); }) ||
      std::any_of(tasks.begin(), tasks.end(), [this](const auto& task) { return stopping_tasks_.contains(task); });
  if (under_way) {
    // Whoever is first may start them again once they have stopped; then they stop once more.
    waiting_.push_back([this, connectors = std::move(connectors), tasks = std::move(tasks), then = std::move(then)] {
      stop(connectors, tasks, then);
    });
    return;
  }
  std::erase_if(connectors, [this](const std::string& connector) { return !worker_.has_connector(connector); });
  std::erase_if(tasks, [this](const ConnectorTaskId& task) { return !worker_.has_task(task); });
  if (connectors.empty() && tasks.empty()) {
    then();
    return;
  }
  stopping_connectors_.insert(connectors.begin(), connectors.end());
  stopping_tasks_.insert(tasks.begin(), tasks.end());
  Stop* stop = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    stop = &stops_.emplace_back();
  }
  stop->connectors = std::move(connectors);
  stop->tasks = std::move(tasks);
  stop->then = std::move(then);
  stop->thread = base::Thread("stopper", [this, stop](const std::stop_token&) {
    // Connectors and tasks have deadlines of their own; a hung connector must not hold up the tasks.
    base::Thread others("stopper", [&](const std::stop_token&) { worker_.stop_connectors(stop->connectors); });
    worker_.stop_tasks(stop->tasks);
    others.join();
    {
      const std::scoped_lock lock(mutex_);
      stop->ended = true;
    }
    stopped_.notify_all();
    post_([this] { finish_stops(); });
  });
}

void AssignedWork::revoke(const kafka::ConnectorsAndTasks& revoked) {
  std::vector<ConnectorTaskId> tasks;
  for (const kafka::TaskId& task : revoked.tasks) tasks.push_back(id_of(task));
  for (const std::string& connector : revoked.connectors) connectors_.erase(connector);
  for (const ConnectorTaskId& task : tasks) tasks_.erase(task);
  stop(revoked.connectors, std::move(tasks), [] {});
}

void AssignedWork::wait_for_stops() {
  while (!stops_.empty()) {
    {
      std::unique_lock lock(mutex_);
      stopped_.wait(lock, [this] {
        return std::all_of(stops_.begin(), stops_.end(), [](const Stop& stop) { return stop.ended; });
      });
    }
    finish_stops();
  }
}

void AssignedWork::close() {
  closed_ = true;
  waiting_.clear();
  wait_for_stops();
}

/// Forgets the stops that have ended, and does what was to follow them.
void AssignedWork::finish_stops() {
  std::list<Stop> ended;
  {
    const std::scoped_lock lock(mutex_);
    for (auto it = stops_.begin(); it != stops_.end();) {
      const auto next = std::next(it);
      if (it->ended) ended.splice(ended.end(), stops_, it);
      it = next;
    }
  }
  for (Stop& stop : ended) {  // one after the other: what one starts must not be what the next still has to start
    stop.thread.join();
    for (const std::string& connector : stop.connectors) stopping_connectors_.erase(connector);
    for (const ConnectorTaskId& task : stop.tasks) {
      stopping_tasks_.erase(task);
      started_versions_.erase(task);
    }
    if (!closed_) stop.then();
  }
  if (closed_ || ended.empty()) return;
  for (const auto& waiting : std::exchange(waiting_, {})) waiting();
}

std::vector<ConnectorTaskId> AssignedWork::outdated_tasks_of(const std::string& connector,
                                                             const storage::ClusterConfigState& state) const {
  std::vector<ConnectorTaskId> ids;
  for (const ConnectorTaskId& task : worker_.tasks()) {
    if (task.connector != connector) continue;
    const auto version = started_versions_.find(task);
    const bool current = version != started_versions_.end() && task.task < state.task_count(connector) &&
                         version->second == state.task_config_generation(connector);
    if (!current) ids.push_back(task);
  }
  return ids;
}

}  // namespace millrace::runtime
