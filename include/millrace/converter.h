#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/config.h"
#include "millrace/record.h"
#include "millrace/schema.h"

namespace millrace {

struct SchemaAndValue {
  SchemaPtr schema;
  Value value;
  bool operator==(const SchemaAndValue& o) const { return same_schema(schema, o.schema) && value == o.value; }
};

enum class ConverterType : std::uint8_t { kKey, kValue, kHeader };

/// Bytes as they came from or go to Kafka. `std::string_view` because they are often text; it may hold any byte.
/// A view is valid during the call.
using BytesView = std::string_view;

/// Turns values into bytes and back. One instance belongs to one task and one position (key or value), so it may cache.
///
/// Errors: DataError (tolerable by errors.tolerance). Threads: one at a time.
class Converter {
 public:
  virtual ~Converter() = default;
  virtual const ConfigDef& config() const = 0;
  virtual void configure(const Props& config, ConverterType type) = 0;

  /// Appends the bytes of `value` to `out`; false for null bytes (a tombstone), nothing appended then.
  virtual bool from_connect_data(std::string_view topic, const SchemaPtr& schema, const Value& value, std::string& out) = 0;

  /// nullopt: null bytes.
  virtual SchemaAndValue to_connect_data(std::string_view topic, std::optional<BytesView> bytes) = 0;
};

class HeaderConverter {
 public:
  virtual ~HeaderConverter() = default;
  virtual const ConfigDef& config() const = 0;
  virtual void configure(const Props& config) = 0;
  /// Appends to `out`; false for a null header value.
  virtual bool from_connect_header(std::string_view topic, std::string_view key, const SchemaPtr& schema, const Value& value,
                                   std::string& out) = 0;
  virtual SchemaAndValue to_connect_header(std::string_view topic, std::string_view key, std::optional<BytesView> bytes) = 0;
};

}  // namespace millrace
