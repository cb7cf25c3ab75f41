#include "connectors/jdbc/sink_task.h"

#include <algorithm>

#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

constexpr std::chrono::milliseconds kFirstReconnectWait{250};
constexpr std::chrono::milliseconds kDeadlockWait{50};

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

void JdbcSinkTask::write_all(const Pointers& records, WriteFailure& failure) {
  writer().write(records.data(), records.size(), AfterWrite::kCommit, failure);
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
  if (records.empty()) return;
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
  if (pointers.empty()) return;
  WriteFailure failure;
  try {
    write_all(pointers, failure);
    if (log_.enabled(Logger::Level::kDebug))
      log_.debug("Successfully wrote " + std::to_string(pointers.size()) + " records.");
    remaining_retries_ = config_.max_retries;
    reconnect_wait_ = kFirstReconnectWait;
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
      case SqlErrorKind::kData: refuse(pointers, failure, error); return;
      case SqlErrorKind::kStatement:
        if (remaining_retries_ > 0) {
          --remaining_retries_;
          // The table may have been changed or dropped since it was looked at.
          writer_.reset();
          retry(error, records.size(), std::chrono::milliseconds(config_.retry_backoff_ms));
        }
        refuse(pointers, failure, error);
        return;
    }
  } catch (const TableAlterOrCreateError& error) {
    give_up_transaction();
    if (context().errant_record_reporter() == nullptr) throw;
    write_isolated(pointers);
  } catch (const ConnectError&) {
    give_up_transaction();
    if (!reports_unfit_records()) throw;
    write_isolated(pointers);
  } catch (const std::exception&) {
    give_up_transaction();
    throw;
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
    write_all(records, failure);
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
