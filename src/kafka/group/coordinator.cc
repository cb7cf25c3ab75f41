#include "kafka/group/coordinator.h"

#include <algorithm>
#include <random>
#include <utility>

#include "kafka/group/coordinator_errors.h"

namespace millrace::kafka {
namespace {

using std::chrono::milliseconds;
using wire::Api;
using wire::Code;

constexpr milliseconds kLeaveTimeout{1000};
constexpr milliseconds kShortestTry{2000};
constexpr milliseconds kForEver{std::chrono::hours(24 * 365)};

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
  group_log().info("[Worker clientId={}, groupId={}] Discovered group coordinator {} (id: {} rack: null)",
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
        group_log().warn("[Worker clientId={}, groupId={}] cannot find the group coordinator, trying again: {}",
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
  group_log().info(
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
  group_log().info("[Worker clientId={}, groupId={}] Member {} sending LeaveGroup request to coordinator due to {}",
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
  group_log().debug("LeaveGroup was not answered: {}", body.error().text);
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

}  // namespace millrace::kafka
