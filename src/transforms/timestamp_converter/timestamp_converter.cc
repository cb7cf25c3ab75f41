#include "transforms/timestamp_converter/timestamp_converter.h"

#include <array>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/errors.h"
#include "transforms/common/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {

constexpr std::string_view kPurpose = "converting timestamp formats";
constexpr std::int64_t kMillisPerDay = 86'400'000;
using Precision = TimestampConverterConfig::Precision;

constexpr std::array<std::string_view, 5> kForms{"string", "unix", "Date", "Time", "Timestamp"};
constexpr std::array<std::string_view, 4> kPrecisions{"nanoseconds", "microseconds", "milliseconds", "seconds"};

template <class Names>
std::size_t index_of(const Names& names, const std::string& name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return i;
  }
  return 0;  // the check of the option came first
}

template <class Names>
std::vector<std::string> words(const Names& names) {
  return {names.begin(), names.end()};
}

DateFormat parse_format(const std::string& pattern) {
  try {
    return DateFormat(pattern);
  } catch (const IllegalArgumentError& e) {
    // Java puts the cause where the value belongs and the sentence where the option's name does.
    throw ConfigError(invalid_value(
        "TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps: " + pattern,
        std::string(e.java_class()) + ": " + e.what(), ""));
  }
}

std::int64_t times(std::int64_t value, std::int64_t factor) {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(value, factor, &product)) return product;
  return value < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

std::int64_t time_of_day(std::int64_t epoch_ms) {
  const std::int64_t within = epoch_ms % kMillisPerDay;
  return within < 0 ? within + kMillisPerDay : within;
}

/// The first day that a long can say begins before its first millisecond: wraps around there, as in Java.
std::int64_t floor_to_day(std::int64_t epoch_ms) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(epoch_ms) -
                                   static_cast<std::uint64_t>(time_of_day(epoch_ms)));
}

const SchemaPtr& schema_of_form(TimeForm form, bool is_optional) {
  const auto both = [](auto make) { return std::array<SchemaPtr, 2>{make().build(), make().optional().build()}; };
  static const std::array<std::array<SchemaPtr, 2>, 5> kSchemas{
      std::array<SchemaPtr, 2>{Schema::string(), Schema::optional_string()},
      std::array<SchemaPtr, 2>{Schema::int64(), Schema::optional_int64()},
      both([] { return SchemaBuilder::date(); }),
      both([] { return SchemaBuilder::time(); }),
      both([] { return SchemaBuilder::timestamp(); }),
  };
  return kSchemas[static_cast<std::size_t>(form)][is_optional ? 1 : 0];
}

std::optional<TimeForm> form_of(const Schema& schema) {
  switch (schema.logical()) {
    case LogicalType::kTimestamp: return TimeForm::kTimestamp;
    case LogicalType::kDate: return TimeForm::kDate;
    case LogicalType::kTime: return TimeForm::kTime;
    default: break;
  }
  if (schema.type() == Type::kString) return TimeForm::kString;
  if (schema.type() == Type::kInt64) return TimeForm::kUnix;
  return std::nullopt;
}

[[noreturn]] void not_a_time(const Schema& schema) {
  throw ConnectError("Schema " + schema.to_string() + " does not correspond to a known timestamp type format");
}

}  // namespace

const ConfigTable<TimestampConverterConfig>& TimestampConverterConfig::table() {
  using C = TimestampConverterConfig;
  static const ConfigTable<C> kTable =
      ConfigTable<C>{
          option("field", &C::field)
              .default_to("")
              .importance(Importance::kHigh)
              .doc("The field to convert; empty: the whole key or value."),
          option("target.type", &C::target, ConfigType::kString,
                 [](const ConfigObject& value) {
                   return static_cast<TimeForm>(index_of(kForms, std::get<std::string>(value)));
                 })
              .required()
              .check(one_of(words(kForms)))
              .importance(Importance::kHigh)
              .doc("What to convert to: string, unix (a number of the unit unix.precision), Date, Time or Timestamp."),
          option("format", &C::format, ConfigType::kString,
                 [](const ConfigObject& value) {
                   const std::string& pattern = std::get<std::string>(value);
                   return pattern.empty() ? std::optional<DateFormat>() : parse_format(pattern);
                 })
              .default_to("")
              .importance(Importance::kMedium)
              .doc("Pattern of java.text.SimpleDateFormat, for reading and writing strings."),
          option("unix.precision", &C::precision, ConfigType::kString,
                 [](const ConfigObject& value) {
                   return static_cast<Precision>(index_of(kPrecisions, std::get<std::string>(value)));
                 })
              .default_to("milliseconds")
              .check(one_of(words(kPrecisions)))
              .importance(Importance::kLow)
              .doc("Unit of Unix times, read and written: nanoseconds, microseconds, milliseconds or seconds."),
          replace_null_option(&C::replace_null_with_default),
      }
          .rule([](const C& config) {
            if (config.target == TimeForm::kString && !config.format) {
              throw ConfigError(
                  "TimestampConverter requires format option to be specified when using string timestamps");
            }
          });
  return kTable;
}

std::int64_t TimestampConverter::to_millis(const Value& value, TimeForm source) const {
  switch (source) {
    case TimeForm::kString: {
      if (value.kind() != ValueKind::kString) {
        throw DataError("Expected string timestamp to be a String, but found " + java_class_text(value));
      }
      if (!config_.format) {
        throw NullPointerError("TimestampConverter needs the option format to read the string \"" + value.as_string() +
                               "\"");
      }
      const auto parsed = config_.format->parse(value.as_string(), system_now_ms());
      if (!parsed) {
        throw DataError("Could not parse timestamp: value (" + value.as_string() + ") does not match pattern (" +
                        config_.format->pattern() + ")");
      }
      return *parsed;
    }
    case TimeForm::kUnix: {
      if (value.kind() != ValueKind::kInt64) {
        throw DataError("Expected Unix timestamp to be a Long, but found " + java_class_text(value));
      }
      const std::int64_t unix_time = value.as_int64();
      switch (config_.precision) {
        case Precision::kNanoseconds: return unix_time / 1'000'000;
        case Precision::kMicroseconds: return unix_time / 1000;
        case Precision::kMilliseconds: return unix_time;
        case Precision::kSeconds: return times(unix_time, 1000);
      }
      return unix_time;
    }
    default:
      if (value.kind() != ValueKind::kDate) {
        throw DataError("Expected " + std::string(kForms[static_cast<std::size_t>(source)]) +
                        " to be a java.util.Date, but found " + java_class_text(value));
      }
      return value.as_date().epoch_ms;
  }
}

Value TimestampConverter::from_millis(std::int64_t epoch_ms) const {
  switch (config_.target) {
    case TimeForm::kString: return config_.format->format(epoch_ms);
    case TimeForm::kUnix:
      switch (config_.precision) {
        case Precision::kNanoseconds: return times(epoch_ms, 1'000'000);
        case Precision::kMicroseconds: return times(epoch_ms, 1000);
        case Precision::kMilliseconds: return epoch_ms;
        case Precision::kSeconds: return epoch_ms / 1000;
      }
      return epoch_ms;
    case TimeForm::kDate: return Date{floor_to_day(epoch_ms)};
    case TimeForm::kTime: return Date{time_of_day(epoch_ms)};
    default: return Date{epoch_ms};
  }
}

Value TimestampConverter::convert(const Value& value, TimeForm source) const {
  return value.is_null() ? Value() : from_millis(to_millis(value, source));
}

Value TimestampConverter::convert_schemaless(const Value& value) const {
  switch (value.kind()) {
    case ValueKind::kNull: return {};
    case ValueKind::kDate: return convert(value, TimeForm::kTimestamp);
    case ValueKind::kInt64: return convert(value, TimeForm::kUnix);
    case ValueKind::kString: return convert(value, TimeForm::kString);
    default:
      throw DataError("TimestampConverter does not support " + java_class_text(value) + " objects as timestamps");
  }
}

TimestampConverter::Plan TimestampConverter::plan_for(const SchemaPtr& schema) const {
  Plan plan;
  SchemaBuilder builder = SchemaBuilder::structure();
  copy_basics(*schema, builder);
  for (const Field& field : schema->fields()) {
    if (field.name != config_.field) {
      builder.field(field.name, field.schema);
      continue;
    }
    plan.index = static_cast<std::size_t>(field.index);
    plan.source = form_of(*field.schema);
    builder.field(field.name, schema_of_form(config_.target, field.schema->is_optional()));
  }
  if (schema->is_optional()) builder.optional();
  if (schema->default_value()) {
    Struct fallback = schema->default_value()->as_struct();
    if (plan.index) {
      if (!plan.source) not_a_time(*schema->fields()[*plan.index].schema);
      Value& field = fallback.mutable_values()[*plan.index];
      field = convert(field, *plan.source);
    }
    fallback.reset(builder.build());
    builder.default_value(Value(std::move(fallback)));
  }
  plan.schema = builder.build();
  return plan;
}

void TimestampConverter::apply_schemaless(Value& value) const {
  if (value.is_null() || config_.field.empty()) {
    value = convert_schemaless(value);
    return;
  }
  require_map(value, kPurpose);
  Map& map = value.mutable_map();
  const Value* found = map.find(std::string_view(config_.field));
  const Value old = found == nullptr ? Value() : *found;
  try {
    map.put(Value(config_.field), convert_schemaless(old));
  } catch (ConnectError& e) {
    e.set_place(field_place(config_.field, old));
    throw;
  }
}

bool TimestampConverter::apply(ConnectRecord& record) {
  Value& value = value_of(record);
  SchemaPtr& schema = schema_of(record);
  if (schema == nullptr) {
    apply_schemaless(value);
    return true;
  }
  if (config_.field.empty()) {
    const auto source = form_of(*schema);
    if (!source) not_a_time(*schema);
    value = convert(value, *source);
    schema = schema_of_form(config_.target, schema->is_optional());
    return true;
  }
  require_struct_or_null(value, kPurpose);
  const Plan& plan = plans_.get(schema, [this](const SchemaPtr& s) { return plan_for(s); });
  if (!value.is_null()) {
    require_struct_of(value, schema, kPurpose);
    Struct& edited = value.mutable_struct();
    std::vector<Value>& values = edited.mutable_values();
    const std::vector<Field>& fields = schema->fields();
    for (std::size_t i = 0; i < values.size(); ++i) {
      fill_null(values[i], fields[i], fields[i], config_.replace_null_with_default);
    }
    if (plan.index) {
      try {
        if (!plan.source) not_a_time(*fields[*plan.index].schema);
        values[*plan.index] = convert(values[*plan.index], *plan.source);
      } catch (ConnectError& e) {
        e.set_place(field_place(fields[*plan.index]));
        throw;
      }
    }
    edited.reset(plan.schema);
  }
  schema = plan.schema;
  return true;
}

}  // namespace millrace::transforms
