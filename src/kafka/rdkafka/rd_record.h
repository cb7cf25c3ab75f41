#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kafka/producer.h"

namespace millrace::kafka {

/// Java's upper bound for one record in a batch of its own (DefaultRecordBatch.estimateBatchSizeUpperBound), which
/// max.request.size is compared with.
std::int64_t serialized_size(const OutRecord& record);

/// Hands a record to librdkafka, which copies it and gives `opaque` back with the delivery. Never blocks.
rd_kafka_resp_err_t produce(rd_kafka_t* rk, rd_kafka_topic_t* topic, const OutRecord& record, void* opaque);

/// A copy of a record that was handed over, with the partition that was chosen for it.
class OwnedRecord {
 public:
  explicit OwnedRecord(const rd_kafka_message_t* message);
  /// Valid as long as this record and `headers`, which it fills.
  OutRecord view(std::vector<HeaderView>& headers) const;

 private:
  std::string topic_;
  std::int32_t partition_;
  std::int64_t timestamp_ms_;
  std::optional<std::string> key_;
  std::optional<std::string> value_;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers_;
};

}  // namespace millrace::kafka
