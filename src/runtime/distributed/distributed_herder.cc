#include "runtime/distributed/distributed_herder.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/log.h"
#include "runtime/distributed/request_signing.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestPoll{60'000};
constexpr int kConfigReadTries = 5;
constexpr milliseconds kClaimRetry{250};
constexpr std::chrono::seconds kStatusFlush{5};
constexpr std::chrono::seconds kStatusRefresh{2};

base::Log& herder_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.distributed.DistributedHerder");
  return log;
}

std::vector<kafka::ConnectProtocolVersion> offered_protocols(ConnectProtocol protocol) {
  using enum kafka::ConnectProtocolVersion;
  switch (protocol) {
    case ConnectProtocol::kEager: return {kEager};
    case ConnectProtocol::kCompatible: return {kCompatible, kEager};
    case ConnectProtocol::kSessioned: return {kSessioned, kCompatible, kEager};
  }
  return {};
}

/// Does it say that something runs? Only what stopped in good order has another last word than that.
bool says_running(const std::optional<storage::Status>& status) {
  return status &&
         (status->state == State::kRunning || status->state == State::kPaused || status->state == State::kRestarting);
}

std::string text_of(const kafka::ConnectorsAndTasks& work) {
  std::string text = "connectors=[";
  for (const std::string& connector : work.connectors) text += (text.ends_with('[') ? "" : ", ") + connector;
  text += "], tasks=[";
  for (const kafka::TaskId& task : work.tasks) text += (text.ends_with('[') ? "" : ", ") + id_of(task).to_string();
  return text + "]";
}

}  // namespace

DistributedHerder::DistributedHerder(HerderBase::Deps deps, Parts parts)
    : HerderBase(std::move(deps)),
      parts_(std::move(parts)),
      offset_changes_(*deps_.worker, *deps_.plugins),
      stages_(clock()),
      work_(
          *deps_.worker, *this, *this, [this](std::function<void()> work) { return queue_.post(std::move(work)); },
          [this](const ConnectorTaskId& task, const storage::ClusterConfigState& state) {
            return exactly_once_start(task, state);
          }),
      state_(std::make_shared<const storage::ClusterConfigState>()) {}

DistributedHerder::~DistributedHerder() { stop(); }

void DistributedHerder::start() {
  const std::scoped_lock lock(thread_mutex_);
  thread_ = base::Thread("herder", [this](const std::stop_token& stop) { run(stop); });
}

/// And tells who waits for the end of the start.
void DistributedHerder::set_flag(std::atomic<bool>& flag) {
  {
    const std::scoped_lock lock(ready_mutex_);
    flag = true;
  }
  ready_changed_.notify_all();
}

void DistributedHerder::stop() {
  set_flag(stopping_);
  const std::scoped_lock lock(thread_mutex_);
  if (!thread_.joinable()) return;
  thread_.request_stop();
  queue_.post([] {});  // wakes it up
  thread_.join();
}

void DistributedHerder::run(const std::stop_token& stop) {
  if (Result<void> started = start_up(); !started.ok()) {
    herder_log().error("Uncaught exception in herder work thread, exiting: {}", started.error().text);
    set_flag(stopping_);
    parts_.on_fatal(started.error());
  } else {
    set_flag(ready_);
    while (!stop.stop_requested() && !stopping_) tick();
  }
  shut_down();
}

Result<void> DistributedHerder::start_up() {
  const StageTracker::Scope stage(stages_, "initializing and reading to the end of internal topics");
  herder_log().info("Herder starting");
  // The three topics are read side by side; each may have to be created first.
  Result<void> offsets_started;
  Result<void> statuses_started;
  {
    base::Thread offsets("offsets-start", [&](const std::stop_token&) { offsets_started = parts_.offsets->start(); });
    base::Thread statuses("statuses-start",
                          [&](const std::stop_token&) { statuses_started = parts_.statuses->start(); });
    Result<void> configs_started = parts_.configs->start();
    offsets.join();
    statuses.join();
    for (Result<void>* result : {&configs_started, &offsets_started, &statuses_started}) {
      if (!result->ok()) return *result;
    }
  }
  state_ = parts_.configs->snapshot();
  kafka::GroupMember::Options options;
  options.group_id = settings().group_id;
  options.client = parts_.member_client;
  options.url = parts_.url;
  options.protocols = offered_protocols(settings().protocol);
  options.session_timeout = settings().session_timeout;
  options.heartbeat_interval = settings().heartbeat_interval;
  options.rebalance_timeout = settings().rebalance_timeout;
  options.scheduled_rebalance_max_delay = settings().scheduled_rebalance_max_delay;
  options.current_stage = [this] { return stages_.current(); };
  auto member = parts_.make_member(std::move(options), *this);
  if (!member.ok()) return std::move(member).error();
  member_ = std::move(*member);
  queue_.set_wake([this] { member_->wake_up(); });
  parts_.changes->set_on_change([this] { member_->wake_up(); });
  herder_log().info("Herder started");
  return {};
}

void DistributedHerder::shut_down() {
  const StageTracker::Scope stage(stages_, "shutting down");
  herder_log().info("Stopping connectors and tasks that are still assigned to this worker.");
  parts_.changes->set_on_change(nullptr);
  work_.close();
  deps_.worker->stop();
  queue_.set_wake(nullptr);
  queue_.close();
  couriers_.clear();
  // Before others are given what ran here: an UNASSIGNED behind their RUNNING would stay.
  if (ready_) (void)parts_.statuses->flush(kStatusFlush);
  if (member_) member_->stop();
  parts_.statuses->stop();
  parts_.configs->stop();
  parts_.offsets->stop();
  herder_log().info("Herder stopped");
}

// ------------------------------------------------------------------------------------------------------ the loop

void DistributedHerder::tick() {
  if (backing_off_until_) {
    sleep_until(*std::exchange(backing_off_until_, std::nullopt));
    if (stopping_) return;
  }
  if (!can_read_configs_ && !catch_up_with_config_topic()) return;
  if (!poll_member(milliseconds(0))) return;
  queue_.run_events();
  if (scheduled_rebalance_ && clock().now() >= *scheduled_rebalance_) rebalance_resolved_ = false;
  if (!rebalance_resolved_ && !resolve_rebalance()) return;
  if (!lead()) return;
  apply_config_changes();
  queue_.run_due(clock().now());
  // Requests wait for the end of a rebalance: whether this worker leads is not known before.
  const bool settled = rebalance_resolved_ && !member_->member_id().empty();
  if (settled) queue_.run_requests();
  queue_.run_events();
  if (stopping_) return;  // the wake-up that came with it may have ended the first, short poll
  if (!settled || !queue_.has_requests()) poll_member(time_to_next_event());
}

bool DistributedHerder::poll_member(milliseconds timeout) {
  Result<void> polled;
  {
    const StageTracker::Scope stage(
        stages_, timeout.count() == 0 ? std::string("ensuring membership in the cluster")
                                      : fmt::format("polling the group coordinator for up to {}ms or until interrupted",
                                                    timeout.count()));
    polled = member_->poll(timeout);
  }
  if (polled.ok()) return true;
  if (!stopping_) {
    herder_log().error("Uncaught exception in herder work thread, exiting: {}", polled.error().text);
    stopping_ = true;
    parts_.on_fatal(polled.error());
  }
  return false;
}

milliseconds DistributedHerder::time_to_next_event() {
  SteadyTime next = clock().now() + kLongestPoll;
  if (const auto timer = queue_.next_timer()) next = std::min(next, *timer);
  if (scheduled_rebalance_) next = std::min(next, *scheduled_rebalance_);
  if (member_->is_leader() && member_->protocol() == kafka::ConnectProtocolVersion::kSessioned && state_->session_key) {
    const auto left =
        milliseconds(state_->session_key->creation_ms) + settings().key_ttl - milliseconds(clock().wall_ms());
    if (settings().key_ttl.count() > 0) next = std::min(next, clock().now() + std::max(milliseconds(1), left));
  }
  return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(next - clock().now()));
}

void DistributedHerder::sleep_until(SteadyTime when) {
  const StageTracker::Scope stage(stages_,
                                  fmt::format("sleeping for a backoff duration of {}ms",
                                              std::chrono::duration_cast<milliseconds>(when - clock().now()).count()));
  std::mutex mutex;
  std::condition_variable changed;
  while (clock().now() < when && !stopping_) {
    std::unique_lock lock(mutex);
    clock().wait_until(lock, changed, std::min(when, clock().now() + milliseconds(100)),
                       [this] { return stopping_.load(); });
  }
}

bool DistributedHerder::read_configs(milliseconds timeout) {
  const StageTracker::Scope stage(stages_, "reading to the end of the config topic");
  const Result<void> read = parts_.configs->refresh(timeout);
  if (!read.ok()) {
    can_read_configs_ = false;
    herder_log().warn("Could not read to the end of the config topic within {} ms: {}", timeout.count(),
                      read.error().text);
    return false;
  }
  state_ = parts_.configs->snapshot();
  can_read_configs_ = true;
  config_read_tries_left_ = kConfigReadTries;
  return true;
}

bool DistributedHerder::catch_up_with_config_topic() {
  if (read_configs(settings().worker_sync_timeout)) return true;
  member_->leave("taking too long to read the log");
  back_off_from_unreadable_configs();
  return false;
}

void DistributedHerder::back_off_from_unreadable_configs() {
  if (settings().protocol == ConnectProtocol::kEager) {
    backing_off_until_ = clock().now() + settings().worker_unsync_backoff;
    return;
  }
  if (config_read_tries_left_ == 0) {
    herder_log().warn("The config topic stays unreadable: everything that runs here is stopped");
    on_revoked(assignment_.assigned);
    work_.wait_for_stops();
    assignment_ = {};
    work_.set_assignment({});
    config_read_tries_left_ = kConfigReadTries;
    return;
  }
  const milliseconds delay = settings().scheduled_rebalance_max_delay / 10 / config_read_tries_left_;
  --config_read_tries_left_;
  backing_off_until_ = clock().now() + delay;
}

// --------------------------------------------------------------------------------------------------- rebalances

kafka::ConfiguredWork DistributedHerder::configured_work() {
  work_.wait_for_stops();
  (void)parts_.statuses->flush(kStatusFlush);  // as in shut_down
  parts_.changes
      ->forget_rebalance();  // before the look at the topic: what comes in between is seen twice, never missed
  state_ = parts_.configs->snapshot();
  kafka::ConfiguredWork configured;
  configured.config_offset = state_->offset;
  for (const auto& entry : state_->connectors) {
    configured.work.connectors.push_back(entry.first);
    for (const ConnectorTaskId& task : state_->tasks(entry.first)) configured.work.tasks.push_back(id_of(task));
  }
  return configured;
}

kafka::ConnectorsAndTasks DistributedHerder::given_up(const kafka::ConnectorsAndTasks& lost) {
  if (settings().clean_stops_are_waited_for) return {};
  // A worker delivers these statuses before it leaves. Unread ones only mean that the work waits, as after a crash.
  if (const Result<void> read = parts_.statuses->refresh(kStatusRefresh); !read.ok()) {
    herder_log().warn("The status topic could not be read to its end, what a stopped worker ran may wait for it: {}",
                      read.error().text);
  }
  kafka::ConnectorsAndTasks free;
  for (const std::string& connector : lost.connectors) {
    if (!says_running(parts_.statuses->get(connector))) free.connectors.push_back(connector);
  }
  for (const kafka::TaskId& task : lost.tasks) {
    const ConnectorTaskId id = id_of(task);
    if (parts_.statuses->stopped_in_order(id) || !says_running(parts_.statuses->get(id))) free.tasks.push_back(task);
  }
  herder_log().info("Lost with a member: {}; stopped in good order, so it moves at once: {}", text_of(lost),
                    text_of(free));
  return free;
}

void DistributedHerder::on_assigned(const kafka::Assignment& assignment, std::int32_t generation) {
  assignment_ = assignment;
  work_.set_assignment(assignment.assigned);
  parts_.generation->store(generation);
  rebalance_resolved_ = false;
  scheduled_rebalance_.reset();
  if (assignment.delay_ms > 0) scheduled_rebalance_ = clock().now() + milliseconds(assignment.delay_ms);
  herder_log().info(
      "Joined group at generation {} with protocol version {} and got assignment: {} of leader {} (error={}, config "
      "offset={}, "
      "revoked: {}) with rebalance delay: {}",
      generation, static_cast<int>(assignment.version), text_of(assignment.assigned), assignment.leader_url,
      assignment.error, assignment.config_offset, text_of(assignment.revoked), assignment.delay_ms);
  if (member_->is_leader()) {
    needs_claim_ = true;
    clean_stale_statuses();
  }
}

void DistributedHerder::on_revoked(const kafka::ConnectorsAndTasks& revoked) {
  herder_log().info("Handling revocation of {}", text_of(revoked));
  for (const std::string& connector : revoked.connectors) {
    if (!parts_.configs->snapshot()->contains(connector)) forget_topics(connector);
  }
  work_.revoke(revoked);
}

bool DistributedHerder::resolve_rebalance() {
  bool rejoin = false;
  if (assignment_.error != kafka::Assignment::kNoError) {
    if (member_->is_leader() || state_->offset < assignment_.config_offset) {
      if (!read_configs(settings().worker_sync_timeout)) return false;
    }
    rejoin = true;
  } else {
    if (state_->offset < assignment_.config_offset) state_ = parts_.configs->snapshot();
    if (state_->offset < assignment_.config_offset && !read_configs(settings().worker_sync_timeout)) return false;
    if (scheduled_rebalance_ && clock().now() >= *scheduled_rebalance_) {
      herder_log().info("The delay of the scheduled rebalance is over");
      scheduled_rebalance_.reset();
      rejoin = true;
    }
  }
  if (!rejoin && state_->offset != assignment_.config_offset) {
    herder_log().info("Current config state offset {} does not match group assignment {}. Forcing rebalance.",
                      state_->offset, assignment_.config_offset);
    rejoin = true;
  }
  if (rejoin) {
    member_->request_rejoin("");
    return false;
  }
  start_assigned_work();
  rebalance_resolved_ = true;
  if (!assignment_.revoked.empty()) {
    assignment_.revoked = {};
    member_->request_rejoin("");
  }
  return true;
}

void DistributedHerder::start_assigned_work() {
  const StageTracker::Scope stage(stages_, "starting connector(s) and task(s) after a rebalance");
  herder_log().info("Starting connectors and tasks using config offset {}", assignment_.config_offset);
  std::set<std::string> known;
  for (const auto& entry : state_->connectors) known.insert(entry.first);
  parts_.changes->set_known_connectors(std::move(known));
  work_.start_missing(*state_, [this](const std::string& connector, TargetState target, const Result<void>& result) {
    on_connector_started(connector, target, result);
  });
  herder_log().info("Finished starting connectors and tasks");
}

void DistributedHerder::clean_stale_statuses() {
  const storage::ConfigSnapshot state = parts_.configs->snapshot();
  storage::Status gone;
  gone.state = State::kDestroyed;
  gone.worker_id = deps_.worker_id;
  gone.generation = generation();
  for (const std::string& connector : deps_.statuses->connectors()) {
    if (!state->contains(connector)) {
      deps_.statuses->put(connector, gone);
      continue;
    }
    for (const auto& [task, status] : deps_.statuses->tasks_of(connector)) {
      if (task >= state->task_count(connector)) deps_.statuses->put(ConnectorTaskId{connector, task}, gone);
    }
  }
}

// --------------------------------------------------------------------------------------------------- leadership

bool DistributedHerder::lead() {
  if (!member_->is_leader()) {
    needs_claim_ = false;
    return true;
  }
  return claim_write_privileges() && renew_session_key();
}

bool DistributedHerder::claim_write_privileges() {
  if (!needs_claim_) return true;
  const StageTracker::Scope stage(stages_, "reclaiming write privileges for the config topic");
  if (const Result<void> claimed = parts_.configs->claim_write_privileges(); !claimed.ok()) {
    herder_log().warn("{}; it is tried again", claimed.error().text);
    backing_off_until_ = clock().now() + kClaimRetry;
    return false;
  }
  needs_claim_ = false;
  return true;
}

bool DistributedHerder::renew_session_key() {
  if (member_->protocol() != kafka::ConnectProtocolVersion::kSessioned) return true;
  const std::optional<storage::SessionKey> key = parts_.configs->snapshot()->session_key;
  const std::int32_t bits = settings().key_size_bits.value_or(0);
  const bool same_kind = key && key->algorithm == settings().key_generation_algorithm &&
                         (bits == 0 || key->key.size() * 8 == static_cast<std::size_t>(bits));
  const bool expired =
      key && settings().key_ttl.count() > 0 && key->creation_ms + settings().key_ttl.count() <= clock().wall_ms();
  if (same_kind && !expired) return true;
  herder_log().debug("Distributing a new session key");
  Result<storage::SessionKey> fresh =
      generate_session_key(settings().key_generation_algorithm, bits, clock().wall_ms());
  const Result<void> stored = fresh.ok() ? parts_.configs->put_session_key(*fresh) : Result<void>(fresh.error());
  if (!stored.ok()) {
    herder_log().warn("Failed to write a new session key to the config topic; it is tried again: {}",
                      stored.error().text);
    if (stored.error().code == Errc::kFenced) needs_claim_ = true;
    read_configs(settings().worker_sync_timeout);
    return false;
  }
  state_ = parts_.configs->snapshot();
  // Keys live in the config topic, too: this worker's offset has moved, and so have the others'.
  return true;
}

// ---------------------------------------------------------------------------------------------- config changes

void DistributedHerder::apply_config_changes() {
  const ConfigChanges changes = parts_.changes->take();
  for (const auto& [logger, level] : changes.logger_levels) set_worker_logger_level(logger, level);
  for (const storage::RestartRecord& restart : changes.restarts) {
    // The request of higher rank replaces the lower.
    const auto rank = [](const storage::RestartRecord& r) {
      return (r.only_failed ? 0 : 2) + (r.include_tasks ? 1 : 0);
    };
    const auto [pending, is_new] = pending_restarts_.try_emplace(restart.connector, restart);
    if (!is_new && rank(restart) > rank(pending->second)) pending->second = restart;
  }
  if (!changes.empty()) state_ = parts_.configs->snapshot();
  if (changes.needs_rebalance) member_->request_rejoin("");
  stop_reconfigured_tasks(changes.updated_tasks);
  for (const std::string& connector : changes.updated_connectors) {
    if (!work_.has(connector) || !state_->contains(connector)) continue;
    herder_log().info("Handling connector-only config update by restarting connector {}", connector);
    restart_instance(connector, [](const Result<void>&) {});
  }
  for (const std::string& connector : changes.target_states) change_target_state(connector);
  for (const auto& [connector, record] : std::exchange(pending_restarts_, {})) apply_restart(record);
}

/// Tasks whose configs changed are stopped now and start again after the rebalance, where they are assigned then.
void DistributedHerder::stop_reconfigured_tasks(const std::set<std::string>& connectors) {
  std::vector<ConnectorTaskId> tasks;
  for (const std::string& connector : connectors) {
    if (const RawConfig* config = state_->connector_config(connector)) {
      if (Result<Props> applied = resolved(*config); applied.ok()) applied_configs_[connector] = std::move(*applied);
    }
    // Those that a rebalance started meanwhile have the new configs already.
    const auto outdated = work_.outdated_tasks_of(connector, *state_);
    tasks.insert(tasks.end(), outdated.begin(), outdated.end());
  }
  if (tasks.empty()) return;
  herder_log().info(
      "Handling task config update by stopping {} tasks, which will be restarted after rebalance if still assigned to "
      "this "
      "worker",
      tasks.size());
  work_.stop({}, std::move(tasks), [this] {
    if (rebalance_resolved_) start_assigned_work();
  });
}

void DistributedHerder::apply_restart(const storage::RestartRecord& record) {
  Result<ConnectorStateInfo> status = connector_status(record.connector);
  if (!status.ok()) {
    herder_log().debug("Skipping restart of connector {} since no status is available", record.connector);
    return;
  }
  const RestartPlan plan =
      plan_restart(RestartRequest{record.connector, record.only_failed, record.include_tasks}, std::move(*status));
  std::vector<std::string> connectors;
  std::vector<ConnectorTaskId> tasks;
  if (plan.connector && work_.has(record.connector)) connectors.push_back(record.connector);
  for (const std::int32_t task : plan.tasks) {
    if (work_.has(ConnectorTaskId{record.connector, task})) tasks.push_back({record.connector, task});
  }
  if (connectors.empty() && tasks.empty()) return;
  herder_log().info("Executing restart of connector {} ({} instance, {} tasks) on this worker", record.connector,
                    connectors.size(), tasks.size());
  for (const std::string& connector : connectors) on_connector_state(connector, State::kRestarting, "", "");
  for (const ConnectorTaskId& task : tasks) on_task_state(task, State::kRestarting, "", "");
  work_.stop(std::move(connectors), std::move(tasks), [this] {
    if (rebalance_resolved_) start_assigned_work();  // else the end of the rebalance does it
  });
}

}  // namespace millrace::runtime
