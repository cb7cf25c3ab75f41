#include "runtime/herder_base.h"
#include "runtime/metrics_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "base/thread.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

StatusInfo info_of(const storage::Status& status) {
  return StatusInfo{status.state, status.worker_id, status.version, status.trace.value_or("")};
}

Error made(Errc code, std::string text) {
  Error error;
  error.code = code;
  error.text = std::move(text);
  return error;
}

}  // namespace

Error not_found(std::string text) { return made(Errc::kNotFound, std::move(text)); }
Error bad_request(std::string text) { return made(Errc::kInvalid, std::move(text)); }
Error internal_error(std::string text) { return made(Errc::kInternal, std::move(text)); }
Error timed_out() { return made(Errc::kTimeout, "Request timed out"); }

Result<void> run_with_deadline(const std::string& thread_name, std::chrono::milliseconds timeout,
                               std::function<Result<void>()> work) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<void>> result;  // guarded by mutex
  };
  const auto shared = std::make_shared<Shared>();
  base::Thread thread(thread_name,
                      [shared, work = std::move(work), context = base::LogContext::current()](std::stop_token) {
                        const base::LogContext log_context(context);
                        Result<void> result = work();
                        const std::lock_guard lock(shared->mutex);
                        shared->result = std::move(result);
                        shared->done.notify_all();
                      });
  {
    std::unique_lock lock(shared->mutex);
    if (!shared->done.wait_for(lock, timeout, [&] { return shared->result.has_value(); })) {
      thread.abandon();
      return timed_out();
    }
  }
  thread.join();
  return *shared->result;
}

const char* name_of(ConnectorType type) noexcept {
  switch (type) {
    case ConnectorType::kSource: return "source";
    case ConnectorType::kSink: return "sink";
    case ConnectorType::kUnknown: break;
  }
  return "unknown";
}

RestartPlan plan_restart(const RestartRequest& request, ConnectorStateInfo state) {
  RestartPlan plan;
  plan.connector = !request.only_failed || state.connector.state == State::kFailed;
  const auto mark = [](StatusInfo& status) {
    status.state = State::kRestarting;  // the rest stays as it was
  };
  for (auto& [id, task] : state.tasks) {
    if (!request.include_tasks || (request.only_failed && task.state != State::kFailed)) continue;
    plan.tasks.push_back(id);
    mark(task);
  }
  if (plan.connector) mark(state.connector);
  plan.state = std::move(state);
  return plan;
}

HerderBase::HerderBase(Deps deps)
    : deps_(std::move(deps)), validator_(*deps_.plugins, *deps_.config, *deps_.providers) {}

base::Clock& HerderBase::clock() const { return deps_.clock != nullptr ? *deps_.clock : base::Clock::system(); }

Herder::ServerInfo HerderBase::server_info() const {
  return ServerInfo{kKafkaVersion, kKafkaCommit, deps_.kafka_cluster_id};
}

std::string HerderBase::metrics() const {
  WorkerFigures figures;
  figures.version = kKafkaVersion;
  figures.connectors_here = deps_.worker->connectors().size();
  std::map<std::string, ConnectorType> types;
  for (const std::string& name : connectors()) {
    Result<ConnectorStateInfo> state = connector_status(name);
    if (!state) continue;
    types[name] = state->type;
    const auto config = stored_config(name);
    const auto named = config ? config->find("connector.class") : RawConfig::const_iterator();
    figures.connectors.push_back(
        {config && named != config->end() ? named->second.value_or("") : std::string(), std::move(*state)});
  }
  for (const ConnectorTaskId& id : deps_.worker->tasks()) {
    if (auto metrics = deps_.worker->metrics(id))
      figures.tasks.push_back({id, types[id.connector], std::move(metrics)});
  }
  return metrics_text(figures);
}

// ------------------------------------------------------------------------------------------------------ statuses

storage::Status HerderBase::status_of(State state, const std::string& trace, const std::string& version) const {
  storage::Status status;
  status.state = state;
  status.worker_id = deps_.worker_id;
  status.generation = generation();
  if (!version.empty()) status.version = version;
  if (!trace.empty()) status.trace = trace;
  return status;
}

void HerderBase::on_connector_state(const std::string& connector, State state, const std::string& trace,
                                    const std::string& version) {
  const storage::Status status = status_of(state, trace, version);
  if (state == State::kFailed || state == State::kUnassigned) {
    deps_.statuses->put_safe(connector, status);
  } else {
    deps_.statuses->put(connector, status);
  }
}

void HerderBase::on_task_state(const ConnectorTaskId& task, State state, const std::string& trace,
                               const std::string& version) {
  const storage::Status status = status_of(state, trace, version);
  if (state == State::kFailed || state == State::kUnassigned) {
    deps_.statuses->put_safe(task, status);
  } else {
    deps_.statuses->put(task, status);
  }
}

void HerderBase::on_topic(const ConnectorTaskId& task, const std::string& topic) {
  if (deps_.statuses->topic(task.connector, topic)) return;
  deps_.statuses->put(storage::TopicStatus{topic, task.connector, task.task, clock().wall_ms()});
}

Result<ConnectorStateInfo> HerderBase::connector_status(const std::string& name) const {
  const auto status = deps_.statuses->get(name);
  if (!status) return not_found(fmt::format("No status found for connector {}", name));
  ConnectorStateInfo info;
  info.name = name;
  info.connector = info_of(*status);
  for (const auto& [id, task] : deps_.statuses->tasks_of(name)) info.tasks[id] = info_of(task);
  const auto config = stored_config(name);
  info.type = config ? type_of(*config) : ConnectorType::kUnknown;
  return info;
}

Result<StatusInfo> HerderBase::task_status(const ConnectorTaskId& id) const {
  const auto status = deps_.statuses->get(id);
  if (!status) return not_found(fmt::format("No status found for task {}", id.to_string()));
  return info_of(*status);
}

Result<std::vector<std::string>> HerderBase::active_topics(const std::string& name) const {
  if (!deps_.config->topic_tracking_enable) return made(Errc::kForbidden, "Topic tracking is disabled.");
  std::vector<std::string> topics;
  for (const auto& topic : deps_.statuses->topics_of(name)) topics.push_back(topic.topic);
  return topics;
}

Result<void> HerderBase::reset_active_topics(const std::string& name) {
  if (!deps_.config->topic_tracking_enable) return made(Errc::kForbidden, "Topic tracking is disabled.");
  if (!deps_.config->topic_tracking_allow_reset) return made(Errc::kForbidden, "Topic tracking reset is disabled.");
  forget_topics(name);
  return {};
}

void HerderBase::forget_topics(const std::string& connector) {
  for (const auto& topic : deps_.statuses->topics_of(connector)) deps_.statuses->delete_topic(connector, topic.topic);
  topics_epoch_.fetch_add(1, std::memory_order_relaxed);
}

// ------------------------------------------------------------------------------------------- plugins, validation

std::vector<Herder::PluginInfo> HerderBase::plugins(Plugins which) const {
  std::vector<PluginInfo> infos;
  for (const PluginEntry* entry : deps_.plugins->list()) {
    const bool connector = entry->kind == PluginKind::kSource || entry->kind == PluginKind::kSink;
    if (which == Plugins::kConnectorsOnly && !connector) continue;
    infos.push_back(PluginInfo{entry->class_name, millrace::name_of(entry->kind), deps_.plugins->version_of(*entry)});
  }
  return infos;
}

Result<std::vector<ConfigKey>> HerderBase::plugin_config(const std::string& name, const std::string& version) const {
  return validator_.plugin_config(name, version);
}

Result<ConfigInfos> HerderBase::validate_connector_config(const RawConfig& config) {
  auto infos = std::make_shared<ConfigInfos>();
  Result<void> done =
      run_with_deadline("validate", kRequestTimeout, [validator = validator_, config, infos]() -> Result<void> {
        Result<ConfigInfos> validated = validator.validate(config);
        if (!validated) return std::move(validated).error();
        *infos = std::move(*validated);
        return {};
      });
  if (!done) return std::move(done).error();
  return std::move(*infos);
}

Result<void> HerderBase::check_config(const RawConfig& config) {
  Result<ConfigInfos> infos = validate_connector_config(config);
  if (!infos) return std::move(infos).error();
  if (auto refusal = ConfigValidator::refusal(*infos)) return bad_request(std::move(*refusal));
  return {};
}

Result<Props> HerderBase::resolved(const RawConfig& config) const {
  Result<RawConfig> values = deps_.providers->resolve(config);
  if (!values) return std::move(values).error();
  Props props;
  for (auto& [key, value] : *values) {
    if (value) props[key] = std::move(*value);
  }
  return props;
}

ConnectorType HerderBase::type_of(const RawConfig& config) const {
  const Result<Props> props = resolved(config);
  if (!props) return ConnectorType::kUnknown;
  const auto name = props->find("connector.class");
  if (name == props->end()) return ConnectorType::kUnknown;
  const Result<const PluginEntry*> entry = call_plugin([&] { return &deps_.plugins->connector(name->second); });
  if (!entry) return ConnectorType::kUnknown;
  return (*entry)->kind == PluginKind::kSource ? ConnectorType::kSource : ConnectorType::kSink;
}

// ------------------------------------------------------------------------------------------------------- loggers

std::map<std::string, LoggerLevel> HerderBase::loggers() const {
  std::map<std::string, LoggerLevel> levels;
  for (const auto& [name, state] : base::LoggerRegistry::instance().list()) {
    levels[name] = LoggerLevel{base::name_of(state.level), state.last_modified_ms};
  }
  return levels;
}

std::optional<LoggerLevel> HerderBase::logger_level(const std::string& name) const {
  const auto state = base::LoggerRegistry::instance().find(name);
  if (!state) return std::nullopt;
  return LoggerLevel{base::name_of(state->level), state->last_modified_ms};
}

std::vector<std::string> HerderBase::set_worker_logger_level(const std::string& name, const std::string& level) {
  return base::LoggerRegistry::instance().set_level(name, base::level_from(level).value_or(base::Level::kInfo),
                                                    clock().wall_ms());
}

}  // namespace millrace::runtime
