#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kafka/producer.h"
#include "runtime/source_delivery.h"
#include "runtime/task_runner.h"
#include "runtime/topic_creator.h"
#include "storage/connector_offsets.h"

namespace millrace::runtime {

/// The loop of a source task: poll, transform, convert, send; acknowledgements come back as messages. Behaviour:
/// Java's AbstractWorkerSourceTask. What is stored when is the SourceDelivery's business.
///
/// A poll's records go through in slices of about half a megabyte: converted into one reused buffer, handed to the producer as one
/// batch. Reading stops while more than `bytes_in_flight_max` are not acknowledged (I5).
///
/// Differs: the commit of offsets runs on the task's own thread, between polls and inside SourceTaskContext::wait_for, so no
/// slow neighbour delays it, and what is acknowledged before a pause is committed during it.
class SourceTaskRunner : public TaskRunner, private kafka::DeliveryListener, private SourceTaskContext {
 public:
  struct Parts {
    std::unique_ptr<SourceTask> task;
    std::shared_ptr<kafka::Producer> producer;
    std::shared_ptr<storage::OffsetStore> offset_store;  ///< what the next two use
    std::unique_ptr<storage::ConnectorOffsets> offsets;
    std::unique_ptr<SourceDelivery> delivery;
    std::unique_ptr<TopicCreator> topics;  ///< null: topics are the broker's business
    std::uint64_t bytes_in_flight_max = std::uint64_t{8} << 20;
  };
  SourceTaskRunner(TaskParts common, Parts parts);
  ~SourceTaskRunner() override;

 private:
  struct Acknowledgement {
    std::uint64_t tag = 0;
    std::int32_t partition = -1;
    std::int64_t offset = -1;
    std::int64_t timestamp = -1;
    std::unique_ptr<Error> error;
  };
  /// Where one record's bytes are in the buffer.
  struct Converted {
    std::size_t record = 0;
    std::size_t begin = 0;
    std::size_t key_end = 0;
    std::size_t end = 0;
    std::size_t first_header = 0;
    std::size_t headers = 0;
    bool has_key = false;
    bool has_value = false;
  };
  struct ConvertedHeader {
    const std::string* key = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
    bool has_value = false;
  };

  // TaskRunner
  Result<void> execute() override;
  void wind_up(const Result<void>& result) override;
  void close() override;

  // kafka::DeliveryListener. Runs on: the producer's thread.
  void on_deliveries(std::span<const kafka::Delivery> deliveries) override;

  // SourceTaskContext
  const Props& configs() const override { return parts_.task_config; }
  OffsetStorageReader& offset_storage_reader() override { return *source_.offsets; }
  TransactionContext* transaction_context() override { return source_.delivery->transaction_context(); }
  std::stop_token stop_token() const override { return parts_.control->stop_token(); }
  bool wait_for(std::chrono::milliseconds time) override;

  Result<void> loop();
  Result<void> wait_while_paused();
  Result<std::vector<SourceRecord>> poll();
  Result<void> send_all(std::vector<SourceRecord>& records);
  /// Converts from records[next] on until the slice is full; advances `next`.
  Result<void> convert_slice(std::vector<SourceRecord>& records, std::size_t& next);
  Result<Kept> convert(SourceRecord& record, std::size_t index);
  Result<Kept> convert_headers(SourceRecord& record, const RecordInHand& hand);
  Result<void> drop(const SourceRecord& record);
  Result<void> send_slice(std::vector<SourceRecord>& records);
  void build_batch(std::vector<SourceRecord>& records);
  Result<void> ensure_topics();
  Result<bool> ensure_topic(const std::string& topic);
  Result<void> wait_for_room_in_budget();
  Result<void> refused(const Error& error, const SourceRecord& record, std::uint64_t tag);

  Result<void> service();
  Result<void> take_acknowledgements();
  Result<void> on_acknowledged(Acknowledgement& acknowledged);
  bool has_acknowledgements() const { return !inbox_.empty(); }
  void tell_task();

  Parts source_;
  std::set<std::string> usable_topics_;  // exist, and the producer knows their partitions
  std::size_t topic_attempts_ = 0;       // to use the topic that is waited for
  TopicReporter topic_reporter_;
  const bool keeps_originals_;
  bool started_ = false;
  bool in_task_ = false;
  std::optional<Error> send_error_;
  std::size_t refused_ = 0;  ///< records in flight that will never be acknowledged

  // The slice in hand, reused.
  std::string buffer_;
  std::vector<Converted> converted_;
  std::vector<ConvertedHeader> converted_headers_;
  std::vector<kafka::HeaderView> header_views_;
  std::vector<kafka::OutRecord> batch_;

  std::unordered_map<std::uint64_t, SourceRecord> originals_;      // by tag, when keeps_originals_
  std::vector<SourceRecord> slice_originals_;                      // of the slice in hand, parallel to converted_
  std::vector<std::pair<std::uint64_t, std::string>> new_topics_;  // reported with their first acknowledgement
  struct Told {
    SourceRecord record;
    std::optional<RecordMetadata> metadata;
  };
  std::vector<Told> to_tell_;  // SourceTask::commit_record calls to make

  std::vector<Acknowledgement> inbox_;  // guarded by control().mutex()
  std::vector<Acknowledgement> taken_;
};

}  // namespace millrace::runtime
