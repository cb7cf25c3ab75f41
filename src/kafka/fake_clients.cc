#include "kafka/fake_clients.h"

#include <algorithm>
#include <utility>

#include "kafka/fake_cluster.h"
#include "kafka/murmur2.h"

namespace millrace::kafka {
namespace {

using Cluster = FakeClients::Cluster;
using std::chrono::milliseconds;

Error failure(Errc code, std::string text) { return Error{code, std::move(text), false, {}, {}, 0}; }

class FakeProducer final : public Producer {
 public:
  FakeProducer(std::shared_ptr<Cluster> cluster, std::string transactional_id)
      : cluster_(std::move(cluster)), transactional_id_(std::move(transactional_id)) {}

  Sent send(std::span<const OutRecord> records, DeliveryListener& listener) override;

  bool wait_for_room(milliseconds timeout) override {
    std::unique_lock lock(cluster_->mutex);
    return cluster_->changed.wait_for(lock, timeout, [&] { return cluster_->pending.size() < cluster_->queue_limit; });
  }
  bool flush(milliseconds timeout) override {
    std::unique_lock lock(cluster_->mutex);
    return cluster_->changed.wait_for(lock, timeout,
                                      [&] { return cluster_->pending.empty() && cluster_->calling == nullptr; });
  }
  void detach(DeliveryListener& listener) override {
    std::unique_lock lock(cluster_->mutex);
    for (auto& pending : cluster_->pending) {
      if (pending.listener == &listener) pending.listener = nullptr;
    }
    if (std::this_thread::get_id() == cluster_->acker_id) return;
    cluster_->changed.wait(lock, [&] { return cluster_->calling != &listener; });
  }

  Result<void> init_transactions(milliseconds /*timeout*/) override {
    std::lock_guard lock(cluster_->mutex);
    if (cluster_->outage) return *cluster_->outage;
    epoch_ = ++cluster_->transaction_epochs[transactional_id_];
    return {};
  }
  Result<void> begin_transaction() override {
    std::lock_guard lock(cluster_->mutex);
    if (fenced()) return fenced_error();
    in_transaction_ = true;
    return {};
  }
  Result<void> commit_transaction(milliseconds timeout) override { return end(timeout, true); }
  Result<void> abort_transaction(milliseconds timeout) override { return end(timeout, false); }

  Result<std::int32_t> partition_count(const std::string& topic, milliseconds /*timeout*/) override {
    std::lock_guard lock(cluster_->mutex);
    if (cluster_->outage) return *cluster_->outage;
    auto* found = cluster_->find(topic);
    if (found == nullptr && cluster_->auto_create) found = &cluster_->make_topic(topic, cluster_->default_partitions);
    if (found == nullptr) {
      Error missing = failure(Errc::kNotFound, "topic " + topic + " does not exist");
      missing.retriable = true;  // as the real one has it: the topic may come to be
      return missing;
    }
    return static_cast<std::int32_t>(found->partitions.size());
  }

 private:
  bool fenced() const {
    return !transactional_id_.empty() && cluster_->transaction_epochs[transactional_id_] != epoch_;
  }
  static Error fenced_error() {
    return failure(Errc::kFenced, "There is a newer producer with the same transactionalId");
  }
  Result<void> end(milliseconds timeout, bool commit);

  std::shared_ptr<Cluster> cluster_;
  const std::string transactional_id_;
  int epoch_ = 0;
  bool in_transaction_ = false;
  std::vector<std::pair<TopicPartition, std::int64_t>> open_;
};

Producer::Sent FakeProducer::send(std::span<const OutRecord> records, DeliveryListener& listener) {
  Sent sent;
  std::lock_guard lock(cluster_->mutex);
  for (const OutRecord& out : records) {
    if (cluster_->pending.size() >= cluster_->queue_limit) break;
    if (fenced()) {
      sent.error = fenced_error();
      break;
    }
    auto* topic = cluster_->find(*out.topic);
    if (topic == nullptr) {
      if (!cluster_->auto_create) break;
      topic = &cluster_->make_topic(*out.topic, cluster_->default_partitions);
    }
    const auto count = static_cast<std::int32_t>(topic->partitions.size());
    if (out.partition >= count) {
      sent.error = failure(Errc::kKafka, "topic " + *out.topic + " has no partition " + std::to_string(out.partition));
      break;
    }
    Cluster::Pending pending;
    pending.listener = &listener;
    pending.delivery.tag = out.tag;
    if (cluster_->sends_to_fail > 0) {
      --cluster_->sends_to_fail;
      pending.error = cluster_->send_error;
    } else {
      std::int32_t partition = out.partition >= 0 ? out.partition : out.key ? partition_of_key(*out.key, count) : 0;
      auto& log = topic->partitions[static_cast<std::size_t>(partition)];
      Cluster::Entry entry;
      entry.record.partition = partition;
      entry.record.offset = log.empty() ? 0 : log.back().record.offset + 1;
      entry.record.timestamp_ms = out.timestamp_ms.value_or(
          std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
      if (out.key) entry.record.key = std::string(*out.key);
      if (out.value) entry.record.value = std::string(*out.value);
      for (const HeaderView& header : out.headers) {
        entry.record.headers.emplace_back(
            std::string(header.key),
            header.value ? std::optional<std::string>(std::string(*header.value)) : std::nullopt);
      }
      entry.visible = transactional_id_.empty();
      pending.delivery.partition = partition;
      pending.delivery.offset = entry.record.offset;
      pending.delivery.timestamp_ms = entry.record.timestamp_ms;
      if (!entry.visible) open_.emplace_back(TopicPartition{*out.topic, partition}, entry.record.offset);
      log.push_back(std::move(entry));
    }
    cluster_->pending.push_back(std::move(pending));
    ++sent.accepted;
  }
  cluster_->changed.notify_all();
  return sent;
}

Result<void> FakeProducer::end(milliseconds timeout, bool commit) {
  if (commit && !flush(timeout)) return Error{Errc::kTimeout, "records were not acknowledged in time", true, {}, {}, 0};
  std::lock_guard lock(cluster_->mutex);
  if (cluster_->outage) return *cluster_->outage;
  if (fenced()) return fenced_error();
  if (!in_transaction_) return failure(Errc::kKafka, "no transaction has begun");
  std::set<TopicPartition> touched;
  for (const auto& [partition, offset] : open_) {
    for (auto& entry : cluster_->topics[partition.topic].partitions[static_cast<std::size_t>(partition.partition)]) {
      if (entry.record.offset != offset) continue;
      entry.visible = commit;
      entry.aborted = !commit;
    }
    touched.insert(partition);
  }
  for (const TopicPartition& partition : touched) {
    // The marker takes an offset.
    auto& log = cluster_->topics[partition.topic].partitions[static_cast<std::size_t>(partition.partition)];
    Cluster::Entry marker;
    marker.record.partition = partition.partition;
    marker.record.offset = log.back().record.offset + 1;
    marker.aborted = true;
    marker.visible = false;
    log.push_back(std::move(marker));
  }
  open_.clear();
  in_transaction_ = false;
  cluster_->changed.notify_all();
  return {};
}

}  // namespace

FakeClients::Cluster::Cluster() {
  acker = std::jthread([this](const std::stop_token& stop) {
    std::stop_callback wake(stop, [this] { changed.notify_all(); });
    std::unique_lock lock(mutex);
    acker_id = std::this_thread::get_id();
    while (!stop.stop_requested()) {
      // Polls the stop token as well: a notification between the check and the wait is not lost for long.
      changed.wait_for(lock, milliseconds(50), [&] {
        return stop.stop_requested() || (!pending.empty() && !outage && (!held || allowed > 0));
      });
      while (!pending.empty() && !outage && (!held || allowed > 0) && !stop.stop_requested()) {
        Pending next = std::move(pending.front());
        pending.pop_front();
        if (held) --allowed;
        if (next.listener == nullptr) continue;
        if (next.error) next.delivery.error = &*next.error;
        calling = next.listener;
        lock.unlock();
        next.listener->on_deliveries({&next.delivery, 1});
        lock.lock();
        calling = nullptr;
        changed.notify_all();
      }
    }
  });
}

FakeClients::Cluster::~Cluster() {
  acker.request_stop();
  if (acker.get_id() == std::this_thread::get_id()) acker.detach();
}

FakeClients::Cluster::Topic& FakeClients::Cluster::make_topic(const std::string& name, std::int32_t count) {
  auto& topic = topics[name];
  if (topic.partitions.empty()) topic.partitions.resize(static_cast<std::size_t>(std::max(count, 1)));
  return topic;
}

FakeClients::Cluster::Topic* FakeClients::Cluster::find(const std::string& name) {
  auto it = topics.find(name);
  return it == topics.end() ? nullptr : &it->second;
}

std::shared_ptr<Producer> make_fake_producer(std::shared_ptr<Cluster> cluster, const ClientConfig& config) {
  auto id = config.find("transactional.id");
  return std::make_shared<FakeProducer>(std::move(cluster), id == config.end() ? std::string() : id->second);
}

FakeClients::FakeClients() : cluster_(std::make_shared<Cluster>()) {}
FakeClients::~FakeClients() = default;

Result<std::shared_ptr<Producer>> FakeClients::producer(const ClientConfig& config) {
  {
    std::lock_guard lock(cluster_->mutex);
    cluster_->producer_configs.push_back(config);
  }
  return make_fake_producer(cluster_, config);
}

Result<std::unique_ptr<Consumer>> FakeClients::consumer(const ClientConfig& config) {
  {
    std::lock_guard lock(cluster_->mutex);
    cluster_->consumer_configs.push_back(config);
  }
  return make_fake_consumer(cluster_, config);
}

Result<std::shared_ptr<Admin>> FakeClients::admin(const ClientConfig& /*config*/) { return make_fake_admin(cluster_); }

void FakeClients::create_topic(const std::string& topic, std::int32_t partitions,
                               std::map<std::string, std::string> configs) {
  std::lock_guard lock(cluster_->mutex);
  cluster_->make_topic(topic, partitions).configs = std::move(configs);
  cluster_->changed.notify_all();
}

std::int64_t FakeClients::append(const std::string& topic, std::optional<std::string> key,
                                 std::optional<std::string> value, std::int32_t partition) {
  std::lock_guard lock(cluster_->mutex);
  auto& log = cluster_->make_topic(topic, partition + 1).partitions.at(static_cast<std::size_t>(partition));
  Cluster::Entry entry;
  entry.record.partition = partition;
  entry.record.offset = log.empty() ? 0 : log.back().record.offset + 1;
  entry.record.key = std::move(key);
  entry.record.value = std::move(value);
  log.push_back(std::move(entry));
  cluster_->changed.notify_all();
  return log.back().record.offset;
}

std::vector<FakeClients::Stored> FakeClients::records(const std::string& topic) const {
  std::lock_guard lock(cluster_->mutex);
  std::vector<Stored> out;
  if (auto* found = cluster_->find(topic)) {
    for (const auto& log : found->partitions) {
      for (const auto& entry : log) {
        if (entry.visible) out.push_back(entry.record);
      }
    }
  }
  return out;
}

bool FakeClients::has_topic(const std::string& topic) const {
  std::lock_guard lock(cluster_->mutex);
  return cluster_->find(topic) != nullptr;
}

Offsets FakeClients::group_offsets(const std::string& group) const {
  std::lock_guard lock(cluster_->mutex);
  return cluster_->groups[group];
}

void FakeClients::set_group_offsets(const std::string& group, const Offsets& offsets) {
  std::lock_guard lock(cluster_->mutex);
  cluster_->groups[group] = offsets;
}

void FakeClients::set_auto_create_topics(bool on) {
  std::lock_guard lock(cluster_->mutex);
  cluster_->auto_create = on;
}

void FakeClients::set_default_partitions(std::int32_t partitions) {
  std::lock_guard lock(cluster_->mutex);
  cluster_->default_partitions = partitions;
}

void FakeClients::hold_acks() {
  std::lock_guard lock(cluster_->mutex);
  cluster_->held = true;
  cluster_->allowed = 0;
}

void FakeClients::release_acks(std::optional<std::size_t> count) {
  std::lock_guard lock(cluster_->mutex);
  if (count)
    cluster_->allowed += *count;
  else
    cluster_->held = false;
  cluster_->changed.notify_all();
}

void FakeClients::fail_next_sends(std::size_t count, Error error) {
  std::lock_guard lock(cluster_->mutex);
  cluster_->sends_to_fail = count;
  cluster_->send_error = std::move(error);
}

void FakeClients::set_queue_limit(std::size_t records) {
  std::lock_guard lock(cluster_->mutex);
  cluster_->queue_limit = records;
  cluster_->changed.notify_all();
}

void FakeClients::set_outage(std::optional<Error> error) {
  std::lock_guard lock(cluster_->mutex);
  cluster_->outage = std::move(error);
  cluster_->changed.notify_all();
}

void FakeClients::fail_next_commits(std::size_t count, Error error) {
  std::lock_guard lock(cluster_->mutex);
  cluster_->commits_to_fail = count;
  cluster_->commit_error = std::move(error);
}

void FakeClients::rebalance(const std::string& group, std::vector<TopicPartition> partitions, Leaving leaving) {
  std::lock_guard lock(cluster_->mutex);
  cluster_->rebalances[group] = {std::move(partitions), leaving};
  cluster_->changed.notify_all();
}

std::vector<ClientConfig> FakeClients::producer_configs() const {
  std::lock_guard lock(cluster_->mutex);
  return cluster_->producer_configs;
}

std::vector<ClientConfig> FakeClients::consumer_configs() const {
  std::lock_guard lock(cluster_->mutex);
  return cluster_->consumer_configs;
}

std::size_t FakeClients::unacknowledged() const {
  std::lock_guard lock(cluster_->mutex);
  return cluster_->pending.size();
}

std::vector<TopicPartition> FakeClients::paused(const std::string& group) const {
  std::lock_guard lock(cluster_->mutex);
  const auto& found = cluster_->paused[group];
  return {found.begin(), found.end()};
}

}  // namespace millrace::kafka
