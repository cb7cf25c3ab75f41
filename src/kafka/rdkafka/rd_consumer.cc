#include "kafka/rdkafka/rd_consumer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kafka/rdkafka/handle.h"
#include "kafka/rdkafka/rd_batch.h"

namespace millrace::kafka {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kTopicListTimeout{5000};
constexpr milliseconds kCloseStep{50};
constexpr milliseconds kSeekAgain{20};
constexpr std::size_t kJavaPollRecords = 500;
constexpr std::size_t kLargePollBytes = 2 * 1024 * 1024;
constexpr std::size_t kWorthAsking = 4;  // records that wait
constexpr milliseconds kLookUp{1000};
constexpr milliseconds kWatermarkStep{1000};

using RdTopic = std::unique_ptr<rd_kafka_topic_t, RdDeleter<rd_kafka_topic_destroy>>;

void rebalance_callback(rd_kafka_t* rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                        void* opaque);

class RdConsumer final : public Consumer {
 public:
  RdConsumer(std::unique_ptr<Handle> handle, const Settings& settings, bool has_group)
      : handle_(std::move(handle)),
        reset_(settings.auto_offset_reset),
        poll_records_given_(settings.max_poll_records.has_value()),
        poll_records_(static_cast<std::size_t>(settings.max_poll_records.value_or(kJavaPollRecords))),
        metadata_max_age_(settings.metadata_max_age),
        creates_topics_(settings.properties.at("allow.auto.create.topics") == "true"),
        has_group_(has_group) {
    handle_->user = this;
    rd_kafka_poll_set_consumer(rk());
    queue_.reset(rd_kafka_queue_get_consumer(rk()));
    messages_.resize(poll_records_);
  }
  ~RdConsumer() override {
    listener_ = nullptr;
    queue_.reset();
  }

  Result<void> subscribe(const std::vector<std::string>& topics, RebalanceListener& listener) override;
  Result<void> subscribe(std::function<bool(std::string_view topic)> matches, RebalanceListener& listener) override;
  Result<void> assign(const Offsets& partitions) override;
  Result<std::unique_ptr<RecordBatch>> poll(milliseconds timeout) override;
  void prefer_poll_records(std::size_t records) override {
    if (poll_records_given_ || records <= poll_records_) return;
    poll_records_ = records;
    messages_.resize(poll_records_);
  }
  void wake_up() override {
    woken_.store(true);
    rd_kafka_queue_yield(queue_.get());
  }
  std::vector<TopicPartition> assignment() const override;
  Result<void> pause(const std::vector<TopicPartition>& partitions) override { return set_paused(partitions, true); }
  Result<void> resume(const std::vector<TopicPartition>& partitions) override { return set_paused(partitions, false); }
  Result<void> seek(const TopicPartition& partition, std::int64_t offset) override;
  Result<std::int64_t> position(const TopicPartition& partition, milliseconds timeout) override;
  Result<Offsets> committed(const std::vector<TopicPartition>& partitions, milliseconds timeout) override;
  void commit_async(const Offsets& offsets, std::function<void(Result<void>)> done) override;
  Result<void> commit_sync(const Offsets& offsets, milliseconds timeout) override;
  void close(milliseconds timeout) override;

  void on_rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions);

 private:
  struct Part {
    std::int64_t position = -1;  ///< next record to read; -1: not known yet
    bool paused = false;
    /// A seek that librdkafka could not take yet (the partition is only being set up).
    std::int64_t pending_seek = -1;
    /// Messages below are left over from before a seek forward, or were read twice.
    std::int64_t expect_from = -1;
  };

  rd_kafka_t* rk() const { return handle_->get(); }
  std::vector<RdTopic> looked_up_topics(const Offsets& partitions);
  RdTopic look_up(const std::string& topic);
  Result<void> apply_subscription();
  Result<void> match_topics();
  Result<void> set_paused(const std::vector<TopicPartition>& partitions, bool paused);
  Result<void> seek_now(const TopicPartition& partition, std::int64_t offset);
  Result<std::int64_t> watermark(const TopicPartition& partition, milliseconds timeout);
  void assign_group(rd_kafka_topic_partition_list_t* partitions, bool cooperative);
  std::optional<Error> take(rd_kafka_message_t* message, RdBatch& batch);
  std::optional<Error> on_error_message(const rd_kafka_message_t* message);
  const std::string* topic_name(const rd_kafka_message_t* message);
  rd_kafka_resp_err_t start_commit(const Offsets& offsets, rd_kafka_queue_t* queue, bool at_once,
                                   std::function<void(Result<void>)> done);
  std::size_t take_messages(milliseconds timeout);
  void run_done();
  void ask_for_more();

  std::unique_ptr<Handle> handle_;
  RdQueue queue_;
  const std::string reset_;
  const bool poll_records_given_;
  std::size_t poll_records_;
  const milliseconds metadata_max_age_;
  const bool creates_topics_;
  const bool has_group_;

  RebalanceListener* listener_ = nullptr;
  std::function<bool(std::string_view)> matches_;
  std::set<std::string> subscribed_;
  Clock::time_point match_at_{};
  std::map<TopicPartition, Part> parts_;
  bool assigning_ = false;  ///< inside on_assigned: seeks and pauses take effect with the assignment
  bool closed_ = false;
  std::atomic<bool> woken_{false};
  std::vector<rd_kafka_message_t*> messages_;
  std::size_t most_waiting_ = 0;  ///< since the brokers were last asked for more

  // The topic and partition of the last message, so that runs of one partition look nothing up.
  const rd_kafka_topic_t* last_topic_ = nullptr;
  std::int32_t last_partition_ = -1;
  Part* last_part_ = nullptr;
  const std::string* last_name_ = nullptr;
  std::set<std::string> names_;

  struct Commit {
    RdConsumer* consumer;
    std::function<void(Result<void>)> done;
    bool at_once;  ///< commit_sync: `done` runs where librdkafka tells, not at the end of poll
  };
  std::map<Commit*, std::unique_ptr<Commit>> commits_;
  std::deque<std::pair<std::function<void(Result<void>)>, Result<void>>> finished_commits_;
  std::size_t commits_in_flight_ = 0;  ///< asynchronous ones
  bool eof_seen_ = false;

  static void on_commit(rd_kafka_t* rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* offsets,
                        void* opaque);
};

/// Behaviour: org.apache.kafka.common.internals.Topic.
bool is_topic_name(std::string_view name) {
  constexpr std::size_t kLongest = 249;
  if (name.empty() || name.size() > kLongest || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

RdPartitions list_of(const Offsets& offsets) {
  auto out = partition_list(offsets.size());
  for (const auto& [partition, offset] : offsets) {
    rd_kafka_topic_partition_list_add(out.get(), partition.topic.c_str(), partition.partition)->offset = offset;
  }
  return out;
}

std::vector<TopicPartition> partitions_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> out;
  for (int i = 0; i < list->cnt; ++i) out.push_back({list->elems[i].topic, list->elems[i].partition});
  std::sort(out.begin(), out.end());
  return out;
}

bool is_internal(std::string_view topic) {
  return topic == "__consumer_offsets" || topic == "__transaction_state" || topic == "__share_group_state";
}

Result<void> RdConsumer::subscribe(const std::vector<std::string>& topics, RebalanceListener& listener) {
  std::string invalid;
  for (const std::string& topic : topics) {
    if (!is_topic_name(topic)) invalid += (invalid.empty() ? "" : ", ") + topic;
  }
  // The broker's word to a Java consumer; librdkafka takes such a topic for one that is still to come.
  if (!invalid.empty()) return error_of(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, "Invalid topics: [" + invalid + "]");
  listener_ = &listener;
  subscribed_.clear();
  subscribed_.insert(topics.begin(), topics.end());
  return apply_subscription();
}

Result<void> RdConsumer::subscribe(std::function<bool(std::string_view)> matches, RebalanceListener& listener) {
  listener_ = &listener;
  matches_ = std::move(matches);
  match_at_ = Clock::now();
  return {};
}

Result<void> RdConsumer::apply_subscription() {
  if (subscribed_.empty()) {
    rd_kafka_unsubscribe(rk());
    return {};
  }
  auto topics = partition_list(subscribed_.size());
  for (const std::string& topic : subscribed_)
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  auto code = rd_kafka_subscribe(rk(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code);
  return {};
}

/// Runs at most every metadata.max.age.ms, or a second apart while no topic matches.
Result<void> RdConsumer::match_topics() {
  const rd_kafka_metadata_t* metadata = nullptr;
  auto code = rd_kafka_metadata(rk(), 1, nullptr, &metadata, to_millis(kTopicListTimeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    match_at_ = Clock::now() + milliseconds(500);
    return {};  // said by ConnectionState; tried again
  }
  std::unique_ptr<const rd_kafka_metadata_t, RdDeleter<rd_kafka_metadata_destroy>> owner(metadata);
  handle_->state().on_alive();
  std::set<std::string> found;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && !is_internal(topic.topic) && matches_(topic.topic))
      found.insert(topic.topic);
  }
  match_at_ = Clock::now() + (found.empty() ? std::min(metadata_max_age_, milliseconds(1000)) : metadata_max_age_);
  if (found == subscribed_) return {};
  subscribed_ = std::move(found);
  return apply_subscription();
}

Result<void> RdConsumer::assign(const Offsets& partitions) {
  parts_.clear();
  last_topic_ = nullptr;
  auto list = partition_list(partitions.size());
  for (const auto& [partition, offset] : partitions) {
    std::int64_t start = offset == -2 ? static_cast<std::int64_t>(RD_KAFKA_OFFSET_BEGINNING) : offset;
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset = start;
    parts_[partition].position = offset >= 0 ? offset : -1;
  }
  const auto topics = looked_up_topics(partitions);
  auto code = rd_kafka_assign(rk(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code);
  return {};
}

/// A topic that is new to this client is otherwise looked up with the next regular scan only, up to a second later.
/// The answers are in librdkafka's cache as long as its topic objects live.
std::vector<RdTopic> RdConsumer::looked_up_topics(const Offsets& partitions) {
  std::vector<RdTopic> topics;
  const std::string* last = nullptr;
  for (const auto& [partition, offset] : partitions) {
    if (last != nullptr && *last == partition.topic) continue;
    last = &partition.topic;
    if (RdTopic topic = look_up(partition.topic)) topics.push_back(std::move(topic));
  }
  return topics;
}

/// With allow.auto.create.topics the broker makes a topic that it does not have, if it is configured to.
RdTopic RdConsumer::look_up(const std::string& name) {
  RdTopic topic(rd_kafka_topic_new(rk(), name.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  if (topic && rd_kafka_metadata(rk(), 0, topic.get(), &metadata, to_millis(kLookUp)) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy(metadata);
  return topic;
}

const std::string* RdConsumer::topic_name(const rd_kafka_message_t* message) {
  return &*names_.emplace(rd_kafka_topic_name(message->rkt)).first;
}

std::optional<Error> RdConsumer::on_error_message(const rd_kafka_message_t* message) {
  auto code = message->err;
  const char* text = rd_kafka_message_errstr(message);
  std::string partition = message->rkt != nullptr ? std::string(rd_kafka_topic_name(message->rkt)) + "-" +
                                                        std::to_string(message->partition) + ": "
                                                  : std::string();
  switch (code) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: {
      auto it = parts_.find({*topic_name(message), message->partition});
      if (it != parts_.end()) it->second.position = std::max(it->second.position, message->offset);
      eof_seen_ = true;
      handle_->state().on_alive();
      return std::nullopt;
    }
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
      handle_->state().on_error(code, text);
      return error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, text);
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      if (listener_ == nullptr) return std::nullopt;  // a manual assignment needs no group
      return error_of(code, text);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: return error_of(code, text);
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: {
      Error error = error_of(code, partition + text);
      if (std::string_view(text).find(rd_kafka_err2str(RD_KAFKA_RESP_ERR__NO_OFFSET)) != std::string_view::npos) {
        error.trace =
            "org.apache.kafka.clients.consumer.NoOffsetForPartitionException: Undefined offset with no reset policy "
            "for "
            "partitions: [" +
            name_of({*topic_name(message), message->partition}) + "]";
      }
      return error;
    }
    case RD_KAFKA_RESP_ERR__FATAL: {
      std::array<char, 512> why{};
      auto real = rd_kafka_fatal_error(rk(), why.data(), why.size());
      return error_of(real, why.data());
    }
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      // The topic may come to be. librdkafka asks for subscribed topics without leave to create them, Java's client with it.
      if (creates_topics_ && !matches_ && message->rkt != nullptr &&
          subscribed_.contains(rd_kafka_topic_name(message->rkt)))
        look_up(rd_kafka_topic_name(message->rkt));
      handle_->state().on_error(code, text);
      return std::nullopt;
    default: handle_->state().on_error(code, (partition + text).c_str()); return std::nullopt;
  }
}

std::optional<Error> RdConsumer::take(rd_kafka_message_t* message, RdBatch& batch) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    auto error = on_error_message(message);
    rd_kafka_message_destroy(message);
    return error;
  }
  if (message->rkt != last_topic_ || message->partition != last_partition_) {
    last_topic_ = message->rkt;
    last_partition_ = message->partition;
    last_name_ = topic_name(message);
    auto it = parts_.find({*last_name_, message->partition});
    last_part_ = it == parts_.end() ? nullptr : &it->second;
  }
  // Not ours any more, or fetched before a seek: left out. What is left out of a paused partition is fetched again on
  // resume.
  if (last_part_ == nullptr || last_part_->pending_seek >= 0 ||
      (last_part_->expect_from >= 0 && message->offset < last_part_->expect_from)) {
    rd_kafka_message_destroy(message);
    return std::nullopt;
  }
  last_part_->position = message->offset + 1;
  last_part_->expect_from = message->offset + 1;
  batch.add(message, last_name_);
  return std::nullopt;
}

/// Fills `messages_`; returns how many. One is waited for, then whatever else is there is taken: asking for more would wait
/// until all have come. Beyond Java's number only while they are small: all are converted before the task sees the first.
std::size_t RdConsumer::take_messages(milliseconds timeout) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  const auto take_up_to = [&](std::size_t end, milliseconds wait) {
    const auto taken =
        rd_kafka_consume_batch_queue(queue_.get(), to_millis(wait), messages_.data() + count, end - count);
    for (ssize_t i = 0; i < taken; ++i) bytes += messages_[count++]->len;
    return count == end;
  };
  const auto may_take_more = [&] {
    return count < poll_records_ && (poll_records_given_ || count < kJavaPollRecords || bytes < kLargePollBytes);
  };
  bool more = take_up_to(1, timeout);
  while (more && may_take_more())
    more = take_up_to(std::min(poll_records_, (count / kJavaPollRecords + 1) * kJavaPollRecords), milliseconds(0));
  return count;
}

Result<std::unique_ptr<RecordBatch>> RdConsumer::poll(milliseconds timeout) {
  auto batch = std::make_unique<RdBatch>();
  if (closed_) return std::unique_ptr<RecordBatch>(std::move(batch));
  const auto deadline = Clock::now() + std::min<milliseconds>(timeout, std::chrono::hours(24));
  eof_seen_ = false;
  for (;;) {
    if (matches_ && Clock::now() >= match_at_) {
      if (auto done = match_topics(); !done) return done.error();
    }
    auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    for (auto& [partition, part] : parts_) {
      if (part.pending_seek < 0) continue;
      if (auto done = seek_now(partition, part.pending_seek); !done) return done.error();
      if (part.pending_seek >= 0) left = std::min(left, kSeekAgain);
    }
    if (matches_) left = std::min(left, std::chrono::ceil<milliseconds>(match_at_ - Clock::now()));
    const std::size_t count = take_messages(left);
    ask_for_more();
    run_done();
    std::optional<Error> error;
    batch->reserve(count);
    last_topic_ = nullptr;
    for (std::size_t i = 0; i < count; ++i) {
      auto failed = take(messages_[i], *batch);
      if (failed && !error) error = std::move(failed);
    }
    if (!batch->records().empty()) {
      handle_->state().on_alive();
      return std::unique_ptr<RecordBatch>(std::move(batch));
    }
    if (error) return *std::move(error);
    if (auto refusal = handle_->state().refusal()) return error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, *refusal);
    if (eof_seen_ || woken_.exchange(false) || Clock::now() >= deadline)
      return std::unique_ptr<RecordBatch>(std::move(batch));
  }
}

std::vector<TopicPartition> RdConsumer::assignment() const {
  std::vector<TopicPartition> out;
  for (const auto& [partition, part] : parts_) out.push_back(partition);
  return out;
}

Result<void> RdConsumer::set_paused(const std::vector<TopicPartition>& partitions, bool paused) {
  auto list = partition_list(partitions.size());
  for (const TopicPartition& partition : partitions) {
    auto it = parts_.find(partition);
    if (it == parts_.end())
      return Error{Errc::kInvalid, "No current assignment for partition " + name_of(partition), false, {}, {}, 0};
    if (it->second.paused == paused) continue;
    it->second.paused = paused;
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  }
  if (assigning_ || list->cnt == 0) return {};
  auto code = paused ? rd_kafka_pause_partitions(rk(), list.get()) : rd_kafka_resume_partitions(rk(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code);
  return {};
}

Result<void> RdConsumer::seek(const TopicPartition& partition, std::int64_t offset) {
  auto it = parts_.find(partition);
  if (it == parts_.end())
    return Error{Errc::kInvalid, "No current assignment for partition " + name_of(partition), false, {}, {}, 0};
  if (offset < 0) return Error{Errc::kInvalid, "seek offset must not be a negative number", false, {}, {}, 0};
  it->second.position = offset;
  it->second.expect_from = offset;
  it->second.pending_seek = offset;
  if (assigning_) return {};
  return seek_now(partition, offset);
}

Result<void> RdConsumer::seek_now(const TopicPartition& partition, std::int64_t offset) {
  auto list = partition_list(1);
  rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset = offset;
  RdError error(rd_kafka_seek_partitions(rk(), list.get(), 5000));
  rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error.get()) : list->elems[0].err;
  Part& part = parts_[partition];
  // While a partition is only being set up it cannot be moved: the next poll tries again, before it takes anything.
  bool later = code == RD_KAFKA_RESP_ERR__STATE || code == RD_KAFKA_RESP_ERR__IN_PROGRESS ||
               code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS;
  if (later) {
    part.pending_seek = offset;
    return {};
  }
  part.pending_seek = -1;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error_of(code, "seek of " + name_of(partition) + ": " + rd_kafka_err2str(code));
  return {};
}

Result<std::int64_t> RdConsumer::watermark(const TopicPartition& partition, milliseconds timeout) {
  // Not rd_kafka_query_watermark_offsets: that one waits for a leader that is gone until the request times out.
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    auto list = partition_list(1);
    auto* entry = rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
    entry->offset = reset_ == "latest" ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    const auto left = std::max(std::chrono::ceil<milliseconds>(deadline - Clock::now()), milliseconds(1));
    auto code = rd_kafka_offsets_for_times(rk(), list.get(), to_millis(std::min(left, kWatermarkStep)));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = entry->err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && entry->offset < 0) code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return entry->offset;
    Error error = error_of(code);
    if (!error.retriable || Clock::now() >= deadline) return error;
    look_up(partition.topic);  // the leader may be another one by now
  }
}

Result<std::int64_t> RdConsumer::position(const TopicPartition& partition, milliseconds timeout) {
  auto it = parts_.find(partition);
  if (it == parts_.end())
    return Error{
        Errc::kInvalid, "You can only check the position for partitions assigned to this consumer.", false, {}, {}, 0};
  if (it->second.position >= 0) return it->second.position;
  const auto deadline = Clock::now() + timeout;
  if (has_group_ && listener_ != nullptr) {
    auto stored = committed({partition}, timeout);
    if (!stored) return stored.error();
    if (auto found = stored->find(partition); found != stored->end()) return it->second.position = found->second;
  }
  auto left = std::max(std::chrono::ceil<milliseconds>(deadline - Clock::now()), milliseconds(1));
  auto start = watermark(partition, left);
  if (!start) return start.error();
  return it->second.position = *start;
}

Result<Offsets> RdConsumer::committed(const std::vector<TopicPartition>& partitions, milliseconds timeout) {
  auto list = partition_list(partitions.size());
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  }
  auto code = rd_kafka_committed(rk(), list.get(), to_millis(timeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code);
  Offsets out;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& entry = list->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(entry.err);
    if (entry.offset >= 0) out[{entry.topic, entry.partition}] = entry.offset;
  }
  return out;
}

void RdConsumer::on_commit(rd_kafka_t* /*rk*/, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* offsets,
                           void* opaque) {
  auto* key = static_cast<Commit*>(opaque);
  RdConsumer& consumer = *key->consumer;
  auto commit = std::move(consumer.commits_[key]);
  consumer.commits_.erase(key);
  for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && offsets != nullptr && i < offsets->cnt; ++i)
    code = offsets->elems[i].err;
  Result<void> result;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET) {
    Error error = error_of(code);
    bool rebalanced = code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
                      code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
    if (rebalanced) error.code = Errc::kConflict;
    result = std::move(error);
  }
  if (commit->at_once) {
    commit->done(std::move(result));
    return;
  }
  consumer.commits_in_flight_ -= 1;
  consumer.finished_commits_.emplace_back(std::move(commit->done), std::move(result));
}

/// Fetching stops while the queue of fetched records is full, and goes on when half of it is taken.
void RdConsumer::ask_for_more() {
  const std::size_t waiting = rd_kafka_queue_length(queue_.get());
  most_waiting_ = std::max(most_waiting_, waiting);
  if (most_waiting_ < kWorthAsking || waiting > most_waiting_ / 2) return;
  most_waiting_ = waiting;
  handle_->wake_brokers();
}

void RdConsumer::run_done() {
  while (!finished_commits_.empty()) {
    auto [done, result] = std::move(finished_commits_.front());
    finished_commits_.pop_front();
    if (done) done(std::move(result));
  }
}

rd_kafka_resp_err_t RdConsumer::start_commit(const Offsets& offsets, rd_kafka_queue_t* queue, bool at_once,
                                             std::function<void(Result<void>)> done) {
  auto list = list_of(offsets);
  auto commit = std::make_unique<Commit>(Commit{this, std::move(done), at_once});
  Commit* key = commit.get();
  commits_[key] = std::move(commit);
  auto code = rd_kafka_commit_queue(rk(), list.get(), queue, on_commit, key);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) commits_.erase(key);
  return code;
}

void RdConsumer::commit_async(const Offsets& offsets, std::function<void(Result<void>)> done) {
  commits_in_flight_ += 1;
  auto code = start_commit(offsets, queue_.get(), false, done);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  commits_in_flight_ -= 1;
  finished_commits_.emplace_back(std::move(done), error_of(code));
}

Result<void> RdConsumer::commit_sync(const Offsets& offsets, milliseconds timeout) {
  if (offsets.empty()) return {};
  const auto deadline = Clock::now() + timeout;
  auto outcome = std::make_shared<std::optional<Result<void>>>();
  RdQueue queue(rd_kafka_queue_new(rk()));
  auto code =
      start_commit(offsets, queue.get(), true, [outcome](Result<void> result) { *outcome = std::move(result); });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code);
  while (!*outcome) {
    auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds(0))
      return Error{Errc::kTimeout, "the offsets could not be committed in time", true, {}, {}, 0};
    rd_kafka_queue_poll_callback(queue.get(), to_millis(left));
  }
  return **outcome;
}

void RdConsumer::assign_group(rd_kafka_topic_partition_list_t* partitions, bool cooperative) {
  auto added = partitions_of(partitions);
  if (!cooperative) parts_.clear();
  for (const TopicPartition& partition : added) parts_[partition] = Part{};
  last_topic_ = nullptr;
  assigning_ = true;
  if (listener_ != nullptr) listener_->on_assigned(added);
  assigning_ = false;
  auto paused = partition_list(added.size());
  for (int i = 0; i < partitions->cnt; ++i) {
    auto& entry = partitions->elems[i];
    Part& part = parts_[{entry.topic, entry.partition}];
    if (part.pending_seek >= 0) entry.offset = std::exchange(part.pending_seek, -1);
    if (part.paused) rd_kafka_topic_partition_list_add(paused.get(), entry.topic, entry.partition);
  }
  if (cooperative) {
    RdError error(rd_kafka_incremental_assign(rk(), partitions));
    if (error) handle_->state().on_error(rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
  } else if (auto code = rd_kafka_assign(rk(), partitions); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    handle_->state().on_error(code, rd_kafka_err2str(code));
  }
  if (paused->cnt > 0) rd_kafka_pause_partitions(rk(), paused.get());
}

void RdConsumer::on_rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions) {
  const bool cooperative = std::string_view(rd_kafka_rebalance_protocol(rk())) == "COOPERATIVE";
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    handle_->state().on_alive();
    assign_group(partitions, cooperative);
    return;
  }
  if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    auto gone = partitions_of(partitions);
    if (listener_ != nullptr && !gone.empty()) {
      if (rd_kafka_assignment_lost(rk()) != 0)
        listener_->on_lost(gone);
      else
        listener_->on_revoked(gone);
    }
    for (const TopicPartition& partition : gone) parts_.erase(partition);
    last_topic_ = nullptr;
    if (cooperative) {
      RdError error(rd_kafka_incremental_unassign(rk(), partitions));
      if (error) handle_->state().on_error(rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
    } else {
      parts_.clear();
      rd_kafka_assign(rk(), nullptr);
    }
    return;
  }
  handle_->state().on_error(code, rd_kafka_err2str(code));
  rd_kafka_assign(rk(), nullptr);
}

void RdConsumer::close(milliseconds timeout) {
  if (closed_) return;
  closed_ = true;
  const auto deadline = Clock::now() + timeout;
  auto serve = [&] {
    auto count = rd_kafka_consume_batch_queue(queue_.get(), to_millis(kCloseStep), messages_.data(), 1);
    for (ssize_t i = 0; i < count; ++i) rd_kafka_message_destroy(messages_[static_cast<std::size_t>(i)]);
    run_done();
  };
  if (has_group_ && listener_ != nullptr) {
    // Results of commits come before the assignment goes.
    while (commits_in_flight_ > 0 && Clock::now() < deadline) serve();
    RdError error(rd_kafka_consumer_close_queue(rk(), queue_.get()));
    while (!error && rd_kafka_consumer_closed(rk()) == 0 && Clock::now() < deadline) serve();
    if (listener_ != nullptr && !parts_.empty()) {
      auto left = assignment();
      listener_->on_revoked(left);
    }
  }
  while (commits_in_flight_ > 0 && Clock::now() < deadline) serve();
  parts_.clear();
  run_done();
}

void rebalance_callback(rd_kafka_t* rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                        void* /*opaque*/) {
  static_cast<RdConsumer*>(Handle::of(rk).user)->on_rebalance(code, partitions);
}

void error_callback(rd_kafka_t* rk, int code, const char* text, void* /*opaque*/) {
  Handle::of(rk).state().on_error(static_cast<rd_kafka_resp_err_t>(code), text);
}

}  // namespace

Result<std::unique_ptr<Consumer>> make_rd_consumer(const ClientConfig& config, ClientLog log) {
  auto settings = translate(ClientKind::kConsumer, config);
  if (!settings) return settings.error();
  // librdkafka wants a group even for a manual assignment; this one is never joined.
  const bool has_group = !settings->properties.try_emplace("group.id", "unused").second;
  auto handle = Handle::create(RD_KAFKA_CONSUMER, *settings, std::move(log), [](rd_kafka_conf_t* configuration) {
    rd_kafka_conf_set_rebalance_cb(configuration, rebalance_callback);
    rd_kafka_conf_set_error_cb(configuration, error_callback);
  });
  if (!handle) return handle.error();
  return std::unique_ptr<Consumer>(std::make_unique<RdConsumer>(std::move(*handle), *settings, has_group));
}

}  // namespace millrace::kafka
