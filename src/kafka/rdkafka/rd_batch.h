#pragma once

#include <librdkafka/rdkafka.h>

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "kafka/consumer.h"

namespace millrace::kafka {

/// Records as librdkafka fetched them: nothing is copied, the messages die with the batch.
class RdBatch final : public RecordBatch {
 public:
  RdBatch() = default;
  ~RdBatch() override;
  RdBatch(const RdBatch&) = delete;
  RdBatch& operator=(const RdBatch&) = delete;

  std::span<const InRecord> records() const override { return records_; }
  std::span<const HeaderView> headers_of(const InRecord& record) const override;
  void reserve(std::size_t records) {
    messages_.reserve(records);
    records_.reserve(records);
  }
  /// Takes over a message without error.
  void add(rd_kafka_message_t* message, const std::string* topic);

 private:
  std::vector<rd_kafka_message_t*> messages_;
  std::vector<InRecord> records_;
  mutable std::unordered_map<std::size_t, std::vector<HeaderView>> headers_;  // by index; those that were asked for
};

}  // namespace millrace::kafka
