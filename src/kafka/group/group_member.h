#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/client_config.h"
#include "kafka/group/connect_protocol.h"

namespace millrace::kafka {

/// What the cluster is configured to run, and up to which offset of the config topic that is known.
struct ConfiguredWork {
  std::int64_t config_offset = -1;
  ConnectorsAndTasks work;  ///< a connector whose task configs are not whole has no tasks here
};

/// The herder, as its group member sees it. Everything runs inside `GroupMember::poll`, on the caller's thread.
class GroupMemberListener {
 public:
  virtual ~GroupMemberListener() = default;

  /// A fresh look at the config topic: for the metadata of a join, and for the leader's assignment. Blocks until work that was
  /// revoked has really stopped, so that nobody else is given it while it still runs here.
  virtual ConfiguredWork configured_work() = 0;

  /// Of what was lost with a member that is gone: what that member had stopped in good order before, so that nothing is gained by
  /// waiting for its return. Asked by the leader, once a rebalance at most. May block for a moment.
  virtual ConnectorsAndTasks given_up(const ConnectorsAndTasks& /*lost*/) { return {}; }

  /// A rebalance is complete. `assignment.assigned` is everything this member holds now (what the message brought on top of what
  /// it kept), `assignment.revoked` and the rest are the message's own.
  virtual void on_assigned(const Assignment& assignment, std::int32_t generation) = 0;

  /// This member must give up these. Called before `on_assigned` of the same rebalance; and with everything when the
  /// coordinator is lost, or before each join in the eager protocol.
  virtual void on_revoked(const ConnectorsAndTasks& revoked) = 0;
};

/// This worker's membership in the cluster's group: joins, leads when told to, keeps the heartbeat going, leaves.
///
/// Behaviour: Kafka Connect's WorkerCoordinator and WorkerGroupMember.
/// Threads: `poll`, `leave` and `stop` on one thread; everything else from any.
class GroupMember {
 public:
  struct Options {
    std::string group_id;
    ClientConfig client;  ///< Java names: bootstrap.servers, security.*, client.id, back-offs, request.timeout.ms, ...
    std::string url;      ///< advertised, with a slash at the end
    /// Offered in this order.
    std::vector<ConnectProtocolVersion> protocols;
    std::chrono::milliseconds session_timeout{10'000};
    std::chrono::milliseconds heartbeat_interval{3'000};
    std::chrono::milliseconds rebalance_timeout{60'000};
    std::chrono::milliseconds scheduled_rebalance_max_delay{300'000};
    /// What the polling thread is doing, for the warning when it does not come back in time. May be empty.
    std::function<std::string()> current_stage;
  };

  /// Connects to nothing yet. An Error: the settings make no client.
  static Result<std::unique_ptr<GroupMember>> create(Options options, GroupMemberListener& listener);
  virtual ~GroupMember() = default;

  /// Does what membership needs (discovery, join and sync, callbacks) and then waits up to `timeout`, or until `wake_up`. Zero: one
  /// round without waiting, but a join that is due is carried through, unless `wake_up` interrupts it: the next poll goes on with
  /// it then, and meanwhile `member_id` is empty. Returns as soon as a rebalance is complete. An Error is final: the worker must end.
  virtual Result<void> poll(std::chrono::milliseconds timeout) = 0;
  /// Ends the wait of the current or the next `poll`.
  virtual void wake_up() = 0;

  /// The next poll joins again. Several requests before it are one.
  virtual void request_rejoin(const std::string& reason) = 0;
  /// Leaves the group; the next poll joins again as a new member.
  virtual void leave(const std::string& reason) = 0;
  /// Leaves for good ("the consumer is being closed"). Bounded by a few seconds.
  virtual void stop() = 0;

  /// Empty unless a member in good standing.
  virtual std::string member_id() const = 0;
  virtual std::int32_t generation() const = 0;
  virtual ConnectProtocolVersion protocol() const = 0;
  /// Of the last assignment: is this member its leader?
  virtual bool is_leader() const = 0;
  /// Empty when no leader is known.
  virtual std::string leader_url() const = 0;
  /// Who runs it, as the leader assigned it last. Empty on a worker that does not lead, and when nobody does.
  virtual std::string owner_url(const std::string& connector) const = 0;
  virtual std::string owner_url(const TaskId& task) const = 0;
};

}  // namespace millrace::kafka
