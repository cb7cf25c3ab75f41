#include "runtime/worker_connector.h"

#include <fmt/core.h>

#include "base/log.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

constexpr std::chrono::seconds kOffsetTimeout{60};

base::Log& connector_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.WorkerConnector");
  return log;
}

Error refused(const std::string& text) { return connect_error(text); }

}  // namespace

WorkerConnector::WorkerConnector(Deps deps) : deps_(std::move(deps)) {}

void WorkerConnector::start(TargetState target, Done done) {
  change_state(target, std::move(done));
  thread_ = base::Thread("c-" + deps_.name, [self = shared_from_this()](std::stop_token) { self->run(); });
}

void WorkerConnector::change_state(TargetState target, Done done) {
  std::optional<Transition> preempted;
  {
    const std::lock_guard lock(transition_mutex_);
    if (!shutting_down_) preempted = std::exchange(transition_, Transition{target, done});
  }
  if (shutting_down_) {
    done(refused(
        fmt::format("Could not begin changing connector state to {} as the connector has been scheduled for shutdown",
                    name_of(target))));
    return;
  }
  if (preempted) {
    preempted->done(
        refused(fmt::format("Could not begin changing connector state to {} before another request to change state was "
                            "made; the new request "
                            "(which is to change the state to {}) has pre-empted this one",
                            name_of(preempted->target), name_of(target))));
  }
  commands_.post([this] { take_transition(); });
}

void WorkerConnector::take_transition() {
  std::optional<Transition> next;
  {
    const std::lock_guard lock(transition_mutex_);
    next = std::exchange(transition_, std::nullopt);
  }
  if (next) next->done(go_to(next->target));
}

void WorkerConnector::task_configs(TaskConfigsDone done) {
  const bool posted = commands_.post([this, done] { done(make_task_configs()); });
  if (!posted) done(refused(fmt::format("Connector {} is shutting down", deps_.name)));
}

void WorkerConnector::shut_down() {
  if (shutting_down_.exchange(true)) return;
  commands_.post([this] {
    if (phase_ == Phase::kStarted) {
      if (auto failure = guard_plugin([this] { connector_->stop(); })) {
        connector_log().error("Error while shutting down connector: {}", failure->trace);
        fail(plugin_error(*failure));
        return;
      }
    }
    if (phase_ != Phase::kFailed) report(State::kUnassigned);
  });
  commands_.close();
}

bool WorkerConnector::await_end(base::SteadyTime deadline) {
  {
    std::unique_lock lock(end_mutex_);
    if (!ended_.wait_until(lock, deadline, [this] { return has_ended_; })) return false;
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void WorkerConnector::abandon() {
  report(State::kUnassigned);
  abandoned_ = true;
  if (thread_.joinable()) thread_.abandon();
}

std::optional<ConnectorConfig> WorkerConnector::config() const {
  const std::lock_guard lock(config_mutex_);
  return config_;
}

void WorkerConnector::run() {
  const base::LogContext context(fmt::format("[{}|worker] ", deps_.name));
  while (true) {
    const auto commands = commands_.take_all(base::SteadyTime::max());
    if (commands.empty()) break;  // closed and drained
    for (const auto& command : commands) command();
  }
  std::optional<Transition> left;
  {
    const std::lock_guard lock(transition_mutex_);
    left = std::exchange(transition_, std::nullopt);
  }
  if (left) left->done(refused("Worker is shutting down"));
  if (auto failure = guard_plugin([this] { connector_.reset(); })) {
    connector_log().warn("the connector's destructor threw: {}", failure->trace);
  }
  const std::lock_guard lock(end_mutex_);
  has_ended_ = true;
  ended_.notify_all();
}

Result<void> WorkerConnector::initialize() {
  Result<RawConfig> resolved = deps_.providers->resolve(deps_.config);
  if (!resolved) return std::move(resolved).error();
  Props props;
  for (auto& [key, value] : *resolved) {
    if (value) props[key] = std::move(*value);
  }
  const auto name = props.find("connector.class");
  Result<const PluginEntry*> plugin =
      call_plugin([&] { return &deps_.plugins->connector(name == props.end() ? "" : name->second); });
  if (!plugin) return std::move(plugin).error();
  plugin_ = *plugin;
  const ConnectorType type = plugin_->kind == PluginKind::kSource ? ConnectorType::kSource : ConnectorType::kSink;
  Result<ConnectorConfig> config = ConnectorConfig::parse(type, props, *deps_.plugins, *deps_.worker);
  if (!config) {  // the request was fine: 500
    Error error = std::move(config).error();
    error.code = Errc::kPluginFailed;
    if (error.trace.empty()) error.trace = "org.apache.kafka.common.config.ConfigException: " + error.text;
    return error;
  }
  version_ = deps_.plugins->version_of(*plugin_);
  {
    const std::lock_guard lock(config_mutex_);
    config_ = std::move(*config);
  }
  if (type == ConnectorType::kSource) {
    Result<ConnectorOffsetStore> stored = deps_.offsets->of(deps_.name, props);
    if (!stored) return std::move(stored).error();
    offset_store_ = std::move(stored->store);
    reader_ = std::make_unique<storage::ConnectorOffsets>(*offset_store_, deps_.name, kOffsetTimeout);
  }
  if (auto failure = guard_plugin([&] {
        if (type == ConnectorType::kSource) {
          connector_ = plugin_->make_source();
        } else {
          connector_ = plugin_->make_sink();
        }
        connector_->initialize(*this);
      })) {
    return plugin_error(*failure);
  }
  return {};
}

Result<void> WorkerConnector::start_connector() {
  if (auto failure = guard_plugin([this] { connector_->start(config_->props); })) return plugin_error(*failure);
  return {};
}

Result<void> WorkerConnector::go_to(TargetState target) {
  if (phase_ == Phase::kFailed && target != TargetState::kStopped) {
    return refused(fmt::format("WorkerConnector{{id={}}} Cannot transition connector to {} since it has failed",
                               deps_.name, name_of(target)));
  }
  connector_log().debug("changing state to {}", name_of(target));
  if (target == TargetState::kStarted) {
    if (phase_ == Phase::kStarted) return {};
    if (!connector_) {
      if (Result<void> made = initialize(); !made) {  // what is wrong with the config is the answer itself
        connector_log().error("Failed to start connector: {}", trace_of(made.error()));
        fail(made.error());
        return made;
      }
    }
    if (Result<void> started = start_connector(); !started) {
      connector_log().error("Failed to start connector: {}", trace_of(started.error()));
      fail(started.error());
      Error error = connect_error(fmt::format("Failed to transition connector {} to state STARTED", deps_.name));
      error.trace += "\nCaused by: " + trace_of(started.error());
      return error;
    }
    phase_ = Phase::kStarted;
    report(State::kRunning);
    return {};
  }
  const bool stop = target == TargetState::kStopped;
  if (phase_ == Phase::kInit && !connector_) {
    // A config that cannot work shows at once, paused or not.
    if (Result<void> made = initialize(); !made && !stop) {
      fail(made.error());
      return made;
    }
  }
  if (phase_ == Phase::kStarted) {
    if (auto failure = guard_plugin([this] { connector_->stop(); })) {
      connector_log().error("Error while stopping the connector: {}", failure->trace);
      if (!stop) {
        fail(plugin_error(*failure));
        return plugin_error(*failure);
      }
    }
  }
  phase_ = stop ? Phase::kStopped : Phase::kPaused;
  report(stop ? State::kStopped : State::kPaused);
  return {};
}

Result<std::vector<RawConfig>> WorkerConnector::make_task_configs() {
  if (phase_ != Phase::kStarted) return refused(fmt::format("Connector {} is not running", deps_.name));
  const ConnectorConfig& config = *config_;
  std::vector<Props> made;
  if (auto failure = guard_plugin([&] { made = connector_->task_configs(config.tasks_max); }))
    return plugin_error(*failure);
  if (made.size() > static_cast<std::size_t>(config.tasks_max)) {
    const std::string text = too_many_tasks(deps_.name, made.size(), config.tasks_max);
    if (config.tasks_max_enforce) {
      Error error = connect_error(text, "org.apache.kafka.connect.runtime.TooManyTasksException");
      fail(error);
      return error;
    }
    connector_log().warn("{}", text);
  }
  std::vector<RawConfig> configs;
  for (Props& props : made) {
    props["task.class"] = plugin_->task_class;
    for (const char* key : {"topics", "topics.regex"}) {
      const auto at = config.props.find(key);
      if (config.type == ConnectorType::kSink && at != config.props.end() && !at->second.empty())
        props[key] = at->second;
    }
    RawConfig task(props.begin(), props.end());
    restore_variables(deps_.config, task);
    configs.push_back(std::move(task));
  }
  return configs;
}

void WorkerConnector::fail(const Error& error) {
  phase_ = Phase::kFailed;
  report(State::kFailed, trace_of(error));
}

void WorkerConnector::report(State state, const std::string& trace) {
  if (abandoned_) return;
  deps_.listener->on_connector_state(deps_.name, state, trace, state == State::kUnassigned ? std::string() : version_);
}

void WorkerConnector::request_task_reconfiguration() {
  if (!shutting_down_ && !abandoned_) deps_.requests->request_task_reconfiguration(deps_.name);
}

void WorkerConnector::raise_error(const std::exception& error) {
  PluginFailure failure = describe(error, false);
  commands_.post([this, failure = std::move(failure)] {
    connector_log().error("Connector raised an error: {}", failure.trace);
    if (phase_ != Phase::kFailed) fail(plugin_error(failure));
  });
}

}  // namespace millrace::runtime
