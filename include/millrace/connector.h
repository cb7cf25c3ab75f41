#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "millrace/config.h"
#include "millrace/record.h"

namespace millrace {

/// Where a plugin's log lines go. Lines carry the connector's or task's name already. Safe from any thread.
class Logger {
 public:
  enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };
  virtual ~Logger() = default;
  virtual bool enabled(Level level) const = 0;
  virtual void log(Level level, const std::string& message) = 0;
  void debug(const std::string& m) { log(Level::kDebug, m); }
  void info(const std::string& m) { log(Level::kInfo, m); }
  void warn(const std::string& m) { log(Level::kWarn, m); }
  void error(const std::string& m) { log(Level::kError, m); }
};

/// The logger of that name ("connectors.jdbc"); lives for ever. Any thread.
Logger& logger(const std::string& name);

/// Reads the source offsets that this connector stored. Blocks until the offset store was read to its end.
/// Throws ConnectError when the store cannot be read.
class OffsetStorageReader {
 public:
  virtual ~OffsetStorageReader() = default;
  /// The last committed offset of `partition`, or null.
  virtual OffsetMap offset(const Map& partition) = 0;
  /// The same for many at once; absent ones are null. One entry per partition, in order.
  virtual std::vector<OffsetMap> offsets(const std::vector<Map>& partitions) = 0;
};

/// What a Connector may ask of the worker. Safe from any thread.
class ConnectorContext {
 public:
  virtual ~ConnectorContext() = default;
  /// Task configs have changed: the worker calls `task_configs` again. Does not block.
  virtual void request_task_reconfiguration() = 0;
  /// The connector has failed for good: its status becomes FAILED with this error. Does not block.
  virtual void raise_error(const std::exception& error) = 0;
  /// Source connectors only; nullptr for sinks.
  virtual OffsetStorageReader* offset_storage_reader() = 0;
};

enum class ExactlyOnceSupport : std::uint8_t { kUnknown, kSupported, kUnsupported };
enum class ConnectorTransactionBoundaries : std::uint8_t { kUnsupported, kSupported };

/// Plans the work of one configured connector: which task configs there are. Lives on a thread of its own.
///
/// Life: constructed, `initialize`, `start`, then `task_configs` any number of times, `stop`; maybe `start` again.
/// Errors: any exception makes the connector FAILED with that text.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual void initialize(ConnectorContext& context) { context_ = &context; }
  virtual void start(const Props& config) = 0;
  virtual void stop() {}
  /// Configs of up to `max_tasks` tasks. Called while started.
  virtual std::vector<Props> task_configs(std::int32_t max_tasks) = 0;

  /// The options. Must not need `start`.
  virtual const ConfigDef& config() const = 0;
  /// REST validation; the default evaluates `config()`. May talk to the outside; runs with a deadline, on a thread of its own.
  virtual std::vector<ConfigValue> validate(const Props& props) const { return config().validate(props); }

 protected:
  ConnectorContext& context() const { return *context_; }

 private:
  ConnectorContext* context_ = nullptr;
};

class SourceConnector : public Connector {
 public:
  virtual ExactlyOnceSupport exactly_once_support(const Props&) const { return ExactlyOnceSupport::kUnknown; }
  virtual ConnectorTransactionBoundaries can_define_transaction_boundaries(const Props&) const {
    return ConnectorTransactionBoundaries::kUnsupported;
  }
  /// Offsets are about to be changed from outside (REST): check them (throw ConnectError), and return true when the
  /// connector knows of it, false when it neither checks nor keeps offsets elsewhere. A null offset resets its partition.
  virtual bool alter_offsets(const Props&, const std::vector<std::pair<OffsetMap, OffsetMap>>&) { return false; }
};

class SinkConnector : public Connector {
 public:
  virtual bool alter_offsets(const Props&, const std::map<TopicPartition, std::optional<std::int64_t>>&) {
    return false;
  }
};

/// Does the work. One thread calls `start`, `poll`/`put`, `commit`, `flush`, `stop`.
class Task {
 public:
  virtual ~Task() = default;
  virtual std::string version() const { return {}; }
  virtual void start(const Props& config) = 0;
  virtual void stop() = 0;
};

/// Transactions defined by the task (`transaction.boundary=connector`). Safe from the task's thread.
class TransactionContext {
 public:
  virtual ~TransactionContext() = default;
  virtual void commit_transaction() = 0;
  virtual void commit_transaction(const SourceRecord& record) = 0;
  virtual void abort_transaction() = 0;
  virtual void abort_transaction(const SourceRecord& record) = 0;
};

class SourceTaskContext {
 public:
  virtual ~SourceTaskContext() = default;
  virtual const Props& configs() const = 0;
  virtual OffsetStorageReader& offset_storage_reader() = 0;
  /// nullptr unless transaction.boundary=connector is in force.
  virtual TransactionContext* transaction_context() = 0;
  /// Requested when the task shall stop: pass it to every wait in `poll`.
  virtual std::stop_token stop_token() const = 0;
  /// Waits up to `time` or until stop or pause is requested; true when the time passed. For poll intervals.
  virtual bool wait_for(std::chrono::milliseconds time) = 0;
};

/// Where a record came to rest.
struct RecordMetadata {
  std::string topic;
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::int64_t timestamp = -1;
};

class SourceTask : public Task {
 public:
  virtual void initialize(SourceTaskContext& context) { context_ = &context; }
  /// The next records; empty when there are none. May block, within `context().wait_for` and `stop_token()`.
  /// RetriableError: called again later. Anything else: the task is FAILED.
  virtual std::vector<SourceRecord> poll() = 0;
  /// The records of the last `poll` come back, sent but maybe not acknowledged, in whatever state transforms left them: for a
  /// task that fills them again instead of making new ones.
  virtual void recycle(std::vector<SourceRecord> /*records*/) {}
  /// Offsets up to the last acknowledged record are stored.
  virtual void commit() {}
  /// Override both to be told of each record. `metadata` is null for a record that was filtered or skipped.
  /// Runs on the task thread, in order of acknowledgement.
  virtual bool wants_commit_record() const { return false; }
  virtual void commit_record(const SourceRecord&, const RecordMetadata*) {}

 protected:
  SourceTaskContext& context() const { return *context_; }

 private:
  SourceTaskContext* context_ = nullptr;
};

/// Reports single bad records of `put` so that the good ones of the batch go on (dead letter queue, log).
class ErrantRecordReporter {
 public:
  virtual ~ErrantRecordReporter() = default;
  /// Throws ConnectError "Tolerance exceeded in error handler" when errors.tolerance=none. The returned future is ready
  /// when the report is stored; the worker waits for it before it commits the record's offset, so a task need not.
  virtual std::shared_future<void> report(const SinkRecord& record, const std::exception& error) = 0;
};

class SinkTaskContext {
 public:
  virtual ~SinkTaskContext() = default;
  virtual const Props& configs() const = 0;
  /// Rewinds: before the next put the consumer goes on at these offsets.
  virtual void offset(const TopicPartition& partition, std::int64_t offset) = 0;
  /// The time until the next `put` after a RetriableError, or with no data.
  virtual void timeout(std::chrono::milliseconds time) = 0;
  virtual std::set<TopicPartition> assignment() const = 0;
  /// ConnectError for a partition that is not assigned.
  virtual void pause(const std::vector<TopicPartition>& partitions) = 0;
  virtual void resume(const std::vector<TopicPartition>& partitions) = 0;
  /// Commit as soon as possible.
  virtual void request_commit() = 0;
  /// nullptr when neither a dead letter queue nor the error log is on.
  virtual ErrantRecordReporter* errant_record_reporter() = 0;
  virtual std::stop_token stop_token() const = 0;
};

/// Next offset to read, per partition.
using SinkOffsets = std::map<TopicPartition, std::int64_t>;

class SinkTask : public Task {
 public:
  virtual void initialize(SinkTaskContext& context) { context_ = &context; }
  /// Partitions were assigned / are given up.
  virtual void open(const std::vector<TopicPartition>&) {}
  virtual void close(const std::vector<TopicPartition>&) {}
  /// Takes a batch, which may be empty. RetriableError: the same batch comes again. Anything else: FAILED.
  virtual void put(const std::vector<SinkRecord>& records) = 0;
  /// How many records one `put` should hold where so many wait; asked once, after `start`. A larger put spares a database
  /// transactions. Counts only while max.poll.records is not set; 500 and less, as Kafka Connect has it, mean 500.
  virtual std::size_t preferred_put_records() const { return 0; }
  /// False: `put` does not look at headers, and the worker may spare itself the work to make them. Asked once, after `start`.
  virtual bool reads_headers() const { return true; }
  /// What was put must be stored when this returns.
  virtual void flush(const SinkOffsets&) {}
  /// The offsets that may be committed. The default flushes and returns the same offsets.
  virtual SinkOffsets pre_commit(const SinkOffsets& offsets) {
    flush(offsets);
    return offsets;
  }

 protected:
  SinkTaskContext& context() const { return *context_; }

 private:
  SinkTaskContext* context_ = nullptr;
};

}  // namespace millrace
