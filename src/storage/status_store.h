#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/types.h"

namespace millrace::storage {

/// The status of a connector or a task, as the status topic has it.
struct Status {
  State state = State::kUnassigned;
  std::string worker_id;
  std::int32_t generation = 0;
  std::optional<std::string> version;  ///< of the connector or task class; nullopt with UNASSIGNED and RESTARTING
  std::optional<std::string> trace;
  bool operator==(const Status&) const = default;
};

/// A topic that a connector has used.
struct TopicStatus {
  std::string topic;
  std::string connector;
  std::int32_t task = 0;
  std::int64_t discover_ms = 0;
  bool operator==(const TopicStatus&) const = default;
};

/// Statuses of connectors and tasks, and the topics they use.
///
/// Threads: any. Puts do not block; what was put is seen by `get` once it is stored (at once in memory, when it was
/// read back from the topic otherwise). Putting DESTROYED removes the entry.
class StatusStore {
 public:
  virtual ~StatusStore() = default;

  virtual void put(const std::string& connector, const Status& status) = 0;
  virtual void put(const ConnectorTaskId& task, const Status& status) = 0;
  /// Not written when another worker has put one with a higher generation (FAILED and UNASSIGNED go this way).
  virtual void put_safe(const std::string& connector, const Status& status) = 0;
  virtual void put_safe(const ConnectorTaskId& task, const Status& status) = 0;
  virtual void put(const TopicStatus& topic) = 0;
  virtual void delete_topic(const std::string& connector, const std::string& topic) = 0;

  virtual std::optional<Status> get(const std::string& connector) const = 0;
  virtual std::optional<Status> get(const ConnectorTaskId& task) const = 0;
  virtual std::map<std::int32_t, Status> tasks_of(const std::string& connector) const = 0;
  virtual std::set<std::string> connectors() const = 0;
  virtual std::optional<TopicStatus> topic(const std::string& connector, const std::string& topic) const = 0;
  virtual std::vector<TopicStatus> topics_of(const std::string& connector) const = 0;
};

/// The table behind a status store: what is known, and the rules of replacing it.
///
/// Threads: one at a time.
class StatusTable {
 public:
  void set(const std::string& connector, const Status& status);
  /// `written_ms`: when, where that is known.
  void set(const ConnectorTaskId& task, const Status& status, std::int64_t written_ms = 0);
  void set(const TopicStatus& topic);
  /// With all of its tasks, except for those written later than `deleted_ms`: a connector and its tasks are in different
  /// partitions of the status topic, so the end of one that was created anew since may be read after the new one's tasks.
  void erase(const std::string& connector, std::int64_t deleted_ms = std::numeric_limits<std::int64_t>::max());
  void erase(const ConnectorTaskId& task);
  void erase_topic(const std::string& connector, const std::string& topic);

  std::optional<Status> get(const std::string& connector) const;
  std::optional<Status> get(const ConnectorTaskId& task) const;
  std::map<std::int32_t, Status> tasks_of(const std::string& connector) const;
  std::set<std::string> connectors() const;
  std::optional<TopicStatus> topic(const std::string& connector, const std::string& topic) const;
  std::vector<TopicStatus> topics_of(const std::string& connector) const;

  /// May `status` replace `current` under the rule of `put_safe`?
  static bool safe_to_replace(const std::optional<Status>& current, const Status& status);

  /// Is `status`, read back from the topic, older news than `current`? An UNASSIGNED task of the generation in which
  /// another worker has started it already, or of an earlier one. As in Java a worker's own counts as late too, so that a task
  /// that is only started again with new settings goes on showing RUNNING.
  static bool is_late(const std::optional<Status>& current, const Status& status);

 private:
  std::map<std::string, Status> connectors_;
  struct TaskEntry {
    Status status;
    std::int64_t written_ms = 0;
  };
  std::map<ConnectorTaskId, TaskEntry> tasks_;
  std::map<std::string, std::map<std::string, TopicStatus>> topics_;  // connector, topic
};

}  // namespace millrace::storage
