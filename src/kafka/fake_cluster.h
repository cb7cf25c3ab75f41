#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "kafka/fake_clients.h"

namespace millrace::kafka {

/// The state behind FakeClients. Everything is under `mutex`; `changed` is notified after each change.
struct FakeClients::Cluster {
  struct Entry {
    Stored record;
    bool visible = true;  ///< to read_committed
    bool aborted = false;
  };
  struct Topic {
    std::vector<std::vector<Entry>> partitions;
    std::map<std::string, std::string> configs;
  };
  struct Pending {
    DeliveryListener* listener = nullptr;
    Delivery delivery;
    std::optional<Error> error;
    std::size_t number = 0;
  };
  struct Rebalance {
    std::vector<TopicPartition> partitions;
    Leaving leaving = Leaving::kRevoked;
  };

  Cluster();
  ~Cluster();

  Topic& make_topic(const std::string& name, std::int32_t count);
  Topic* find(const std::string& name);
  std::optional<Error> failure() const { return outage; }

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Topic> topics;
  std::map<std::string, Offsets> groups;
  std::set<std::string> groups_with_member;
  std::map<std::string, std::set<TopicPartition>> paused;
  std::map<std::string, Rebalance> rebalances;
  std::map<std::string, int> transaction_epochs;
  bool auto_create = true;
  std::int32_t default_partitions = 1;

  std::deque<Pending> pending;
  bool held = false;
  std::size_t allowed = 0;  ///< acknowledgements let through while held
  std::size_t queue_limit = 100000;
  std::size_t sends_to_fail = 0;
  std::optional<Error> send_error;
  std::size_t commits_to_fail = 0;
  std::optional<Error> commit_error;
  std::optional<Error> outage;
  DeliveryListener* calling = nullptr;
  std::thread::id acker_id;

  std::vector<ClientConfig> producer_configs;
  std::vector<ClientConfig> consumer_configs;

  std::jthread acker;
};

std::shared_ptr<Producer> make_fake_producer(std::shared_ptr<FakeClients::Cluster> cluster, const ClientConfig& config);
std::unique_ptr<Consumer> make_fake_consumer(std::shared_ptr<FakeClients::Cluster> cluster, const ClientConfig& config);
std::shared_ptr<Admin> make_fake_admin(std::shared_ptr<FakeClients::Cluster> cluster);

}  // namespace millrace::kafka
