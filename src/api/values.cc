#include "millrace/values.h"

#include <cmath>
#include <cstdio>
#include <limits>

#include "api/calendar.h"
#include "api/unicode.h"
#include "millrace/base64.h"
#include "millrace/errors.h"

namespace millrace::values {

namespace {

constexpr std::int64_t kMillisPerDay = 86'400'000;

// ---------------------------------------------------------------------------------------------------------------------
// To text

void append_date(std::string& out, std::int64_t ms) {
  const api::CivilTime t = api::civil_from_millis(ms);
  const long long year = t.year > 0 ? t.year : 1 - t.year;
  char buffer[80];
  int length = 0;
  if (ms < kMillisPerDay) {
    length = std::snprintf(buffer, sizeof buffer, "%02d:%02d:%02d.%03dZ", t.hour, t.minute, t.second, t.millisecond);
  } else if (ms % kMillisPerDay == 0) {
    length = std::snprintf(buffer, sizeof buffer, "%04lld-%02d-%02d", year, t.month, t.day);
  } else {
    length = std::snprintf(buffer, sizeof buffer, "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ", year, t.month, t.day, t.hour,
                           t.minute, t.second, t.millisecond);
  }
  out.append(buffer, static_cast<std::size_t>(length));
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  out += '"';
}

void append_embedded(std::string& out, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString: return append_quoted(out, value.as_string());
    case ValueKind::kBytes:
      out += '"';
      append_base64(out, value.as_bytes().data(), value.as_bytes().size());
      out += '"';
      return;
    case ValueKind::kDate: return append_date(out, value.as_date().epoch_ms);
    case ValueKind::kArray: {
      out += '[';
      bool first = true;
      for (const Value& item : value.as_array()) {
        if (!first) out += ',';
        first = false;
        append_embedded(out, item);
      }
      out += ']';
      return;
    }
    case ValueKind::kMap: {
      out += '{';
      bool first = true;
      for (const auto& [key, entry] : value.as_map()) {
        if (!first) out += ',';
        first = false;
        append_embedded(out, key);
        out += ':';
        append_embedded(out, entry);
      }
      out += '}';
      return;
    }
    case ValueKind::kStruct: {
      out += '{';
      bool first = true;
      const Struct& record = value.as_struct();
      for (const Field& field : record.schema()->fields()) {
        if (!first) out += ',';
        first = false;
        append_quoted(out, field.name);
        out += ':';
        append_embedded(out, record.get(field));
      }
      out += '}';
      return;
    }
    default: out += value.to_string();
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// To numbers

[[noreturn]] void fail(const Value& value, const std::string& target) {
  throw DataError("Unable to convert " + value.to_string() + " (class " + value.java_class() + ") to " + target);
}

/// Java's (long) of a double.
std::int64_t saturated(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9.2233720368547758e18) return std::numeric_limits<std::int64_t>::max();
  if (value <= -9.2233720368547758e18) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

std::int64_t as_long(const SchemaPtr& from, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32:
    case ValueKind::kInt64: return value.integer();
    case ValueKind::kFloat32: return saturated(value.as_float32());
    case ValueKind::kFloat64: return saturated(value.as_float64());
    case ValueKind::kDecimal: return value.as_decimal().to_int64_wrapping();
    case ValueKind::kString:
      if (const auto decimal = Decimal::parse(value.as_string())) return decimal->to_int64_wrapping();
      break;
    case ValueKind::kDate:
      if (from != nullptr && from->logical() != LogicalType::kNone && from->logical() != LogicalType::kDecimal) {
        return from_logical(*from, value).integer();
      }
      break;
    default: break;
  }
  fail(value, from == nullptr ? "a number" : from->to_string());
}

double as_double(const SchemaPtr& from, const Value& value) {
  if (value.kind() == ValueKind::kFloat32) return value.as_float32();
  if (value.kind() == ValueKind::kFloat64) return value.as_float64();
  if (value.kind() == ValueKind::kDecimal) return value.as_decimal().to_double();
  if (value.kind() == ValueKind::kString) {
    if (const auto decimal = Decimal::parse(value.as_string())) return decimal->to_double();
  }
  return static_cast<double>(as_long(from, value));
}

/// Dates may come as text.
Value parsed_if_text(const Value& value) {
  return value.kind() == ValueKind::kString ? parse_string(value.as_string()).value : value;
}

LogicalType logical_of(const SchemaPtr& schema) { return schema == nullptr ? LogicalType::kNone : schema->logical(); }

std::int64_t floor_mod(std::int64_t a, std::int64_t b) { return (a % b + b) % b; }

Value date_of(const Schema& target, const SchemaPtr& from, const Value& given) {
  const Value value = parsed_if_text(given);
  if (value.kind() == ValueKind::kDate) {
    if (logical_of(from) != LogicalType::kTimestamp) return value;
    return to_logical(target, static_cast<std::int32_t>(value.as_date().epoch_ms / kMillisPerDay));
  }
  return to_logical(target, static_cast<std::int32_t>(as_long(from, value)));
}

Value time_of(const Schema& target, const SchemaPtr& from, const Value& given) {
  const Value value = parsed_if_text(given);
  if (value.kind() == ValueKind::kDate) {
    if (logical_of(from) != LogicalType::kTimestamp) return value;
    return to_logical(target, static_cast<std::int32_t>(floor_mod(value.as_date().epoch_ms, kMillisPerDay)));
  }
  return to_logical(target, static_cast<std::int32_t>(as_long(from, value)));
}

Value timestamp_of(const Schema& target, const SchemaPtr& from, const Value& given) {
  const Value value = parsed_if_text(given);
  if (value.kind() == ValueKind::kDate) {
    // Midnight of a date, 1970-01-01 for a time: both hold these milliseconds already, once they are checked.
    if (logical_of(from) == LogicalType::kDate || logical_of(from) == LogicalType::kTime)
      (void)from_logical(*from, value);
    return value;
  }
  return to_logical(target, as_long(from, value));
}

Value decimal_of(const Schema& target, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kDecimal: return value;
    case ValueKind::kBytes: return to_logical(target, value);
    case ValueKind::kString: {
      auto decimal = Decimal::parse(value.as_string());
      if (!decimal) fail(value, target.to_string());
      return *std::move(decimal);
    }
    default:
      if (!value.is_number()) fail(value, target.to_string());
      // BigDecimal.valueOf(double): the shortest text of the double.
      if (auto decimal = Decimal::parse(java_double_text(as_double(nullptr, value)))) return *std::move(decimal);
      fail(value, target.to_string());
  }
}

Value collection_of(const Schema& target, ValueKind kind, const Value& given) {
  const Value value = parsed_if_text(given);
  if (value.kind() != kind) fail(given, target.to_string());
  return value;
}

const SchemaPtr& plain(Type type) {
  static const SchemaPtr kArray = SchemaBuilder(Type::kArray).build();
  static const SchemaPtr kMap = SchemaBuilder(Type::kMap).build();
  static const SchemaPtr kStruct = SchemaBuilder(Type::kStruct).build();
  return type == Type::kArray ? kArray : type == Type::kMap ? kMap : kStruct;
}

}  // namespace

std::optional<std::string> convert_to_string(const Value& value) {
  if (value.is_null()) return std::nullopt;
  if (value.kind() == ValueKind::kString) return value.as_string();
  if (value.kind() == ValueKind::kBytes) return base64_encode(value.as_bytes());
  std::string out;
  append_embedded(out, value);
  return out;
}

Value convert_to_boolean(const SchemaPtr& from, const Value& value) {
  if (value.is_null() || value.kind() == ValueKind::kBool) return value;
  if (value.kind() == ValueKind::kString) {
    Value parsed = parse_string(value.as_string()).value;
    if (parsed.kind() == ValueKind::kBool) return parsed;
  }
  return as_long(from, value) != 0;
}

Value convert_to_int8(const SchemaPtr& from, const Value& value) {
  if (value.is_null() || value.kind() == ValueKind::kInt8) return value;
  return static_cast<std::int8_t>(as_long(from, value));
}

Value convert_to_int16(const SchemaPtr& from, const Value& value) {
  if (value.is_null() || value.kind() == ValueKind::kInt16) return value;
  return static_cast<std::int16_t>(as_long(from, value));
}

Value convert_to_int32(const SchemaPtr& from, const Value& value) {
  if (value.is_null() || value.kind() == ValueKind::kInt32) return value;
  return static_cast<std::int32_t>(as_long(from, value));
}

Value convert_to_int64(const SchemaPtr& from, const Value& value) {
  if (value.is_null() || value.kind() == ValueKind::kInt64) return value;
  return as_long(from, value);
}

Value convert_to_float32(const SchemaPtr& from, const Value& value) {
  if (value.is_null() || value.kind() == ValueKind::kFloat32) return value;
  return static_cast<float>(as_double(from, value));
}

Value convert_to_float64(const SchemaPtr& from, const Value& value) {
  if (value.is_null() || value.kind() == ValueKind::kFloat64) return value;
  return as_double(from, value);
}

Value convert_to_decimal(const SchemaPtr&, const Value& value, std::int32_t scale) {
  return value.is_null() ? value : decimal_of(*SchemaBuilder::decimal(scale).build(), value);
}

Value convert_to_date(const SchemaPtr& from, const Value& value) {
  return value.is_null() ? value : date_of(*SchemaBuilder::date().build(), from, value);
}

Value convert_to_time(const SchemaPtr& from, const Value& value) {
  return value.is_null() ? value : time_of(*SchemaBuilder::time().build(), from, value);
}

Value convert_to_timestamp(const SchemaPtr& from, const Value& value) {
  return value.is_null() ? value : timestamp_of(*SchemaBuilder::timestamp().build(), from, value);
}

Value convert_to_list(const SchemaPtr&, const Value& value) {
  return value.is_null() ? value : collection_of(*plain(Type::kArray), ValueKind::kArray, value);
}

Value convert_to_map(const SchemaPtr&, const Value& value) {
  return value.is_null() ? value : collection_of(*plain(Type::kMap), ValueKind::kMap, value);
}

Value convert_to_struct(const SchemaPtr&, const Value& value) {
  if (value.is_null() || value.kind() == ValueKind::kStruct) return value;
  fail(value, plain(Type::kStruct)->to_string());
}

Value convert_to(const Schema& target, const SchemaPtr& from, const Value& value) {
  if (value.is_null()) {
    if (target.is_optional()) return value;
    throw DataError("Unable to convert a null value to a schema that requires a value");
  }
  switch (target.logical()) {
    case LogicalType::kDecimal: return decimal_of(target, value);
    case LogicalType::kDate: return date_of(target, from, value);
    case LogicalType::kTime: return time_of(target, from, value);
    case LogicalType::kTimestamp: return timestamp_of(target, from, value);
    case LogicalType::kNone: break;
  }
  switch (target.type()) {
    case Type::kInt8: return convert_to_int8(from, value);
    case Type::kInt16: return convert_to_int16(from, value);
    case Type::kInt32: return convert_to_int32(from, value);
    case Type::kInt64: return convert_to_int64(from, value);
    case Type::kFloat32: return convert_to_float32(from, value);
    case Type::kFloat64: return convert_to_float64(from, value);
    case Type::kBoolean: return convert_to_boolean(from, value);
    case Type::kString: return convert_to_string(value).value_or("");
    case Type::kBytes:
      if (value.kind() == ValueKind::kBytes) return value;
      if (value.kind() == ValueKind::kDecimal) return Value(value.as_decimal().unscaled_bytes());
      break;
    case Type::kArray: return collection_of(target, ValueKind::kArray, value);
    case Type::kMap: return collection_of(target, ValueKind::kMap, value);
    case Type::kStruct:
      if (value.kind() == ValueKind::kStruct) return value;
      break;
  }
  fail(value, target.to_string());
}

namespace {

/// What the elements of a collection have in common.
class SchemaDetector {
 public:
  bool accept(const Value& value) {
    if (value.is_null()) {
      optional_ = true;
      return true;
    }
    const SchemaPtr schema = infer_schema(value);
    if (schema == nullptr || (type_ && *type_ != schema->type())) return false;
    type_ = schema->type();
    return true;
  }

  SchemaPtr schema() const {
    if (!type_) throw SchemaBuilderError("type cannot be null");
    SchemaBuilder builder(*type_);
    if (optional_) builder.optional();
    return builder.build();
  }

 private:
  std::optional<Type> type_;
  bool optional_ = false;
};

}  // namespace

SchemaPtr infer_schema(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kBool: return Schema::boolean();
    case ValueKind::kInt8: return Schema::int8();
    case ValueKind::kInt16: return Schema::int16();
    case ValueKind::kInt32: return Schema::int32();
    case ValueKind::kInt64: return Schema::int64();
    case ValueKind::kFloat32: return Schema::float32();
    case ValueKind::kFloat64: return Schema::float64();
    case ValueKind::kString: return Schema::string();
    case ValueKind::kBytes: return Schema::bytes();
    case ValueKind::kStruct: return value.as_struct().schema();
    case ValueKind::kArray: {
      if (value.as_array().empty()) return nullptr;
      SchemaDetector items;
      for (const Value& item : value.as_array()) {
        if (!items.accept(item)) return nullptr;
      }
      return SchemaBuilder::array(items.schema()).build();
    }
    case ValueKind::kMap: {
      if (value.as_map().empty()) return nullptr;
      SchemaDetector keys;
      SchemaDetector values;
      for (const auto& [key, entry] : value.as_map()) {
        if (!keys.accept(key) || !values.accept(entry)) return nullptr;
      }
      return SchemaBuilder::map(keys.schema(), values.schema()).build();
    }
    case ValueKind::kNull:
    case ValueKind::kDecimal:
    case ValueKind::kDate: break;
  }
  return nullptr;
}

}  // namespace millrace::values
