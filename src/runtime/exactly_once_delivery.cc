#include "runtime/exactly_once_delivery.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/log.h"
#include "runtime/plugin_call.h"
#include "storage/offset_codec.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTransactionTimeout{60'000};

base::Log& offsets_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.SourceTaskOffsetCommitter");
  return log;
}

bool same_map(const OffsetMap& a, const OffsetMap& b) { return a == b || (a && b && *a == *b); }

/// Whether `record` is among those that the task named; it is not any more afterwards.
bool take(std::vector<SourceRecord>& named, const SourceRecord& record) {
  const auto found = std::find_if(named.begin(), named.end(), [&](const SourceRecord& one) {
    return same_map(one.source_offset, record.source_offset) &&
           same_map(one.source_partition, record.source_partition) && static_cast<const ConnectRecord&>(one) == record;
  });
  if (found == named.end()) return false;
  named.erase(found);
  return true;
}

}  // namespace

ExactlyOnceDelivery::ExactlyOnceDelivery(Deps deps)
    : deps_(std::move(deps)),
      offset_writer_(
          OffsetTransaction::Deps{deps_.producer.get(), deps_.offsets_topic, deps_.beside, "task " + deps_.task}) {}

ExactlyOnceDelivery::~ExactlyOnceDelivery() { deps_.producer->detach(*this); }

TransactionContext* ExactlyOnceDelivery::transaction_context() {
  return deps_.boundary == TransactionBoundary::kConnector ? this : nullptr;
}

void ExactlyOnceDelivery::begin_loop() { last_commit_ = deps_.control->clock().now(); }

Error ExactlyOnceDelivery::failed(const Error& cause) const {
  std::string text = fmt::format("Failed to flush offsets and/or records for task {}", deps_.task);
  if (cause.code == Errc::kFenced) {
    text = fmt::format(
        "The task {} was unable to finish writing records to Kafka before its producer transaction expired. It may be "
        "necessary "
        "to reconfigure this connector in order for it to run healthily with exactly-once support. Options for this "
        "include: "
        "tune the connector's producer configuration for higher throughput, increase the transaction timeout for the "
        "connector's producers, decrease the offset commit interval (if using interval-based transaction boundaries), "
        "or use "
        "the 'poll' transaction boundary (if the connector is not already configured to use it).",
        deps_.task);
  }
  Error error = connect_error(text);
  error.trace =
      fmt::format("{}: {}\nCaused by: org.apache.kafka.common.KafkaException: {}", kConnectException, text, cause.text);
  return error;
}

Result<void> ExactlyOnceDelivery::begin() {
  if (open_) return {};
  if (Result<void> begun = deps_.producer->begin_transaction(); !begun.ok()) return failed(begun.error());
  open_ = true;
  return {};
}

Result<void> ExactlyOnceDelivery::begin_slice() {
  if (conflict_) return *conflict_;
  return begin();
}

std::uint64_t ExactlyOnceDelivery::submit(const SourceRecord& record, std::uint32_t bytes) {
  if (record.topic == deps_.offsets_topic) {
    conflict_ =
        connect_error("Source tasks may not produce to their own offsets topics when exactly-once support is enabled");
  }
  const auto same = [&](const auto& entry) { return same_map(entry.first, record.source_partition); };
  const auto known = std::find_if(offsets_.rbegin(), offsets_.rend(), same);
  if (known != offsets_.rend()) {
    known->second = record.source_offset;
  } else {
    offsets_.emplace_back(record.source_partition, record.source_offset);
  }
  ++records_in_transaction_;
  bytes_ += bytes;
  sizes_.emplace(next_tag_, bytes);
  return next_tag_++;
}

void ExactlyOnceDelivery::withdraw(std::uint64_t tag) {
  // The offset stays noted, but a record that was not sent means that the task is stopping or failing: nothing commits.
  may_commit_finally_ = false;
  acknowledged(tag);
}

void ExactlyOnceDelivery::acknowledged(std::uint64_t tag) {
  const auto found = sizes_.find(tag);
  if (found == sizes_.end()) return;
  bytes_ -= found->second;
  sizes_.erase(found);
}

bool ExactlyOnceDelivery::ends_slice(const SourceRecord& record) {
  if (commit_after_.empty() && abort_after_.empty()) return false;
  const bool commits = take(commit_after_, record);
  const bool aborts = take(abort_after_, record);
  if (commits && aborts) {
    conflict_ = connect_error(
        fmt::format("Connector requested both commit and abort of same record against topic/partition {}/{}",
                    record.topic, record.kafka_partition.value_or(-1)));
  }
  at_slice_end_ = aborts ? Request::kAbort : commits ? Request::kCommit : Request::kNone;
  return commits || aborts;
}

Result<void> ExactlyOnceDelivery::slice_sent() {
  if (conflict_) return *conflict_;
  switch (std::exchange(at_slice_end_, Request::kNone)) {
    case Request::kNone: return {};
    case Request::kCommit: return commit();
    case Request::kAbort: return abort();
  }
  return {};
}

Result<void> ExactlyOnceDelivery::batch_sent() {
  switch (deps_.boundary) {
    case TransactionBoundary::kPoll: return commit();
    case TransactionBoundary::kInterval:
      if (deps_.control->clock().now() - last_commit_ < deps_.interval) return {};
      return commit();
    case TransactionBoundary::kConnector: break;
  }
  const bool commits = std::exchange(commit_batch_, false);
  const bool aborts = std::exchange(abort_batch_, false);
  if (commits && aborts) return connect_error("Connector requested both commit and abort of same transaction");
  if (aborts) return abort();
  if (commits) return commit();
  return {};
}

Result<void> ExactlyOnceDelivery::write_offsets() {
  if (offsets_.empty()) return {};
  std::vector<storage::OffsetEntry> entries;
  for (const auto& [partition, offset] : offsets_) {
    Result<std::string> key = deps_.offsets->key_of(partition);
    if (!key.ok()) return std::move(key).error();
    if (!offset) {
      entries.emplace_back(std::move(*key), std::nullopt);
      continue;
    }
    Result<std::string> value = storage::encode_offset_value(offset);
    if (!value.ok()) return std::move(value).error();
    entries.emplace_back(std::move(*key), std::move(*value));
  }
  return offset_writer_.write(std::move(entries), *this, kTransactionTimeout);
}

Result<void> ExactlyOnceDelivery::commit() {
  last_commit_ = deps_.control->clock().now();
  if (!open_ && offsets_.empty()) {
    task_commit_due_ = true;
    return {};
  }
  if (Result<void> begun = begin(); !begun.ok()) return begun;
  may_commit_finally_ = false;  // until it has worked: a failed commit is not tried again
  if (Result<void> written = write_offsets(); !written.ok()) return failed(written.error());
  if (Result<void> committed = deps_.producer->commit_transaction(kTransactionTimeout); !committed.ok()) {
    deps_.metrics->offset_commit_failures.add();
    return failed(committed.error());
  }
  open_ = false;
  may_commit_finally_ = true;
  offset_writer_.committed();
  offsets_.clear();
  records_in_transaction_ = 0;
  task_commit_due_ = true;
  deps_.metrics->offset_commits.add();
  return {};
}

Result<void> ExactlyOnceDelivery::abort() {
  if (open_) {
    offsets_log().debug("Aborting a transaction of {} records as the task asked", records_in_transaction_);
    if (Result<void> aborted = deps_.producer->abort_transaction(kTransactionTimeout); !aborted.ok()) {
      return failed(aborted.error());
    }
    open_ = false;
  }
  return commit();  // the offsets of what was aborted count: it was not wanted, not lost
}

void ExactlyOnceDelivery::paused() {
  if (deps_.boundary == TransactionBoundary::kConnector || !may_commit_finally_) return;
  if (Result<void> committed = commit(); !committed.ok()) {
    offsets_log().error("{}", committed.error().text);
    conflict_ = committed.error();  // the loop fails with it when it goes on
  }
}

void ExactlyOnceDelivery::commit_finally() {
  if (!may_commit_finally_ || conflict_) return;  // what is open expires or is aborted by the next task's start
  if (deps_.boundary == TransactionBoundary::kConnector && !commit_batch_) return;
  if (Result<void> committed = commit(); !committed.ok()) offsets_log().error("{}", committed.error().text);
}

}  // namespace millrace::runtime
