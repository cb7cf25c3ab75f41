#pragma once

#include <librdkafka/rdkafka.h>

#include <deque>
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
  void reserve(std::size_t records) {
    messages_.reserve(records);
    records_.reserve(records);
  }
  /// Takes over a message without error.
  void add(rd_kafka_message_t* message, const std::string* topic);

 private:
  std::vector<rd_kafka_message_t*> messages_;
  std::vector<InRecord> records_;
  std::deque<std::vector<HeaderView>> headers_;
};

}  // namespace millrace::kafka
