#include "millrace/record.h"

#include <algorithm>

#include "millrace/errors.h"

namespace millrace {

bool Header::operator==(const Header& other) const {
  return key == other.key && same_schema(schema, other.schema) && value == other.value;
}

namespace {

bool fits(const Schema& schema, const Value& value) {
  switch (schema.type()) {
    case Type::kInt8: return value.kind() == ValueKind::kInt8;
    case Type::kInt16: return value.kind() == ValueKind::kInt16;
    case Type::kInt32:
      return value.kind() == ValueKind::kInt32 ||
             (value.kind() == ValueKind::kDate &&
              (schema.logical() == LogicalType::kDate || schema.logical() == LogicalType::kTime));
    case Type::kInt64:
      return value.kind() == ValueKind::kInt64 ||
             (value.kind() == ValueKind::kDate && schema.logical() == LogicalType::kTimestamp);
    case Type::kFloat32: return value.kind() == ValueKind::kFloat32;
    case Type::kFloat64: return value.kind() == ValueKind::kFloat64;
    case Type::kBoolean: return value.kind() == ValueKind::kBool;
    case Type::kString: return value.kind() == ValueKind::kString;
    case Type::kBytes:
      return value.kind() == ValueKind::kBytes ||
             (value.kind() == ValueKind::kDecimal && schema.logical() == LogicalType::kDecimal);
    case Type::kArray: return value.kind() == ValueKind::kArray;
    case Type::kMap: return value.kind() == ValueKind::kMap;
    case Type::kStruct: return value.kind() == ValueKind::kStruct;
  }
  return false;
}

std::string text_of(const SchemaPtr& schema) { return schema == nullptr ? "null" : schema->to_string(); }
std::string text_of(const OffsetMap& map) { return map == nullptr ? "null" : Value(map).to_string(); }

template <class T>
std::string text_of(const std::optional<T>& number) {
  return number ? std::to_string(*number) : "null";
}

std::string base_text(const ConnectRecord& r) {
  return "ConnectRecord{topic='" + r.topic + "', kafkaPartition=" + text_of(r.kafka_partition) +
         ", key=" + r.key.to_string() + ", keySchema=" + text_of(r.key_schema) + ", value=" + r.value.to_string() +
         ", valueSchema=" + text_of(r.value_schema) + ", timestamp=" + text_of(r.timestamp) +
         ", headers=" + r.headers.to_string() + "}";
}

const char* name_of(TimestampType type) {
  switch (type) {
    case TimestampType::kCreateTime: return "CreateTime";
    case TimestampType::kLogAppendTime: return "LogAppendTime";
    case TimestampType::kNoTimestampType: break;
  }
  return "NoTimestampType";
}

}  // namespace

void Headers::add(std::string key, Value value, SchemaPtr schema) {
  if (schema != nullptr) {
    if (value.is_null() && !schema->is_optional()) {
      throw DataError("A null value requires an optional schema but was " + schema->to_string());
    }
    if (!value.is_null() && !fits(*schema, value)) {
      throw DataError("The value " + value.to_string() + " is not compatible with the schema " + schema->to_string());
    }
  }
  headers_.push_back(Header{std::move(key), std::move(schema), std::move(value)});
}

const Header* Headers::last_with_name(std::string_view key) const noexcept {
  const auto found = std::find_if(headers_.rbegin(), headers_.rend(), [&](const Header& h) { return h.key == key; });
  return found == headers_.rend() ? nullptr : &*found;
}

std::vector<const Header*> Headers::all_with_name(std::string_view key) const {
  std::vector<const Header*> out;
  for (const Header& header : headers_) {
    if (header.key == key) out.push_back(&header);
  }
  return out;
}

bool Headers::remove(std::string_view key) {
  return std::erase_if(headers_, [&](const Header& h) { return h.key == key; }) != 0;
}

bool Headers::operator==(const Headers& other) const { return headers_ == other.headers_; }

std::string Headers::to_string() const {
  // Java's list appears with the first header.
  std::string out = "ConnectHeaders(headers=";
  if (!headers_.empty()) {
    out += '[';
    bool first = true;
    for (const Header& header : headers_) {
      if (!first) out += ", ";
      first = false;
      out += "ConnectHeader(key=" + header.key + ", value=" + header.value.to_string() +
             ", schema=" + text_of(header.schema) + ")";
    }
    out += ']';
  }
  return out + ")";
}

bool ConnectRecord::operator==(const ConnectRecord& other) const {
  return topic == other.topic && kafka_partition == other.kafka_partition &&
         same_schema(key_schema, other.key_schema) && key == other.key &&
         same_schema(value_schema, other.value_schema) && value == other.value && timestamp == other.timestamp &&
         headers == other.headers;
}

std::string SourceRecord::to_string() const {
  return "SourceRecord{sourcePartition=" + text_of(source_partition) + ", sourceOffset=" + text_of(source_offset) +
         "} " + base_text(*this);
}

std::string SinkRecord::to_string() const {
  return "SinkRecord{kafkaOffset=" + std::to_string(kafka_offset) + ", timestampType=" + name_of(timestamp_type) +
         ", originalTopic=" + original_topic + ", originalKafkaPartition=" + std::to_string(original_kafka_partition) +
         ", originalKafkaOffset=" + std::to_string(original_kafka_offset) + "} " + base_text(*this);
}

std::string TopicPartition::to_string() const { return topic + "-" + std::to_string(partition); }

}  // namespace millrace
