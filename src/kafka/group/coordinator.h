#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/thread.h"
#include "kafka/client_config.h"
#include "kafka/security.h"
#include "kafka/wire/connection.h"

namespace millrace::kafka {

/// What a member of a group decides; GroupCoordinator calls it on the thread that is inside `poll`.
class MembershipEvents {
 public:
  virtual ~MembershipEvents() = default;
  /// Before each join that follows a finished one.
  virtual void on_join_prepare() = 0;
  /// Protocol names with this member's metadata, the preferred first.
  virtual std::vector<std::pair<std::string, std::string>> metadata() = 0;
  /// This member leads: what every member gets, by member id. An Error is fatal.
  virtual Result<std::vector<std::pair<std::string, std::string>>> assign(
      const std::string& leader_id, const std::string& protocol,
      const std::vector<std::pair<std::string, std::string>>& members, std::int32_t generation) = 0;
  virtual Result<void> on_join_complete(std::int32_t generation, const std::string& member_id,
                                        const std::string& protocol, const std::string& assignment) = 0;
  /// A reason to join beyond the coordinator's own: no assignment, or a failed one.
  virtual bool rejoin_wanted() = 0;
  /// The coordinator could not be found for a heartbeat interval. May be told again and again.
  virtual void on_coordinator_unreachable() = 0;
  /// Runs on the heartbeat thread: `poll` was not called for the rebalance timeout, and the group is left.
  virtual void on_poll_timeout() = 0;
};

struct MembershipOptions {
  std::string group_id;
  std::string client_id;
  std::string protocol_type;
  std::chrono::milliseconds session_timeout{10000};
  std::chrono::milliseconds rebalance_timeout{60000};
  std::chrono::milliseconds heartbeat_interval{3000};
  std::chrono::milliseconds request_timeout{40000};
  std::chrono::milliseconds retry_backoff{100};
  std::chrono::milliseconds retry_backoff_max{1000};
};

/// A dynamic member of a classic consumer group of any protocol type (Java: AbstractCoordinator).
///
/// Why it is safe: everything that decides (state, generation, member id, coordinator) is under one mutex; the connection to the
/// coordinator is under another, which is taken for one request and answer at a time. An
/// answer only counts if the generation it was asked for still is the current one, so a heartbeat that crosses a join
/// changes nothing. (The connection's mutex may be held while the state's is taken, never the other way round.) While a join or sync is on its way no heartbeats are sent: brokers keep such members by themselves.
///
/// Threads: `poll`, `leave` and `stop` on one; `wake_up`, `request_rejoin` and the getters from any.
class GroupCoordinator {
 public:
  static Result<std::unique_ptr<GroupCoordinator>> create(MembershipOptions options, const ClientConfig& config,
                                                          MembershipEvents& events);
  ~GroupCoordinator();
  GroupCoordinator(const GroupCoordinator&) = delete;
  GroupCoordinator& operator=(const GroupCoordinator&) = delete;

  /// Finds the coordinator, joins when needed (which may take as long as the slowest member), then waits until `timeout` is over or
  /// `wake_up` is called; returns early once a join is complete. A join that `wake_up` finds under way is not given up: the next poll
  /// goes on with it. An Error is fatal: the worker must end. After `stop`: kCancelled.
  Result<void> poll(std::chrono::milliseconds timeout);
  void wake_up();
  /// Joins again in the next poll. `reason` is told to the broker.
  void request_rejoin(std::string reason);
  /// Not waited for by the broker's answer; nothing when there is no member id.
  void leave(const std::string& reason);
  /// Leaves the group and ends the heartbeats. Whoever is in `poll` returns.
  void stop();

  bool rejoin_needed() const;
  /// Empty unless the member is stable.
  std::string member_id() const;
  std::int32_t generation() const;

 private:
  enum class State : std::uint8_t { kUnjoined, kPreparing, kCompleting, kStable };
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  GroupCoordinator(MembershipOptions options, std::vector<wire::Address> bootstrap, Security security,
                   MembershipEvents& events);

  Result<void> find_coordinator(Time deadline);
  Result<void> ask_for_coordinator(wire::Connection& connection, Time deadline);
  Result<void> ensure_coordinator(Time deadline);
  void forget_coordinator(const std::string& why);
  enum class Join : std::uint8_t { kDone, kInterrupted };
  Result<Join> join_until_stable();
  /// Sends, or goes on to wait for, JoinGroup and SyncGroup. kConflict: join again at once; retriable: after a pause; else fatal.
  Result<Join> join_once();
  Result<void> send_join();
  Result<void> send(wire::Api api, std::chrono::milliseconds patience,
                    const std::function<std::string(std::int16_t)>& body);
  Result<void> send_sync(const wire::JoinGroupResponse& joined);
  Result<wire::JoinGroupResponse> take_joined(const std::string& body);
  Result<void> take_synced(const std::string& body);
  Error join_failed(Error error);
  /// nullopt: woken up first.
  Result<std::optional<std::string>> await_answer();
  Error fatal(wire::Code code) const;
  Result<std::string> call(wire::Api api, std::int16_t version, const std::string& body, Time deadline);
  Result<std::int16_t> version_of(wire::Api api);
  bool pause_for(std::chrono::milliseconds time);
  void reset_generation(bool keep_member_id, const std::string& why);
  std::chrono::milliseconds backoff(int attempt) const;

  // Runs on: the heartbeat thread.
  void heartbeat_loop(const std::stop_token& stop);
  void beat();

  const MembershipOptions options_;
  const std::vector<wire::Address> bootstrap_;
  const Security security_;
  MembershipEvents& events_;
  wire::Cancel cancel_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kUnjoined;
  std::string member_id_;
  std::int32_t generation_ = -1;
  bool rejoin_ = true;
  bool rejoin_requested_ = false;  ///< from outside; a join that completes answers it
  std::string rejoin_reason_;
  bool join_prepared_ = false;
  bool coordinator_known_ = false;
  bool woken_ = false;
  bool stopping_ = false;
  bool polling_ = false;  ///< somebody is inside poll
  Time last_poll_{};
  Time last_heartbeat_{};  ///< answered
  Time next_heartbeat_{};
  int failed_heartbeats_ = 0;
  std::string trouble_;  ///< said last about the coordinator
  std::size_t next_bootstrap_ = 0;

  // Runs on: the thread of poll. The request whose answer is awaited, and what JoinGroup answered.
  struct Pending {
    wire::Api api;
    std::int16_t version = 0;
    Time deadline{};
  };
  std::optional<Pending> pending_;
  wire::JoinGroupResponse joined_;

  std::mutex connection_mutex_;
  std::unique_ptr<wire::Connection> connection_;
  wire::Address coordinator_;

  base::Thread heartbeat_thread_;
};

}  // namespace millrace::kafka
