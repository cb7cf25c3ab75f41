#include "connectors/jdbc/type_mapping.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "millrace/errors.h"
#include "millrace/schema.h"

namespace millrace::jdbc {
namespace {

constexpr const char* kPrecisionParameter = "connect.decimal.precision";
constexpr std::int32_t kUnsetScale = -127;
constexpr std::int32_t kHighestScale = 127;
constexpr std::int32_t kMostIntegerDigits = 18;

Target integer_of_precision(std::int32_t precision) {
  if (precision > 9) return Target::kInt64;
  if (precision > 4) return Target::kInt32;
  if (precision > 2) return Target::kInt16;
  return Target::kInt8;
}

/// Section "NUMERIC" of the documentation: for the JDBC type NUMERIC, for DECIMAL on request. Precision 0 is a number without bounds, which no
/// integer can hold (Differs: the Java connector makes it int8 under best_fit and fails on the first fraction).
Target numeric_target(std::int32_t precision, std::int32_t scale, NumericMapping mapping) {
  if (precision == 0 && scale == 0) return Target::kDecimal;
  const bool short_enough = precision <= kMostIntegerDigits;
  switch (mapping) {
    case NumericMapping::kNone: return Target::kDecimal;
    case NumericMapping::kPrecisionOnly:
      return scale == 0 && short_enough ? integer_of_precision(precision) : Target::kDecimal;
    case NumericMapping::kBestFit:
      if (!short_enough) return Target::kDecimal;
      if (scale < 1 && scale >= -84) return integer_of_precision(precision - std::min(scale, 0));
      return scale > 0 ? Target::kFloat64 : Target::kDecimal;
    case NumericMapping::kBestFitEagerDouble:
      if (scale > 0) return Target::kFloat64;
      return short_enough && scale >= -84 ? integer_of_precision(precision - std::min(scale, 0)) : Target::kDecimal;
  }
  return Target::kDecimal;
}

SchemaPtr make_schema(Target target, std::int32_t scale, std::int32_t precision, bool optional,
                      TimestampGranularity granularity) {
  const auto simple = [optional](Type type) {
    SchemaBuilder builder(type);
    if (optional) builder.optional();
    return builder.build();
  };
  const auto logical = [optional](SchemaBuilder builder) {
    if (optional) builder.optional();
    return builder.build();
  };
  switch (target) {
    case Target::kBoolean: return simple(Type::kBoolean);
    case Target::kInt8: return simple(Type::kInt8);
    case Target::kInt16: return simple(Type::kInt16);
    case Target::kInt32: return simple(Type::kInt32);
    case Target::kInt64: return simple(Type::kInt64);
    case Target::kFloat32: return simple(Type::kFloat32);
    case Target::kFloat64: return simple(Type::kFloat64);
    case Target::kString: return simple(Type::kString);
    case Target::kBytes: return simple(Type::kBytes);
    case Target::kDate: return logical(SchemaBuilder::date());
    case Target::kTime: return logical(SchemaBuilder::time());
    case Target::kDecimal: {
      SchemaBuilder builder = SchemaBuilder::decimal(scale);
      builder.parameter(kPrecisionParameter, std::to_string(precision));
      return logical(std::move(builder));
    }
    case Target::kTimestamp:
      switch (granularity) {
        case TimestampGranularity::kConnectLogical: return logical(SchemaBuilder::timestamp());
        case TimestampGranularity::kMicrosLong:
        case TimestampGranularity::kNanosLong: return simple(Type::kInt64);
        default: return simple(Type::kString);
      }
  }
  return nullptr;
}

std::optional<Target> generic_target(const ResultColumn& column, const ReadOptions& options, std::int32_t& scale) {
  switch (column.type) {
    case JdbcType::kBoolean: return Target::kBoolean;
    case JdbcType::kBit: return Target::kInt8;
    case JdbcType::kTinyint: return column.is_signed ? Target::kInt8 : Target::kInt16;
    case JdbcType::kSmallint: return column.is_signed ? Target::kInt16 : Target::kInt32;
    case JdbcType::kInteger: return column.is_signed ? Target::kInt32 : Target::kInt64;
    case JdbcType::kBigint: return Target::kInt64;
    case JdbcType::kReal: return Target::kFloat32;
    case JdbcType::kFloat:
    case JdbcType::kDouble: return Target::kFloat64;
    case JdbcType::kNumeric: {
      const Target target = numeric_target(column.precision, column.scale, options.numeric_mapping);
      if (column.scale == kUnsetScale || (column.precision == 0 && column.scale == 0)) scale = kHighestScale;
      return target;
    }
    case JdbcType::kDecimal:
      return options.decimal_as_numeric ? numeric_target(column.precision, column.scale, options.numeric_mapping)
                                        : Target::kDecimal;
    case JdbcType::kChar:
    case JdbcType::kVarchar:
    case JdbcType::kLongVarchar:
    case JdbcType::kNChar:
    case JdbcType::kNVarchar:
    case JdbcType::kLongNVarchar:
    case JdbcType::kClob:
    case JdbcType::kNClob:
    case JdbcType::kSqlXml: return Target::kString;
    case JdbcType::kBinary:
    case JdbcType::kVarbinary:
    case JdbcType::kLongVarbinary:
    case JdbcType::kBlob: return Target::kBytes;
    case JdbcType::kDate: return Target::kDate;
    case JdbcType::kTime: return Target::kTime;
    case JdbcType::kTimestamp: return Target::kTimestamp;
    default: return std::nullopt;
  }
}

[[noreturn]] void bad_value(const char* type, std::string_view value) {
  throw DataError(std::string("Bad value for type ") + type + " : " + std::string(value));
}

template <class T>
Value narrow(std::int64_t value, const char* type) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max())
    bad_value(type, std::to_string(value));
  return static_cast<T>(value);
}

const char* java_name(Target target) {
  switch (target) {
    case Target::kInt8: return "byte";
    case Target::kInt16: return "short";
    case Target::kInt32: return "int";
    case Target::kInt64: return "long";
    default: return "BigDecimal";
  }
}

}  // namespace

std::optional<FieldPlan> plan_field(std::size_t index, const ResultColumn& column, const ReadOptions& options) {
  FieldPlan plan;
  plan.column = index;
  plan.scale = column.scale;
  const auto target = generic_target(column, options, plan.scale);
  if (!target) return std::nullopt;
  plan.target = *target;
  plan.schema =
      make_schema(*target, plan.scale, column.precision, column.nullable != Nullability::kNo, options.granularity);
  return plan;
}

Value timestamp_value(const Instant& instant, const ReadOptions& options) {
  const auto iso = [&](int digits) {
    return format_wall(to_wall(instant, *options.zone, options.calendar), 'T', digits);
  };
  const auto micros = [&] { return instant.seconds * 1'000'000 + instant.nanos / 1000; };
  const auto nanos = [&] { return instant.seconds * 1'000'000'000 + instant.nanos; };
  switch (options.granularity) {
    case TimestampGranularity::kConnectLogical: return Date{instant.millis()};
    case TimestampGranularity::kMicrosLong: return micros();
    case TimestampGranularity::kMicrosString: return std::to_string(micros());
    case TimestampGranularity::kMicrosIsoDatetimeString: return iso(6);
    case TimestampGranularity::kNanosLong: return nanos();
    case TimestampGranularity::kNanosString: return std::to_string(nanos());
    case TimestampGranularity::kNanosIsoDatetimeString: return iso(9);
  }
  return {};
}

Value integer_value(std::int64_t value, Target target, std::int32_t scale) {
  switch (target) {
    case Target::kBoolean: return value != 0;
    case Target::kInt8: return narrow<std::int8_t>(value, "byte");
    case Target::kInt16: return narrow<std::int16_t>(value, "short");
    case Target::kInt32: return narrow<std::int32_t>(value, "int");
    case Target::kInt64: return value;
    case Target::kFloat32: return static_cast<float>(value);
    case Target::kFloat64: return static_cast<double>(value);
    case Target::kString: return std::to_string(value);
    case Target::kDecimal: return Decimal(value, 0).with_scale_half_up(scale);
    default: return value;
  }
}

Value number_from_text(std::string_view text, Target target, std::int32_t scale) {
  switch (target) {
    case Target::kFloat32:
    case Target::kFloat64: {
      const std::string copy(text);
      if (target == Target::kFloat32) return std::strtof(copy.c_str(), nullptr);
      return std::strtod(copy.c_str(), nullptr);
    }
    case Target::kDecimal: {
      const auto decimal = Decimal::parse(text);
      if (!decimal) bad_value("BigDecimal", text);
      return decimal->scale() == scale ? *decimal : decimal->with_scale_half_up(scale);
    }
    case Target::kString: return std::string(text);
    default: {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc{} || end != text.data() + text.size()) {
        const auto decimal = Decimal::parse(text);
        const auto exact = decimal ? decimal->to_int64_exact() : std::nullopt;
        if (!exact) bad_value(java_name(target), text);
        value = *exact;
      }
      return integer_value(value, target, scale);
    }
  }
}

std::optional<Instant> instant_of_value(const Value& value, const ReadOptions& options) {
  const auto of_number = [&](std::int64_t number) {
    const bool micros = options.granularity == TimestampGranularity::kMicrosLong ||
                        options.granularity == TimestampGranularity::kMicrosString;
    if (micros) return Instant::of_micros(number);
    const std::int64_t seconds = number >= 0 ? number / 1'000'000'000 : -((-number + 999'999'999) / 1'000'000'000);
    return Instant{seconds, static_cast<std::int32_t>(number - seconds * 1'000'000'000)};
  };
  switch (value.kind()) {
    case ValueKind::kDate: return Instant::of_millis(value.as_date().epoch_ms);
    case ValueKind::kInt64: return of_number(value.as_int64());
    case ValueKind::kString: {
      std::int64_t number = 0;
      const std::string& text = value.as_string();
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error == std::errc{} && end == text.data() + text.size()) return of_number(number);
      const auto wall = parse_wall(text);
      if (wall) return from_wall(*wall, *options.zone, options.calendar);
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

}  // namespace millrace::jdbc
