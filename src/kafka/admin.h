#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/consumer.h"

namespace millrace::kafka {

struct NewTopic {
  std::string name;
  std::int32_t partitions = -1;          ///< -1: the broker's default
  std::int16_t replication_factor = -1;  ///< -1: the broker's default
  std::map<std::string, std::string> configs;
};

enum class TopicCreation : std::uint8_t { kCreated, kExisted };

/// Administration. Thread-safe; every call blocks up to its timeout.
class Admin {
 public:
  virtual ~Admin() = default;
  /// nullopt where the broker does not tell.
  virtual Result<std::optional<std::string>> cluster_id(std::chrono::milliseconds timeout) = 0;
  virtual Result<TopicCreation> create_topic(const NewTopic& topic, std::chrono::milliseconds timeout) = 0;
  /// Partition counts of the topics that exist; absent: no such topic. Never creates one.
  virtual Result<std::map<std::string, std::int32_t>> describe_topics(const std::vector<std::string>& topics,
                                                                      std::chrono::milliseconds timeout) = 0;
  virtual Result<std::map<std::string, std::string>> topic_configs(const std::string& topic,
                                                                   std::chrono::milliseconds timeout) = 0;
  /// High watermarks (read_uncommitted).
  virtual Result<Offsets> end_offsets(const std::vector<TopicPartition>& partitions,
                                      std::chrono::milliseconds timeout) = 0;
  virtual Result<Offsets> group_offsets(const std::string& group, std::chrono::milliseconds timeout) = 0;
  /// kConflict when the group still has members.
  virtual Result<void> alter_group_offsets(const std::string& group, const Offsets& offsets,
                                           std::chrono::milliseconds timeout) = 0;
  virtual Result<void> delete_group_offsets(const std::string& group, const std::vector<TopicPartition>& partitions,
                                            std::chrono::milliseconds timeout) = 0;
  /// A group that does not exist is success.
  virtual Result<void> delete_group(const std::string& group, std::chrono::milliseconds timeout) = 0;
  /// InitProducerId for each: older producers with these ids are fenced.
  virtual Result<void> fence_producers(const std::vector<std::string>& transactional_ids,
                                       std::chrono::milliseconds timeout) = 0;
};

}  // namespace millrace::kafka
