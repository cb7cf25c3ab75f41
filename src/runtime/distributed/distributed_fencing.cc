#include <fmt/core.h>

#include "base/log.h"
#include "runtime/distributed/distributed_herder.h"
#include "runtime/distributed/request_signing.h"

namespace millrace::runtime {
namespace {

base::Log& herder_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.distributed.DistributedHerder");
  return log;
}

}  // namespace

Result<void> DistributedHerder::verify_internal_request(const RequestSignature& signature) const {
  if (!ready_ || member_->protocol() != kafka::ConnectProtocolVersion::kSessioned) return {};
  const std::optional<storage::SessionKey> key = parts_.configs->snapshot()->session_key;
  return verify_request(signature, key ? &*key : nullptr, settings().verification_algorithms);
}

Result<void> DistributedHerder::fence_zombie_source_tasks(const std::string& connector,
                                                          const RequestSignature& signature) {
  if (Result<void> verified = verify_internal_request(signature); !verified.ok()) return verified;
  return fence_zombies(connector);
}

Result<void> DistributedHerder::fence_zombies(const std::string& connector) {
  return ask<void>([this, connector](const Reply<void>& reply) { begin_fencing(connector, reply); });
}

void DistributedHerder::begin_fencing(const std::string& connector, const Reply<void>& reply) {
  if (auto refusal = unless_leader("Only the leader may perform zombie fencing.")) return reply(*refusal);
  if (!parts_.configs->refresh(settings().worker_sync_timeout).ok()) {
    return reply(internal_error("Failed to read to end of config topic before performing zombie fencing"));
  }
  const storage::ConfigSnapshot state = parts_.configs->snapshot();
  const RawConfig* config = state->connector_config(connector);
  if (config == nullptr) return reply(not_found(fmt::format("Connector {} not found", connector)));
  if (type_of(*config) != ConnectorType::kSource) {
    return reply(bad_request(fmt::format("Connector {} is not a source connector", connector)));
  }
  if (!state->pending_fencing.contains(connector)) return reply({});
  const std::int32_t tasks = state->task_count(connector);
  const std::optional<std::int32_t> previous = state->task_count_record(connector);
  if (!previous || (*previous == 1 && tasks == 1)) {
    // No older task can be around: there was none, or its successor has the same transactional id.
    return reply(parts_.configs->put_task_count_record(connector, tasks));
  }
  FencingRound& round = fencing_rounds_[connector];
  round.waiting.push_back(reply);
  if (round.waiting.size() > 1) return;  // joins the running round
  round.generation = state->task_config_generation(connector);
  Result<Props> props = resolved(*config);
  Result<kafka::ClientConfig> admin_config = props.ok()
                                                 ? deps_.worker->client_configs().connector_admin(connector, *props)
                                                 : Result<kafka::ClientConfig>(props.error());
  if (!admin_config.ok()) return end_fencing(connector, admin_config.error());
  std::vector<std::string> ids;
  for (std::int32_t task = 0; task < *previous; ++task) {
    ids.push_back(deps_.worker->client_configs().transactional_id({connector, task}));
  }
  herder_log().info("Performing a round of zombie fencing of {} tasks for source connector {}", *previous, connector);
  const std::uint64_t courier = next_courier_++;
  couriers_[courier] = base::Thread("fencing", [this, courier, connector, ids = std::move(ids),
                                                config = std::move(*admin_config)](const std::stop_token&) {
    Result<std::shared_ptr<kafka::Admin>> admin = deps_.worker->clients().admin(config);
    Result<void> fenced = admin.ok() ? (*admin)->fence_producers(ids, kRequestTimeout) : Result<void>(admin.error());
    queue_.post([this, courier, connector, fenced = std::move(fenced)] {
      couriers_.erase(courier);
      end_fencing(connector, fenced);
    });
  });
}

void DistributedHerder::end_fencing(const std::string& connector, Result<void> result) {
  const auto round = fencing_rounds_.extract(connector);
  if (round.empty()) return;
  if (result.ok()) result = parts_.configs->refresh(kRequestTimeout);
  if (result.ok()) {
    const storage::ConfigSnapshot state = parts_.configs->snapshot();
    if (state->task_config_generation(connector) != round.mapped().generation) {
      result = Error{.code = Errc::kConflict,
                     .text = "Fencing failed because new task configurations were generated for the connector"};
    } else {
      result = parts_.configs->put_task_count_record(connector, state->task_count(connector));
    }
  }
  if (!result.ok() && result.error().code == Errc::kFenced) needs_claim_ = true;
  for (const Reply<void>& reply : round.mapped().waiting) reply(result);
}

// ------------------------------------------------------------------------------------- starts of exactly-once tasks

std::optional<ExactlyOnceStart> DistributedHerder::exactly_once_start(const ConnectorTaskId& task,
                                                                      const storage::ClusterConfigState& state) {
  const RawConfig* config = state.connector_config(task.connector);
  if (!deps_.config->exactly_once_source_enabled() || config == nullptr || type_of(*config) != ConnectorType::kSource) {
    return std::nullopt;
  }
  ExactlyOnceStart start;
  start.fence_older_tasks = [this, connector = task.connector] { return fence_for_start(connector); };
  start.check_still_wanted = [this, task, generation = state.task_config_generation(task.connector)] {
    return check_still_wanted(task, generation);
  };
  return start;
}

/// Runs on: a task's thread.
Result<void> DistributedHerder::fence_for_start(const std::string& connector) {
  Result<void> fenced = fence_zombies(connector);
  if (fenced.ok() || fenced.error().code != Errc::kNotLeader || !fenced.error().target_url) return fenced;
  RequestSignature signature;
  if (member_->protocol() == kafka::ConnectProtocolVersion::kSessioned) {
    const std::optional<storage::SessionKey> key = parts_.configs->snapshot()->session_key;
    if (!key) return Error{.code = Errc::kUnavailable, .text = "no session key has been read yet"};
    Result<RequestSignature> signed_request = sign_request(*key, settings().signature_algorithm, "");
    if (!signed_request.ok()) return std::move(signed_request).error();
    signature = std::move(*signed_request);
  }
  return parts_.leader->fence(*fenced.error().target_url, connector, signature);
}

/// Runs on: a task's thread.
Result<void> DistributedHerder::check_still_wanted(const ConnectorTaskId& task,
                                                   std::optional<std::int32_t> task_config_generation) {
  if (Result<void> read = parts_.configs->refresh(kRequestTimeout); !read.ok()) return read;
  return ask<void>([this, task, task_config_generation](const Reply<void>& reply) {
    if (parts_.configs->snapshot()->task_config_generation(task.connector) != task_config_generation) {
      return reply(
          internal_error(fmt::format("Cannot start source task {} with exactly-once support as the connector has "
                                     "already generated a new set of task configs",
                                     task.to_string())));
    }
    if (!work_.has(task)) {
      return reply(internal_error(fmt::format(
          "Cannot start source task {} as it has already been revoked from this worker", task.to_string())));
    }
    reply({});
  });
}

}  // namespace millrace::runtime
