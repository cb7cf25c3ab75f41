#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kafka/producer.h"
#include "millrace/connector.h"
#include "runtime/config/connector_config.h"
#include "runtime/source_delivery.h"
#include "runtime/task_control.h"
#include "runtime/task_metrics.h"
#include "storage/connector_offsets.h"

namespace millrace::runtime {

/// Records and the offsets that follow from them in one transaction: a reader of committed data sees each once (KIP-618).
///
/// A transaction begins with the first record and ends where the boundary says: after each poll, after an interval, or
/// where the task asks for it. Failures to produce are not for the error policy: the commit fails and with it the task.
class ExactlyOnceDelivery : public SourceDelivery, private kafka::DeliveryListener, private TransactionContext {
 public:
  struct Deps {
    std::string task;                              ///< "connector-0", for error texts
    std::shared_ptr<kafka::Producer> producer;     ///< with initialised transactions
    storage::ConnectorOffsets* offsets = nullptr;  ///< not null
    std::string offsets_topic;
    storage::OffsetStore* beside = nullptr;  ///< where offsets go besides; null: nowhere
    TransactionBoundary boundary = TransactionBoundary::kPoll;
    std::chrono::milliseconds interval{60'000};  ///< for the interval boundary
    std::shared_ptr<TaskControl> control;
    TaskMetrics* metrics = nullptr;  ///< not null
  };
  explicit ExactlyOnceDelivery(Deps deps);
  ~ExactlyOnceDelivery() override;

  void begin_loop() override;
  Result<void> begin_sending() override { return {}; }
  Result<void> begin_slice() override;
  std::uint64_t submit(const SourceRecord& record, std::uint32_t bytes) override;
  void withdraw(std::uint64_t tag) override;
  void dropped(const SourceRecord&) override {}
  void acknowledged(std::uint64_t tag) override;
  bool ends_slice(const SourceRecord& record) override;
  Result<void> slice_sent() override;
  Result<void> batch_sent() override;
  Result<void> service() override { return {}; }
  base::SteadyTime next_due() const override { return base::SteadyTime::max(); }
  bool take_task_commit() override { return std::exchange(task_commit_due_, false); }
  bool tells_after_commit() const override { return true; }
  bool reports_send_failures() const override { return false; }
  std::uint64_t bytes_in_flight() const override { return bytes_; }
  std::size_t records_in_flight() const override { return sizes_.size(); }
  TransactionContext* transaction_context() override;
  void paused() override;
  void commit_finally() override;

 private:
  enum class Request : std::uint8_t { kNone, kCommit, kAbort };
  using RecordKey = std::pair<const Map*, const Map*>;
  static RecordKey key_of(const SourceRecord& record) {
    return {record.source_partition.get(), record.source_offset.get()};
  }

  // TransactionContext. Runs on: the task's thread, inside poll.
  void commit_transaction() override { commit_batch_ = true; }
  void commit_transaction(const SourceRecord& record) override { commit_after_.insert(key_of(record)); }
  void abort_transaction() override { abort_batch_ = true; }
  void abort_transaction(const SourceRecord& record) override { abort_after_.insert(key_of(record)); }

  // kafka::DeliveryListener, of the offset records. A failure shows in the commit.
  void on_deliveries(std::span<const kafka::Delivery>) override {}

  Result<void> commit();
  Result<void> write_offsets();
  Result<void> remove_beside(const std::vector<storage::OffsetEntry>& entries);
  void copy_beside();
  Result<void> abort();
  Result<void> begin();
  Error failed(const Error& cause) const;

  Deps deps_;
  bool open_ = false;
  std::vector<std::pair<OffsetMap, OffsetMap>> offsets_;  // per source partition the newest of this transaction
  std::vector<storage::OffsetEntry> copies_;              // for `beside`, once the transaction is committed
  std::map<std::uint64_t, std::uint32_t> sizes_;          // tag -> bytes, not acknowledged yet
  std::uint64_t next_tag_ = 1;
  std::uint64_t bytes_ = 0;
  std::uint64_t records_in_transaction_ = 0;
  base::SteadyTime last_commit_{};
  bool task_commit_due_ = false;
  bool may_commit_finally_ = true;

  bool commit_batch_ = false;
  bool abort_batch_ = false;
  std::set<RecordKey> commit_after_;
  std::set<RecordKey> abort_after_;
  Request at_slice_end_ = Request::kNone;
  std::optional<Error> conflict_;
};

}  // namespace millrace::runtime
