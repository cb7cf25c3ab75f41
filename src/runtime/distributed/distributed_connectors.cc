#include <fmt/core.h>

#include <algorithm>

#include "base/log.h"
#include "runtime/distributed/distributed_herder.h"
#include "runtime/distributed/request_signing.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{250};
constexpr milliseconds kLongestRetry{60'000};
constexpr const char* kTooManyTasks = "org.apache.kafka.connect.runtime.TooManyTasksException";

base::Log& herder_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.distributed.DistributedHerder");
  return log;
}

milliseconds retry_delay(int failures) { return std::min(kLongestRetry, kFirstRetry * (1 << std::min(failures, 16))); }

}  // namespace

void DistributedHerder::on_connector_state(const std::string& connector, State state, const std::string& trace,
                                           const std::string& version) {
  const bool gone = state == State::kUnassigned && !parts_.configs->snapshot()->contains(connector);
  HerderBase::on_connector_state(connector, gone ? State::kDestroyed : state, trace, version);
}

void DistributedHerder::on_task_state(const ConnectorTaskId& task, State state, const std::string& trace,
                                      const std::string& version) {
  const storage::ConfigSnapshot configured = parts_.configs->snapshot();
  const bool gone = state == State::kUnassigned &&
                    (!configured->contains(task.connector) || task.task >= configured->task_count(task.connector));
  HerderBase::on_task_state(task, gone ? State::kDestroyed : state, trace, version);
}

void DistributedHerder::request_task_reconfiguration(const std::string& connector) {
  queue_.post([this, connector] { reconfigure(connector, 0); });
}

void DistributedHerder::on_connector_started(const std::string& connector, TargetState target,
                                             const Result<void>& result) {
  if (!result.ok()) {
    herder_log().error(
        "Couldn't instantiate connector {} because it has an invalid connector configuration. This connector "
        "will not execute until reconfigured: {}",
        connector, result.error().text);
    return;
  }
  if (target == TargetState::kStarted) reconfigure(connector, 0);
}

void DistributedHerder::change_target_state(const std::string& connector) {
  const std::optional<TargetState> target = state_->target_state(connector);
  if (!state_->contains(connector) || !target) return;
  deps_.worker->set_target_state(connector, *target);
  if (!deps_.worker->has_connector(connector)) return;
  deps_.worker->change_connector_state(connector, *target, [this, connector, target](Result<void> result) {
    queue_.post([this, connector, target, result = std::move(result)] {
      if (!result.ok()) {
        herder_log().error("Failed to transition connector {} to target state {}: {}", connector,
                           storage::name_of(*target), result.error().text);
      } else if (*target == TargetState::kStarted) {
        reconfigure(connector, 0);
      }
    });
  });
}

void DistributedHerder::restart_instance(const std::string& connector, std::function<void(Result<void>)> done) {
  work_.stop({connector}, {}, [this, connector, done = std::move(done)] {
    if (!work_.has(connector)) {  // it was assigned elsewhere meanwhile
      done(not_assigned("Cannot restart connector since it is not assigned to this member",
                        member_->owner_url(connector)));
      return;
    }
    work_.start(connector, *state_,
                [this, done](const std::string& name, TargetState target, const Result<void>& result) {
                  on_connector_started(name, target, result);
                  done(result);
                });
  });
}

// ------------------------------------------------------------------------------------------------- task configs

void DistributedHerder::reconfigure(const std::string& connector, int failures) {
  if (!deps_.worker->has_connector(connector) || state_->target_state(connector) != TargetState::kStarted) {
    herder_log().info("Skipping reconfiguration of connector {} since it is not running", connector);
    return;
  }
  const auto [under_way, is_new] = reconfiguring_.try_emplace(connector);
  if (!is_new) {
    under_way->second.again = true;
    return;
  }
  deps_.worker->task_configs(connector, [this, connector, failures](Result<std::vector<RawConfig>> configs) {
    queue_.post([this, connector, failures, configs = std::move(configs)] {
      const auto done = reconfiguring_.extract(connector);
      if (!done.empty() && done.mapped().again) {
        reconfigure(connector, failures);
      } else {
        publish(connector, configs, failures);
      }
    });
  });
}

bool DistributedHerder::task_configs_changed(const std::string& connector,
                                             const std::vector<RawConfig>& configs) const {
  if (state_->inconsistent.contains(connector)) return true;
  if (state_->task_count(connector) != static_cast<std::int32_t>(configs.size())) return true;
  if (state_->all_task_configs(connector) != configs) return true;
  // The tasks' own configs are the same; but they also use the connector's (converters, transforms, error policy).
  const auto applied = state_->applied_configs.find(connector);
  const RawConfig* current = state_->connector_config(connector);
  if (applied == state_->applied_configs.end() || current == nullptr || applied->second != *current) return true;
  const auto applied_values = applied_configs_.find(connector);
  if (applied_values == applied_configs_.end()) return false;
  const Result<Props> values = resolved(*current);
  return values.ok() && *values != applied_values->second;
}

void DistributedHerder::publish(const std::string& connector, Result<std::vector<RawConfig>> configs, int failures) {
  if (!configs.ok()) {
    if (configs.error().trace.starts_with(kTooManyTasks)) return;  // the connector has failed; only a new config helps
    retry_reconfiguration(connector, failures, configs.error());
    return;
  }
  state_ = parts_.configs->snapshot();
  if (!state_->contains(connector) || !task_configs_changed(connector, *configs)) {
    herder_log().debug("Task configs of connector {} are unchanged", connector);
    return;
  }
  if (state_->target_state(connector) == TargetState::kStopped) return;
  if (!member_->is_leader()) {
    send_to_leader(connector, *configs, failures);
    return;
  }
  if (const Result<void> written = parts_.configs->put_task_configs(connector, *configs); !written.ok()) {
    if (written.error().code == Errc::kFenced) needs_claim_ = true;
    retry_reconfiguration(connector, failures, written.error());
  }
}

void DistributedHerder::retry_reconfiguration(const std::string& connector, int failures, const Error& error) {
  const milliseconds delay = retry_delay(failures);
  herder_log().error("Failed to reconfigure connector's tasks ({}), retrying after {} ms: {}", connector, delay.count(),
                     error.text);
  if (!retrying_.insert(connector).second) return;
  queue_.at(clock().now() + delay, [this, connector, failures] {
    retrying_.erase(connector);
    reconfigure(connector, failures + 1);
  });
}

void DistributedHerder::send_to_leader(const std::string& connector, const std::vector<RawConfig>& configs,
                                       int failures) {
  const std::string url = member_->leader_url();
  if (url.empty()) {
    retry_reconfiguration(connector, failures,
                          Error{.code = Errc::kUnavailable, .text = "no leader is known at the moment"});
    return;
  }
  RequestSignature signature;
  signature.body = parts_.leader->task_configs_body(configs);
  if (member_->protocol() == kafka::ConnectProtocolVersion::kSessioned) {
    if (!state_->session_key) {
      retry_reconfiguration(connector, failures,
                            Error{.code = Errc::kUnavailable, .text = "no session key has been read yet"});
      return;
    }
    Result<RequestSignature> signed_request =
        sign_request(*state_->session_key, settings().signature_algorithm, std::move(signature.body));
    if (!signed_request.ok()) {
      retry_reconfiguration(connector, failures, signed_request.error());
      return;
    }
    signature = std::move(*signed_request);
  }
  herder_log().debug("Forwarding task configurations of connector {} to the leader at {}", connector, url);
  const std::uint64_t courier = next_courier_++;
  couriers_[courier] = base::Thread(
      "courier", [this, courier, url, connector, signature = std::move(signature), failures](const std::stop_token&) {
        Result<void> sent = parts_.leader->post_task_configs(url, connector, signature);
        queue_.post([this, courier, connector, failures, sent = std::move(sent)] {
          couriers_.erase(courier);
          if (!sent.ok()) retry_reconfiguration(connector, failures, sent.error());
        });
      });
}

}  // namespace millrace::runtime
