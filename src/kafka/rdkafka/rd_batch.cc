#include "kafka/rdkafka/rd_batch.h"

namespace millrace::kafka {

RdBatch::~RdBatch() {
  for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
}

void RdBatch::add(rd_kafka_message_t* message, const std::string* topic) {
  messages_.push_back(message);
  InRecord& record = records_.emplace_back();
  record.batch = this;
  record.topic = topic;
  record.partition = message->partition;
  record.offset = message->offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  record.timestamp_ms = rd_kafka_message_timestamp(message, &type);
  record.timestamp_type = type == RD_KAFKA_TIMESTAMP_CREATE_TIME       ? TimestampType::kCreateTime
                          : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? TimestampType::kLogAppendTime
                                                                       : TimestampType::kNoTimestampType;
  if (message->key != nullptr) record.key.emplace(static_cast<const char*>(message->key), message->key_len);
  if (message->payload != nullptr) record.value.emplace(static_cast<const char*>(message->payload), message->len);
}

std::span<const HeaderView> RdBatch::headers_of(const InRecord& record) const {
  const auto index = static_cast<std::size_t>(&record - records_.data());
  if (const auto known = headers_.find(index); known != headers_.end()) return known->second;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(messages_[index], &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  std::vector<HeaderView>& views = headers_[index];
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    HeaderView& view = views.emplace_back();
    view.key = name;
    if (value != nullptr) view.value.emplace(static_cast<const char*>(value), size);
  }
  return views;
}

}  // namespace millrace::kafka
