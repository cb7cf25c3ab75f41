#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/thread.h"
#include "kafka/group/group_member.h"
#include "runtime/distributed/assigned_work.h"
#include "runtime/distributed/config_changes.h"
#include "runtime/distributed/request_queue.h"
#include "runtime/distributed/stage.h"
#include "runtime/herder_base.h"
#include "runtime/leader_client.h"
#include "runtime/offset_changes.h"
#include "storage/config_store.h"
#include "storage/kafka_status_store.h"

namespace millrace::runtime {

/// The herder of a worker in a cluster. One thread owns all cluster state ("herder thread"): it polls the group member, follows
/// the config topic, and answers requests that are queued to it. Connector code never runs on it.
///
/// Behaviour: Kafka Connect's DistributedHerder.
/// Differs: what needs no agreement (reading configs, tasks) is answered from the last snapshot at once, and requests that come
/// during a rebalance wait for its end instead of being refused.
class DistributedHerder : public HerderBase, private ConnectorRequests, private kafka::GroupMemberListener {
 public:
  struct Parts {
    storage::ConfigStore* configs = nullptr;
    storage::KafkaStatusStore* statuses = nullptr;
    storage::OffsetStore* offsets = nullptr;
    ConfigChangeCollector* changes = nullptr;
    LeaderClient* leader = nullptr;
    std::function<Result<std::unique_ptr<kafka::GroupMember>>(kafka::GroupMember::Options, kafka::GroupMemberListener&)>
        make_member;
    kafka::ClientConfig member_client;
    std::string url;  ///< advertised, with a slash at the end
    /// What statuses of this worker carry as generation; shared with the status store.
    std::shared_ptr<std::atomic<std::int32_t>> generation;
    /// The worker cannot go on: called once, on the herder thread.
    std::function<void(const Error&)> on_fatal;
  };

  DistributedHerder(HerderBase::Deps deps, Parts parts);
  ~DistributedHerder() override;

  /// Makes the herder thread and returns; `on_fatal` tells when the start fails.
  void start();
  /// Stops connectors and tasks, leaves the group, closes the stores. Twice is harmless.
  void stop();

  Health health() override;
  Result<void> await_serving() override;
  void catch_up() override;
  std::vector<std::string> connectors() const override;
  Result<ConnectorInfo> connector_info(const std::string& name) override;
  Result<std::vector<TaskInfo>> task_configs(const std::string& name) override;
  Result<Created> put_connector_config(const std::string& name, const RawConfig& config,
                                       std::optional<TargetState> initial_state, Replace replace) override;
  Result<Created> patch_connector_config(const std::string& name, const RawConfig& patch) override;
  Result<void> delete_connector(const std::string& name) override;
  Result<void> restart_connector(const std::string& name) override;
  Result<ConnectorStateInfo> restart_connector_and_tasks(const RestartRequest& request) override;
  Result<void> restart_task(const ConnectorTaskId& id) override;
  Result<void> pause_connector(const std::string& name) override;
  Result<void> resume_connector(const std::string& name) override;
  Result<void> stop_connector(const std::string& name) override;
  Result<std::vector<PartitionOffset>> connector_offsets(const std::string& name) override;
  Result<std::string> alter_connector_offsets(const std::string& name,
                                              const std::optional<std::vector<PartitionOffset>>& offsets) override;
  Result<void> set_cluster_logger_level(const std::string& name, const std::string& level) override;
  Result<void> put_task_configs(const std::string& connector, const std::vector<RawConfig>& configs,
                                const RequestSignature& signature) override;
  Result<void> fence_zombie_source_tasks(const std::string& connector, const RequestSignature& signature) override;

  // StatusListener. What ends because it was deleted leaves no status behind; Runs on: any thread.
  void on_connector_state(const std::string& connector, State state, const std::string& trace,
                          const std::string& version) override;
  void on_task_state(const ConnectorTaskId& task, State state, const std::string& trace,
                     const std::string& version) override;

 protected:
  std::int32_t generation() const override { return parts_.generation->load(); }
  std::optional<RawConfig> stored_config(const std::string& name) const override;

 private:
  using SteadyTime = base::SteadyTime;
  static constexpr const char* kShuttingDown = "Worker is shutting down";
  const DistributedConfig& settings() const { return *deps_.config->distributed; }

  // ConnectorRequests. Runs on: any thread.
  void request_task_reconfiguration(const std::string& connector) override;

  // kafka::GroupMemberListener. Runs on: herder thread, inside the member's poll.
  kafka::ConfiguredWork configured_work() override;
  kafka::ConnectorsAndTasks given_up(const kafka::ConnectorsAndTasks& lost) override;
  void on_assigned(const kafka::Assignment& assignment, std::int32_t generation) override;
  void on_revoked(const kafka::ConnectorsAndTasks& revoked) override;

  // distributed_herder.cc: the loop. Runs on: herder thread.
  void run(const std::stop_token& stop);
  Result<void> start_up();
  void set_flag(std::atomic<bool>& flag);
  void shut_down();
  void tick();
  bool read_configs(std::chrono::milliseconds timeout);
  bool catch_up_with_config_topic();
  void back_off_from_unreadable_configs();
  bool poll_member(std::chrono::milliseconds timeout);
  bool resolve_rebalance();
  void start_assigned_work();
  bool lead();
  bool claim_write_privileges();
  bool renew_session_key();
  void apply_config_changes();
  void stop_reconfigured_tasks(const std::set<std::string>& connectors);
  void apply_restart(const storage::RestartRecord& record);
  void clean_stale_statuses();
  std::chrono::milliseconds time_to_next_event();
  void sleep_until(SteadyTime when);

  // distributed_connectors.cc: connector instances and their task configs. Runs on: herder thread.
  void on_connector_started(const std::string& connector, TargetState target, const Result<void>& result);
  void change_target_state(const std::string& connector);
  void restart_instance(const std::string& connector, std::function<void(Result<void>)> done);
  void reconfigure(const std::string& connector, int failures);
  void publish(const std::string& connector, Result<std::vector<RawConfig>> configs, int failures);
  void retry_reconfiguration(const std::string& connector, int failures, const Error& error);
  bool task_configs_changed(const std::string& connector, const std::vector<RawConfig>& configs) const;
  void send_to_leader(const std::string& connector, const std::vector<RawConfig>& configs, int failures);

  // distributed_requests.cc. Runs on: herder thread where `Locally` is in the name, on the caller's otherwise.
  template <class T>
  Result<T> ask(std::function<void(const Reply<T>&)> work, std::chrono::milliseconds timeout = kRequestTimeout);
  Error timed_out() const;
  std::optional<Error> unless_leader(const char* refusal) const;
  Error not_assigned(const char* refusal, const std::string& owner_url) const;
  Result<Created> put_config_locally(const std::string& name, const RawConfig& config,
                                     std::optional<TargetState> initial_state, Replace replace);
  Result<void> stop_locally(const std::string& name);
  ConnectorInfo info_of(const std::string& name, const storage::ClusterConfigState& state) const;
  Result<void> set_target_state(const std::string& name, TargetState state);
  Result<void> check_stopped(const std::string& name);

  // distributed_fencing.cc: older tasks of exactly-once sources are shut out before new ones start (KIP-618).
  Result<void> verify_internal_request(const RequestSignature& signature) const;
  Result<void> fence_zombies(const std::string& connector);
  std::optional<ExactlyOnceStart> exactly_once_start(const ConnectorTaskId& task,
                                                     const storage::ClusterConfigState& state);
  Result<void> fence_for_start(const std::string& connector);
  Result<void> check_still_wanted(const ConnectorTaskId& task, std::optional<std::int32_t> task_config_generation);
  void begin_fencing(const std::string& connector, const Reply<void>& reply);
  void end_fencing(const std::string& connector, Result<void> result);

  Parts parts_;
  OffsetChanges offset_changes_;
  StageTracker stages_;
  HerderQueue queue_;
  AssignedWork work_;

  std::unique_ptr<kafka::GroupMember> member_;  // made by the herder thread; set once, before `ready_`
  std::mutex ready_mutex_;
  std::condition_variable ready_changed_;
  std::atomic<bool> ready_{false};  ///< all that is stored has been read
  std::atomic<bool> stopping_{false};

  // Of the herder thread.
  storage::ConfigSnapshot state_;  ///< never null
  kafka::Assignment assignment_;
  bool rebalance_resolved_ = true;
  std::optional<SteadyTime> scheduled_rebalance_;
  bool needs_claim_ = false;
  bool can_read_configs_ = true;
  int config_read_tries_left_ = 5;
  std::optional<SteadyTime> backing_off_until_;
  std::map<std::string, storage::RestartRecord> pending_restarts_;
  struct Reconfiguration {
    bool again = false;  ///< asked for once more while under way
  };
  std::map<std::string, Reconfiguration> reconfiguring_;
  std::set<std::string> retrying_;
  std::map<std::string, Props> applied_configs_;  ///< resolved connector configs that current task configs came from
  struct FencingRound {
    std::optional<std::int32_t> generation;  ///< of the task configs when it began
    std::vector<Reply<void>> waiting;
  };
  std::map<std::string, FencingRound> fencing_rounds_;
  std::map<std::uint64_t, base::Thread> couriers_;  ///< requests to the leader under way
  std::uint64_t next_courier_ = 0;

  std::mutex thread_mutex_;
  base::Thread thread_;  // last: runs all of the above
};

/// Queues `work` to the herder thread and waits for its answer.
template <class T>
Result<T> DistributedHerder::ask(std::function<void(const Reply<T>&)> work, std::chrono::milliseconds timeout) {
  const Reply<T> reply;
  const bool posted = queue_.post_request([reply, work = std::move(work)] {
    if (!reply.abandoned()) work(reply);
  });
  if (!posted || stopping_) return internal_error(kShuttingDown);
  if (std::optional<Result<T>> result = reply.wait(timeout)) return std::move(*result);
  if (stopping_) return internal_error(kShuttingDown);
  return timed_out();
}

}  // namespace millrace::runtime
