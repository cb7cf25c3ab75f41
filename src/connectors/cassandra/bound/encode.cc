#include "connectors/cassandra/bound/encode.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "connectors/cassandra/common/connection_config.h"
#include "connectors/cassandra/cql/values.h"
#include "connectors/cassandra/cql/wire.h"
#include "connectors/cassandra/sink/value_json.h"
#include "millrace/base64.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

using cql::DataType;
using cql::TypeId;

constexpr std::int64_t kDayMs = 86400000;
constexpr std::int64_t kDayNanos = kDayMs * 1000000;

std::string shown(const Value& value) {
  std::string text = value.to_string();
  constexpr std::size_t kMost = 100;
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

DataError unfit(const DataType& type, const Value& value, const std::string& why = {}) {
  return DataError("value " + shown(value) + " (" + value.java_class() + ") does not fit " + type.cql() +
                   (why.empty() ? "" : ": " + why));
}

/// The value as an exact number; nullopt when it is none (NaN and infinities too).
std::optional<Decimal> number_of(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32:
    case ValueKind::kInt64: return Decimal(value.integer(), 0);
    // By the shortest text, so that 0.1F is 0.1 and not 0.100000001490116.
    case ValueKind::kFloat32: return Decimal::parse(java_float_text(value.as_float32()));
    case ValueKind::kFloat64: return Decimal::parse(java_double_text(value.as_float64()));
    case ValueKind::kDecimal: return value.as_decimal();
    case ValueKind::kString: return Decimal::parse(trimmed(value.as_string()));
    case ValueKind::kBool: return Decimal(value.as_bool() ? 1 : 0, 0);
    default: return std::nullopt;
  }
}

std::int64_t integer_of(const DataType& type, const Value& value, std::int64_t min, std::int64_t max,
                        const TimeCodec& codec) {
  if (value.kind() == ValueKind::kDate) {
    const auto out = convert_units(value.as_date().epoch_ms, TimeUnit::kMilliseconds, codec.unit);
    if (out < min || out > max) throw unfit(type, value, "out of range");
    return out;
  }
  if (value.is_integer()) {
    if (value.integer() < min || value.integer() > max) throw unfit(type, value, "out of range");
    return value.integer();
  }
  const auto number = number_of(value);
  if (!number) throw unfit(type, value, "not a number");
  const auto out = number->to_int64_exact();
  if (!out) throw unfit(type, value, number->with_scale_exact(0) ? "out of range" : "not a whole number");
  if (*out < min || *out > max) throw unfit(type, value, "out of range");
  return *out;
}

double real_of(const DataType& type, const Value& value) {
  if (value.kind() == ValueKind::kFloat32) return value.as_float32();
  if (value.kind() == ValueKind::kFloat64) return value.as_float64();
  if (value.kind() == ValueKind::kString) {
    const auto text = lower_case(trimmed(value.as_string()));
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (text == "infinity" || text == "+infinity") return std::numeric_limits<double>::infinity();
    if (text == "-infinity") return -std::numeric_limits<double>::infinity();
  }
  const auto number = number_of(value);
  if (!number) throw unfit(type, value, "not a number");
  return number->to_double();
}

float float_of(const DataType& type, const Value& value) {
  if (value.kind() == ValueKind::kFloat32) return value.as_float32();
  const double real = real_of(type, value);
  const auto out = value.kind() == ValueKind::kFloat64 || std::isnan(real) || std::isinf(real)
                       ? static_cast<float>(real)
                       : number_of(value)->to_float();
  if (std::isinf(out) && !std::isinf(real)) throw unfit(type, value, "out of range");
  return out;
}

bool truth_of(const DataType& type, const Value& value) {
  if (value.kind() == ValueKind::kBool) return value.as_bool();
  if (value.kind() == ValueKind::kString) {
    const auto text = lower_case(trimmed(value.as_string()));
    for (const char* word : {"true", "t", "yes", "y", "1"}) {
      if (text == word) return true;
    }
    for (const char* word : {"false", "f", "no", "n", "0"}) {
      if (text == word) return false;
    }
  } else if (const auto number = number_of(value)) {
    const auto whole = number->to_int64_exact();
    if (whole && (*whole == 0 || *whole == 1)) return *whole == 1;
  }
  throw unfit(type, value, "use true or false");
}

std::string text_of(const SchemaPtr& schema, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString: return value.as_string();
    case ValueKind::kDate:
    case ValueKind::kBytes: return any_as_json(schema, value).text;
    case ValueKind::kArray:
    case ValueKind::kMap:
    case ValueKind::kStruct: return any_as_json(schema, value).dump();
    default: return value.to_string();
  }
}

/// Milliseconds since the epoch of a timestamp text.
std::int64_t instant_of(const DataType& type, const Value& value, const TimeCodec& codec) {
  const auto text = trimmed(value.as_string());
  if (codec.timestamp_is_units) {
    const auto number = Decimal::parse(text);
    const auto whole = number ? number->to_int64_exact() : std::nullopt;
    if (!whole) throw unfit(type, value, "codec.timestamp=UNITS_SINCE_EPOCH needs a whole number");
    return convert_units(*whole, codec.unit, TimeUnit::kMilliseconds);
  }
  if (codec.timestamp.pattern() == "CQL_TIMESTAMP") {
    // A literal may also be milliseconds.
    std::int64_t ms = 0;
    const auto number = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (number.ec == std::errc{} && number.ptr == text.data() + text.size()) return ms;
  }
  const auto parsed = codec.timestamp.parse(text);
  if (!parsed || !parsed->epoch_days) throw unfit(type, value, "it does not read as " + codec.timestamp.pattern());
  const std::int64_t nanos = parsed->nanos_of_day.value_or(0);
  const std::int64_t wall = *parsed->epoch_days * 86400 + nanos / 1000000000;
  std::int64_t utc = 0;
  if (parsed->offset_seconds) {
    utc = wall - *parsed->offset_seconds;
  } else if (!parsed->zone.empty()) {
    utc = ZoneRules::find(parsed->zone)->to_utc(wall);
  } else {
    utc = codec.zone->to_utc(wall);
  }
  return utc * 1000 + nanos / 1000000 % 1000;
}

std::int64_t days_of(const DataType& type, const Value& value, const TimeCodec& codec) {
  if (value.kind() == ValueKind::kDate)
    return (value.as_date().epoch_ms - ((value.as_date().epoch_ms % kDayMs) + kDayMs) % kDayMs) / kDayMs;
  if (value.kind() == ValueKind::kString) {
    const auto parsed = codec.date.parse(trimmed(value.as_string()));
    if (!parsed || !parsed->epoch_days) throw unfit(type, value, "it does not read as " + codec.date.pattern());
    return *parsed->epoch_days;
  }
  return convert_units(integer_of(type, value, INT64_MIN, INT64_MAX, codec), codec.unit, TimeUnit::kDays);
}

std::int64_t nanos_of(const DataType& type, const Value& value, const TimeCodec& codec) {
  std::int64_t nanos = 0;
  if (value.kind() == ValueKind::kDate) {
    nanos = ((value.as_date().epoch_ms % kDayMs) + kDayMs) % kDayMs * 1000000;
  } else if (value.kind() == ValueKind::kString) {
    const auto parsed = codec.time.parse(trimmed(value.as_string()));
    if (!parsed || !parsed->nanos_of_day) throw unfit(type, value, "it does not read as " + codec.time.pattern());
    nanos = *parsed->nanos_of_day;
  } else {
    nanos = convert_units(integer_of(type, value, INT64_MIN, INT64_MAX, codec), codec.unit, TimeUnit::kNanoseconds);
  }
  if (nanos < 0 || nanos >= kDayNanos) throw unfit(type, value, "a time of day is below 24 hours");
  return nanos;
}

/// "1mo2d3h", "-1y5ns", "P1Y2M3DT4H5M6S", "P2W".
std::string duration_bytes(const DataType& type, const Value& value) {
  if (value.kind() != ValueKind::kString) throw unfit(type, value, "use a text such as 1mo2d3h");
  const auto original = lower_case(trimmed(value.as_string()));
  std::string_view text = original;
  const auto wrong = [&] { return unfit(type, value, "use a text such as 1mo2d3h or P1M2DT3H"); };
  const bool negative = text.starts_with("-");
  if (negative) text.remove_prefix(1);
  const bool iso = text.starts_with("p");
  if (iso) text.remove_prefix(1);
  if (text.empty()) throw wrong();
  bool in_time = false;
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t nanos = 0;
  while (!text.empty()) {
    if (iso && text[0] == 't') {
      in_time = true;
      text.remove_prefix(1);
      if (text.empty()) throw wrong();
      continue;
    }
    std::int64_t amount = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (parsed.ec != std::errc{} || amount < 0) throw wrong();
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    std::size_t size = 0;
    while (size < text.size() && (text[size] < '0' || text[size] > '9') && !(iso && text[size] == 't')) ++size;
    const auto unit = text.substr(0, size);
    text.remove_prefix(size);
    std::int64_t* field = &nanos;
    std::int64_t factor = 0;
    if (unit == "y") {
      field = &months;
      factor = 12;
    } else if (unit == "mo" || (iso && !in_time && unit == "m")) {
      field = &months;
      factor = 1;
    } else if (unit == "w" || unit == "d") {
      field = &days;
      factor = unit == "w" ? 7 : 1;
    } else if (unit == "h") {
      factor = 3600000000000;
    } else if (unit == "m") {
      factor = 60000000000;
    } else if (unit == "s") {
      factor = 1000000000;
    } else if (unit == "ms") {
      factor = 1000000;
    } else if (unit == "us" || unit == "µs") {
      factor = 1000;
    } else if (unit == "ns") {
      factor = 1;
    } else {
      throw wrong();
    }
    std::int64_t product = 0;
    if (__builtin_mul_overflow(amount, factor, &product) || __builtin_add_overflow(*field, product, field))
      throw unfit(type, value, "out of range");
  }
  if (months > INT32_MAX || days > INT32_MAX) throw unfit(type, value, "out of range");
  const std::int64_t sign = negative ? -1 : 1;
  return cql::Writer().vint(sign * months).vint(sign * days).vint(sign * nanos).take();
}

std::string blob_of(const DataType& type, const Value& value) {
  if (value.kind() == ValueKind::kBytes) return {value.as_bytes().begin(), value.as_bytes().end()};
  if (value.kind() != ValueKind::kString) throw unfit(type, value, "use bytes, or text in base64 or 0x hex");
  const auto& text = value.as_string();
  if (text.starts_with("0x") || text.starts_with("0X")) {
    std::string out;
    for (std::size_t i = 2; i < text.size(); i += 2) {
      unsigned byte = 0;
      const auto* end = text.data() + std::min(i + 2, text.size());
      const auto parsed = std::from_chars(text.data() + i, end, byte, 16);
      if (parsed.ec != std::errc{} || parsed.ptr != end || i + 2 > text.size())
        throw unfit(type, value, "0x needs an even number of hexadecimal digits");
      out.push_back(static_cast<char>(byte));
    }
    return out;
  }
  const auto bytes = base64_decode(text);
  if (!bytes) throw unfit(type, value, "neither base64 nor 0x hex");
  return {bytes->begin(), bytes->end()};
}

/// One element of a collection, tuple or user-defined type.
void write_element(cql::Writer& out, const DataType& type, const SchemaPtr& schema, const Value& value,
                   const TimeCodec& codec) {
  if (value.is_null()) {
    out.null();
  } else {
    out.bytes(encode_value(type, schema, value, codec));
  }
}

std::string list_bytes(const DataType& type, const SchemaPtr& schema, const Value& value, const TimeCodec& codec) {
  if (value.kind() != ValueKind::kArray) throw unfit(type, value, "not an array");
  const auto& items = value.as_array();
  const auto item_schema = schema && schema->type() == Type::kArray ? schema->value_schema() : nullptr;
  cql::Writer out;
  if (type.id == TypeId::kVector) {
    if (items.size() != static_cast<std::size_t>(type.dimension))
      throw unfit(type, value, "it has " + std::to_string(items.size()) + " elements");
    const bool fixed = cql::fixed_size(type.params[0]) != 0;
    for (const auto& item : items) {
      if (item.is_null()) throw unfit(type, value, "a vector holds no null");
      const auto bytes = encode_value(type.params[0], item_schema, item, codec);
      if (!fixed) out.unsigned_vint(bytes.size());
      out.raw(bytes);
    }
    return out.take();
  }
  std::vector<std::string> encoded;
  for (const auto& item : items) {
    if (item.is_null()) throw unfit(type, value, "a collection holds no null");
    encoded.push_back(encode_value(type.params[0], item_schema, item, codec));
  }
  out.i32(static_cast<std::int32_t>(encoded.size()));
  for (const auto& bytes : encoded) out.bytes(bytes);
  return out.take();
}

std::string map_bytes(const DataType& type, const SchemaPtr& schema, const Value& value, const TimeCodec& codec) {
  cql::Writer out;
  const auto entry = [&](const SchemaPtr& key_schema, const Value& key, const SchemaPtr& item_schema,
                         const Value& item) {
    if (key.is_null() || item.is_null()) throw unfit(type, value, "a collection holds no null");
    out.bytes(encode_value(type.params[0], key_schema, key, codec));
    out.bytes(encode_value(type.params[1], item_schema, item, codec));
  };
  if (value.kind() == ValueKind::kMap) {
    const bool typed = schema && schema->type() == Type::kMap;
    out.i32(static_cast<std::int32_t>(value.as_map().size()));
    for (const auto& [key, item] : value.as_map())
      entry(typed ? schema->key_schema() : nullptr, key, typed ? schema->value_schema() : nullptr, item);
    return out.take();
  }
  if (value.kind() != ValueKind::kStruct) throw unfit(type, value, "not a map");
  const auto& record = value.as_struct();
  std::int32_t count = 0;
  for (const auto& field : record.schema()->fields()) count += record.get(field).is_null() ? 0 : 1;
  out.i32(count);
  for (const auto& field : record.schema()->fields()) {
    if (!record.get(field).is_null()) entry(nullptr, Value(field.name), field.schema, record.get(field));
  }
  return out.take();
}

std::string tuple_bytes(const DataType& type, const SchemaPtr& schema, const Value& value, const TimeCodec& codec) {
  if (value.kind() != ValueKind::kArray) throw unfit(type, value, "not an array");
  const auto& items = value.as_array();
  if (items.size() != type.params.size())
    throw unfit(type, value, "it has " + std::to_string(items.size()) + " elements");
  const auto item_schema = schema && schema->type() == Type::kArray ? schema->value_schema() : nullptr;
  cql::Writer out;
  for (std::size_t i = 0; i < items.size(); ++i) write_element(out, type.params[i], item_schema, items[i], codec);
  return out.take();
}

std::string udt_bytes(const DataType& type, const SchemaPtr& schema, const Value& value, const TimeCodec& codec) {
  if (value.kind() == ValueKind::kArray) return tuple_bytes(type, schema, value, codec);
  const bool structured = value.kind() == ValueKind::kStruct;
  if (!structured && value.kind() != ValueKind::kMap) throw unfit(type, value, "not a struct, a map or an array");
  const std::size_t size = structured ? value.as_struct().schema()->fields().size() : value.as_map().size();
  if (size != type.params.size())
    throw unfit(type, value,
                "it has " + std::to_string(size) + " fields, the type has " + std::to_string(type.params.size()));
  cql::Writer out;
  for (std::size_t i = 0; i < type.params.size(); ++i) {
    const auto& name = type.field_names[i];
    if (structured) {
      const auto* field = value.as_struct().schema()->field(name);
      if (field == nullptr) throw unfit(type, value, "it has no field " + name);
      write_element(out, type.params[i], field->schema, value.as_struct().get(*field), codec);
    } else {
      const auto* item = value.as_map().find(name);
      if (item == nullptr) throw unfit(type, value, "it has no field " + name);
      const bool typed = schema && schema->type() == Type::kMap;
      write_element(out, type.params[i], typed ? schema->value_schema() : nullptr, *item, codec);
    }
  }
  return out.take();
}

bool is_nested(const DataType& type) {
  return type.is_collection() || type.id == TypeId::kVector || type.id == TypeId::kTuple || type.id == TypeId::kUdt;
}

}  // namespace

Value value_of_json(const Json& json) {
  switch (json.kind) {
    case Json::Kind::kNull: return {};
    case Json::Kind::kBool: return Value(json.truth);
    case Json::Kind::kString: return Value(json.text);
    case Json::Kind::kNumber: {
      std::int64_t whole = 0;
      const auto* end = json.text.data() + json.text.size();
      const auto parsed = std::from_chars(json.text.data(), end, whole);
      if (parsed.ec == std::errc{} && parsed.ptr == end) return Value(whole);
      auto exact = Decimal::parse(json.text);
      return exact ? Value(std::move(*exact)) : Value(json.text);
    }
    case Json::Kind::kArray: {
      Array out;
      for (const auto& item : json.items) out.push_back(value_of_json(item));
      return Value(std::move(out));
    }
    case Json::Kind::kObject: {
      Map out;
      for (const auto& [name, item] : json.members) out.append(Value(name), value_of_json(item));
      return Value(std::move(out));
    }
  }
  return {};
}

std::int64_t whole_number_of(const Value& value) {
  if (value.is_integer()) return value.integer();
  if (value.kind() != ValueKind::kBool) {
    if (const auto number = number_of(value)) return number->to_int64_wrapping();
  }
  if (value.kind() == ValueKind::kDate) return value.as_date().epoch_ms;
  throw DataError("value " + shown(value) + " (" + value.java_class() + ") is no number");
}

std::string encode_value(const DataType& type, const SchemaPtr& schema, const Value& value, const TimeCodec& codec) {
  if (is_nested(type) && value.kind() == ValueKind::kString) {
    std::string error;
    const auto json = parse_json(value.as_string(), error);
    if (!json) throw unfit(type, value, "not JSON: " + error);
    const auto parsed = value_of_json(*json);
    if (parsed.kind() == ValueKind::kString || parsed.is_null()) throw unfit(type, value);
    return encode_value(type, nullptr, parsed, codec);
  }
  switch (type.id) {
    case TypeId::kAscii:
    case TypeId::kVarchar: return text_of(schema, value);
    case TypeId::kTinyint: return cql::encode_i8(static_cast<std::int8_t>(integer_of(type, value, -128, 127, codec)));
    case TypeId::kSmallint:
      return cql::encode_i16(static_cast<std::int16_t>(integer_of(type, value, -32768, 32767, codec)));
    case TypeId::kInt:
      return cql::encode_i32(static_cast<std::int32_t>(integer_of(type, value, INT32_MIN, INT32_MAX, codec)));
    case TypeId::kBigint:
    case TypeId::kCounter: return cql::encode_i64(integer_of(type, value, INT64_MIN, INT64_MAX, codec));
    case TypeId::kFloat: return cql::encode_i32(std::bit_cast<std::int32_t>(float_of(type, value)));
    case TypeId::kDouble: return cql::encode_i64(std::bit_cast<std::int64_t>(real_of(type, value)));
    case TypeId::kVarint:
    case TypeId::kDecimal: {
      const auto number = number_of(value);
      if (!number) throw unfit(type, value, "not a number");
      const auto exact = type.id == TypeId::kVarint ? number->with_scale_exact(0) : number;
      if (!exact) throw unfit(type, value, "not a whole number");
      std::string out = type.id == TypeId::kDecimal ? cql::encode_i32(exact->scale()) : std::string();
      const auto digits = exact->unscaled_bytes();
      out.append(digits.begin(), digits.end());
      return out;
    }
    case TypeId::kBoolean: return std::string(1, truth_of(type, value) ? '\1' : '\0');
    case TypeId::kTimestamp:
      if (value.kind() == ValueKind::kDate) return cql::encode_i64(value.as_date().epoch_ms);
      if (value.kind() == ValueKind::kString) return cql::encode_i64(instant_of(type, value, codec));
      return cql::encode_i64(
          convert_units(integer_of(type, value, INT64_MIN, INT64_MAX, codec), codec.unit, TimeUnit::kMilliseconds));
    case TypeId::kDate: {
      const auto days = days_of(type, value, codec);
      if (days < INT32_MIN || days > INT32_MAX) throw unfit(type, value, "out of range");
      return cql::encode_i32(static_cast<std::int32_t>(static_cast<std::uint32_t>(days + 0x80000000LL)));
    }
    case TypeId::kTime: return cql::encode_i64(nanos_of(type, value, codec));
    case TypeId::kUuid:
    case TypeId::kTimeuuid: {
      auto uuid = value.kind() == ValueKind::kString ? cql::parse_uuid(trimmed(value.as_string())) : std::nullopt;
      if (!uuid) throw unfit(type, value, "not a UUID");
      if (type.id == TypeId::kTimeuuid && !cql::timeuuid_ms(*uuid)) throw unfit(type, value, "not a version 1 UUID");
      return std::move(*uuid);
    }
    case TypeId::kInet: {
      auto address = value.kind() == ValueKind::kString ? cql::parse_inet(trimmed(value.as_string())) : std::nullopt;
      if (!address) throw unfit(type, value, "not an address");
      return std::move(*address);
    }
    case TypeId::kDuration: return duration_bytes(type, value);
    case TypeId::kBlob:
    case TypeId::kCustom: return blob_of(type, value);
    case TypeId::kList:
    case TypeId::kSet:
    case TypeId::kVector: return list_bytes(type, schema, value, codec);
    case TypeId::kMap: return map_bytes(type, schema, value, codec);
    case TypeId::kTuple: return tuple_bytes(type, schema, value, codec);
    case TypeId::kUdt: return udt_bytes(type, schema, value, codec);
  }
  throw unfit(type, value);
}

}  // namespace millrace::cassandra
