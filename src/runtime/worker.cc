#include "runtime/worker.h"

#include <fmt/core.h>

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "base/log.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

constexpr std::chrono::seconds kConnectorStopTimeout{5};
constexpr std::chrono::minutes kRunsWell{1};  // a task that fails later than that fails for the first time

base::Log& worker_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.Worker");
  return log;
}

Error conflict(std::string text) {
  Error error = connect_error(std::move(text));
  error.code = Errc::kConflict;
  return error;
}

}  // namespace

/// A task's thread keeps this alive, so that it can be given up.
struct Worker::RunningTask {
  std::shared_ptr<TaskControl> control;
  std::shared_ptr<TaskMetrics> metrics = std::make_shared<TaskMetrics>();
  StatusListener* listener = nullptr;
  std::mutex mutex;
  std::condition_variable ended;
  bool has_ended = false;  // guarded by mutex
  base::Thread thread;     // last: runs code

  bool await_end(base::SteadyTime deadline) {
    {
      std::unique_lock lock(mutex);
      if (!ended.wait_until(lock, deadline, [this] { return has_ended; })) return false;
    }
    thread.join();
    return true;
  }
};

Worker::Worker(Deps deps)
    : deps_(std::move(deps)),
      clock_(deps_.clock != nullptr ? *deps_.clock : base::Clock::system()),
      client_configs_(*deps_.config, deps_.kafka_cluster_id),
      offsets_(ConnectorOffsetStores::Deps{deps_.config, deps_.clients, &client_configs_, deps_.offsets}),
      factory_(TaskFactory::Deps{deps_.config, deps_.plugins, deps_.providers, &client_configs_, deps_.clients,
                                 &offsets_}) {}

Worker::~Worker() { stop(); }

// --------------------------------------------------------------------------------------------------- connectors

Result<void> Worker::start_connector(const std::string& name, const RawConfig& config, TargetState target,
                                     StatusListener& listener, ConnectorRequests& requests, Done done) {
  std::shared_ptr<WorkerConnector> made;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return connect_error("Worker is shutting down");
    if (connectors_.contains(name)) return conflict(fmt::format("Connector with name {} already exists", name));
    made = std::make_shared<WorkerConnector>(WorkerConnector::Deps{name, config, deps_.plugins, deps_.config,
                                                                   deps_.providers, &offsets_, &listener, &requests});
    connectors_.emplace(name, made);
  }
  worker_log().info("Creating connector {}", name);
  made->start(target, std::move(done));
  return {};
}

std::shared_ptr<WorkerConnector> Worker::connector(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = connectors_.find(name);
  return found == connectors_.end() ? nullptr : found->second;
}

void Worker::change_connector_state(const std::string& name, TargetState target, Done done) {
  if (const auto found = connector(name)) {
    found->change_state(target, std::move(done));
  } else {
    done(connect_error(fmt::format("Connector {} is not running on this worker", name)));
  }
}

void Worker::task_configs(const std::string& name, TaskConfigsDone done) {
  if (const auto found = connector(name)) {
    found->task_configs(std::move(done));
  } else {
    done(connect_error(fmt::format("Connector {} is not running on this worker", name)));
  }
}

void Worker::stop_connectors(const std::vector<std::string>& names) {
  std::map<std::string, std::shared_ptr<WorkerConnector>> leaving;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names) {
      if (auto node = connectors_.extract(name)) leaving.insert(std::move(node));
    }
  }
  for (const auto& entry : leaving) entry.second->shut_down();
  const base::SteadyTime deadline = std::chrono::steady_clock::now() + kConnectorStopTimeout;
  for (const auto& [name, leaver] : leaving) {
    if (leaver->await_end(deadline)) {
      worker_log().info("Stopped connector {}", name);
      continue;
    }
    worker_log().error(
        "Connector '{}' failed to properly shut down, has become unresponsive, and may be consuming external "
        "resources. Correct the configuration for this connector or remove the connector.",
        name);
    leaver->abandon();
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
}

bool Worker::has_connector(const std::string& name) const { return connector(name) != nullptr; }

std::set<std::string> Worker::connectors() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (const auto& entry : connectors_) names.insert(entry.first);
  return names;
}

// -------------------------------------------------------------------------------------------------------- tasks

Result<void> Worker::start_task(TaskStart start, StatusListener& listener, Done done) {
  auto task = std::make_shared<RunningTask>();
  task->control = std::make_shared<TaskControl>(clock_);
  task->control->set_paused(start.target == TargetState::kPaused);
  task->listener = &listener;
  worker_log().info("Creating task {}", start.id.to_string());
  const std::string thread_name = start.id.to_string();
  const std::lock_guard lock(mutex_);  // whoever finds the task finds its thread
  if (stopping_) return connect_error("Worker is shutting down");
  if (!tasks_.emplace(start.id, task).second) {
    return conflict(fmt::format("Task already exists in this worker: {}", start.id.to_string()));
  }
  task->thread =
      base::Thread(thread_name, [this, task, start = std::move(start), done = std::move(done)](std::stop_token) {
        const base::LogContext context(fmt::format("[{}|task-{}] ", start.id.connector, start.id.task));
        run_task(start, *task, done);
        const std::lock_guard lock(task->mutex);
        task->has_ended = true;
        task->ended.notify_all();
      });
  return {};
}

/// Runs on: the task's thread. Returns when the task has ended for good.
void Worker::run_task(const TaskStart& start, RunningTask& task, const Done& done) {
  const TaskRestarts restarts = factory_.restarts_of(start);
  std::int32_t restarted = 0;  // since it last ran for long
  for (bool first = true;; first = false) {
    const base::SteadyTime begun = clock_.now();
    Result<std::unique_ptr<TaskRunner>> runner = factory_.make(start, task.control, task.metrics, *task.listener);
    if (runner) {
      if (first) done({});
      if ((*runner)->run() == TaskRunner::End::kStopped) return;
      (*runner).reset();
    } else {
      worker_log().error("Failed to start task {}: {}", start.id.to_string(), trace_of(runner.error()));
      task.listener->on_task_state(start.id, State::kFailed, trace_of(runner.error()), "");
      if (first) done(std::move(runner).error());
    }
    if (clock_.now() - begun >= std::max<std::chrono::milliseconds>(restarts.delay_max, kRunsWell)) restarted = 0;
    if (restarts.most >= 0 && restarted >= restarts.most) return;
    const auto delay = std::min(restarts.delay_max, restarts.delay * (std::int64_t{1} << std::min(restarted, 20)));
    ++restarted;
    worker_log().warn("Task {} has failed and is started again in {} ms (errors.task.restart.max, restart {})",
                      start.id.to_string(), delay.count(), restarted);
    task.control->wait(clock_.now() + delay, [] { return false; });
    if (task.control->stopping()) return;
    task.metrics->restarts.add();
  }
}

void Worker::stop_tasks(const std::vector<ConnectorTaskId>& ids) {
  std::map<ConnectorTaskId, std::shared_ptr<RunningTask>> leaving;
  {
    const std::lock_guard lock(mutex_);
    for (const ConnectorTaskId& id : ids) {
      if (auto node = tasks_.extract(id)) leaving.insert(std::move(node));
    }
  }
  for (const auto& entry : leaving) entry.second->control->stop();
  const base::SteadyTime deadline = std::chrono::steady_clock::now() + deps_.config->task_shutdown_graceful_timeout;
  for (const auto& [id, task] : leaving) {
    if (task->await_end(deadline)) continue;
    worker_log().error("Graceful stop of task {} failed.", id.to_string());
    task->control->cancel();
    task->listener->on_task_state(id, State::kUnassigned, "", "");
    // Once cancelled, all but foreign code ends by itself.
    if (task->await_end(std::chrono::steady_clock::now() + std::chrono::milliseconds(200))) continue;
    task->thread.abandon();
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
}

void Worker::set_target_state(const std::string& connector, TargetState target) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, task] : tasks_) {
    if (id.connector != connector) continue;
    if (target == TargetState::kStopped) {
      worker_log().warn("task {} is told to stop: its connector is stopped", id.to_string());
      task->control->stop();
    } else {
      task->control->set_paused(target == TargetState::kPaused);
    }
  }
}

bool Worker::has_task(const ConnectorTaskId& id) const {
  const std::lock_guard lock(mutex_);
  return tasks_.contains(id);
}

std::set<ConnectorTaskId> Worker::tasks() const {
  const std::lock_guard lock(mutex_);
  std::set<ConnectorTaskId> ids;
  for (const auto& entry : tasks_) ids.insert(entry.first);
  return ids;
}

std::shared_ptr<const TaskMetrics> Worker::metrics(const ConnectorTaskId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : found->second->metrics;
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const std::set<std::string> names = connectors();
  stop_connectors({names.begin(), names.end()});
  const std::set<ConnectorTaskId> ids = tasks();
  stop_tasks({ids.begin(), ids.end()});
}

bool Worker::has_abandoned_threads() const {
  const std::lock_guard lock(mutex_);
  return abandoned_;
}

}  // namespace millrace::runtime
