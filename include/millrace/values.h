#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "millrace/converter.h"
#include "millrace/schema.h"
#include "millrace/value.h"

/// org.apache.kafka.connect.data.Values: text to values and back, and conversions between types.
///
/// Errors: DataError with Connect's texts unless said otherwise. Dates are in UTC.
namespace millrace::values {

/// The value that `text` spells, with the narrowest schema that holds it; whatever spells nothing else is a STRING.
/// Both null for "null".
SchemaAndValue parse_string(std::string_view text);

/// nullopt for null. A string as it is, lists and maps in JSON's manner, bytes in base64.
std::optional<std::string> convert_to_string(const Value& value);

// Conversions. `from` may be null (schemaless). A null value stays null.
Value convert_to_boolean(const SchemaPtr& from, const Value& value);
Value convert_to_int8(const SchemaPtr& from, const Value& value);
Value convert_to_int16(const SchemaPtr& from, const Value& value);
Value convert_to_int32(const SchemaPtr& from, const Value& value);
Value convert_to_int64(const SchemaPtr& from, const Value& value);
Value convert_to_float32(const SchemaPtr& from, const Value& value);
Value convert_to_float64(const SchemaPtr& from, const Value& value);
Value convert_to_decimal(const SchemaPtr& from, const Value& value, std::int32_t scale);
Value convert_to_date(const SchemaPtr& from, const Value& value);
Value convert_to_time(const SchemaPtr& from, const Value& value);
Value convert_to_timestamp(const SchemaPtr& from, const Value& value);
Value convert_to_list(const SchemaPtr& from, const Value& value);
Value convert_to_map(const SchemaPtr& from, const Value& value);
Value convert_to_struct(const SchemaPtr& from, const Value& value);

/// `value` as a value of `target`. A null for a required target: "Unable to convert a null value to a schema that requires a
/// value".
Value convert_to(const Schema& target, const SchemaPtr& from, const Value& value);

/// A schema that fits `value`; null when there is none (dates, decimals, empty or mixed collections).
SchemaPtr infer_schema(const Value& value);

}  // namespace millrace::values
