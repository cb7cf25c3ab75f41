#include "kafka/rdkafka/rd_batch.h"

namespace millrace::kafka {

RdBatch::~RdBatch() {
  for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
}

void RdBatch::add(rd_kafka_message_t* message, const std::string* topic) {
  messages_.push_back(message);
  InRecord& record = records_.emplace_back();
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

  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  auto& views = headers_.emplace_back();
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    HeaderView& view = views.emplace_back();
    view.key = name;
    if (value != nullptr) view.value.emplace(static_cast<const char*>(value), size);
  }
  record.headers = views;
}

}  // namespace millrace::kafka
