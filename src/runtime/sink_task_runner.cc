#include "runtime/sink_task_runner.h"

#include <algorithm>

#include "base/log.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRedeliveryDelay{1000};
constexpr milliseconds kKafkaTimeout{60000};
constexpr const char* kSimpleHeaderConverter = "org.apache.kafka.connect.storage.SimpleHeaderConverter";
constexpr std::size_t kRetainedRecords = 20000;

base::Log& sink_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.WorkerSinkTask");
  return log;
}

std::uint64_t ms_between(base::SteadyTime from, base::SteadyTime to) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<milliseconds>(to - from).count()));
}

bool contains(const std::vector<TopicPartition>& partitions, const TopicPartition& partition) {
  return std::find(partitions.begin(), partitions.end(), partition) != partitions.end();
}

}  // namespace

SinkTaskRunner::SinkTaskRunner(TaskParts common, Parts parts)
    : TaskRunner(std::move(common)),
      sink_(std::move(parts)),
      topic_reporter_(parts_.id, *parts_.listener, parts_.tracking) {
  control().set_on_change([consumer = sink_.consumer.get()] { consumer->wake_up(); });
}

SinkTaskRunner::~SinkTaskRunner() { control().clear_on_change(); }

Result<void> SinkTaskRunner::execute() {
  if (control().paused()) {
    TaskRunner::report(State::kPaused);
    while (control().paused() && !control().stopping()) {
      control().wait(base::SteadyTime::max(), [this] { return !control().paused(); });
    }
    if (control().stopping()) return {};
  }
  const Result<void> subscribed =
      sink_.topics_regex ? sink_.consumer->subscribe(
                               [this](std::string_view topic) { return sink_.topics_regex->matches(topic); }, *this)
                         : sink_.consumer->subscribe(sink_.topics, *this);
  if (!subscribed) return subscribed;
  if (auto failure = guard_plugin([this] { sink_.task->initialize(*this); })) return plugin_error(*failure);
  started_ = true;
  if (auto failure = guard_plugin([this] { sink_.task->start(parts_.task_config); })) return plugin_error(*failure);
  sink_.consumer->prefer_poll_records(sink_.task->preferred_put_records());
  // The other converters fail on some headers, and their records with them, whether or not the task looks at headers.
  needs_headers_ = sink_.task->reads_headers() || !parts_.transforms.empty() ||
                   parts_.header_converter_class != kSimpleHeaderConverter;
  sink_log().info("Sink task finished initialization and start");
  TaskRunner::report(State::kRunning);
  next_commit_ = control().clock().now() + parts_.flush_interval;
  while (!control().stopping()) {
    if (Result<void> done = iterate(); !done) return done;
  }
  return {};
}

Result<void> SinkTaskRunner::iterate() {
  const base::SteadyTime now = control().clock().now();
  if (!committing_ && (commit_requested_ || now >= next_commit_)) {
    commit(Closing::kNo, assigned());
    next_commit_ = now + parts_.flush_interval;
    commit_requested_ = false;
  }
  if (failure_) return *failure_;
  if (committing_ && now >= commit_started_ + parts_.flush_timeout) {
    sink_log().warn("Commit of offsets timed out");
    metrics().offset_commit_failures.add();
    committing_ = false;
  }
  follow_target_state();
  const auto until_commit = std::chrono::duration_cast<milliseconds>(next_commit_ - now);
  return poll(std::max(until_commit, milliseconds(0)));
}

void SinkTaskRunner::follow_target_state() {
  if (control().stopping() || control().paused() == paused_) return;
  paused_ = control().paused();
  if (paused_) {
    pause_all();
    TaskRunner::report(State::kPaused);
    commit_requested_ = true;
    sink_log().info("paused");
  } else {
    if (!paused_for_redelivery_) resume_all();
    TaskRunner::report(State::kRunning);
    sink_log().info("resumed");
  }
}

Result<void> SinkTaskRunner::poll(milliseconds timeout) {
  if (Result<void> done = rewind(); !done) return done;
  if (commit_requested_) timeout = milliseconds(0);
  if (retry_timeout_ && retry_timeout_->count() > 0) {
    timeout = std::min(timeout, *retry_timeout_);
    retry_timeout_.reset();
  } else if (paused_for_redelivery_) {
    timeout = std::min(timeout, kRedeliveryDelay);
  }
  if (committing_) timeout = std::min(timeout, parts_.flush_timeout);
  Result<std::unique_ptr<kafka::RecordBatch>> records = sink_.consumer->poll(timeout);
  if (failure_) return *failure_;
  if (!records) return std::move(records).error();
  if (control().stopping()) return {};
  if (!(*records)->records().empty()) {
    if (Result<void> done = convert(**records); !done) return done;
    retained_.push_back(std::move(*records));
  }
  return deliver();
}

Result<void> SinkTaskRunner::rewind() {
  for (const auto& [partition, offset] : std::exchange(rewinds_, {})) {
    if (!current_offsets_.contains(partition)) {
      sink_log().warn("ignoring the rewind of {}: it is not assigned", partition.to_string());
      continue;
    }
    sink_log().debug("rewinding {} to offset {}", partition.to_string(), offset);
    if (Result<void> done = sink_.consumer->seek(partition, offset); !done) return done;
    last_committed_[partition] = offset;
    current_offsets_[partition] = offset;
  }
  return {};
}

// ------------------------------------------------------------------------------------------------------ records

SinkRecord& SinkTaskRunner::next_slot() {
  if (batch_size_ == batch_.size()) batch_.emplace_back();
  return batch_[batch_size_];
}

Result<void> SinkTaskRunner::convert(const kafka::RecordBatch& records) {
  topic_reporter_.begin_batch();
  if (!undelivered_) batch_size_ = 0;
  const std::string* topic = nullptr;
  std::int32_t partition = -1;
  std::int64_t* next_offset = nullptr;
  for (const kafka::InRecord& in : records.records()) {
    if (in.topic != topic || in.partition != partition) {
      topic = in.topic;
      partition = in.partition;
      next_offset = &origin_offsets_[TopicPartition{*topic, partition}];
      new_topic_ = topic_reporter_.is_new(*topic);
    }
    Result<Kept> kept = convert_one(in, next_slot());
    if (!kept) {
      batch_.resize(batch_size_);
      return std::move(kept).error();
    }
    *next_offset = in.offset + 1;
    if (*kept == Kept::kYes) ++batch_size_;
  }
  batch_.resize(batch_size_);
  undelivered_ = true;
  metrics().records_read.add(records.records().size());
  return {};
}

Result<SinkTaskRunner::Kept> SinkTaskRunner::convert_one(const kafka::InRecord& in, SinkRecord& out) {
  const RecordInHand hand{nullptr, &in};
  auto outcome = errors().run(Stage::kKeyConverter, parts_.key_converter_class, hand, [&] {
    SchemaAndValue key = parts_.key_converter->to_connect_data(*in.topic, in.key);
    out.key_schema = std::move(key.schema);
    out.key = std::move(key.value);
  });
  if (outcome == ErrorPolicy::Outcome::kDone) {
    outcome = errors().run(Stage::kValueConverter, parts_.value_converter_class, hand, [&] {
      SchemaAndValue value = parts_.value_converter->to_connect_data(*in.topic, in.value);
      out.value_schema = std::move(value.schema);
      out.value = std::move(value.value);
    });
  }
  out.headers.clear();
  if (outcome == ErrorPolicy::Outcome::kDone && needs_headers_ && !in.headers().empty()) {
    outcome = errors().run(Stage::kHeaderConverter, parts_.header_converter_class, hand, [&] {
      out.headers.clear();
      for (const kafka::HeaderView& header : in.headers()) {
        SchemaAndValue value = parts_.header_converter->to_connect_header(*in.topic, header.key, header.value);
        out.headers.add_unchecked(Header{std::string(header.key), std::move(value.schema), std::move(value.value)});
      }
    });
  }
  if (outcome == ErrorPolicy::Outcome::kFail) return std::move(errors().error());
  if (outcome == ErrorPolicy::Outcome::kSkip) return Kept::kNo;
  out.topic.assign(*in.topic);
  out.kafka_partition = in.partition;
  out.timestamp.reset();
  if (in.timestamp_ms >= 0) out.timestamp = in.timestamp_ms;
  out.timestamp_type = in.timestamp_type;
  out.kafka_offset = in.offset;
  out.original_topic.assign(*in.topic);
  out.original_kafka_partition = in.partition;
  out.original_kafka_offset = in.offset;
  if (std::exchange(new_topic_, false)) topic_reporter_.report(*in.topic);
  if (parts_.transforms.empty()) return Kept::kYes;
  return transform(out, hand);
}

std::optional<PluginFailure> SinkTaskRunner::put(const std::vector<SinkRecord>& records) {
  return guard_plugin([&] { sink_.task->put(records); });
}

/// Puts the batch, which the task refused, again in halves, in order, until the records at fault are found; these are
/// reported and skipped. What is left in `batch_` after a failure that is to be retried has not been put.
std::optional<PluginFailure> SinkTaskRunner::put_in_halves(PluginFailure refusal) {
  sink_log().warn("a batch of {} records was refused, looking for the record at fault: {}", batch_.size(),
                  refusal.message);
  std::vector<SinkRecord> rest = std::exchange(batch_, {});
  std::vector<std::size_t> sizes;  // of the parts that `rest` is still to be put in, the next one last
  const auto split = [&sizes](std::size_t size) {
    sizes.push_back(size - size / 2);
    sizes.push_back(size / 2);
  };
  std::size_t done = 0;
  if (rest.size() > 1) {
    split(rest.size());
  } else {
    sizes.push_back(1);
  }
  std::optional<PluginFailure> failure;
  while (!sizes.empty() && !failure && !control().stopping()) {
    const std::size_t size = sizes.back();
    sizes.pop_back();
    const auto begin = rest.begin() + static_cast<std::ptrdiff_t>(done);
    failure = put({begin, begin + static_cast<std::ptrdiff_t>(size)});
    if (failure && !failure->retriable && size > 1) {
      failure.reset();
      split(size);
      continue;
    }
    if (failure && failure->retriable) break;
    if (failure) {
      std::vector<std::shared_future<void>> stored;
      if (report_failed(*begin, *failure, stored) == ErrorPolicy::Outcome::kFail) return failure;
      failure.reset();
    }
    done += size;
  }
  batch_.assign(std::make_move_iterator(rest.begin() + static_cast<std::ptrdiff_t>(done)),
                std::make_move_iterator(rest.end()));
  batch_size_ = batch_.size();
  if (!failure && !batch_.empty()) {  // the worker is stopping
    refusal.retriable = true;
    return refusal;
  }
  return failure;
}

Result<void> SinkTaskRunner::deliver() {
  static const std::vector<SinkRecord> kNothing;
  const std::vector<SinkRecord>& records = undelivered_ ? batch_ : kNothing;
  const base::SteadyTime start = control().clock().now();
  const std::size_t count = records.size();
  auto failure = put(records);
  if (failure && !failure->retriable && !failure_ && sink_.bisects_put && count > 0)
    failure = put_in_halves(*std::move(failure));
  if (failure_) return *failure_;  // an errant report that is not tolerated
  if (failure && failure->retriable) {
    sink_log().warn("put is to be retried: {}", failure->trace);
    if (!paused_for_redelivery_) {
      paused_for_redelivery_ = true;
      pause_all();
    }
    undelivered_ = true;
    if (records.empty()) batch_.clear();
    return {};
  }
  if (failure) {
    return plugin_error(kConnectException, "Exiting WorkerSinkTask due to unrecoverable exception.", *failure);
  }
  if (count > 0) {
    const std::uint64_t took = ms_between(start, control().clock().now());
    TaskMetrics& m = metrics();
    m.records_sent.add(count);
    m.batches.add();
    m.batch_records.add(count);
    m.batch_size_max.set_max(count);
    m.put_ms_total.add(took);
    m.put_ms_max.set_max(took);
  }
  for (const auto& [partition, offset] : origin_offsets_) current_offsets_[partition] = offset;  // I2: put returned
  origin_offsets_.clear();
  undelivered_ = false;
  if (sink_.reports_errant_records) {
    std::size_t records_retained = 0;
    for (const auto& batch : retained_) records_retained += batch->records().size();
    if (records_retained > kRetainedRecords) commit_requested_ = true;
  } else {
    retained_.clear();
  }
  if (paused_for_redelivery_) {
    paused_for_redelivery_ = false;
    if (!paused_) resume_all();
  }
  return {};
}

// ------------------------------------------------------------------------------------------------------ commits

void SinkTaskRunner::commit(Closing closing, const Partitions& partitions) {
  SinkOffsets current;
  for (const TopicPartition& partition : partitions) {
    if (const auto at = current_offsets_.find(partition); at != current_offsets_.end()) current.insert(*at);
  }
  const auto close_partitions = [&] {
    if (closing == Closing::kNo || !started_) return;
    if (auto failure = guard_plugin([&] { sink_.task->close(partitions); })) remember_failure(plugin_error(*failure));
  };
  if (current.empty() || !await_reports(partitions)) {
    close_partitions();
    return;
  }
  committing_ = true;
  const std::uint64_t sequence = ++commit_sequence_;
  commit_started_ = control().clock().now();
  metrics().commit_sequence.set(sequence);

  SinkOffsets returned;
  const auto failure = guard_plugin([&] { returned = sink_.task->pre_commit(current); });
  if (failure) {
    if (closing == Closing::kNo) {
      sink_log().error("Offset commit failed, rewinding to last committed offsets: {}", failure->trace);
      rewind_to_committed(partitions);
    } else {
      sink_log().error("Offset commit failed while closing: {}", failure->trace);
    }
    commit_done(sequence, {}, commit_started_, plugin_error(*failure), closing);
    close_partitions();
    return;
  }
  close_partitions();
  if (returned.empty()) {
    commit_done(sequence, {}, commit_started_, {}, closing);
    return;
  }
  SinkOffsets offsets = committable(returned, current);
  const bool unchanged = std::all_of(offsets.begin(), offsets.end(), [this](const auto& entry) {
    const auto last = last_committed_.find(entry.first);
    return last != last_committed_.end() && last->second == entry.second;
  });
  if (unchanged || control().cancelled()) {
    commit_done(sequence, offsets, commit_started_, {}, closing);
    return;
  }
  if (closing == Closing::kYes) {
    const Result<void> done = sink_.consumer->commit_sync(offsets, parts_.flush_timeout);
    commit_done(sequence, offsets, commit_started_, done, closing);
    return;
  }
  sink_.consumer->commit_async(offsets, [this, sequence, offsets, started = commit_started_](Result<void> done) {
    commit_done(sequence, offsets, started, done, Closing::kNo);
  });
}

SinkOffsets SinkTaskRunner::committable(const SinkOffsets& returned, const SinkOffsets& current) {
  SinkOffsets offsets;
  for (const auto& [partition, offset] : returned) {
    const auto known = current.find(partition);
    if (known != current.end() && offset <= known->second) {
      offsets.emplace(partition, offset);
    } else if (known != current.end()) {
      sink_log().warn("Ignoring invalid task provided offset {}={}: not yet consumed, current offset is {}",
                      partition.to_string(), offset, known->second);
    } else if (!current_offsets_.contains(partition)) {
      sink_log().warn("Ignoring invalid task provided offset {}={}: the partition is not assigned",
                      partition.to_string(), offset);
    }
  }
  return offsets;
}

void SinkTaskRunner::commit_done(std::uint64_t sequence, const SinkOffsets& offsets, base::SteadyTime started,
                                 const Result<void>& result, Closing closing) {
  if (sequence != commit_sequence_) {
    metrics().commits_skipped.add();
    return;
  }
  committing_ = false;
  if (!result) {
    metrics().offset_commit_failures.add();
    sink_log().error("Commit of offsets threw an unexpected exception for sequence number {}: {}", sequence,
                     result.error().text);
    return;
  }
  const std::uint64_t took = ms_between(started, control().clock().now());
  metrics().offset_commits.add();
  metrics().offset_commit_ms_total.add(took);
  metrics().offset_commit_ms_max.set_max(took);
  for (const auto& [partition, offset] : offsets) {
    if (closing == Closing::kYes || last_committed_.contains(partition)) last_committed_[partition] = offset;
  }
  // What is committed will not be reported as errant any more; the newest batch may still be in the task's hands.
  while (retained_.size() > 1) retained_.pop_front();
}

void SinkTaskRunner::rewind_to_committed(const Partitions& partitions) {
  for (const TopicPartition& partition : partitions) {
    const auto last = last_committed_.find(partition);
    if (last == last_committed_.end()) continue;
    if (Result<void> done = sink_.consumer->seek(partition, last->second); !done) {
      remember_failure(std::move(done).error());
      return;
    }
    current_offsets_[partition] = last->second;
    origin_offsets_.erase(partition);
  }
}

bool SinkTaskRunner::await_reports(const Partitions& partitions) {
  for (const auto& [partition, stored] : reports_) {
    if (!contains(partitions, partition)) continue;
    while (stored.wait_for(milliseconds(100)) != std::future_status::ready) {
      if (control().cancelled()) return false;
    }
  }
  std::erase_if(reports_, [&](const auto& entry) { return contains(partitions, entry.first); });
  return true;
}

// --------------------------------------------------------------------------------------------------- rebalances

void SinkTaskRunner::on_assigned(const Partitions& partitions) {
  for (const TopicPartition& partition : partitions) {
    Result<std::int64_t> position = sink_.consumer->position(partition, kKafkaTimeout);
    if (!position) {
      remember_failure(std::move(position).error());
      continue;
    }
    current_offsets_[partition] = *position;
    last_committed_[partition] = *position;
    sink_log().debug("assigned {} at offset {}", partition.to_string(), *position);
  }
  metrics().partitions.set(sink_.consumer->assignment().size());
  paused_for_redelivery_ = paused_for_redelivery_ && undelivered_ && !batch_.empty();
  if (paused_ || paused_for_redelivery_) {
    pause_all();
  } else if (!paused_by_task_.empty()) {
    const Partitions all = sink_.consumer->assignment();
    std::erase_if(paused_by_task_, [&](const TopicPartition& partition) { return !contains(all, partition); });
    if (!paused_by_task_.empty()) {
      (void)sink_.consumer->pause({paused_by_task_.begin(), paused_by_task_.end()});  // assigned: cannot be refused
    }
  }
  if (failure_ || partitions.empty() || !started_) return;
  if (auto failure = guard_plugin([&] { sink_.task->open(partitions); })) {
    remember_failure(plugin_error(*failure));
    return;
  }
  if (Result<void> done = rewind(); !done) remember_failure(std::move(done).error());
}

void SinkTaskRunner::on_revoked(const Partitions& partitions) {
  if (closed_) return;
  sink_log().debug("revoked partitions={}", partitions.size());
  commit(Closing::kYes, partitions);
  forget(partitions);
}

void SinkTaskRunner::on_lost(const Partitions& partitions) {
  if (closed_) return;
  sink_log().warn("lost partitions={}: another member owns them, nothing is committed", partitions.size());
  if (started_) {
    if (auto failure = guard_plugin([&] { sink_.task->close(partitions); })) remember_failure(plugin_error(*failure));
  }
  std::erase_if(reports_, [&](const auto& entry) { return contains(partitions, entry.first); });
  forget(partitions);
}

void SinkTaskRunner::forget(const Partitions& partitions) {
  for (const TopicPartition& partition : partitions) {
    current_offsets_.erase(partition);
    origin_offsets_.erase(partition);
    last_committed_.erase(partition);
  }
  if (undelivered_) {
    std::erase_if(batch_, [&](const SinkRecord& record) {
      return contains(partitions, TopicPartition{record.original_topic, record.original_kafka_partition});
    });
    batch_size_ = batch_.size();
  }
  metrics().partitions.set(current_offsets_.size());
}

void SinkTaskRunner::remember_failure(Error error) {
  if (!failure_) failure_ = std::move(error);
}

SinkTaskRunner::Partitions SinkTaskRunner::assigned() const {
  Partitions partitions;
  for (const auto& entry : current_offsets_) partitions.push_back(entry.first);
  return partitions;
}

void SinkTaskRunner::pause_all() {
  (void)sink_.consumer->pause(sink_.consumer->assignment());
}  // assigned: cannot be refused

void SinkTaskRunner::resume_all() {
  Partitions partitions = sink_.consumer->assignment();
  std::erase_if(partitions, [this](const TopicPartition& partition) { return paused_by_task_.contains(partition); });
  (void)sink_.consumer->resume(partitions);  // assigned: cannot be refused
}

// ------------------------------------------------------------------------------------------- what tasks may ask

std::set<TopicPartition> SinkTaskRunner::assignment() const {
  const Partitions partitions = sink_.consumer->assignment();
  return {partitions.begin(), partitions.end()};
}

void SinkTaskRunner::pause(const Partitions& partitions) {
  paused_by_task_.insert(partitions.begin(), partitions.end());
  if (Result<void> done = sink_.consumer->pause(partitions); !done) {
    throw ConnectError("SinkTasks may not pause partitions that are not currently assigned to them.");
  }
}

void SinkTaskRunner::resume(const Partitions& partitions) {
  const Partitions all = sink_.consumer->assignment();
  for (const TopicPartition& partition : partitions) {
    if (!contains(all, partition)) {
      throw ConnectError("SinkTasks may not resume partitions that are not currently assigned to them.");
    }
  }
  for (const TopicPartition& partition : partitions) paused_by_task_.erase(partition);
  if (!paused_ && !paused_for_redelivery_) (void)sink_.consumer->resume(partitions);  // assigned: cannot be refused
}

ErrorPolicy::Outcome SinkTaskRunner::report_failed(const SinkRecord& record, const PluginFailure& failure,
                                                   std::vector<std::shared_future<void>>& stored) {
  kafka::InRecord bare;  // when the bytes are gone: names it all the same
  bare.topic = &record.original_topic;
  bare.partition = record.original_kafka_partition;
  bare.offset = record.original_kafka_offset;
  bare.timestamp_ms = record.timestamp.value_or(-1);
  bare.timestamp_type = record.timestamp_type;
  const kafka::InRecord* origin = &bare;
  for (auto batch = retained_.rbegin(); batch != retained_.rend() && origin == &bare; ++batch) {
    for (const kafka::InRecord& in : (*batch)->records()) {
      if (in.offset != bare.offset || in.partition != bare.partition || *in.topic != *bare.topic) continue;
      origin = &in;
      break;
    }
  }
  const auto outcome = errors().failed(Stage::kTaskPut, "org.apache.kafka.connect.sink.SinkTask",
                                       RecordInHand{nullptr, origin}, failure, &stored);
  const TopicPartition partition{record.original_topic, record.original_kafka_partition};
  for (const auto& one : stored) reports_.emplace_back(partition, one);
  return outcome;
}

std::shared_future<void> SinkTaskRunner::report(const SinkRecord& record, const std::exception& error) {
  std::vector<std::shared_future<void>> stored;
  const auto outcome = report_failed(record, describe(error, false), stored);
  std::shared_future<void> all = std::async(std::launch::deferred, [stored] {
                                   for (const auto& one : stored) one.wait();
                                 }).share();
  if (outcome == ErrorPolicy::Outcome::kFail) {
    failure_ = errors().error();
    throw ConnectError("Tolerance exceeded in error handler", error);
  }
  return all;
}

// ------------------------------------------------------------------------------------------------------ the end

void SinkTaskRunner::wind_up(const Result<void>&) {
  if (!started_) return;
  commit(Closing::kYes, assigned());
  closed_ = true;
}

void SinkTaskRunner::close() {
  closed_ = true;
  if (started_) {
    if (auto failure = guard_plugin([this] { sink_.task->stop(); })) {
      sink_log().warn("Could not stop task: {}", failure->trace);
    }
  }
  sink_.consumer->close(parts_.flush_timeout);
}

}  // namespace millrace::runtime
