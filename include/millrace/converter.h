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
  virtual bool from_connect_data(std::string_view topic, const SchemaPtr& schema, const Value& value,
                                 std::string& out) = 0;

  /// nullopt: null bytes.
  virtual SchemaAndValue to_connect_data(std::string_view topic, std::optional<BytesView> bytes) = 0;
};

class HeaderConverter {
 public:
  virtual ~HeaderConverter() = default;
  virtual const ConfigDef& config() const = 0;
  virtual void configure(const Props& config) = 0;
  /// Appends to `out`; false for a null header value.
  virtual bool from_connect_header(std::string_view topic, std::string_view key, const SchemaPtr& schema,
                                   const Value& value, std::string& out) = 0;
  virtual SchemaAndValue to_connect_header(std::string_view topic, std::string_view key,
                                           std::optional<BytesView> bytes) = 0;
};

/// Any converter as a header converter: every converter of Connect is one too.
template <class ConverterT>
class AsHeaderConverter final : public HeaderConverter {
 public:
  const ConfigDef& config() const override { return converter_.config(); }
  void configure(const Props& config) override { converter_.configure(config, ConverterType::kHeader); }
  bool from_connect_header(std::string_view topic, std::string_view, const SchemaPtr& schema, const Value& value,
                           std::string& out) override {
    return converter_.from_connect_data(topic, schema, value, out);
  }
  SchemaAndValue to_connect_header(std::string_view topic, std::string_view, std::optional<BytesView> bytes) override {
    return converter_.to_connect_data(topic, bytes);
  }

 private:
  ConverterT converter_;
};

/// "key", "value", "header": what the option converter.type says.
inline const char* name_of(ConverterType type) noexcept {
  return type == ConverterType::kKey ? "key" : type == ConverterType::kValue ? "value" : "header";
}

/// The option that every converter of Connect has. The worker fills it in.
ConfigKey converter_type_key();

}  // namespace millrace
