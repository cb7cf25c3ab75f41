#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kafka/clients.h"

namespace millrace::kafka {

/// A Kafka in memory for unit tests: topics, groups of one consumer, transactions, and faults on command. Any thread.
///
/// What it leaves out: groups with several members, retention, compaction.
class FakeClients final : public Clients {
 public:
  struct Stored {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::int64_t timestamp_ms = 0;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  };

  FakeClients();
  ~FakeClients() override;

  Result<std::shared_ptr<Producer>> producer(const ClientConfig& config) override;
  Result<std::unique_ptr<Consumer>> consumer(const ClientConfig& config) override;
  Result<std::shared_ptr<Admin>> admin(const ClientConfig& config) override;

  // The cluster.
  void create_topic(const std::string& topic, std::int32_t partitions = 1,
                    std::map<std::string, std::string> configs = {});
  /// Appends one record and returns its offset. The topic is created when missing.
  std::int64_t append(const std::string& topic, std::optional<std::string> key, std::optional<std::string> value,
                      std::int32_t partition = 0);
  /// Committed records, by partition and offset.
  std::vector<Stored> records(const std::string& topic) const;
  bool has_topic(const std::string& topic) const;
  Offsets group_offsets(const std::string& group) const;
  void set_group_offsets(const std::string& group, const Offsets& offsets);
  /// Sends to topics that do not exist wait (false) or create them (true, the default).
  void set_auto_create_topics(bool on);
  void set_default_partitions(std::int32_t partitions);

  // Faults and steps.
  /// Acknowledgements wait until `release_acks`.
  void hold_acks();
  /// Lets `count` held records be acknowledged, oldest first; nullopt: all, and later ones at once.
  void release_acks(std::optional<std::size_t> count = std::nullopt);
  /// The next `count` records fail with `error` instead of being stored.
  void fail_next_sends(std::size_t count, Error error);
  /// `send` takes at most so many records that are not acknowledged.
  void set_queue_limit(std::size_t records);
  /// While set, admin calls, commits, lookups and polls fail with it, and nothing is acknowledged.
  void set_outage(std::optional<Error> error);
  /// The next `count` commits of consumers fail with `error`.
  void fail_next_commits(std::size_t count, Error error);
  /// The next poll of the group's consumer takes everything from it (on_revoked or on_lost) and gives it `partitions`.
  enum class Leaving : std::uint8_t { kRevoked, kLost };
  void rebalance(const std::string& group, std::vector<TopicPartition> partitions, Leaving leaving = Leaving::kRevoked);

  // What was asked of it.
  std::vector<ClientConfig> producer_configs() const;
  std::vector<ClientConfig> consumer_configs() const;
  std::size_t unacknowledged() const;
  std::vector<TopicPartition> paused(const std::string& group) const;

  struct Cluster;

 private:
  std::shared_ptr<Cluster> cluster_;
};

}  // namespace millrace::kafka
