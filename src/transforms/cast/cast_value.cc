#include "transforms/cast/cast_value.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/errors.h"
#include "transforms/common/date_format.h"
#include "transforms/common/java_numbers.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {

[[noreturn]] void out_of_range(const Value& value) {
  throw DataError("Value (" + value.to_string() + ") was out of range for requested data type");
}

[[noreturn]] void unexpected(const Value& value) {
  throw DataError("Unexpected type in Cast transformation: " + java_class_text(value));
}

[[noreturn]] void unsupported(Type from) {
  throw DataError(std::string("Cast transformation does not support casting from ") + name_of(from) +
                  "; supported types are [INT8, INT16, INT32, INT64, FLOAT32, FLOAT64, BOOLEAN, STRING, BYTES]");
}

void check_source(const Schema* schema, const Value& value) {
  if (schema != nullptr) {
    if (!is_primitive(schema->type())) unsupported(schema->type());
    return;
  }
  switch (value.kind()) {
    case ValueKind::kArray: unsupported(Type::kArray);
    case ValueKind::kMap: unsupported(Type::kMap);
    case ValueKind::kStruct: unsupported(Type::kStruct);
    case ValueKind::kDecimal:
    case ValueKind::kDate:
      throw DataError("Cast transformation was passed a value of type " + java_class_text(value) +
                      " which is not supported by Connect's data API");
    default: break;
  }
}

double float_of(const Value& value) {
  return value.kind() == ValueKind::kFloat32 ? static_cast<double>(value.as_float32()) : value.as_float64();
}

template <class Integer>
Integer to_integer(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32:
    case ValueKind::kInt64: return static_cast<Integer>(value.integer());
    case ValueKind::kFloat32:
    case ValueKind::kFloat64:
      // byteValue and shortValue go by way of int.
      if constexpr (sizeof(Integer) == sizeof(std::int64_t)) return java_to_long(float_of(value));
      return static_cast<Integer>(java_to_int(float_of(value)));
    case ValueKind::kDecimal: return static_cast<Integer>(value.as_decimal().to_int64_wrapping());
    case ValueKind::kBool: return value.as_bool() ? 1 : 0;
    case ValueKind::kString: {
      const auto parsed = parse_java_integer(value.as_string(), std::numeric_limits<Integer>::min(),
                                             std::numeric_limits<Integer>::max());
      if (!parsed) out_of_range(value);
      return static_cast<Integer>(*parsed);
    }
    default: unexpected(value);
  }
}

template <class Number>
Number to_floating(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32:
    case ValueKind::kInt64: return static_cast<Number>(value.integer());
    case ValueKind::kFloat32:
    case ValueKind::kFloat64: return static_cast<Number>(float_of(value));
    case ValueKind::kDecimal: return static_cast<Number>(value.as_decimal().to_double());
    case ValueKind::kBool: return value.as_bool() ? 1 : 0;
    case ValueKind::kString: {
      std::optional<Number> parsed;
      if constexpr (sizeof(Number) == sizeof(float)) {
        parsed = parse_java_float(value.as_string());
      } else {
        parsed = parse_java_double(value.as_string());
      }
      if (!parsed) out_of_range(value);
      return *parsed;
    }
    default: unexpected(value);
  }
}

bool to_boolean(const Value& value) {
  if (value.kind() == ValueKind::kBool) return value.as_bool();
  if (value.kind() == ValueKind::kString) {
    const std::string& text = value.as_string();
    constexpr std::string_view kTrue = "true";
    if (text.size() != kTrue.size()) return false;
    for (std::size_t i = 0; i < kTrue.size(); ++i) {
      if ((text[i] | 32) != kTrue[i]) return false;
    }
    return true;
  }
  return to_integer<std::int64_t>(value) != 0;
}

std::string base64(const Bytes& bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8U | (j < have ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += j <= have ? kDigits[group >> (18 - 6 * j) & 63U] : '=';
  }
  return out;
}

std::string date_text(std::int64_t epoch_ms) {
  constexpr std::int64_t kMillisPerDay = 86'400'000;
  static const DateFormat kTime("HH:mm:ss.SSS'Z'");
  static const DateFormat kDay("yyyy-MM-dd");
  static const DateFormat kMoment("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");
  if (epoch_ms < kMillisPerDay) return kTime.format(epoch_ms);
  return (epoch_ms % kMillisPerDay == 0 ? kDay : kMoment).format(epoch_ms);
}

Value to_text(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString: return value;
    case ValueKind::kDate: return date_text(value.as_date().epoch_ms);
    case ValueKind::kBytes: return base64(value.as_bytes());
    default: return value.to_string();
  }
}

}  // namespace

Value cast_value(const Schema* schema, const Value& value, Type target) {
  if (value.is_null()) return value;
  check_source(schema, value);
  if (schema != nullptr && value.kind() == ValueKind::kDate && target != Type::kString) {
    return cast_value(nullptr, from_logical(*schema, value), target);
  }
  switch (target) {
    case Type::kInt8: return to_integer<std::int8_t>(value);
    case Type::kInt16: return to_integer<std::int16_t>(value);
    case Type::kInt32: return to_integer<std::int32_t>(value);
    case Type::kInt64: return to_integer<std::int64_t>(value);
    case Type::kFloat32: return to_floating<float>(value);
    case Type::kFloat64: return to_floating<double>(value);
    case Type::kBoolean: return to_boolean(value);
    default: return to_text(value);
  }
}

}  // namespace millrace::transforms
