#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "millrace/connector.h"
#include "millrace/record.h"

namespace millrace::runtime {

/// What a source task's delivery guarantee adds to its loop: which offsets are stored, when and how. At least once is
/// AtLeastOnceDelivery; exactly once is a second implementation, with transactions.
///
/// Threads: the task's.
class SourceDelivery {
 public:
  virtual ~SourceDelivery() = default;

  /// The loop begins, or goes on after a pause.
  virtual void begin_loop() = 0;
  /// Records are about to be sent.
  virtual Result<void> begin_sending() = 0;
  /// The same for a part of them that is handed to the producer at once.
  virtual Result<void> begin_slice() { return {}; }
  /// `record` (before transforms) goes to the producer next, under the tag that is returned.
  virtual std::uint64_t submit(const SourceRecord& record, std::uint32_t bytes) = 0;
  /// It was not sent after all. Newest first.
  virtual void withdraw(std::uint64_t tag) = 0;
  /// A transform or the error policy took `record` out.
  virtual void dropped(const SourceRecord& record) = 0;
  virtual void acknowledged(std::uint64_t tag) = 0;
  /// Source partition and offset of a record in flight, for messages.
  virtual std::pair<OffsetMap, OffsetMap> position_of(std::uint64_t) const { return {}; }
  /// Must what comes after `record` wait until what was sent up to it is committed or aborted?
  virtual bool ends_slice(const SourceRecord&) { return false; }
  virtual Result<void> slice_sent() { return {}; }
  /// Everything that one poll returned (maybe nothing) was sent.
  virtual Result<void> batch_sent() = 0;

  /// Does what is due. Called often.
  virtual Result<void> service() = 0;
  /// When `service` has something to do at the latest.
  virtual base::SteadyTime next_due() const = 0;
  /// True once after each commit: `SourceTask::commit` is to be called.
  virtual bool take_task_commit() = 0;

  /// Is `SourceTask::commit_record` called only behind a commit (false: with each acknowledgement)?
  virtual bool tells_after_commit() const { return false; }
  /// For tasks that define their own transactions; else nullptr.
  virtual TransactionContext* transaction_context() { return nullptr; }

  /// Are failures to produce for the error policy (false: the commit will fail)?
  virtual bool reports_send_failures() const = 0;

  virtual std::uint64_t bytes_in_flight() const = 0;
  virtual std::size_t records_in_flight() const = 0;

  /// The loop paused: commit what can be.
  virtual void paused() = 0;
  /// Stores what is committable, waiting for the storage. Nothing is submitted any more.
  virtual void commit_finally() = 0;
};

}  // namespace millrace::runtime
