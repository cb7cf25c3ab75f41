#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kafka/producer.h"
#include "millrace/record.h"

namespace millrace::kafka {

class RecordBatch;

/// One consumed record. Views are valid as long as the batch that holds it.
struct InRecord {
  const std::string* topic = nullptr;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;
  TimestampType timestamp_type = TimestampType::kNoTimestampType;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  const RecordBatch* batch = nullptr;  ///< that holds it; null: a record made up without headers

  /// Taken apart when first asked for: for most records nobody asks, and it takes a fifth of a consumer's time.
  std::span<const HeaderView> headers() const;
};

/// What one poll brought, in offset order per partition. Owns the bytes.
class RecordBatch {
 public:
  virtual ~RecordBatch() = default;
  virtual std::span<const InRecord> records() const = 0;
  /// Of one of `records()`. Threads: one at a time.
  virtual std::span<const HeaderView> headers_of(const InRecord& record) const = 0;
};

inline std::span<const HeaderView> InRecord::headers() const {
  return batch == nullptr ? std::span<const HeaderView>() : batch->headers_of(*this);
}

/// Told of assignments. Runs inside `Consumer::poll` and `Consumer::close`, on the caller's thread.
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  virtual void on_assigned(const std::vector<TopicPartition>& partitions) = 0;
  /// Offsets may still be committed from here.
  virtual void on_revoked(const std::vector<TopicPartition>& partitions) = 0;
  /// They belong to somebody else already.
  virtual void on_lost(const std::vector<TopicPartition>& partitions) = 0;
};

using Offsets = std::map<TopicPartition, std::int64_t>;

/// Reads records. One thread; only `wake_up` may be called from another.
class Consumer {
 public:
  virtual ~Consumer() = default;

  /// Group membership. `listener` outlives the consumer or its `close`.
  virtual Result<void> subscribe(const std::vector<std::string>& topics, RebalanceListener& listener) = 0;
  /// `matches` decides on topic names (full match of a Java regex is the caller's); internal topics are never offered.
  /// Looked up again every metadata.max.age.ms.
  virtual Result<void> subscribe(std::function<bool(std::string_view topic)> matches, RebalanceListener& listener) = 0;
  /// Manual assignment, no group; offset -2 means the beginning.
  virtual Result<void> assign(const Offsets& partitions) = 0;

  /// Up to max.poll.records records; an empty batch on timeout or wake-up.
  virtual Result<std::unique_ptr<RecordBatch>> poll(std::chrono::milliseconds timeout) = 0;
  virtual void wake_up() = 0;
  /// More records than 500 to a poll, where they are there at once and small. Counts only if max.poll.records is not set.
  virtual void prefer_poll_records(std::size_t records) = 0;

  virtual std::vector<TopicPartition> assignment() const = 0;
  virtual Result<void> pause(const std::vector<TopicPartition>& partitions) = 0;
  virtual Result<void> resume(const std::vector<TopicPartition>& partitions) = 0;
  /// The next poll goes on there. Drops what was fetched ahead.
  virtual Result<void> seek(const TopicPartition& partition, std::int64_t offset) = 0;
  /// Offset of the next record to read: behind the last polled one, else the committed one, else by auto.offset.reset.
  virtual Result<std::int64_t> position(const TopicPartition& partition, std::chrono::milliseconds timeout) = 0;
  virtual Result<Offsets> committed(const std::vector<TopicPartition>& partitions,
                                    std::chrono::milliseconds timeout) = 0;

  /// `done` runs inside a later poll or close, on the caller's thread.
  virtual void commit_async(const Offsets& offsets, std::function<void(Result<void>)> done) = 0;
  virtual Result<void> commit_sync(const Offsets& offsets, std::chrono::milliseconds timeout) = 0;

  /// Gives up the assignment (on_revoked runs) and leaves the group.
  virtual void close(std::chrono::milliseconds timeout) = 0;
};

}  // namespace millrace::kafka
