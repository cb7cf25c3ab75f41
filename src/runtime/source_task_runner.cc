#include "runtime/source_task_runner.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/log.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSliceBytes = std::size_t{512} << 10;
constexpr std::size_t kBufferKept = std::size_t{4} << 20;
constexpr milliseconds kRetryDelay{100};
constexpr std::size_t kAttemptsBeforeWarning = 20;  // looks at a missing topic, at least kRetryDelay apart
constexpr std::size_t kAttemptsPerWarning = 300;
constexpr milliseconds kTopicTimeout{1000};  // a stop request waits that long at most

base::Log& source_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.WorkerSourceTask");
  return log;
}

std::uint64_t ms_since(base::SteadyTime start, base::SteadyTime now) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now - start).count());
}

}  // namespace

SourceTaskRunner::SourceTaskRunner(TaskParts common, Parts parts)
    : TaskRunner(std::move(common)),
      source_(std::move(parts)),
      topic_reporter_(parts_.id, *parts_.listener, parts_.tracking),
      keeps_originals_(source_.task->wants_commit_record() || (errors().tolerates_all() && errors().has_reporters())) {}

SourceTaskRunner::~SourceTaskRunner() = default;

Result<void> SourceTaskRunner::execute() {
  if (control().paused()) {
    report(State::kPaused);
    while (control().paused() && !control().stopping()) {
      control().wait(base::SteadyTime::max(), [this] { return !control().paused(); });
    }
    if (control().stopping()) return {};
  }
  if (auto failure = guard_plugin([this] { source_.task->initialize(*this); })) return plugin_error(*failure);
  started_ = true;
  if (auto failure = guard_plugin([this] { source_.task->start(parts_.task_config); })) return plugin_error(*failure);
  source_log().info("Source task finished initialization and start");
  report(State::kRunning);
  return loop();
}

Result<void> SourceTaskRunner::loop() {
  source_.delivery->begin_loop();
  while (!control().stopping()) {
    if (Result<void> done = service(); !done) return done;
    tell_task();
    if (control().paused()) {
      if (Result<void> done = wait_while_paused(); !done) return done;
      continue;
    }
    Result<std::vector<SourceRecord>> records = poll();
    if (!records) return std::move(records).error();
    if (!records->empty()) {
      if (Result<void> sent = send_all(*records); !sent) return sent;
      if (control().stopping()) break;
      if (auto failure = guard_plugin([&] { source_.task->recycle(std::move(*records)); }))
        return plugin_error(*failure);
    }
    if (Result<void> done = source_.delivery->batch_sent(); !done) return done;
  }
  return {};
}

Result<void> SourceTaskRunner::wait_while_paused() {
  report(State::kPaused);
  source_log().info("paused");
  while (control().paused() && !control().stopping()) {
    if (Result<void> done = service(); !done) return done;
    source_.delivery->paused();
    tell_task();
    control().wait(source_.delivery->next_due(), [this] { return has_acknowledgements() || !control().paused(); });
  }
  if (!control().stopping()) {
    report(State::kRunning);
    source_log().info("resumed");
    source_.delivery->begin_loop();
  }
  return {};
}

Result<std::vector<SourceRecord>> SourceTaskRunner::poll() {
  const base::SteadyTime start = control().clock().now();
  std::vector<SourceRecord> records;
  in_task_ = true;
  const auto failure = guard_plugin([&] { records = source_.task->poll(); });
  in_task_ = false;
  if (failure) {
    if (!failure->retriable) return plugin_error(*failure);
    source_log().warn("poll failed, it will be retried: {}", failure->trace);
    control().wait(control().clock().now() + kRetryDelay, [] { return false; });
    return std::vector<SourceRecord>();
  }
  const std::uint64_t took = ms_since(start, control().clock().now());
  if (records.empty()) {
    // A task that returns at once without records would keep a processor busy.
    if (took == 0) control().wait(start + milliseconds(1), [this] { return has_acknowledgements(); });
    return records;
  }
  TaskMetrics& m = metrics();
  m.records_polled.add(records.size());
  m.batches.add();
  m.batch_records.add(records.size());
  m.batch_size_max.set_max(records.size());
  m.poll_ms_total.add(took);
  m.poll_ms_max.set_max(took);
  return records;
}

bool SourceTaskRunner::wait_for(milliseconds time) {
  const base::SteadyTime deadline = control().clock().now() + time;
  while (!control().stopping() && !control().paused()) {
    if (!send_error_) {
      if (Result<void> done = service(); !done) send_error_ = std::move(done).error();
    }
    if (send_error_) return false;  // the loop fails with it as soon as poll returns
    const base::SteadyTime now = control().clock().now();
    if (now >= deadline) return true;
    control().wait(std::min(deadline, std::max(source_.delivery->next_due(), now + milliseconds(1))),
                   [this] { return has_acknowledgements() || control().paused(); });
  }
  return false;
}

// ------------------------------------------------------------------------------------------------- the way out

Result<void> SourceTaskRunner::send_all(std::vector<SourceRecord>& records) {
  topic_reporter_.begin_batch();
  if (Result<void> begun = source_.delivery->begin_sending(); !begun) return begun;
  for (std::size_t next = 0; next < records.size() && !control().stopping();) {
    if (Result<void> room = wait_for_room_in_budget(); !room) return room;
    if (control().stopping()) return {};
    const Result<void> converted = convert_slice(records, next);
    // What comes before a record that fails is sent, as Java does one by one; a transaction would not commit it.
    if (!converted && !source_.delivery->reports_send_failures()) return converted;
    const Result<void> sent = send_slice(records);
    if (!converted) return converted;
    if (!sent) return sent;
    if (control().stopping()) break;
    if (Result<void> done = source_.delivery->slice_sent(); !done) return done;
  }
  if (buffer_.capacity() > kBufferKept) std::string().swap(buffer_);
  return {};
}

Result<void> SourceTaskRunner::wait_for_room_in_budget() {
  while (source_.delivery->bytes_in_flight() > source_.bytes_in_flight_max && !control().stopping()) {
    control().wait(std::max(source_.delivery->next_due(), control().clock().now() + milliseconds(1)),
                   [this] { return has_acknowledgements(); });
    if (Result<void> done = service(); !done) return done;
  }
  return {};
}

Result<void> SourceTaskRunner::convert_slice(std::vector<SourceRecord>& records, std::size_t& next) {
  buffer_.clear();
  converted_.clear();
  converted_headers_.clear();
  slice_originals_.clear();
  while (next < records.size() && buffer_.size() < kSliceBytes) {
    const std::size_t index = next++;
    SourceRecord& record = records[index];
    std::optional<SourceRecord> original;
    if (keeps_originals_) original = record;
    const bool last_of_slice = source_.delivery->ends_slice(record);
    Result<Kept> kept = convert(record, index);
    if (!kept) return std::move(kept).error();
    if (*kept == Kept::kNo) {
      if (Result<void> done = drop(original ? *original : record); !done) return done;
    } else if (original) {
      slice_originals_.push_back(std::move(*original));
    }
    if (last_of_slice) break;
  }
  return {};
}

Result<void> SourceTaskRunner::drop(const SourceRecord& record) {
  source_.delivery->dropped(record);
  if (source_.task->wants_commit_record()) to_tell_.push_back(Told{record, std::nullopt});
  return {};
}

Result<SourceTaskRunner::Kept> SourceTaskRunner::convert_headers(SourceRecord& record, const RecordInHand& hand) {
  for (const Header& header : record.headers) {
    ConvertedHeader converted{&header.key, buffer_.size(), 0, false};
    const auto outcome = errors().run(Stage::kHeaderConverter, parts_.header_converter_class, hand, [&] {
      buffer_.resize(converted.begin);
      converted.has_value =
          parts_.header_converter->from_connect_header(record.topic, header.key, header.schema, header.value, buffer_);
    });
    if (outcome == ErrorPolicy::Outcome::kFail) return std::move(errors().error());
    if (outcome == ErrorPolicy::Outcome::kSkip) return Kept::kNo;
    converted.end = buffer_.size();
    converted_headers_.push_back(converted);
  }
  return Kept::kYes;
}

Result<SourceTaskRunner::Kept> SourceTaskRunner::convert(SourceRecord& record, std::size_t index) {
  const RecordInHand hand{&record, nullptr};
  if (!parts_.transforms.empty()) {
    Result<Kept> kept = transform(record, hand);
    if (!kept || *kept == Kept::kNo) return kept;
  }
  Converted converted;
  converted.record = index;
  converted.first_header = converted_headers_.size();
  const std::size_t start = buffer_.size();
  const auto give_up = [&] {
    buffer_.resize(start);
    converted_headers_.resize(converted.first_header);
  };
  if (!record.headers.empty()) {
    Result<Kept> kept = convert_headers(record, hand);
    if (!kept || *kept == Kept::kNo) {
      give_up();
      return kept;
    }
    converted.headers = converted_headers_.size() - converted.first_header;
  }
  converted.begin = buffer_.size();
  auto outcome = errors().run(Stage::kKeyConverter, parts_.key_converter_class, hand, [&] {
    buffer_.resize(converted.begin);
    converted.has_key = parts_.key_converter->from_connect_data(record.topic, record.key_schema, record.key, buffer_);
  });
  converted.key_end = buffer_.size();
  if (outcome == ErrorPolicy::Outcome::kDone) {
    outcome = errors().run(Stage::kValueConverter, parts_.value_converter_class, hand, [&] {
      buffer_.resize(converted.key_end);
      converted.has_value =
          parts_.value_converter->from_connect_data(record.topic, record.value_schema, record.value, buffer_);
    });
  }
  converted.end = buffer_.size();
  if (outcome != ErrorPolicy::Outcome::kDone) {
    give_up();
    if (outcome == ErrorPolicy::Outcome::kFail) return std::move(errors().error());
    return Kept::kNo;
  }
  if (record.timestamp && *record.timestamp < -1) {
    return connect_error(fmt::format("Invalid record timestamp {}", *record.timestamp),
                         "org.apache.kafka.connect.errors.DataException");
  }
  converted_.push_back(converted);
  return Kept::kYes;
}

void SourceTaskRunner::build_batch(std::vector<SourceRecord>& records) {
  const std::string_view bytes = buffer_;
  const auto slice = [&](std::size_t begin, std::size_t end) { return bytes.substr(begin, end - begin); };
  header_views_.clear();
  for (const ConvertedHeader& header : converted_headers_) {
    kafka::HeaderView view{*header.key, std::nullopt};
    if (header.has_value) view.value = slice(header.begin, header.end);
    header_views_.push_back(view);
  }
  batch_.clear();
  batch_.reserve(converted_.size());
  for (std::size_t i = 0; i < converted_.size(); ++i) {
    const Converted& converted = converted_[i];
    const SourceRecord& record = records[converted.record];
    kafka::OutRecord out;
    out.topic = &record.topic;
    out.partition = record.kafka_partition.value_or(-1);
    if (record.timestamp && *record.timestamp >= 0) out.timestamp_ms = record.timestamp;
    if (converted.has_key) out.key = slice(converted.begin, converted.key_end);
    if (converted.has_value) out.value = slice(converted.key_end, converted.end);
    if (converted.headers > 0)
      out.headers = std::span(header_views_).subspan(converted.first_header, converted.headers);
    out.tag = source_.delivery->submit(record, static_cast<std::uint32_t>(converted.end - converted.begin + 100));
    if (keeps_originals_) originals_.emplace(out.tag, std::move(slice_originals_[i]));
    if (topic_reporter_.is_new(record.topic) &&
        std::none_of(new_topics_.begin(), new_topics_.end(), [&](const auto& t) { return t.second == record.topic; })) {
      new_topics_.emplace_back(out.tag, record.topic);
    }
    batch_.push_back(out);
  }
  metrics().records_active.set(source_.delivery->records_in_flight());
  metrics().records_active_max.set_max(source_.delivery->records_in_flight());
  metrics().bytes_in_flight.set(source_.delivery->bytes_in_flight());
}

Result<bool> SourceTaskRunner::ensure_topic(const std::string& topic) {
  Result<void> found;
  if (source_.topics && !source_.topics->knows(topic)) found = source_.topics->ensure(topic);
  if (found) {
    // Waits for the broker to know a topic that it makes by itself, as Java's producer does; one that was handed records too
    // early would give them back.
    const Result<std::int32_t> partitions = source_.producer->partition_count(topic, kTopicTimeout);
    if (partitions) return true;
    found = partitions.error();
    if (!found.error().retriable && found.error().code != Errc::kTimeout) {
      const Error& why = found.error();
      return plugin_error(kConnectException,
                          fmt::format("Unrecoverable exception from producer send callback: topic {}", topic),
                          PluginFailure{"org.apache.kafka.common.KafkaException", why.text, trace_of(why), false});
    }
  }
  if (!found.error().retriable && found.error().code != Errc::kTimeout) return std::move(found).error();
  if (++topic_attempts_ % kAttemptsPerWarning == kAttemptsBeforeWarning) {
    source_log().warn(
        "topic {} cannot be used yet, its records wait: {}. Create it, let the brokers create topics "
        "(auto.create.topics.enable), or set topic.creation.default.partitions and .replication.factor",
        topic, found.error().text);
  }
  control().wait(control().clock().now() + kRetryDelay, [] { return false; });
  return false;
}

Result<void> SourceTaskRunner::ensure_topics() {
  const std::string* last = nullptr;
  for (const kafka::OutRecord& record : batch_) {
    if (last != nullptr && *last == *record.topic) continue;
    last = record.topic;
    while (!usable_topics_.contains(*record.topic) && !control().stopping()) {
      Result<bool> usable = ensure_topic(*record.topic);
      if (!usable) return std::move(usable).error();
      if (*usable) {
        usable_topics_.insert(*record.topic);
        topic_attempts_ = 0;
      }
      if (Result<void> done = service(); !done) return done;
    }
  }
  return {};
}

Result<void> SourceTaskRunner::send_slice(std::vector<SourceRecord>& records) {
  if (converted_.empty()) return {};
  if (Result<void> begun = source_.delivery->begin_slice(); !begun) return begun;
  build_batch(records);
  Result<void> result = ensure_topics();
  std::span<const kafka::OutRecord> left = batch_;
  while (result && !left.empty() && !control().stopping()) {
    kafka::Producer::Sent sent = source_.producer->send(left, *this);
    left = left.subspan(sent.accepted);
    if (sent.error && !left.empty()) {
      const SourceRecord& record = records[converted_[batch_.size() - left.size()].record];
      result = refused(*sent.error, record, left.front().tag);
      left = left.subspan(1);
    } else if (!left.empty()) {
      source_.producer->wait_for_room(kRetryDelay);
    }
    if (Result<void> done = service(); !done && result) result = std::move(done);
  }
  // What was not handed over must not hold up the commit of what was.
  for (auto unsent = left.rbegin(); unsent != left.rend(); ++unsent) {
    source_.delivery->withdraw(unsent->tag);
    originals_.erase(unsent->tag);
  }
  return result;
}

Result<void> SourceTaskRunner::refused(const Error& error, const SourceRecord& record, std::uint64_t tag) {
  PluginFailure failure{"org.apache.kafka.common.KafkaException", error.text, trace_of(error), false};
  const auto original = originals_.find(tag);
  const RecordInHand hand{original == originals_.end() ? &record : &original->second, nullptr};
  if (source_.delivery->reports_send_failures() && errors().tolerates_all()) {
    source_log().error("{} could not be sent and is skipped: {}", hand.to_string(), error.text);
    errors().failed(Stage::kKafkaProduce, "org.apache.kafka.connect.runtime.WorkerSourceTask", hand, failure);
    source_.delivery->acknowledged(tag);
    if (source_.task->wants_commit_record()) to_tell_.push_back(Told{*hand.source, std::nullopt});
    originals_.erase(tag);
    return {};
  }
  ++refused_;
  return plugin_error(kConnectException,
                      fmt::format("Unrecoverable exception from producer send callback: {}", hand.to_string()),
                      failure);
}

// --------------------------------------------------------------------------------------------- acknowledgements

void SourceTaskRunner::on_deliveries(std::span<const kafka::Delivery> deliveries) {
  {
    const std::lock_guard lock(control().mutex());
    for (const kafka::Delivery& delivery : deliveries) {
      inbox_.push_back(Acknowledgement{delivery.tag, delivery.partition, delivery.offset, delivery.timestamp_ms,
                                       delivery.error != nullptr ? std::make_unique<Error>(*delivery.error) : nullptr});
    }
  }
  control().notify();
}

Result<void> SourceTaskRunner::service() {
  if (Result<void> done = take_acknowledgements(); !done) return done;
  return source_.delivery->service();
}

Result<void> SourceTaskRunner::take_acknowledgements() {
  if (send_error_) return *send_error_;
  {
    const std::lock_guard lock(control().mutex());
    if (inbox_.empty()) return {};
    taken_.swap(inbox_);
  }
  Result<void> result;
  std::uint64_t written = 0;
  for (Acknowledgement& acknowledged : taken_) {
    if (!acknowledged.error) ++written;
    if (Result<void> done = on_acknowledged(acknowledged); !done && result) result = std::move(done);
  }
  taken_.clear();
  metrics().records_written.add(written);
  metrics().records_active.set(source_.delivery->records_in_flight());
  metrics().bytes_in_flight.set(source_.delivery->bytes_in_flight());
  if (!result) send_error_ = result.error();
  return result;
}

Result<void> SourceTaskRunner::on_acknowledged(Acknowledgement& acknowledged) {
  if (acknowledged.error) {
    if (!source_.delivery->reports_send_failures()) return {};  // the transaction will not commit
    SourceRecord failed;
    std::tie(failed.source_partition, failed.source_offset) = source_.delivery->position_of(acknowledged.tag);
    return refused(*acknowledged.error, failed, acknowledged.tag);
  }
  if (!new_topics_.empty()) {
    const auto first = std::find_if(new_topics_.begin(), new_topics_.end(),
                                    [&](const auto& entry) { return entry.first == acknowledged.tag; });
    if (first != new_topics_.end()) {
      topic_reporter_.report(first->second);
      new_topics_.erase(first);
    }
  }
  source_.delivery->acknowledged(acknowledged.tag);
  if (keeps_originals_) {
    const auto original = originals_.find(acknowledged.tag);
    if (source_.task->wants_commit_record()) {
      RecordMetadata metadata{original->second.topic, acknowledged.partition, acknowledged.offset,
                              acknowledged.timestamp};
      to_tell_.push_back(Told{std::move(original->second), std::move(metadata)});
    }
    originals_.erase(original);
  }
  return {};
}

void SourceTaskRunner::tell_task() {
  if (in_task_ || !started_) return;
  const bool task_commit = source_.delivery->take_task_commit();
  if (source_.delivery->tells_after_commit()) {
    if (!task_commit) return;
    (void)take_acknowledgements();  // a commit waits for them all; a failure would have failed it
  }
  for (const Told& told : std::exchange(to_tell_, {})) {
    const auto failure =
        guard_plugin([&] { source_.task->commit_record(told.record, told.metadata ? &*told.metadata : nullptr); });
    if (failure) source_log().error("Exception thrown while calling task.commitRecord(): {}", failure->trace);
  }
  if (task_commit) {
    const auto failure = guard_plugin([this] { source_.task->commit(); });
    if (failure) source_log().error("Exception thrown while calling task.commit(): {}", failure->trace);
  }
}

// ------------------------------------------------------------------------------------------------------ the end

void SourceTaskRunner::wind_up(const Result<void>& result) {
  if (!started_) return;
  const base::SteadyTime deadline = control().clock().now() + parts_.flush_timeout;
  if (result.ok()) {
    while (source_.delivery->records_in_flight() > 0 && control().clock().now() < deadline && !control().cancelled()) {
      control().wait_even_if_stopping(deadline, [this] { return has_acknowledgements(); });
      if (!take_acknowledgements()) break;
    }
    if (source_.delivery->records_in_flight() > 0 && !control().cancelled()) {
      source_log().warn("records_unacknowledged={} when the task stopped; they will be read again",
                        source_.delivery->records_in_flight());
    }
  } else if (source_.delivery->reports_send_failures()) {
    // What was sent before the failure is on its way: its offsets count, or a restart would send it again.
    const auto open = [this] { return source_.delivery->records_in_flight() > refused_; };
    do {
      send_error_.reset();  // the first failure is known
      (void)take_acknowledgements();
      if (open()) control().wait_even_if_stopping(deadline, [this] { return has_acknowledgements(); });
    } while (open() && control().clock().now() < deadline && !control().cancelled());
  }
  source_.delivery->commit_finally();
  tell_task();
}

void SourceTaskRunner::close() {
  if (started_) {
    if (auto failure = guard_plugin([this] { source_.task->stop(); })) {
      source_log().warn("Could not stop task: {}", failure->trace);
    }
  }
  source_.producer->detach(*this);
}

}  // namespace millrace::runtime
