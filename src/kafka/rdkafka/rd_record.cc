#include "kafka/rdkafka/rd_record.h"

#include <array>
#include <string_view>

#include "kafka/rdkafka/handle.h"

namespace millrace::kafka {
namespace {

int varint_size(std::int64_t value) {
  auto zigzag = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  int size = 1;
  while (zigzag >= 0x80) {
    zigzag >>= 7;
    ++size;
  }
  return size;
}

std::int64_t sized(const std::optional<std::string_view>& bytes) {
  if (!bytes) return 1;
  auto size = static_cast<std::int64_t>(bytes->size());
  return varint_size(size) + size;
}

std::optional<std::string> bytes_of(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(data), size);
}

}  // namespace

std::int64_t serialized_size(const OutRecord& record) {
  constexpr std::int64_t kBatchOverhead = 61;
  constexpr std::int64_t kRecordOverhead = 21;
  std::int64_t size = kBatchOverhead + kRecordOverhead + sized(record.key) + sized(record.value);
  size += varint_size(static_cast<std::int64_t>(record.headers.size()));
  for (const HeaderView& header : record.headers) size += sized(header.key) + sized(header.value);
  return size;
}

rd_kafka_resp_err_t produce(rd_kafka_t* rk, rd_kafka_topic_t* topic, const OutRecord& record, void* opaque) {
  // librdkafka takes a null pointer for null, so what is empty points somewhere.
  auto data = [](const std::optional<std::string_view>& bytes) -> void* {
    if (!bytes) return nullptr;
    return bytes->data() == nullptr ? const_cast<char*>("") : const_cast<char*>(bytes->data());
  };
  auto size = [](const std::optional<std::string_view>& bytes) { return bytes ? bytes->size() : 0; };
  if (!record.timestamp_ms && record.headers.empty()) {
    if (rd_kafka_produce(topic, record.partition, RD_KAFKA_MSG_F_COPY, data(record.value), size(record.value),
                         data(record.key), size(record.key), opaque) == 0) {
      return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return rd_kafka_last_error();
  }
  rd_kafka_headers_t* headers = nullptr;
  if (!record.headers.empty()) {
    headers = rd_kafka_headers_new(record.headers.size());
    for (const HeaderView& header : record.headers) {
      rd_kafka_header_add(headers, header.key.data() == nullptr ? "" : header.key.data(),
                          static_cast<ssize_t>(header.key.size()), data(header.value),
                          static_cast<ssize_t>(size(header.value)));
    }
  }
  std::array<rd_kafka_vu_t, 8> fields{};
  std::size_t n = 0;
  fields[n].vtype = RD_KAFKA_VTYPE_RKT;
  fields[n++].u.rkt = topic;
  fields[n].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[n++].u.i32 = record.partition;
  fields[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[n++].u.i = RD_KAFKA_MSG_F_COPY;
  fields[n].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[n].u.mem.ptr = data(record.value);
  fields[n++].u.mem.size = size(record.value);
  fields[n].vtype = RD_KAFKA_VTYPE_KEY;
  fields[n].u.mem.ptr = data(record.key);
  fields[n++].u.mem.size = size(record.key);
  fields[n].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[n++].u.ptr = opaque;
  if (record.timestamp_ms) {
    fields[n].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    fields[n++].u.i64 = *record.timestamp_ms;
  }
  if (headers != nullptr) {
    fields[n].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[n++].u.headers = headers;
  }
  RdError error(rd_kafka_produceva(rk, fields.data(), n));
  if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  return rd_kafka_error_code(error.get());
}

OwnedRecord::OwnedRecord(const rd_kafka_message_t* message)
    : topic_(rd_kafka_topic_name(message->rkt)),
      partition_(message->partition),
      key_(bytes_of(message->key, message->key_len)),
      value_(bytes_of(message->payload, message->len)) {
  rd_kafka_timestamp_type_t type;
  timestamp_ms_ = rd_kafka_message_timestamp(message, &type);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    headers_.emplace_back(name, bytes_of(value, size));
}

OutRecord OwnedRecord::view(std::vector<HeaderView>& headers) const {
  headers.clear();
  for (const auto& [name, value] : headers_) headers.push_back({name, value});
  OutRecord record;
  record.topic = &topic_;
  record.partition = partition_;
  if (timestamp_ms_ >= 0) record.timestamp_ms = timestamp_ms_;
  record.key = key_;
  record.value = value_;
  record.headers = headers;
  return record;
}

}  // namespace millrace::kafka
