#include <algorithm>
#include <utility>

#include "kafka/group/coordinator.h"
#include "kafka/group/coordinator_errors.h"

namespace millrace::kafka {
namespace {

using std::chrono::milliseconds;
using wire::Api;
using wire::Code;

constexpr milliseconds kJoinSlack{5000};
/// How soon a wake-up is noticed while an answer is awaited.
constexpr milliseconds kWakeStep{50};

}  // namespace

Result<GroupCoordinator::Join> GroupCoordinator::join_until_stable() {
  for (int attempt = 0;;) {
    if (!pending_) {
      if (auto found = ensure_coordinator(Clock::now() + options_.heartbeat_interval); !found) {
        if (!found.error().retriable) return found.error();
        events_.on_coordinator_unreachable();
        std::lock_guard lock(mutex_);
        if (woken_) return Join::kInterrupted;
        continue;
      }
    }
    bool prepare = false;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return failure(Errc::kCancelled, "the group member is stopped");
      if (!heartbeat_thread_.joinable()) {
        heartbeat_thread_ = base::Thread("heartbeat", [this](const std::stop_token& stop) { heartbeat_loop(stop); });
      }
      prepare = !std::exchange(join_prepared_, true);
    }
    if (prepare) events_.on_join_prepare();
    auto joined = join_once();
    if (joined) {
      return *joined;
    }
    const Error& error = joined.error();
    if (error.code == Errc::kCancelled || !error.retriable) return error;
    if (error.code == Errc::kConflict) continue;
    group_log().debug("join failed, trying again: {}", error.text);
    if (!pause_for(backoff(attempt++))) return failure(Errc::kCancelled, "the group member is stopped");
  }
}

Error GroupCoordinator::join_failed(Error error) {
  pending_.reset();
  {
    std::lock_guard lock(mutex_);
    if (state_ == State::kPreparing || state_ == State::kCompleting) state_ = State::kUnjoined;
    rejoin_ = true;
  }
  if (error.code == Errc::kIo || error.code == Errc::kTimeout) forget_coordinator(error.text);
  return error;
}

Result<std::optional<std::string>> GroupCoordinator::await_answer() {
  for (;;) {
    {
      std::lock_guard lock(connection_mutex_);
      if (!connection_) return failure(Errc::kIo, "the connection to the group coordinator is lost", true);
      auto ready = connection_->answered(std::min(pending_->deadline, Clock::now() + kWakeStep));
      if (!ready) return ready.error();
      if (*ready) {
        auto body = connection_->finish(Clock::now() + options_.request_timeout);
        if (!body) {
          connection_.reset();
          return body.error();
        }
        return std::optional<std::string>(std::move(*body));
      }
      if (Clock::now() >= pending_->deadline) {
        connection_.reset();
        return failure(Errc::kTimeout, "the group coordinator did not answer in time", true);
      }
    }
    std::lock_guard lock(mutex_);
    if (stopping_) return failure(Errc::kCancelled, "the group member is stopped");
    if (woken_) return std::optional<std::string>();
  }
}

Result<GroupCoordinator::Join> GroupCoordinator::join_once() {
  if (!pending_) {
    if (auto sent = send_join(); !sent) return join_failed(sent.error());
  }
  if (pending_->api == Api::kJoinGroup) {
    auto body = await_answer();
    if (!body) return join_failed(body.error());
    if (!*body) return Join::kInterrupted;
    auto joined = take_joined(**body);
    if (!joined) return join_failed(joined.error());
    joined_ = std::move(*joined);
    pending_.reset();
    if (auto sent = send_sync(joined_); !sent) return join_failed(sent.error());
  }
  auto body = await_answer();
  if (!body) return join_failed(body.error());
  if (!*body) return Join::kInterrupted;
  if (auto done = take_synced(**body); !done) return join_failed(done.error());
  pending_.reset();
  joined_ = {};
  return Join::kDone;
}

Result<void> GroupCoordinator::send_join() {
  wire::JoinGroupRequest request;
  request.group = options_.group_id;
  request.session_timeout_ms = static_cast<std::int32_t>(options_.session_timeout.count());
  request.rebalance_timeout_ms = static_cast<std::int32_t>(options_.rebalance_timeout.count());
  request.protocol_type = options_.protocol_type;
  {
    std::lock_guard lock(mutex_);
    state_ = State::kPreparing;
    rejoin_ = false;
    request.member_id = member_id_;
    request.reason = rejoin_reason_;
  }
  request.protocols = events_.metadata();
  group_log().info("[Worker clientId={}, groupId={}] (Re-)joining group", options_.client_id, options_.group_id);
  const auto patience = std::max(options_.request_timeout, options_.rebalance_timeout + kJoinSlack);
  return send(Api::kJoinGroup, patience, [&](std::int16_t version) { return wire::encode(request, version); });
}

Result<void> GroupCoordinator::send(Api api, milliseconds patience,
                                    const std::function<std::string(std::int16_t)>& body) {
  auto version = version_of(api);
  if (!version) return version.error();
  std::lock_guard lock(connection_mutex_);
  if (!connection_ || connection_->expired()) {
    connection_.reset();
    return failure(Errc::kIo, "the connection to the group coordinator has ended", true);
  }
  auto sent = connection_->begin(api, *version, body(*version), Clock::now() + options_.request_timeout);
  if (!sent) {
    connection_.reset();
    return sent;
  }
  pending_ = Pending{api, *version, Clock::now() + patience};
  return {};
}

Result<wire::JoinGroupResponse> GroupCoordinator::take_joined(const std::string& body) {
  auto joined = wire::read_join_group(body, pending_->version);
  if (!joined) return joined.error();
  switch (joined->error) {
    case Code::kNone: break;
    case Code::kCoordinatorLoadInProgress: return failure(Errc::kKafka, wire::describe(joined->error), true);
    case Code::kCoordinatorNotAvailable:
    case Code::kNotCoordinator:
      forget_coordinator(wire::describe(joined->error));
      return failure(Errc::kKafka, wire::describe(joined->error), true);
    case Code::kUnknownMemberId: {
      {
        std::lock_guard lock(mutex_);
        join_prepared_ = false;
      }
      reset_generation(false, "");
      return join_again(joined->error);
    }
    case Code::kMemberIdRequired: {
      std::lock_guard lock(mutex_);
      member_id_ = joined->member_id;
      return join_again(joined->error);
    }
    case Code::kRebalanceInProgress: return join_again(joined->error);
    default: return fatal(joined->error);
  }
  if (joined->protocol_type && *joined->protocol_type != options_.protocol_type)
    return fatal(Code::kInconsistentGroupProtocol);
  if (joined->skip_assignment)
    return failure(Errc::kKafka, "the broker skips the assignment, which is for static members only");
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::kPreparing) return join_again(Code::kUnknownMemberId);
    state_ = State::kCompleting;
    member_id_ = joined->member_id;
    generation_ = joined->generation;
  }
  group_log().info(
      "[Worker clientId={}, groupId={}] Successfully joined group with generation Generation{{generationId={}, "
      "memberId='{}', "
      "protocol='{}'}}",
      options_.client_id, options_.group_id, joined->generation, joined->member_id, joined->protocol);
  return joined;
}

Result<void> GroupCoordinator::send_sync(const wire::JoinGroupResponse& joined) {
  wire::SyncGroupRequest request;
  request.group = options_.group_id;
  request.generation = joined.generation;
  request.member_id = joined.member_id;
  request.protocol_type = options_.protocol_type;
  request.protocol = joined.protocol;
  if (joined.leader == joined.member_id) {
    auto shares = events_.assign(joined.leader, joined.protocol, joined.members, joined.generation);
    if (!shares) return shares.error();
    request.assignments = std::move(*shares);
  }
  const auto patience = std::max(options_.request_timeout, options_.rebalance_timeout + kJoinSlack);
  return send(Api::kSyncGroup, patience, [&](std::int16_t version) { return wire::encode(request, version); });
}

Result<void> GroupCoordinator::take_synced(const std::string& body) {
  auto synced = wire::read_sync_group(body, pending_->version);
  if (!synced) return synced.error();
  switch (synced->error) {
    case Code::kNone: break;
    case Code::kRebalanceInProgress: return join_again(synced->error);
    case Code::kUnknownMemberId: reset_generation(false, ""); return join_again(synced->error);
    case Code::kIllegalGeneration: reset_generation(true, ""); return join_again(synced->error);
    case Code::kCoordinatorNotAvailable:
    case Code::kNotCoordinator:
      forget_coordinator(wire::describe(synced->error));
      return failure(Errc::kKafka, wire::describe(synced->error), true);
    case Code::kCoordinatorLoadInProgress: return failure(Errc::kKafka, wire::describe(synced->error), true);
    default: return fatal(synced->error);
  }
  if (synced->protocol_type && *synced->protocol_type != options_.protocol_type)
    return fatal(Code::kInconsistentGroupProtocol);
  if (synced->protocol && *synced->protocol != joined_.protocol) return fatal(Code::kInconsistentGroupProtocol);
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::kCompleting || generation_ != joined_.generation) return join_again(Code::kIllegalGeneration);
    state_ = State::kStable;
    join_prepared_ = false;
    rejoin_requested_ = false;
    rejoin_reason_.clear();
    failed_heartbeats_ = 0;
    last_heartbeat_ = Clock::now();
    next_heartbeat_ = last_heartbeat_ + options_.heartbeat_interval;
  }
  changed_.notify_all();
  group_log().info(
      "[Worker clientId={}, groupId={}] Successfully synced group in generation Generation{{generationId={}, "
      "memberId='{}', "
      "protocol='{}'}}",
      options_.client_id, options_.group_id, joined_.generation, joined_.member_id, joined_.protocol);
  return events_.on_join_complete(joined_.generation, joined_.member_id, joined_.protocol, synced->assignment);
}

}  // namespace millrace::kafka
