#include <algorithm>
#include <utility>

#include "kafka/fake_cluster.h"

namespace millrace::kafka {
namespace {

using Cluster = FakeClients::Cluster;
using std::chrono::milliseconds;

Error failure(std::string text) { return Error{Errc::kInvalid, std::move(text), false, {}, {}, 0}; }

class FakeBatch final : public RecordBatch {
 public:
  std::span<const InRecord> records() const override { return views_; }
  std::span<const HeaderView> headers_of(const InRecord& record) const override {
    return headers_[static_cast<std::size_t>(&record - views_.data())];
  }

  void add(const std::string& topic, const FakeClients::Stored& record) {
    names_.push_back(topic);
    stored_.push_back(record);
  }
  void finish() {
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      const auto& record = stored_[i];
      InRecord& view = views_.emplace_back();
      view.topic = &names_[i];
      view.partition = record.partition;
      view.offset = record.offset;
      view.timestamp_ms = record.timestamp_ms;
      view.timestamp_type = TimestampType::kCreateTime;
      if (record.key) view.key = *record.key;
      if (record.value) view.value = *record.value;
      auto& headers = headers_.emplace_back();
      for (const auto& [key, value] : record.headers) {
        headers.push_back({key, value ? std::optional<std::string_view>(*value) : std::nullopt});
      }
      view.batch = this;
    }
  }

 private:
  std::deque<std::string> names_;
  std::deque<FakeClients::Stored> stored_;
  std::deque<std::vector<HeaderView>> headers_;
  std::vector<InRecord> views_;
};

class FakeConsumer final : public Consumer {
 public:
  FakeConsumer(std::shared_ptr<Cluster> cluster, const ClientConfig& config) : cluster_(std::move(cluster)) {
    auto get = [&](const char* key, const char* otherwise) {
      auto it = config.find(key);
      return it == config.end() ? std::string(otherwise) : it->second;
    };
    group_ = get("group.id", "");
    max_records_ = static_cast<std::size_t>(std::stoll(get("max.poll.records", "500")));
    max_records_given_ = config.contains("max.poll.records");
    from_end_ = get("auto.offset.reset", "latest") == "latest";
    read_committed_ = get("isolation.level", "read_uncommitted") == "read_committed";
  }
  ~FakeConsumer() override { close(milliseconds(0)); }

  Result<void> subscribe(const std::vector<std::string>& topics, RebalanceListener& listener) override {
    return subscribe(
        [topics](std::string_view name) { return std::find(topics.begin(), topics.end(), name) != topics.end(); },
        listener);
  }
  Result<void> subscribe(std::function<bool(std::string_view)> matches, RebalanceListener& listener) override {
    matches_ = std::move(matches);
    listener_ = &listener;
    std::lock_guard lock(cluster_->mutex);
    cluster_->groups_with_member.insert(group_);
    return {};
  }
  Result<void> assign(const Offsets& partitions) override {
    std::lock_guard lock(cluster_->mutex);
    positions_.clear();
    for (const auto& [partition, offset] : partitions) positions_[partition] = offset < 0 ? 0 : offset;
    return {};
  }

  Result<std::unique_ptr<RecordBatch>> poll(milliseconds timeout) override;
  void prefer_poll_records(std::size_t records) override {
    if (!max_records_given_) max_records_ = std::max(max_records_, records);
  }
  void wake_up() override {
    std::lock_guard lock(cluster_->mutex);
    woken_ = true;
    cluster_->changed.notify_all();
  }
  std::vector<TopicPartition> assignment() const override {
    std::vector<TopicPartition> out;
    for (const auto& [partition, position] : positions_) out.push_back(partition);
    return out;
  }
  Result<void> pause(const std::vector<TopicPartition>& partitions) override {
    std::lock_guard lock(cluster_->mutex);
    for (const auto& partition : partitions) {
      if (!positions_.contains(partition)) return unknown(partition);
      cluster_->paused[group_].insert(partition);
    }
    return {};
  }
  Result<void> resume(const std::vector<TopicPartition>& partitions) override {
    std::lock_guard lock(cluster_->mutex);
    for (const auto& partition : partitions) {
      if (!positions_.contains(partition)) return unknown(partition);
      cluster_->paused[group_].erase(partition);
    }
    return {};
  }
  Result<void> seek(const TopicPartition& partition, std::int64_t offset) override {
    if (!positions_.contains(partition)) return unknown(partition);
    positions_[partition] = offset;
    return {};
  }
  Result<std::int64_t> position(const TopicPartition& partition, milliseconds /*timeout*/) override {
    auto it = positions_.find(partition);
    if (it == positions_.end())
      return failure("You can only check the position for partitions assigned to this consumer.");
    std::lock_guard lock(cluster_->mutex);
    if (cluster_->outage) return *cluster_->outage;
    return it->second;
  }
  Result<Offsets> committed(const std::vector<TopicPartition>& partitions, milliseconds /*timeout*/) override {
    std::lock_guard lock(cluster_->mutex);
    if (cluster_->outage) return *cluster_->outage;
    Offsets out;
    for (const auto& partition : partitions) {
      auto& known = cluster_->groups[group_];
      if (auto it = known.find(partition); it != known.end()) out[partition] = it->second;
    }
    return out;
  }
  void commit_async(const Offsets& offsets, std::function<void(Result<void>)> done) override {
    finished_.emplace_back(std::move(done), commit(offsets));
  }
  Result<void> commit_sync(const Offsets& offsets, milliseconds /*timeout*/) override { return commit(offsets); }
  void close(milliseconds timeout) override;

 private:
  static Error unknown(const TopicPartition& partition) {
    return failure("No current assignment for partition " + partition.topic + "-" +
                   std::to_string(partition.partition));
  }
  Result<void> commit(const Offsets& offsets) {
    std::lock_guard lock(cluster_->mutex);
    if (cluster_->outage) return *cluster_->outage;
    if (cluster_->commits_to_fail > 0) {
      --cluster_->commits_to_fail;
      return *cluster_->commit_error;
    }
    for (const auto& [partition, offset] : offsets) cluster_->groups[group_][partition] = offset;
    return {};
  }
  void run_done() {
    auto finished = std::exchange(finished_, {});
    for (auto& [done, result] : finished) {
      if (done) done(std::move(result));
    }
  }
  std::int64_t start_of(const TopicPartition& partition);
  void take_over(std::vector<TopicPartition> partitions);
  void follow_group();
  bool fill(FakeBatch& batch);

  std::shared_ptr<Cluster> cluster_;
  std::string group_;
  std::size_t max_records_ = 500;
  bool max_records_given_ = false;
  bool from_end_ = false;
  bool read_committed_ = false;
  bool closed_ = false;
  bool woken_ = false;
  bool joined_ = false;
  std::function<bool(std::string_view)> matches_;
  RebalanceListener* listener_ = nullptr;
  std::map<TopicPartition, std::int64_t> positions_;
  std::vector<std::pair<std::function<void(Result<void>)>, Result<void>>> finished_;
};

std::int64_t FakeConsumer::start_of(const TopicPartition& partition) {
  std::lock_guard lock(cluster_->mutex);
  auto& known = cluster_->groups[group_];
  if (auto it = known.find(partition); it != known.end()) return it->second;
  auto* topic = cluster_->find(partition.topic);
  if (!from_end_ || topic == nullptr) return 0;
  const auto& log = topic->partitions[static_cast<std::size_t>(partition.partition)];
  return log.empty() ? 0 : log.back().record.offset + 1;
}

void FakeConsumer::take_over(std::vector<TopicPartition> partitions) {
  positions_.clear();
  {
    std::lock_guard lock(cluster_->mutex);
    cluster_->paused[group_].clear();
  }
  for (const auto& partition : partitions) positions_[partition] = start_of(partition);
  listener_->on_assigned(partitions);
}

/// The first poll gets every partition of the topics that match; later ones what `rebalance` says.
void FakeConsumer::follow_group() {
  std::optional<Cluster::Rebalance> change;
  std::vector<TopicPartition> all;
  {
    std::lock_guard lock(cluster_->mutex);
    if (auto it = cluster_->rebalances.find(group_); it != cluster_->rebalances.end()) {
      change = std::move(it->second);
      cluster_->rebalances.erase(it);
    }
    for (const auto& [name, topic] : cluster_->topics) {
      if (!matches_(name)) continue;
      for (std::size_t i = 0; i < topic.partitions.size(); ++i) all.push_back({name, static_cast<std::int32_t>(i)});
    }
  }
  if (change) {
    if (joined_ && !positions_.empty()) {
      auto gone = assignment();
      if (change->leaving == FakeClients::Leaving::kLost)
        listener_->on_lost(gone);
      else
        listener_->on_revoked(gone);
    }
    joined_ = true;
    take_over(std::move(change->partitions));
  } else if (!joined_ && !all.empty()) {
    joined_ = true;
    take_over(std::move(all));
  }
}

bool FakeConsumer::fill(FakeBatch& batch) {
  std::size_t count = 0;
  const auto& paused = cluster_->paused[group_];
  for (auto& [partition, position] : positions_) {
    auto* topic = cluster_->find(partition.topic);
    if (topic == nullptr || paused.contains(partition)) continue;
    for (const auto& entry : topic->partitions[static_cast<std::size_t>(partition.partition)]) {
      if (entry.record.offset < position) continue;
      const bool undecided = !entry.visible && !entry.aborted;
      if (read_committed_ && undecided) break;
      const bool marker = entry.aborted && !entry.record.key && !entry.record.value;
      if (!marker && (entry.visible || !read_committed_)) {
        if (count == max_records_) break;
        batch.add(partition.topic, entry.record);
        ++count;
      }
      position = entry.record.offset + 1;
    }
  }
  return count > 0;
}

Result<std::unique_ptr<RecordBatch>> FakeConsumer::poll(milliseconds timeout) {
  auto batch = std::make_unique<FakeBatch>();
  const auto deadline = std::chrono::steady_clock::now() + std::min<milliseconds>(timeout, std::chrono::hours(1));
  run_done();
  for (;;) {
    if (listener_ != nullptr) follow_group();
    std::unique_lock lock(cluster_->mutex);
    if (cluster_->outage) {
      if (!cluster_->outage->retriable) return *cluster_->outage;
    } else if (fill(*batch)) {
      break;
    }
    if (std::exchange(woken_, false)) break;
    if (cluster_->changed.wait_until(lock, deadline) == std::cv_status::timeout) break;
  }
  batch->finish();
  run_done();
  return std::unique_ptr<RecordBatch>(std::move(batch));
}

void FakeConsumer::close(milliseconds /*timeout*/) {
  if (std::exchange(closed_, true)) return;
  run_done();
  if (listener_ != nullptr && joined_ && !positions_.empty()) listener_->on_revoked(assignment());
  run_done();
  positions_.clear();
  std::lock_guard lock(cluster_->mutex);
  cluster_->groups_with_member.erase(group_);
}

class FakeAdmin final : public Admin {
 public:
  explicit FakeAdmin(std::shared_ptr<Cluster> cluster) : cluster_(std::move(cluster)) {}

  Result<std::optional<std::string>> cluster_id(milliseconds /*timeout*/) override {
    return locked([&]() -> Result<std::optional<std::string>> { return std::optional<std::string>("fake-cluster"); });
  }
  Result<TopicCreation> create_topic(const NewTopic& topic, milliseconds /*timeout*/) override {
    return locked([&]() -> Result<TopicCreation> {
      if (cluster_->find(topic.name) != nullptr) return TopicCreation::kExisted;
      cluster_->make_topic(topic.name, topic.partitions < 1 ? cluster_->default_partitions : topic.partitions).configs =
          topic.configs;
      return TopicCreation::kCreated;
    });
  }
  Result<std::map<std::string, std::int32_t>> describe_topics(const std::vector<std::string>& topics,
                                                              milliseconds /*timeout*/) override {
    return locked([&]() -> Result<std::map<std::string, std::int32_t>> {
      std::map<std::string, std::int32_t> out;
      for (const auto& name : topics) {
        if (auto* topic = cluster_->find(name)) out[name] = static_cast<std::int32_t>(topic->partitions.size());
      }
      return out;
    });
  }
  Result<std::map<std::string, std::string>> topic_configs(const std::string& topic,
                                                           milliseconds /*timeout*/) override {
    return locked([&]() -> Result<std::map<std::string, std::string>> {
      auto* found = cluster_->find(topic);
      if (found == nullptr) return Error{Errc::kNotFound, "topic " + topic + " does not exist", false, {}, {}, 0};
      return found->configs;
    });
  }
  Result<Offsets> end_offsets(const std::vector<TopicPartition>& partitions, milliseconds /*timeout*/) override {
    return locked([&]() -> Result<Offsets> {
      Offsets out;
      for (const auto& partition : partitions) {
        auto* topic = cluster_->find(partition.topic);
        if (topic == nullptr)
          return Error{Errc::kNotFound, "topic " + partition.topic + " does not exist", true, {}, {}, 0};
        const auto& log = topic->partitions.at(static_cast<std::size_t>(partition.partition));
        out[partition] = log.empty() ? 0 : log.back().record.offset + 1;
      }
      return out;
    });
  }
  Result<Offsets> group_offsets(const std::string& group, milliseconds /*timeout*/) override {
    return locked([&]() -> Result<Offsets> { return cluster_->groups[group]; });
  }
  Result<void> alter_group_offsets(const std::string& group, const Offsets& offsets,
                                   milliseconds /*timeout*/) override {
    return locked([&]() -> Result<void> {
      if (cluster_->groups_with_member.contains(group)) return busy(group);
      for (const auto& [partition, offset] : offsets) cluster_->groups[group][partition] = offset;
      return {};
    });
  }
  Result<void> delete_group_offsets(const std::string& group, const std::vector<TopicPartition>& partitions,
                                    milliseconds /*timeout*/) override {
    return locked([&]() -> Result<void> {
      if (cluster_->groups_with_member.contains(group)) return busy(group);
      for (const auto& partition : partitions) cluster_->groups[group].erase(partition);
      return {};
    });
  }
  Result<void> delete_group(const std::string& group, milliseconds /*timeout*/) override {
    return locked([&]() -> Result<void> {
      if (cluster_->groups_with_member.contains(group)) return busy(group);
      cluster_->groups.erase(group);
      return {};
    });
  }
  Result<void> fence_producers(const std::vector<std::string>& transactional_ids, milliseconds /*timeout*/) override {
    return locked([&]() -> Result<void> {
      for (const auto& id : transactional_ids) ++cluster_->transaction_epochs[id];
      return {};
    });
  }

 private:
  template <class Call>
  auto locked(Call call) -> decltype(call()) {
    std::lock_guard lock(cluster_->mutex);
    if (cluster_->outage) return *cluster_->outage;
    auto result = call();
    cluster_->changed.notify_all();
    return result;
  }
  static Error busy(const std::string& group) {
    return Error{Errc::kConflict, "group " + group + " still has members", false, {}, {}, 0};
  }

  std::shared_ptr<Cluster> cluster_;
};

}  // namespace

std::unique_ptr<Consumer> make_fake_consumer(std::shared_ptr<Cluster> cluster, const ClientConfig& config) {
  return std::make_unique<FakeConsumer>(std::move(cluster), config);
}

std::shared_ptr<Admin> make_fake_admin(std::shared_ptr<Cluster> cluster) {
  return std::make_shared<FakeAdmin>(std::move(cluster));
}

}  // namespace millrace::kafka
