#pragma once

#include <mutex>

#include "storage/status_store.h"

namespace millrace::storage {

/// Statuses in memory: the standalone worker's.
class MemoryStatusStore : public StatusStore {
 public:
  void put(const std::string& connector, const Status& status) override;
  void put(const ConnectorTaskId& task, const Status& status) override;
  void put_safe(const std::string& connector, const Status& status) override;
  void put_safe(const ConnectorTaskId& task, const Status& status) override;
  void put(const TopicStatus& topic) override;
  void delete_topic(const std::string& connector, const std::string& topic) override;

  std::optional<Status> get(const std::string& connector) const override;
  std::optional<Status> get(const ConnectorTaskId& task) const override;
  std::map<std::int32_t, Status> tasks_of(const std::string& connector) const override;
  std::set<std::string> connectors() const override;
  std::optional<TopicStatus> topic(const std::string& connector, const std::string& topic) const override;
  std::vector<TopicStatus> topics_of(const std::string& connector) const override;

 private:
  template <class Id>
  void put_locked(const Id& id, const Status& status);

  mutable std::mutex mutex_;
  StatusTable table_;
};

}  // namespace millrace::storage
