#include "kafka/group/coordinator.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/log.h"

namespace millrace::kafka {
namespace {

using std::chrono::milliseconds;
using wire::Api;
using wire::Code;

constexpr milliseconds kJoinSlack{5000};
constexpr milliseconds kLeaveTimeout{1000};
/// How soon a wake-up is noticed while an answer is awaited.
constexpr milliseconds kWakeStep{50};
constexpr milliseconds kShortestTry{2000};
constexpr milliseconds kForEver{std::chrono::hours(24 * 365)};

base::Log& logger() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.distributed.WorkerCoordinator");
  return log;
}

Error failure(Errc code, std::string text, bool retriable = false) {
  return Error{code, std::move(text), retriable, {}, {}, 0};
}
Error again(Code code) { return failure(Errc::kConflict, wire::describe(code), true); }

Result<std::vector<wire::Address>> bootstrap_of(const ClientConfig& config) {
  auto it = config.find("bootstrap.servers");
  std::vector<wire::Address> out;
  std::string text = it == config.end() ? std::string("localhost:9092") : it->second;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const auto comma = std::min(text.find(',', begin), text.size());
    std::string one = text.substr(begin, comma - begin);
    one.erase(std::remove_if(one.begin(), one.end(), [](unsigned char c) { return std::isspace(c) != 0; }), one.end());
    begin = comma + 1;
    if (one.empty()) continue;
    auto address = wire::parse_address(one);
    if (!address) return address.error();
    out.push_back(std::move(*address));
  }
  if (out.empty()) return failure(Errc::kInvalid, "No resolvable bootstrap urls given in bootstrap.servers");
  return out;
}

}  // namespace

Result<std::unique_ptr<GroupCoordinator>> GroupCoordinator::create(MembershipOptions options,
                                                                   const ClientConfig& config,
                                                                   MembershipEvents& events) {
  if (options.heartbeat_interval >= options.session_timeout) {
    return failure(Errc::kInvalid, "Heartbeat must be set lower than the session timeout");
  }
  auto bootstrap = bootstrap_of(config);
  if (!bootstrap) return bootstrap.error();
  auto security = read_security(config);
  if (!security) return security.error();
  return std::unique_ptr<GroupCoordinator>(
      new GroupCoordinator(std::move(options), std::move(*bootstrap), std::move(*security), events));
}

GroupCoordinator::GroupCoordinator(MembershipOptions options, std::vector<wire::Address> bootstrap, Security security,
                                   MembershipEvents& events)
    : options_(std::move(options)), bootstrap_(std::move(bootstrap)), security_(std::move(security)), events_(events) {}

GroupCoordinator::~GroupCoordinator() { stop(); }

milliseconds GroupCoordinator::backoff(int attempt) const {
  thread_local std::minstd_rand random(std::random_device{}());
  const double jitter = std::uniform_real_distribution<double>(0.8, 1.2)(random);
  double time = static_cast<double>(options_.retry_backoff.count()) * static_cast<double>(1LL << std::min(attempt, 20));
  time = std::min(time * jitter, static_cast<double>(options_.retry_backoff_max.count()));
  return milliseconds(static_cast<std::int64_t>(time));
}

/// False when it is time to stop.
bool GroupCoordinator::pause_for(milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] { return stopping_; });
  return !stopping_;
}

Result<std::int16_t> GroupCoordinator::version_of(Api api) {
  std::lock_guard lock(connection_mutex_);
  if (!connection_) return failure(Errc::kIo, "no connection to the group coordinator", true);
  return connection_->version_of(api);
}

/// On the coordinator's connection. What fails there ends the connection.
Result<std::string> GroupCoordinator::call(Api api, std::int16_t version, const std::string& body, Time deadline) {
  std::lock_guard lock(connection_mutex_);
  if (!connection_) return failure(Errc::kIo, "no connection to the group coordinator", true);
  if (connection_->expired()) {
    connection_.reset();
    return failure(Errc::kIo, "the SASL session ends soon, connecting again", true);
  }
  auto answer = connection_->call(api, version, body, deadline);
  if (!answer) connection_.reset();
  return answer;
}

Result<void> GroupCoordinator::ask_for_coordinator(wire::Connection& connection, Time deadline) {
  auto version = connection.version_of(Api::kFindCoordinator);
  if (!version) return version.error();
  auto body = connection.call(Api::kFindCoordinator, *version,
                              wire::find_coordinator_request(*version, options_.group_id), deadline);
  if (!body) return body.error();
  auto answer = wire::read_find_coordinator(*body, *version);
  if (!answer) return answer.error();
  switch (answer->error) {
    case Code::kNone: break;
    case Code::kCoordinatorNotAvailable:
    case Code::kCoordinatorLoadInProgress:
    case Code::kNotCoordinator: return failure(Errc::kKafka, wire::describe(answer->error), true);
    case Code::kGroupAuthorizationFailed:
      return failure(Errc::kForbidden, "Not authorized to access group: " + options_.group_id);
    default:
      return failure(Errc::kKafka, "Could not find the coordinator of group " + options_.group_id + ": " +
                                       (answer->message.empty() ? wire::describe(answer->error) : answer->message));
  }
  const wire::Address address{answer->host, answer->port};
  std::lock_guard lock(connection_mutex_);
  coordinator_ = address;
  if (connection_ && connection_->address() == address && !connection_->expired()) return {};
  connection_.reset();
  auto opened = wire::Connection::open(address, security_, options_.client_id, deadline, cancel_);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  logger().info("[Worker clientId={}, groupId={}] Discovered group coordinator {} (id: {} rack: null)",
                options_.client_id, options_.group_id, wire::to_string(address), answer->node);
  return {};
}

/// One round over the bootstrap servers.
Result<void> GroupCoordinator::find_coordinator(Time deadline) {
  Error last = failure(Errc::kIo, "no bootstrap server", true);
  for (std::size_t i = 0; i < bootstrap_.size(); ++i) {
    const wire::Address& address = bootstrap_[next_bootstrap_ % bootstrap_.size()];
    auto connection = wire::Connection::open(address, security_, options_.client_id, deadline, cancel_);
    if (!connection) {
      last = connection.error();
      if (last.code == Errc::kCancelled || (!last.retriable && last.code != Errc::kForbidden)) return last;
      ++next_bootstrap_;
      continue;
    }
    auto asked = ask_for_coordinator(**connection, deadline);
    if (asked) {
      std::lock_guard lock(mutex_);
      coordinator_known_ = true;
      trouble_.clear();
      last_heartbeat_ = Clock::now();
      next_heartbeat_ = last_heartbeat_ + options_.heartbeat_interval;
      return {};
    }
    last = asked.error();
    if (!last.retriable) return last;
    ++next_bootstrap_;
  }
  return last;
}

Result<void> GroupCoordinator::ensure_coordinator(Time deadline) {
  for (int attempt = 0;; ++attempt) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return failure(Errc::kCancelled, "the group member is stopped");
      if (coordinator_known_) return {};
    }
    // A broker holds back its answer to a wrong password for a while: too short a try would never hear of it.
    const Time until =
        std::max(std::min(deadline, Clock::now() + options_.request_timeout), Clock::now() + kShortestTry);
    auto found = find_coordinator(until);
    if (found) return {};
    const Error& error = found.error();
    if (!error.retriable) return error;
    {
      std::lock_guard lock(mutex_);
      if (trouble_ != error.text) {
        trouble_ = error.text;
        logger().warn("[Worker clientId={}, groupId={}] cannot find the group coordinator, trying again: {}",
                      options_.client_id, options_.group_id, error.text);
      }
    }
    const auto pause = std::min(backoff(attempt),
                                std::chrono::ceil<milliseconds>(std::max(deadline - Clock::now(), Clock::duration{})));
    if (Clock::now() >= deadline) return error;
    if (!pause_for(pause)) return failure(Errc::kCancelled, "the group member is stopped");
  }
}

void GroupCoordinator::forget_coordinator(const std::string& why) {
  {
    std::lock_guard lock(mutex_);
    if (!coordinator_known_) return;
    coordinator_known_ = false;
    if (stopping_) return;
  }
  {
    std::lock_guard lock(connection_mutex_);
    connection_.reset();
  }
  logger().info(
      "[Worker clientId={}, groupId={}] Group coordinator is unavailable or invalid due to cause: {}. Rediscovery will "
      "be attempted.",
      options_.client_id, options_.group_id, why);
  changed_.notify_all();
}

void GroupCoordinator::reset_generation(bool keep_member_id, const std::string& why) {
  std::lock_guard lock(mutex_);
  state_ = State::kUnjoined;
  generation_ = -1;
  if (!keep_member_id) member_id_.clear();
  rejoin_ = true;
  rejoin_reason_ = why;
  changed_.notify_all();
}

Error GroupCoordinator::fatal(Code code) const {
  std::string text = code == Code::kGroupAuthorizationFailed ? "Not authorized to access group: " + options_.group_id
                                                             : wire::describe(code);
  return failure(code == Code::kGroupAuthorizationFailed ? Errc::kForbidden : Errc::kKafka, std::move(text));
}

Result<void> GroupCoordinator::poll(milliseconds timeout) {
  const Time deadline = Clock::now() + std::min(timeout, kForEver);
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return failure(Errc::kCancelled, "the group member is stopped");
    polling_ = true;
    last_poll_ = Clock::now();
  }
  struct Leave {
    GroupCoordinator& self;
    ~Leave() {
      std::lock_guard lock(self.mutex_);
      self.polling_ = false;
      self.last_poll_ = Clock::now();
    }
  } leave{*this};

  for (;;) {
    bool known = false;
    {
      std::lock_guard lock(mutex_);
      known = coordinator_known_;
    }
    if (!known) {
      auto found = ensure_coordinator(Clock::now() + options_.heartbeat_interval);
      if (!found) {
        if (!found.error().retriable) return found;
        events_.on_coordinator_unreachable();
      }
    }
    if (rejoin_needed()) {
      auto joined = join_until_stable();
      if (!joined) return joined.error();
      if (*joined == Join::kDone) {
        // The caller has an assignment to act on.
        std::lock_guard lock(mutex_);
        woken_ = false;
        return {};
      }
    }
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] {
      return stopping_ || woken_ || rejoin_ || rejoin_requested_ || !coordinator_known_ || state_ != State::kStable;
    });
    if (stopping_) return failure(Errc::kCancelled, "the group member is stopped");
    if (std::exchange(woken_, false) || Clock::now() >= deadline) return {};
  }
}

bool GroupCoordinator::rejoin_needed() const {
  {
    std::lock_guard lock(mutex_);
    if (rejoin_ || rejoin_requested_ || state_ != State::kStable) return true;
  }
  return events_.rejoin_wanted();
}

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
    logger().debug("join failed, trying again: {}", error.text);
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
  logger().info("[Worker clientId={}, groupId={}] (Re-)joining group", options_.client_id, options_.group_id);
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
      return again(joined->error);
    }
    case Code::kMemberIdRequired: {
      std::lock_guard lock(mutex_);
      member_id_ = joined->member_id;
      return again(joined->error);
    }
    case Code::kRebalanceInProgress: return again(joined->error);
    default: return fatal(joined->error);
  }
  if (joined->protocol_type && *joined->protocol_type != options_.protocol_type)
    return fatal(Code::kInconsistentGroupProtocol);
  if (joined->skip_assignment)
    return failure(Errc::kKafka, "the broker skips the assignment, which is for static members only");
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::kPreparing) return again(Code::kUnknownMemberId);
    state_ = State::kCompleting;
    member_id_ = joined->member_id;
    generation_ = joined->generation;
  }
  logger().info(
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
    case Code::kRebalanceInProgress: return again(synced->error);
    case Code::kUnknownMemberId: reset_generation(false, ""); return again(synced->error);
    case Code::kIllegalGeneration: reset_generation(true, ""); return again(synced->error);
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
    if (state_ != State::kCompleting || generation_ != joined_.generation) return again(Code::kIllegalGeneration);
    state_ = State::kStable;
    join_prepared_ = false;
    rejoin_requested_ = false;
    rejoin_reason_.clear();
    failed_heartbeats_ = 0;
    last_heartbeat_ = Clock::now();
    next_heartbeat_ = last_heartbeat_ + options_.heartbeat_interval;
  }
  changed_.notify_all();
  logger().info(
      "[Worker clientId={}, groupId={}] Successfully synced group in generation Generation{{generationId={}, "
      "memberId='{}', "
      "protocol='{}'}}",
      options_.client_id, options_.group_id, joined_.generation, joined_.member_id, joined_.protocol);
  return events_.on_join_complete(joined_.generation, joined_.member_id, joined_.protocol, synced->assignment);
}

void GroupCoordinator::wake_up() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void GroupCoordinator::request_rejoin(std::string reason) {
  {
    std::lock_guard lock(mutex_);
    rejoin_requested_ = true;
    rejoin_reason_ = std::move(reason);
  }
  changed_.notify_all();
}

void GroupCoordinator::leave(const std::string& reason) {
  std::string id;
  {
    std::lock_guard lock(mutex_);
    const bool joined = state_ != State::kUnjoined && coordinator_known_ && !member_id_.empty();
    if (joined) id = member_id_;
    state_ = State::kUnjoined;
    generation_ = -1;
    member_id_.clear();
    rejoin_ = true;
    rejoin_reason_.clear();
  }
  changed_.notify_all();
  if (id.empty()) return;
  logger().info("[Worker clientId={}, groupId={}] Member {} sending LeaveGroup request to coordinator due to {}",
                options_.client_id, options_.group_id, id, reason);
  std::lock_guard lock(connection_mutex_);
  const Time deadline = Clock::now() + kLeaveTimeout;
  if (pending_ || !connection_) {
    // Brokers answer in order, and the awaited answer may take long: goodbye goes over a connection of its own.
    pending_.reset();
    connection_.reset();
    auto opened = wire::Connection::open(coordinator_, security_, options_.client_id, deadline, cancel_);
    if (!opened) return;
    connection_ = std::move(*opened);
  }
  auto version = connection_->version_of(Api::kLeaveGroup);
  if (!version) return;
  auto body = connection_->call(Api::kLeaveGroup, *version,
                                wire::leave_group_request(*version, options_.group_id, id, reason), deadline);
  if (body) return;
  logger().debug("LeaveGroup was not answered: {}", body.error().text);
  connection_.reset();
  std::lock_guard state_lock(mutex_);
  coordinator_known_ = false;
}

void GroupCoordinator::stop() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  changed_.notify_all();
  leave("the consumer is being closed");
  cancel_.set();
  if (heartbeat_thread_.joinable()) {
    heartbeat_thread_.request_stop();
    changed_.notify_all();
    heartbeat_thread_.join();
  }
}

std::string GroupCoordinator::member_id() const {
  std::lock_guard lock(mutex_);
  return state_ == State::kStable ? member_id_ : std::string();
}

std::int32_t GroupCoordinator::generation() const {
  std::lock_guard lock(mutex_);
  return state_ == State::kStable ? generation_ : -1;
}

void GroupCoordinator::heartbeat_loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    enum class Next : std::uint8_t { kWait, kBeat, kFind, kSessionOver, kPollOver } next = Next::kWait;
    {
      std::unique_lock lock(mutex_);
      const Time now = Clock::now();
      Time wake = now + options_.heartbeat_interval;
      if (stopping_) return;
      if (state_ == State::kStable) {
        const Time poll_limit = last_poll_ + options_.rebalance_timeout;
        const Time session_limit = last_heartbeat_ + options_.session_timeout;
        if (!polling_ && now >= poll_limit) {
          next = Next::kPollOver;
        } else if (!coordinator_known_) {
          next = polling_ ? Next::kWait : Next::kFind;  // who is in poll looks for it
        } else if (now >= session_limit) {
          next = Next::kSessionOver;
        } else if (now >= next_heartbeat_) {
          next = Next::kBeat;
        } else {
          wake = std::min(next_heartbeat_, session_limit);
          if (!polling_) wake = std::min(wake, poll_limit);
        }
      }
      if (next == Next::kWait) {
        changed_.wait_until(lock, wake, [&] { return stopping_ || stop.stop_requested() || Clock::now() >= wake; });
        continue;
      }
    }
    switch (next) {
      case Next::kBeat: beat(); break;
      case Next::kFind:
        if (auto found = find_coordinator(Clock::now() + options_.heartbeat_interval); !found)
          pause_for(options_.retry_backoff);
        break;
      case Next::kSessionOver: forget_coordinator("session timed out without receiving a heartbeat response"); break;
      case Next::kPollOver:
        events_.on_poll_timeout();
        leave("worker poll timeout has expired.");
        break;
      case Next::kWait: break;
    }
  }
}

void GroupCoordinator::beat() {
  std::string id;
  std::int32_t generation = -1;
  {
    std::lock_guard lock(mutex_);
    id = member_id_;
    generation = generation_;
    next_heartbeat_ = Clock::now() + options_.heartbeat_interval;
  }
  auto told = [&]() -> Result<Code> {
    auto version = version_of(Api::kHeartbeat);
    if (!version) return version.error();
    auto body = call(Api::kHeartbeat, *version, wire::heartbeat_request(*version, options_.group_id, generation, id),
                     Clock::now() + std::min(options_.request_timeout, options_.session_timeout));
    if (!body) return body.error();
    return wire::read_heartbeat(*body, *version);
  }();
  if (!told) {
    {
      std::lock_guard lock(mutex_);
      next_heartbeat_ = Clock::now() + backoff(failed_heartbeats_++);
    }
    if (told.error().code != Errc::kCancelled) forget_coordinator(told.error().text);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    // What a heartbeat of an earlier generation brings means nothing any more.
    if (state_ != State::kStable || generation_ != generation || member_id_ != id) return;
    if (*told == Code::kNone || *told == Code::kRebalanceInProgress) {
      last_heartbeat_ = Clock::now();
      failed_heartbeats_ = 0;
    }
  }
  switch (*told) {
    case Code::kNone: return;
    case Code::kRebalanceInProgress:
      logger().info("[Worker clientId={}, groupId={}] Request joining group due to: group is already rebalancing",
                    options_.client_id, options_.group_id);
      {
        std::lock_guard lock(mutex_);
        rejoin_ = true;
      }
      changed_.notify_all();
      return;
    case Code::kCoordinatorNotAvailable:
    case Code::kNotCoordinator: forget_coordinator(wire::describe(*told)); return;
    case Code::kIllegalGeneration:
      logger().info("[Worker clientId={}, groupId={}] Attempt to heartbeat with generation {} failed: {}",
                    options_.client_id, options_.group_id, generation, wire::describe(*told));
      reset_generation(true, "");
      return;
    case Code::kUnknownMemberId:
      logger().info("[Worker clientId={}, groupId={}] Attempt to heartbeat with member id {} failed: {}",
                    options_.client_id, options_.group_id, id, wire::describe(*told));
      reset_generation(false, "");
      return;
    default: {
      // Anything else shows again, as fatal, when joining.
      std::lock_guard lock(mutex_);
      next_heartbeat_ = Clock::now() + backoff(failed_heartbeats_++);
      if (*told != Code::kCoordinatorLoadInProgress) {
        state_ = State::kUnjoined;
        rejoin_ = true;
        changed_.notify_all();
      }
    }
  }
}

}  // namespace millrace::kafka
