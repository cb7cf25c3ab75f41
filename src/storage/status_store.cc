#include "storage/status_store.h"

namespace millrace::storage {

void StatusTable::set(const std::string& connector, const Status& status) { connectors_[connector] = status; }

void StatusTable::set(const ConnectorTaskId& task, const Status& status, std::int64_t written_ms) {
  tasks_[task] = TaskEntry{status, written_ms};
}

void StatusTable::set(const TopicStatus& topic) { topics_[topic.connector][topic.topic] = topic; }

void StatusTable::erase(const std::string& connector, std::int64_t deleted_ms) {
  connectors_.erase(connector);
  std::erase_if(tasks_, [&](const auto& entry) {
    return entry.first.connector == connector && entry.second.written_ms <= deleted_ms;
  });
}

void StatusTable::erase(const ConnectorTaskId& task) { tasks_.erase(task); }

void StatusTable::erase_topic(const std::string& connector, const std::string& topic) {
  const auto found = topics_.find(connector);
  if (found == topics_.end()) return;
  found->second.erase(topic);
  if (found->second.empty()) topics_.erase(found);
}

std::optional<Status> StatusTable::get(const std::string& connector) const {
  const auto found = connectors_.find(connector);
  return found == connectors_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Status> StatusTable::get(const ConnectorTaskId& task) const {
  const auto found = tasks_.find(task);
  return found == tasks_.end() ? std::nullopt : std::optional(found->second.status);
}

std::map<std::int32_t, Status> StatusTable::tasks_of(const std::string& connector) const {
  std::map<std::int32_t, Status> tasks;
  for (auto it = tasks_.lower_bound({connector, 0}); it != tasks_.end() && it->first.connector == connector; ++it) {
    tasks[it->first.task] = it->second.status;
  }
  return tasks;
}

std::set<std::string> StatusTable::connectors() const {
  std::set<std::string> names;
  for (const auto& [name, status] : connectors_) names.insert(name);
  return names;
}

std::optional<TopicStatus> StatusTable::topic(const std::string& connector, const std::string& topic) const {
  const auto topics = topics_.find(connector);
  if (topics == topics_.end()) return std::nullopt;
  const auto found = topics->second.find(topic);
  return found == topics->second.end() ? std::nullopt : std::optional(found->second);
}

std::vector<TopicStatus> StatusTable::topics_of(const std::string& connector) const {
  std::vector<TopicStatus> topics;
  if (const auto found = topics_.find(connector); found != topics_.end()) {
    for (const auto& [name, status] : found->second) topics.push_back(status);
  }
  return topics;
}

bool StatusTable::safe_to_replace(const std::optional<Status>& current, const Status& status) {
  return !current || current->worker_id == status.worker_id || current->generation <= status.generation;
}

bool StatusTable::is_late(const std::optional<Status>& current, const Status& status) {
  return current && status.state == State::kUnassigned && current->state == State::kRunning &&
         current->generation >= status.generation;
}

}  // namespace millrace::storage
