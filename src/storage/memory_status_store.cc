#include "storage/memory_status_store.h"

namespace millrace::storage {

template <class Id>
void MemoryStatusStore::put_locked(const Id& id, const Status& status) {
  if (status.state == State::kDestroyed) {
    table_.erase(id);
  } else {
    table_.set(id, status);
  }
}

void MemoryStatusStore::put(const std::string& connector, const Status& status) {
  const std::scoped_lock lock(mutex_);
  put_locked(connector, status);
}

void MemoryStatusStore::put(const ConnectorTaskId& task, const Status& status) {
  const std::scoped_lock lock(mutex_);
  put_locked(task, status);
}

void MemoryStatusStore::put_safe(const std::string& connector, const Status& status) {
  const std::scoped_lock lock(mutex_);
  if (StatusTable::safe_to_replace(table_.get(connector), status)) put_locked(connector, status);
}

void MemoryStatusStore::put_safe(const ConnectorTaskId& task, const Status& status) {
  const std::scoped_lock lock(mutex_);
  if (StatusTable::safe_to_replace(table_.get(task), status)) put_locked(task, status);
}

void MemoryStatusStore::put(const TopicStatus& topic) {
  const std::scoped_lock lock(mutex_);
  table_.set(topic);
}

void MemoryStatusStore::delete_topic(const std::string& connector, const std::string& topic) {
  const std::scoped_lock lock(mutex_);
  table_.erase_topic(connector, topic);
}

std::optional<Status> MemoryStatusStore::get(const std::string& connector) const {
  const std::scoped_lock lock(mutex_);
  return table_.get(connector);
}

std::optional<Status> MemoryStatusStore::get(const ConnectorTaskId& task) const {
  const std::scoped_lock lock(mutex_);
  return table_.get(task);
}

std::map<std::int32_t, Status> MemoryStatusStore::tasks_of(const std::string& connector) const {
  const std::scoped_lock lock(mutex_);
  return table_.tasks_of(connector);
}

std::set<std::string> MemoryStatusStore::connectors() const {
  const std::scoped_lock lock(mutex_);
  return table_.connectors();
}

std::optional<TopicStatus> MemoryStatusStore::topic(const std::string& connector, const std::string& topic) const {
  const std::scoped_lock lock(mutex_);
  return table_.topic(connector, topic);
}

std::vector<TopicStatus> MemoryStatusStore::topics_of(const std::string& connector) const {
  const std::scoped_lock lock(mutex_);
  return table_.topics_of(connector);
}

}  // namespace millrace::storage
