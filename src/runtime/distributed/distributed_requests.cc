#include <fmt/core.h>

#include <algorithm>

#include "runtime/distributed/distributed_herder.h"

namespace millrace::runtime {
namespace {

constexpr std::chrono::seconds kHealthTimeout{10};

Error no_such_connector(const std::string& name) { return not_found(fmt::format("Connector {} not found", name)); }

}  // namespace

std::optional<Error> DistributedHerder::unless_leader(const char* refusal) const {
  if (member_->is_leader()) return std::nullopt;
  Error error{.code = Errc::kNotLeader, .text = refusal};
  if (const std::string url = member_->leader_url(); !url.empty()) error.target_url = url;
  return error;
}

Error DistributedHerder::not_assigned(const char* refusal, const std::string& owner_url) const {
  Error error{.code = Errc::kNotAssigned, .text = refusal};
  const std::string url = member_->is_leader() ? owner_url : member_->leader_url();
  if (!url.empty()) error.target_url = url;
  return error;
}

Health DistributedHerder::health() {
  const Result<bool> answered = ask<bool>([](const Reply<bool>& reply) { reply(true); }, kHealthTimeout);
  if (answered.ok()) {
    return {Health::Status::kHealthy, "Worker has completed startup and is ready to handle requests."};
  }
  const std::string summary = stages_.summary();
  const std::string tail = summary.empty() ? "" : " " + summary;
  if (!ready_) return {Health::Status::kStarting, "Worker is still starting up." + tail};
  return {Health::Status::kUnhealthy,
          "Worker was unable to handle this request and may be unable to handle other requests." + tail};
}

/// Only the reading of the stores is waited for: from then on snapshots answer, whatever the cluster is going through. After a
/// crash the join alone may take as long as the old session lives.
void DistributedHerder::catch_up() { (void)parts_.configs->refresh(settings().worker_sync_timeout); }

Result<void> DistributedHerder::await_serving() {
  if (ready_) return {};
  std::unique_lock lock(ready_mutex_);
  const bool told = ready_changed_.wait_for(lock, kRequestTimeout, [this] { return ready_ || stopping_; });
  if (ready_) return {};
  return told ? internal_error(kShuttingDown) : timed_out();
}

Error DistributedHerder::timed_out() const {
  const std::string summary = stages_.summary();
  return Error{.code = Errc::kTimeout, .text = summary.empty() ? "Request timed out" : "Request timed out. " + summary};
}

// ------------------------------------------------------------------------------------------------ from snapshots

std::optional<RawConfig> DistributedHerder::stored_config(const std::string& name) const {
  const storage::ConfigSnapshot state = parts_.configs->snapshot();
  const RawConfig* config = state->connector_config(name);
  return config == nullptr ? std::nullopt : std::optional(*config);
}

std::vector<std::string> DistributedHerder::connectors() const {
  std::vector<std::string> names;
  for (const auto& entry : parts_.configs->snapshot()->connectors) names.push_back(entry.first);
  return names;
}

ConnectorInfo DistributedHerder::info_of(const std::string& name, const storage::ClusterConfigState& state) const {
  ConnectorInfo info;
  info.name = name;
  if (const RawConfig* config = state.connector_config(name)) {
    info.config = *config;
    info.type = type_of(*config);
  }
  for (std::int32_t task = 0; task < state.task_count(name); ++task) info.tasks.push_back({name, task});
  return info;
}

Result<ConnectorInfo> DistributedHerder::connector_info(const std::string& name) {
  const storage::ConfigSnapshot state = parts_.configs->snapshot();
  if (!state->contains(name)) return no_such_connector(name);
  return info_of(name, *state);
}

Result<std::vector<TaskInfo>> DistributedHerder::task_configs(const std::string& name) {
  const storage::ConfigSnapshot state = parts_.configs->snapshot();
  if (!state->contains(name)) return no_such_connector(name);
  std::vector<TaskInfo> tasks;
  for (std::int32_t task = 0; task < state->task_count(name); ++task) {
    TaskInfo info{{name, task}, {}};
    if (const RawConfig* config = state->task_config(info.id)) info.config = *config;
    tasks.push_back(std::move(info));
  }
  return tasks;
}

// ------------------------------------------------------------------------------------------------------- configs

Result<Created> DistributedHerder::put_connector_config(const std::string& name, const RawConfig& config,
                                                        std::optional<TargetState> initial_state, Replace replace) {
  // On this request's own thread: the connector's validation may hang.
  if (Result<void> valid = check_config(config); !valid.ok()) return std::move(valid).error();
  return ask<Created>([this, name, config, initial_state, replace](const Reply<Created>& reply) {
    reply(put_config_locally(name, config, initial_state, replace));
  });
}

Result<Created> DistributedHerder::put_config_locally(const std::string& name, const RawConfig& config,
                                                      std::optional<TargetState> initial_state, Replace replace) {
  if (auto refusal = unless_leader("Only the leader can set connector configs.")) return *refusal;
  const StageTracker::Scope stage(stages_, fmt::format("writing a config for connector {} to the config topic", name));
  const bool exists = parts_.configs->snapshot()->contains(name);
  if (exists && replace == Replace::kRefuse) {
    return Error{.code = Errc::kConflict, .text = fmt::format("Connector {} already exists", name)};
  }
  if (Result<void> written = parts_.configs->put_connector_config(name, config, initial_state); !written.ok()) {
    if (written.error().code == Errc::kFenced) needs_claim_ = true;
    return std::move(written).error();
  }
  Created created{!exists, info_of(name, *parts_.configs->snapshot())};
  created.info.name = name;
  created.info.config = config;
  created.info.type = type_of(config);
  return created;
}

Result<Created> DistributedHerder::patch_connector_config(const std::string& name, const RawConfig& patch) {
  // The leader merges: it has the newest config.
  Result<RawConfig> merged = ask<RawConfig>([this, name, patch](const Reply<RawConfig>& reply) {
    if (auto refusal = unless_leader("Only the leader can set connector configs.")) {
      reply(*refusal);
      return;
    }
    const storage::ConfigSnapshot state = parts_.configs->snapshot();
    const RawConfig* config = state->connector_config(name);
    if (config == nullptr) {
      reply(no_such_connector(name));
      return;
    }
    RawConfig changed = *config;
    for (const auto& [key, value] : patch) {
      if (value) {
        changed[key] = value;
      } else {
        changed.erase(key);
      }
    }
    reply(std::move(changed));
  });
  if (!merged.ok()) return std::move(merged).error();
  return put_connector_config(name, *merged, std::nullopt, Replace::kAllow);
}

Result<void> DistributedHerder::delete_connector(const std::string& name) {
  return ask<void>([this, name](const Reply<void>& reply) {
    if (auto refusal = unless_leader("Only the leader can delete connector configs.")) {
      reply(*refusal);
      return;
    }
    if (!parts_.configs->snapshot()->contains(name)) {
      reply(no_such_connector(name));
      return;
    }
    const StageTracker::Scope stage(stages_,
                                    fmt::format("removing the config for connector {} from the config topic", name));
    Result<void> removed = parts_.configs->remove_connector_config(name);
    if (!removed.ok() && removed.error().code == Errc::kFenced) needs_claim_ = true;
    reply(std::move(removed));
  });
}

// ------------------------------------------------------------------------------------------------- target states

Result<void> DistributedHerder::set_target_state(const std::string& name, TargetState state) {
  if (!parts_.configs->snapshot()->contains(name)) return not_found(fmt::format("Unknown connector {}", name));
  return parts_.configs->put_target_state(name, state);
}

Result<void> DistributedHerder::pause_connector(const std::string& name) {
  return set_target_state(name, TargetState::kPaused);
}

Result<void> DistributedHerder::resume_connector(const std::string& name) {
  return set_target_state(name, TargetState::kStarted);
}

Result<void> DistributedHerder::stop_connector(const std::string& name) {
  return ask<void>([this, name](const Reply<void>& reply) { reply(stop_locally(name)); });
}

Result<void> DistributedHerder::stop_locally(const std::string& name) {
  if (auto refusal = unless_leader("Only the leader can transition connectors to the STOPPED state.")) return *refusal;
  const storage::ConfigSnapshot state = parts_.configs->snapshot();
  if (!state->contains(name)) return not_found(fmt::format("Unknown connector {}", name));
  const StageTracker::Scope stage(
      stages_, fmt::format("writing the STOPPED target stage for connector {} to the config topic", name));
  Result<void> written;
  // Tasks first: older workers take STOPPED for PAUSED, but know that there are no tasks.
  if (state->task_count(name) > 0) written = parts_.configs->put_task_configs(name, {});
  if (written.ok()) written = parts_.configs->put_target_state(name, TargetState::kStopped);
  if (written.ok()) written = parts_.configs->refresh(kRequestTimeout);
  if (!written.ok() && written.error().code == Errc::kFenced) needs_claim_ = true;
  return written;
}

// ------------------------------------------------------------------------------------------------------ restarts

Result<void> DistributedHerder::restart_connector(const std::string& name) {
  return ask<void>([this, name](const Reply<void>& reply) {
    if (!parts_.configs->snapshot()->contains(name)) {
      reply(not_found(fmt::format("Unknown connector: {}", name)));
      return;
    }
    if (!work_.has(name)) {
      reply(not_assigned("Cannot restart connector since it is not assigned to this member", member_->owner_url(name)));
      return;
    }
    state_ = parts_.configs->snapshot();
    restart_instance(name, [reply, name](const Result<void>& result) {
      if (result.ok() || result.error().code == Errc::kNotAssigned) {
        reply(result);
      } else {
        reply(internal_error(fmt::format("Failed to start connector: {}", name)));
      }
    });
  });
}

Result<ConnectorStateInfo> DistributedHerder::restart_connector_and_tasks(const RestartRequest& request) {
  return ask<ConnectorStateInfo>([this, request](const Reply<ConnectorStateInfo>& reply) {
    if (auto refusal = unless_leader("Only the leader can process restart requests.")) {
      reply(*refusal);
      return;
    }
    const std::string& name = request.connector;
    if (!parts_.configs->snapshot()->contains(name)) {
      reply(not_found(fmt::format("Unknown connector: {}", name)));
      return;
    }
    Result<ConnectorStateInfo> status = connector_status(name);
    if (!status.ok()) {
      reply(not_found(fmt::format("Status for connector {} not found", name)));
      return;
    }
    const StageTracker::Scope stage(stages_,
                                    fmt::format("writing restart request for connector {} to the config topic", name));
    RestartPlan plan = plan_restart(request, std::move(*status));
    const Result<void> written =
        parts_.configs->put_restart_request({name, request.only_failed, request.include_tasks});
    if (!written.ok()) {
      if (written.error().code == Errc::kFenced) needs_claim_ = true;
      reply(written.error());
      return;
    }
    reply(std::move(plan.state));
  });
}

Result<void> DistributedHerder::restart_task(const ConnectorTaskId& id) {
  return ask<void>([this, id](const Reply<void>& reply) {
    state_ = parts_.configs->snapshot();
    if (!state_->contains(id.connector)) {
      reply(not_found(fmt::format("Unknown connector: {}", id.connector)));
      return;
    }
    if (state_->task_config(id) == nullptr || id.task >= state_->task_count(id.connector)) {
      reply(not_found(fmt::format("Unknown task: {}", id.to_string())));
      return;
    }
    if (!work_.has(id)) {
      reply(not_assigned("Cannot restart task since it is not assigned to this member",
                         member_->owner_url(runtime::id_of(id))));
      return;
    }
    work_.stop({}, {id}, [this, id, reply] {
      if (!work_.has(id)) {  // it was assigned elsewhere meanwhile
        reply(not_assigned("Cannot restart task since it is not assigned to this member",
                           member_->owner_url(runtime::id_of(id))));
        return;
      }
      work_.start(id, *state_, [reply, id](const Result<void>& result) {
        reply(result.ok() ? result : internal_error(fmt::format("Failed to start task: {}", id.to_string())));
      });
    });
  });
}

// ------------------------------------------------------------------------------------------------------- offsets

Result<std::vector<PartitionOffset>> DistributedHerder::connector_offsets(const std::string& name) {
  const std::optional<RawConfig> config = stored_config(name);
  if (!config) return no_such_connector(name);
  const Result<Props> props = resolved(*config);
  if (!props.ok()) return props.error();
  return offset_changes_.read(name, type_of(*config), *props);
}

Result<void> DistributedHerder::check_stopped(const std::string& name) {
  if (auto refusal = unless_leader("Only the leader can process external offsets modification requests"))
    return *refusal;
  if (!parts_.configs->refresh(settings().worker_sync_timeout).ok()) {
    return internal_error("Failed to read to end of config topic before modifying connector offsets");
  }
  const storage::ConfigSnapshot state = parts_.configs->snapshot();
  if (!state->contains(name)) return no_such_connector(name);
  if (state->target_state(name) != TargetState::kStopped || state->task_count(name) != 0) {
    return bad_request(
        fmt::format("Connectors must be in the STOPPED state before their offsets can be modified. This can be done "
                    "for the specified "
                    "connector by issuing a 'PUT' request to the '/connectors/{}/stop' endpoint",
                    name));
  }
  return {};
}

Result<std::string> DistributedHerder::alter_connector_offsets(
    const std::string& name, const std::optional<std::vector<PartitionOffset>>& offsets) {
  if (offsets && offsets->empty()) {
    return bad_request("Partitions / offsets need to be provided for an alter offsets request");
  }
  const auto check = [this, &name] {
    return ask<void>([this, name](const Reply<void>& reply) { reply(check_stopped(name)); });
  };
  if (Result<void> stopped = check(); !stopped.ok()) return std::move(stopped).error();
  const std::optional<RawConfig> config = stored_config(name);
  if (!config) return no_such_connector(name);
  const bool transactional = deps_.config->exactly_once_source_enabled() && type_of(*config) == ConnectorType::kSource;
  if (transactional) {
    // A task that a lost worker still runs must not commit over what is written here.
    if (Result<void> fenced = fence_zombies(name); !fenced.ok()) {
      if (fenced.error().code == Errc::kNotLeader) return std::move(fenced).error();
      return internal_error("Failed to perform zombie fencing for source connector prior to modifying offsets");
    }
    if (Result<void> stopped = check(); !stopped.ok()) return std::move(stopped).error();
  }
  const Result<Props> props = resolved(*config);
  if (!props.ok()) return props.error();
  return offset_changes_.change(name, type_of(*config), *props, offsets,
                                transactional ? OffsetChanges::Writes::kTransaction : OffsetChanges::Writes::kPlain);
}

// ------------------------------------------------------------------------------------------- loggers, other workers

Result<void> DistributedHerder::set_cluster_logger_level(const std::string& name, const std::string& level) {
  return parts_.configs->put_logger_level(name, level);
}

Result<void> DistributedHerder::put_task_configs(const std::string& connector, const std::vector<RawConfig>& configs,
                                                 const RequestSignature& signature) {
  if (Result<void> verified = verify_internal_request(signature); !verified.ok()) return verified;
  return ask<void>([this, connector, configs](const Reply<void>& reply) {
    if (auto refusal = unless_leader("Only the leader may write task configurations.")) {
      reply(*refusal);
      return;
    }
    const storage::ConfigSnapshot state = parts_.configs->snapshot();
    if (!state->contains(connector)) {
      reply(no_such_connector(connector));
      return;
    }
    if (state->target_state(connector) == TargetState::kStopped && !configs.empty()) {
      reply(
          bad_request(fmt::format("Cannot submit non-empty set of task configs for stopped connector {}", connector)));
      return;
    }
    const StageTracker::Scope stage(
        stages_, fmt::format("writing task configurations for connector {} to the config topic", connector));
    Result<void> written = parts_.configs->put_task_configs(connector, configs);
    if (!written.ok() && written.error().code == Errc::kFenced) needs_claim_ = true;
    reply(std::move(written));
  });
}

}  // namespace millrace::runtime
