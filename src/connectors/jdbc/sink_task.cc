#include "connectors/jdbc/sink_task.h"

#include <algorithm>
#include <utility>

#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

constexpr std::chrono::milliseconds kFirstReconnectWait{250};
constexpr std::chrono::milliseconds kDeadlockWait{50};
constexpr std::size_t kFewestUnanswered = 200;  ///< records; smaller batches are not what a full topic gives
constexpr std::chrono::milliseconds kIdlePut{10};

std::string place_of(const SinkRecord& record) {
  const std::string topic = record.original_topic.empty() ? record.topic : record.original_topic;
  const std::int32_t partition =
      record.original_topic.empty() ? record.kafka_partition.value_or(0) : record.original_kafka_partition;
  const std::int64_t offset = record.original_topic.empty() ? record.kafka_offset : record.original_kafka_offset;
  return topic + "-" + std::to_string(partition) + "@" + std::to_string(offset);
}

/// What the reporter is given: the text names table and place, the class is the one that the Java connector reports.
class RecordError : public ConnectError {
 public:
  RecordError(const std::string& message, const char* java_class) : ConnectError(message), java_class_(java_class) {}
  const char* java_class() const noexcept override { return java_class_; }

 private:
  const char* java_class_;
};

}  // namespace

JdbcSinkTask::JdbcSinkTask() : log_(logger("connectors.jdbc")) {}
JdbcSinkTask::~JdbcSinkTask() = default;

void JdbcSinkTask::start(const Props& config) {
  interrupt_.reset();
  config_ = SinkConfig::table().parse(config);
  const auto name = config.find("name");
  connector_ = name == config.end() ? "" : name->second;
  if (config_.delete_enabled && config_.pk_mode != PkMode::kRecordKey) {
    throw ConfigError("Primary key mode must be 'record_key' when delete support is enabled");
  }
  dialect_ = &find_dialect(config_.dialect_name, config_.url);
  const ConnectionSettings settings = config_.connection(config);
  keeper_ = std::make_unique<ConnectionKeeper>(*dialect_, settings, config_.connection_attempts, interrupt_, log_);
  writer_.reset();
  unanswered_.clear();
  rewound_.clear();
  careful_.clear();
  remaining_retries_ = config_.max_retries;
  reconnect_wait_ = kFirstReconnectWait;
  on_stop_.emplace(context().stop_token(), std::function<void()>([this] { interrupt_.trigger(); }));
}

void JdbcSinkTask::stop() {
  interrupt_.trigger();
  on_stop_.reset();
  writer_.reset();
  if (keeper_) keeper_->drop();
}

SinkWriter& JdbcSinkTask::writer() {
  if (!keeper_->connected()) writer_.reset();
  if (!writer_) writer_ = std::make_unique<SinkWriter>(config_, *dialect_, keeper_->get_unchecked(), log_);
  return *writer_;
}

void JdbcSinkTask::write_all(const Pointers& records, AfterWrite after, WriteFailure& failure) {
  writer().write(records.data(), records.size(), after, failure);
}

JdbcSinkTask::Spans JdbcSinkTask::spans_of(const std::vector<SinkRecord>& records) {
  Spans spans;
  Span* span = nullptr;
  const SinkRecord* last = nullptr;
  for (const SinkRecord& record : records) {
    if (last == nullptr || record.original_kafka_partition != last->original_kafka_partition ||
        record.original_topic != last->original_topic) {
      span = &spans
                  .try_emplace({record.original_topic, record.original_kafka_partition},
                               Span{record.original_kafka_offset, 0})
                  .first->second;
    }
    span->end = record.original_kafka_offset + 1;
    last = &record;
  }
  return spans;
}

void JdbcSinkTask::settle() {
  if (unanswered_.empty()) return;
  const Spans spans = std::exchange(unanswered_, {});
  try {
    keeper_->current().finish_write();
    remaining_retries_ = config_.max_retries;
    reconnect_wait_ = kFirstReconnectWait;
    return;
  } catch (const ConnectError& error) {
    log_.info("A batch was refused after the next one had been asked for; reading it again: " + words_of(error));
    const auto* refusal = dynamic_cast<const SqlError*>(&error);
    if (refusal == nullptr || refusal->kind() == SqlErrorKind::kConnection) {
      writer_.reset();
      keeper_->drop();
    } else {
      give_up_transaction();
    }
  }
  for (const auto& [partition, span] : spans) careful_[partition] = span.end;
  take_back(spans);
}

void JdbcSinkTask::take_back(const Spans& spans) {
  for (const auto& [partition, span] : spans) {
    Rewound& to = rewound_.try_emplace(partition, Rewound{span.begin, Rewound::Asked::kNo}).first->second;
    if (span.begin < to.offset || to.asked == Rewound::Asked::kOnce) to.asked = Rewound::Asked::kNo;
    to.offset = std::min(to.offset, span.begin);
  }
  context().request_commit();
}

bool JdbcSinkTask::follows_rewinds(const Spans& spans) {
  using Asked = Rewound::Asked;
  bool too_early =
      std::any_of(rewound_.begin(), rewound_.end(), [](const auto& entry) { return entry.second.asked == Asked::kNo; });
  std::vector<Rewound*> passed_by;
  for (const auto& [partition, span] : spans) {
    const auto at = rewound_.find(partition);
    if (at == rewound_.end() || at->second.asked != Asked::kOnce || span.begin <= at->second.offset) continue;
    // A rewind that is asked for by a rebalance in the middle of a fetch comes after that fetch's records. When they begin
    // behind the place once more, what was there is gone from the topic.
    passed_by.push_back(&at->second);
    too_early = true;
  }
  if (!too_early) {
    for (const auto& [partition, span] : spans) rewound_.erase(partition);
    return true;
  }
  take_back(spans);
  for (Rewound* to : passed_by) to->asked = Asked::kTwice;
  return false;
}

SinkOffsets JdbcSinkTask::pre_commit(const SinkOffsets& offsets) {
  settle();
  SinkOffsets written = offsets;
  for (auto& [partition, to] : rewound_) {
    const auto at = written.find(partition);
    if (at != written.end()) at->second = std::min(at->second, to.offset);
    context().offset(partition, to.offset);
    if (to.asked == Rewound::Asked::kNo) to.asked = Rewound::Asked::kOnce;
  }
  return written;
}

void JdbcSinkTask::close(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& partition : partitions) {
    rewound_.erase(partition);
    careful_.erase(partition);
  }
}

void JdbcSinkTask::give_up_transaction() noexcept {
  try {
    if (keeper_->connected()) keeper_->current().rollback();
  } catch (const std::exception&) {
    writer_.reset();
    keeper_->drop();
  }
}

void JdbcSinkTask::put(const std::vector<SinkRecord>& records) {
  settle();
  if (records.empty()) return;
  const Spans spans = spans_of(records);
  if (!follows_rewinds(spans)) return;
  Pointers pointers;
  pointers.reserve(records.size());
  for (const SinkRecord& record : records) {
    try {
      check_record(config_, connector_, record);
      pointers.push_back(&record);
    } catch (const ConnectError& error) {
      if (!reports_unfit_records()) throw;
      context().errant_record_reporter()->report(record, error);
    }
  }
  if (pointers.empty()) {
    passed(spans);
    return;
  }
  WriteFailure failure;
  try {
    const bool waits = records.size() < kFewestUnanswered || !careful_.empty();
    write_all(pointers, waits ? AfterWrite::kCommit : AfterWrite::kCommitUnanswered, failure);
    if (keeper_->current().has_unfinished_write()) {
      unanswered_ = spans;
      context().timeout(kIdlePut);
    } else {
      passed(spans);
    }
    if (log_.enabled(Logger::Level::kDebug))
      log_.debug("Successfully wrote " + std::to_string(pointers.size()) + " records.");
    if (unanswered_.empty()) {
      remaining_retries_ = config_.max_retries;
      reconnect_wait_ = kFirstReconnectWait;
    }
  } catch (const Interrupted&) {
    writer_.reset();
    keeper_->drop();
    throw RetriableError("The task is stopping; the batch was rolled back");
  } catch (const SqlError& error) {
    give_up_transaction();
    switch (error.kind()) {
      case SqlErrorKind::kConnection:
      case SqlErrorKind::kLogin: {
        writer_.reset();
        keeper_->drop();
        const auto wait = reconnect_wait_;
        const std::chrono::milliseconds longest{
            std::max<std::int64_t>({config_.connection_backoff_ms, config_.retry_backoff_ms, 1})};
        reconnect_wait_ = std::min(reconnect_wait_ * 2, longest);
        retry(error, records.size(), wait);
      }
      case SqlErrorKind::kTransient: retry(error, records.size(), kDeadlockWait);
      case SqlErrorKind::kData:
        refuse(pointers, failure, error);
        passed(spans);
        return;
      case SqlErrorKind::kStatement:
        if (remaining_retries_ > 0) {
          --remaining_retries_;
          // The table may have been changed or dropped since it was looked at.
          writer_.reset();
          retry(error, records.size(), std::chrono::milliseconds(config_.retry_backoff_ms));
        }
        refuse(pointers, failure, error);
        passed(spans);
        return;
    }
  } catch (const TableAlterOrCreateError& error) {
    give_up_transaction();
    if (context().errant_record_reporter() == nullptr) throw;
    write_isolated(pointers);
    passed(spans);
  } catch (const ConnectError&) {
    give_up_transaction();
    if (!reports_unfit_records()) throw;
    write_isolated(pointers);
    passed(spans);
  } catch (const std::exception&) {
    give_up_transaction();
    throw;
  }
}

void JdbcSinkTask::passed(const Spans& spans) {
  for (const auto& [partition, span] : spans) {
    const auto at = careful_.find(partition);
    if (at != careful_.end() && span.end >= at->second) careful_.erase(at);
  }
}

bool JdbcSinkTask::reports_unfit_records() const {
  return config_.report_unfit_records && context().errant_record_reporter() != nullptr;
}

void JdbcSinkTask::retry(const SqlError& error, std::size_t count, std::chrono::milliseconds wait) {
  log_.warn("Write of " + std::to_string(count) +
            " records failed, remainingRetries=" + std::to_string(remaining_retries_) + ": " + words_of(error));
  context().timeout(wait);
  throw RetriableError(words_of(error), error);
}

std::string JdbcSinkTask::words_of(const std::exception& error) const {
  std::string words = error.what();
  if (config_.trim_sensitive_log) words = words.substr(0, words.find_first_of("\n"));
  return words;
}

std::string JdbcSinkTask::describe(const SinkRecord& record, const std::string& table, const std::string& words) const {
  return "Could not write record " + place_of(record) + " to table " + table + ": " + words;
}

void JdbcSinkTask::refuse(const Pointers& records, const WriteFailure& failure, const ConnectError& error) {
  if (context().errant_record_reporter() != nullptr) {
    write_isolated(records);
    remaining_retries_ = config_.max_retries;
    return;
  }
  std::string words = words_of(error);
  std::string table = failure.table;
  std::optional<std::size_t> bad = failure.record;
  if (!bad) bad = locate(records, words, table);
  throw ConnectError(
      "Exception chain:\n" + std::string(error.java_class()) + ": " +
          (bad ? describe(*records[*bad], table, words) : "Write to table " + table + " failed: " + words),
      error);
}

/// The record that is refused on its own or after the ones before it; everything is rolled back.
std::optional<std::size_t> JdbcSinkTask::locate(const Pointers& records, std::string& words, std::string& table) {
  std::size_t low = 0;
  std::size_t high = records.size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    WriteFailure failure;
    bool refused = false;
    try {
      writer().write(records.data() + low, middle - low, AfterWrite::kStayOpen, failure);
    } catch (const SqlError& error) {
      refused = true;
      words = words_of(error);
      table = failure.table;
    } catch (const ConnectError&) {
      return std::nullopt;
    }
    give_up_transaction();
    if (!keeper_->connected()) return std::nullopt;
    (refused ? high : low) = middle;
  }
  return low;
}

void JdbcSinkTask::write_isolated(const Pointers& records) {
  if (records.empty()) return;
  WriteFailure failure;
  try {
    write_all(records, AfterWrite::kCommit, failure);
    return;
  } catch (const Interrupted&) {
    writer_.reset();
    keeper_->drop();
    throw RetriableError("The task is stopping; the batch was rolled back");
  } catch (const SqlError& error) {
    give_up_transaction();
    if (error.kind() == SqlErrorKind::kConnection || error.kind() == SqlErrorKind::kLogin ||
        error.kind() == SqlErrorKind::kTransient) {
      if (error.kind() != SqlErrorKind::kTransient) {
        writer_.reset();
        keeper_->drop();
      }
      retry(error, records.size(), std::chrono::milliseconds(config_.retry_backoff_ms));
    }
    if (records.size() == 1) {
      const std::string table = failure.table;
      context().errant_record_reporter()->report(
          *records[0], RecordError(describe(*records[0], table, words_of(error)), "java.sql.SQLException"));
      return;
    }
  } catch (const TableAlterOrCreateError& error) {
    give_up_transaction();
    if (records.size() == 1) {
      context().errant_record_reporter()->report(*records[0], error);
      return;
    }
  } catch (const ConnectError& error) {
    give_up_transaction();
    if (!reports_unfit_records()) throw;
    if (records.size() == 1) {
      context().errant_record_reporter()->report(*records[0], error);
      return;
    }
  }
  // In order, so that later records of a key still win. The named record stands alone; without a name, halves.
  std::size_t begin = records.size() / 2;
  std::size_t end = begin;
  if (failure.record && *failure.record < records.size()) {
    begin = *failure.record;
    end = begin + 1;
  }
  const auto part = [&](std::size_t from, std::size_t to) {
    return Pointers(records.begin() + static_cast<std::ptrdiff_t>(from),
                    records.begin() + static_cast<std::ptrdiff_t>(to));
  };
  write_isolated(part(0, begin));
  write_isolated(part(begin, end));
  write_isolated(part(end, records.size()));
}

}  // namespace millrace::jdbc
