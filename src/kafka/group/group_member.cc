#include "kafka/group/group_member.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "kafka/group/assignor.h"
#include "kafka/group/coordinator.h"

namespace millrace::kafka {
namespace {

using std::chrono::milliseconds;

base::Log& logger() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.distributed.WorkerCoordinator");
  return log;
}

base::Log& herder_logger() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.distributed.DistributedHerder");
  return log;
}

Error failure(Errc code, std::string text) { return Error{code, std::move(text), false, {}, {}, 0}; }

milliseconds setting(const ClientConfig& config, const std::string& key, milliseconds otherwise) {
  auto it = config.find(key);
  if (it == config.end()) return otherwise;
  try {
    return milliseconds(std::max(0LL, std::stoll(it->second)));
  } catch (const std::exception&) {
    return otherwise;
  }
}

void remove_from(ConnectorsAndTasks& from, const ConnectorsAndTasks& what) {
  std::erase_if(from.connectors, [&](const auto& one) {
    return std::find(what.connectors.begin(), what.connectors.end(), one) != what.connectors.end();
  });
  std::erase_if(from.tasks, [&](const auto& one) {
    return std::find(what.tasks.begin(), what.tasks.end(), one) != what.tasks.end();
  });
}

void add_to(ConnectorsAndTasks& to, const ConnectorsAndTasks& what) {
  remove_from(to, what);
  to.connectors.insert(to.connectors.end(), what.connectors.begin(), what.connectors.end());
  to.tasks.insert(to.tasks.end(), what.tasks.begin(), what.tasks.end());
}

class GroupMemberImpl final : public GroupMember, private MembershipEvents {
 public:
  GroupMemberImpl(Options options, GroupMemberListener& listener)
      : options_(std::move(options)),
        listener_(listener),
        assignor_(
            options_.scheduled_rebalance_max_delay,
            [] {
              const auto now = std::chrono::steady_clock::now().time_since_epoch();
              return std::chrono::duration_cast<milliseconds>(now).count();
            },
            [&listener](const ConnectorsAndTasks& lost) { return listener.given_up(lost); }) {
    protocol_ = options_.protocols.empty() ? ConnectProtocolVersion::kSessioned : options_.protocols.front();
  }
  ~GroupMemberImpl() override { coordinator_.reset(); }

  Result<void> start();

  Result<void> poll(milliseconds timeout) override { return coordinator_->poll(timeout); }
  void wake_up() override { coordinator_->wake_up(); }
  void request_rejoin(const std::string& reason) override { coordinator_->request_rejoin(reason); }
  void leave(const std::string& reason) override { coordinator_->leave(reason); }
  void stop() override { coordinator_->stop(); }
  std::string member_id() const override { return coordinator_->member_id(); }
  std::int32_t generation() const override { return coordinator_->generation(); }
  ConnectProtocolVersion protocol() const override { return protocol_.load(); }
  bool is_leader() const override {
    const std::string id = coordinator_->member_id();
    std::lock_guard lock(mutex_);
    return snapshot_ && !id.empty() && snapshot_->leader == id;
  }
  std::string leader_url() const override {
    std::lock_guard lock(mutex_);
    return snapshot_ ? snapshot_->leader_url : std::string();
  }
  std::string owner_url(const std::string& connector) const override { return owner(connector_owners_, connector); }
  std::string owner_url(const TaskId& task) const override { return owner(task_owners_, task); }

 private:
  using Shares = std::vector<std::pair<std::string, std::string>>;

  template <class Key>
  std::string owner(const std::map<Key, std::string>& owners, const Key& key) const {
    if (coordinator_->rejoin_needed() || !is_leader()) return {};
    std::lock_guard lock(mutex_);
    auto it = owners.find(key);
    return it == owners.end() ? std::string() : it->second;
  }

  // MembershipEvents. Runs on: the thread of poll.
  void on_join_prepare() override;
  Shares metadata() override;
  Result<Shares> assign(const std::string& leader_id, const std::string& protocol, const Shares& members,
                        std::int32_t generation) override;
  Result<void> on_join_complete(std::int32_t generation, const std::string& member_id, const std::string& protocol,
                                const std::string& assignment) override;
  bool rejoin_wanted() override {
    std::lock_guard lock(mutex_);
    return !snapshot_ || snapshot_->error != Assignment::kNoError;
  }
  void on_coordinator_unreachable() override;
  void on_poll_timeout() override;

  void give_up_everything();
  void remember_owners(const std::map<std::string, ConnectorsAndTasks>& shares,
                       const std::map<std::string, std::string>& urls);

  const Options options_;
  GroupMemberListener& listener_;
  IncrementalAssignor assignor_;
  std::atomic<ConnectProtocolVersion> protocol_{ConnectProtocolVersion::kSessioned};
  std::int32_t last_completed_generation_ = -1;

  mutable std::mutex mutex_;
  std::optional<Assignment> snapshot_;  ///< what this member holds
  std::map<std::string, std::string> connector_owners_;
  std::map<TaskId, std::string> task_owners_;
  std::unique_ptr<GroupCoordinator> coordinator_;
};

Result<void> GroupMemberImpl::start() {
  if (options_.protocols.empty()) return failure(Errc::kInvalid, "a group member needs a protocol to offer");
  MembershipOptions membership;
  membership.group_id = options_.group_id;
  auto id = options_.client.find("client.id");
  membership.client_id = id == options_.client.end() ? "connect" : id->second;
  membership.protocol_type = "connect";
  membership.session_timeout = options_.session_timeout;
  membership.rebalance_timeout = options_.rebalance_timeout;
  membership.heartbeat_interval = options_.heartbeat_interval;
  membership.request_timeout = setting(options_.client, "request.timeout.ms", membership.request_timeout);
  membership.retry_backoff = setting(options_.client, "retry.backoff.ms", membership.retry_backoff);
  membership.retry_backoff_max = std::max(
      membership.retry_backoff, setting(options_.client, "retry.backoff.max.ms", membership.retry_backoff_max));
  auto made = GroupCoordinator::create(std::move(membership), options_.client, *this);
  if (!made) return made.error();
  coordinator_ = std::move(*made);
  return {};
}

void GroupMemberImpl::give_up_everything() {
  ConnectorsAndTasks held;
  {
    std::lock_guard lock(mutex_);
    if (!snapshot_ || snapshot_->error != Assignment::kNoError) return;
    held = snapshot_->assigned;
  }
  listener_.on_revoked(held);
}

void GroupMemberImpl::on_join_prepare() {
  logger().info("[Worker clientId={}, groupId={}] Rebalance started",
                options_.client.contains("client.id") ? options_.client.at("client.id") : "", options_.group_id);
  {
    std::lock_guard lock(mutex_);
    connector_owners_.clear();
    task_owners_.clear();
  }
  if (protocol_ == ConnectProtocolVersion::kEager) give_up_everything();
}

GroupMemberImpl::Shares GroupMemberImpl::metadata() {
  WorkerMetadata mine;
  mine.url = options_.url;
  mine.config_offset = listener_.configured_work().config_offset;
  std::optional<Assignment> held;
  {
    std::lock_guard lock(mutex_);
    held = snapshot_;
  }
  Shares out;
  for (ConnectProtocolVersion version : options_.protocols) {
    mine.version = version;
    mine.allocation = version == ConnectProtocolVersion::kEager ? std::nullopt : held;
    if (mine.allocation) mine.allocation->version = version;
    out.emplace_back(name_of(version), encode(mine));
  }
  return out;
}

void GroupMemberImpl::remember_owners(const std::map<std::string, ConnectorsAndTasks>& shares,
                                      const std::map<std::string, std::string>& urls) {
  std::lock_guard lock(mutex_);
  connector_owners_.clear();
  task_owners_.clear();
  for (const auto& [member, share] : shares) {
    for (const std::string& connector : share.connectors) connector_owners_[connector] = urls.at(member);
    for (const TaskId& task : share.tasks) task_owners_[task] = urls.at(member);
  }
}

Result<GroupMemberImpl::Shares> GroupMemberImpl::assign(const std::string& leader_id, const std::string& protocol,
                                                        const Shares& members, std::int32_t generation) {
  const auto version = connect_protocol_of(protocol);
  if (!version) return failure(Errc::kKafka, "the group agreed on an unknown protocol: " + protocol);
  std::map<std::string, std::string> urls;
  std::set<std::string> ids;
  Allocations allocations;
  std::int64_t newest = -1;
  for (const auto& [id, bytes] : members) {
    auto metadata = decode_metadata(bytes);
    if (!metadata)
      return failure(Errc::kKafka, "the metadata of group member " + id + " does not parse: " + metadata.error().text);
    urls[id] = metadata->url;
    ids.insert(id);
    allocations[id] = metadata->allocation ? metadata->allocation->assigned : ConnectorsAndTasks{};
    newest = std::max(newest, metadata->config_offset);
  }

  Assignment common;
  common.version = *version;
  common.leader = leader_id;
  common.leader_url = urls[leader_id];
  const ConfiguredWork configured = listener_.configured_work();
  Shares out;
  if (configured.config_offset < newest) {
    // Somebody knows more of the config topic than the leader: nobody gets anything, all read on and join again.
    common.error = Assignment::kConfigMismatch;
    common.config_offset = newest;
    for (const std::string& id : ids) out.emplace_back(id, encode(common));
    return out;
  }
  common.config_offset = configured.config_offset;
  std::map<std::string, ConnectorsAndTasks> held;
  if (*version == ConnectProtocolVersion::kEager) {
    held = assign_eagerly(ids, configured.work);
    for (const std::string& id : ids) {
      Assignment share = common;
      share.assigned = held[id];
      out.emplace_back(id, encode(share));
    }
  } else {
    auto round = assignor_.assign(configured.work, allocations, last_completed_generation_, generation);
    for (const std::string& id : ids) {
      Assignment share = common;
      share.delay_ms = round.delay_ms;
      share.assigned = round.shares[id].assigned;
      share.revoked = round.shares[id].revoked;
      held[id] = round.shares[id].all;
      out.emplace_back(id, encode(share));
    }
  }
  remember_owners(held, urls);
  return out;
}

Result<void> GroupMemberImpl::on_join_complete(std::int32_t generation, const std::string& /*member_id*/,
                                               const std::string& protocol, const std::string& assignment) {
  auto fresh = decode_assignment(assignment);
  if (!fresh) return failure(Errc::kKafka, "the leader's assignment does not parse: " + fresh.error().text);
  const auto version = connect_protocol_of(protocol);
  if (!version) return failure(Errc::kKafka, "the group agreed on an unknown protocol: " + protocol);
  protocol_ = *version;
  if (*version != ConnectProtocolVersion::kEager) {
    if (!fresh->revoked.empty()) listener_.on_revoked(fresh->revoked);
    std::lock_guard lock(mutex_);
    if (snapshot_) {
      // The message holds only what is new; the rest stays as it is.
      ConnectorsAndTasks kept = snapshot_->assigned;
      remove_from(kept, fresh->revoked);
      add_to(kept, fresh->assigned);
      fresh->assigned = std::move(kept);
    }
  }
  {
    std::lock_guard lock(mutex_);
    snapshot_ = *fresh;
  }
  last_completed_generation_ = generation;
  listener_.on_assigned(*fresh, generation);
  // What was revoked is given up by now, and not told again.
  std::lock_guard lock(mutex_);
  if (snapshot_) snapshot_->revoked = {};
  return {};
}

void GroupMemberImpl::on_coordinator_unreachable() {
  {
    std::lock_guard lock(mutex_);
    if (!snapshot_) return;
  }
  logger().info(
      "Broker coordinator was unreachable for {}ms. Revoking previous assignment to avoid running tasks while not "
      "being a member the group",
      options_.heartbeat_interval.count());
  give_up_everything();
  std::lock_guard lock(mutex_);
  snapshot_.reset();
}

void GroupMemberImpl::on_poll_timeout() {
  const std::string stage = options_.current_stage ? options_.current_stage() : std::string();
  herder_logger().warn(
      "worker poll timeout has expired. This means the time between subsequent calls to poll() in DistributedHerder's "
      "tick() method was "
      "longer than the configured rebalance.timeout.ms. If you see this happening consistently, then it can be "
      "addressed by either "
      "adding more workers to the connect cluster or by increasing the rebalance.timeout.ms configuration value.{}",
      stage.empty() ? std::string() : " The last thing the herder was doing was " + stage);
}

}  // namespace

Result<std::unique_ptr<GroupMember>> GroupMember::create(Options options, GroupMemberListener& listener) {
  auto member = std::make_unique<GroupMemberImpl>(std::move(options), listener);
  if (auto started = member->start(); !started) return started.error();
  return std::unique_ptr<GroupMember>(std::move(member));
}

}  // namespace millrace::kafka
