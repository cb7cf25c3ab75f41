#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/thread.h"
#include "kafka/group/connect_protocol.h"
#include "runtime/worker.h"
#include "storage/config_state.h"

namespace millrace::runtime {

ConnectorTaskId id_of(const kafka::TaskId& task);
kafka::TaskId id_of(const ConnectorTaskId& task);

/// Brings what runs here in line with what the group assigned.
///
/// Starting makes threads and returns; stopping happens on a thread of its own, and whoever must know is told on the
/// herder's thread: through its queue, or in `wait_for_stops`. What is being stopped is not started again before it has
/// stopped.
/// Threads: the herder's, unless said otherwise.
class AssignedWork {
 public:
  /// Puts work on the herder's queue. Any thread.
  using Post = std::function<bool(std::function<void()>)>;

  /// How tasks of that connector run exactly once; nullopt: they do not.
  using ExactlyOnceOf = std::function<std::optional<ExactlyOnceStart>(const ConnectorTaskId& task,
                                                                      const storage::ClusterConfigState& state)>;

  AssignedWork(Worker& worker, StatusListener& statuses, ConnectorRequests& requests, Post post,
               ExactlyOnceOf exactly_once)
      : worker_(worker),
        statuses_(statuses),
        requests_(requests),
        post_(std::move(post)),
        exactly_once_(std::move(exactly_once)) {}
  ~AssignedWork();

  void set_assignment(const kafka::ConnectorsAndTasks& assigned);
  bool has(const std::string& connector) const { return connectors_.contains(connector); }
  bool has(const ConnectorTaskId& task) const { return tasks_.contains(task); }

  /// Starts what is assigned and configured, and neither runs nor is being stopped. `on_connector` is told, on the herder's
  /// thread, how the start of each connector went.
  using ConnectorStarted = std::function<void(const std::string& connector, TargetState target, Result<void> result)>;
  void start_missing(const storage::ClusterConfigState& state, const ConnectorStarted& on_connector);

  void start(const std::string& connector, const storage::ClusterConfigState& state,
             const ConnectorStarted& on_connector);
  /// `done` runs on the herder's thread once the task is built, or could not be.
  void start(const ConnectorTaskId& task, const storage::ClusterConfigState& state,
             std::function<void(Result<void>)> done);

  /// Stops those of the given that run here; `then` runs on the herder's thread afterwards, also when there were none.
  /// Overlapping stops take their turns: a second restart of a task does not start it beside what the first one stops.
  void stop(std::vector<std::string> connectors, std::vector<ConnectorTaskId> tasks, std::function<void()> then);

  /// Stops what the group took away. It is not assigned from now on, so that nothing that still was to be done (the second
  /// half of a restart, say) starts it again.
  void revoke(const kafka::ConnectorsAndTasks& revoked);

  /// Waits until all stops have ended, those that wait for others too, and what was to follow them is done. Bounded by the
  /// stop timeouts of the worker.
  void wait_for_stops();
  /// Waits likewise, for the last time: nothing follows.
  void close();

  /// Running tasks of a connector that have another config than `state` has for them, or that it does not have.
  std::vector<ConnectorTaskId> outdated_tasks_of(const std::string& connector,
                                                 const storage::ClusterConfigState& state) const;

 private:
  struct Stop {
    std::vector<std::string> connectors;
    std::vector<ConnectorTaskId> tasks;
    std::function<void()> then;
    base::Thread thread;
    bool ended = false;  // guarded by mutex_ of the owner
  };
  void finish_stops();

  Worker& worker_;
  StatusListener& statuses_;
  ConnectorRequests& requests_;
  const Post post_;
  const ExactlyOnceOf exactly_once_;

  std::set<std::string> connectors_;  // assigned
  std::set<ConnectorTaskId> tasks_;   // assigned
  std::set<std::string> stopping_connectors_;
  std::set<ConnectorTaskId> stopping_tasks_;
  std::vector<std::function<void()>> waiting_;  // stops of what is being stopped
  /// Of the tasks started here: which version of its connector's task configs (ClusterConfigState::task_config_generation).
  std::map<ConnectorTaskId, std::optional<std::int32_t>> started_versions_;
  bool closed_ = false;

  std::mutex mutex_;
  std::condition_variable stopped_;
  std::list<Stop> stops_;  // the flags guarded by mutex_
};

}  // namespace millrace::runtime
