#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/schema.h"
#include "millrace/value.h"

namespace millrace {

struct Header {
  std::string key;
  SchemaPtr schema;  ///< may be null: schemaless
  Value value;
  bool operator==(const Header& other) const;
};

/// An ordered list of headers; keys may repeat.
class Headers {
 public:
  std::size_t size() const noexcept { return headers_.size(); }
  bool empty() const noexcept { return headers_.empty(); }
  auto begin() const noexcept { return headers_.begin(); }
  auto end() const noexcept { return headers_.end(); }

  /// Appends. DataError when `value` does not fit `schema`; a null schema accepts anything.
  void add(std::string key, Value value, SchemaPtr schema);
  /// Appends without the check.
  void add_unchecked(Header header) { headers_.push_back(std::move(header)); }
  /// nullptr when there is none.
  const Header* last_with_name(std::string_view key) const noexcept;
  std::vector<const Header*> all_with_name(std::string_view key) const;
  /// Removes all of that name; true when there was one.
  bool remove(std::string_view key);
  void clear() noexcept { headers_.clear(); }
  bool operator==(const Headers& other) const;
  /// "ConnectHeaders(headers=[ConnectHeader(key=k, value=v, schema=Schema{STRING}), ...])" as Java prints it.
  std::string to_string() const;

 private:
  std::vector<Header> headers_;
};

/// What source and sink records share. Plain data: transforms take one and give one back.
struct ConnectRecord {
  std::string topic;
  std::optional<std::int32_t> kafka_partition;
  SchemaPtr key_schema;  ///< null: schemaless
  Value key;
  SchemaPtr value_schema;  ///< null: schemaless
  Value value;
  std::optional<std::int64_t> timestamp;  ///< ms since the epoch
  Headers headers;

  bool operator==(const ConnectRecord& other) const;
};

/// A source partition or a source offset: a map with string keys and primitive values, shared and immutable.
/// Tasks should hand out the *same* pointer for the same partition: comparison is by pointer first, then by content.
using OffsetMap = std::shared_ptr<const Map>;

struct SourceRecord : ConnectRecord {
  OffsetMap source_partition;  ///< may be null
  OffsetMap source_offset;     ///< may be null

  std::string to_string() const;
};

enum class TimestampType : std::int8_t { kNoTimestampType = -1, kCreateTime = 0, kLogAppendTime = 1 };

struct SinkRecord : ConnectRecord {
  std::int64_t kafka_offset = 0;
  TimestampType timestamp_type = TimestampType::kNoTimestampType;
  /// Topic, partition and offset before transforms.
  std::string original_topic;
  std::int32_t original_kafka_partition = 0;
  std::int64_t original_kafka_offset = 0;

  std::string to_string() const;
};

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
  /// "topic-partition"
  std::string to_string() const;
};

}  // namespace millrace
