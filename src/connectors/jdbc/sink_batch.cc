#include "connectors/jdbc/sink_batch.h"

#include <array>
#include <charconv>
#include <cmath>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/value_json.h"
#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

template <class T>
void append_number(std::string& out, T value) {
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

void append_real(std::string& out, double value, bool single) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "Infinity" : "-Infinity";
  } else if (single) {
    append_number(out, static_cast<float>(value));
  } else {
    append_number(out, value);
  }
}

void append_two(std::string& out, int value) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

void append_digits(std::string& out, std::int64_t value, std::size_t width) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  const auto length = static_cast<std::size_t>(end - buffer.data());
  if (length < width) out.append(width - length, '0');
  out.append(buffer.data(), length);
}

void append_clock(std::string& out, std::int64_t second_of_day, std::int32_t nanos, int fraction) {
  append_two(out, static_cast<int>(second_of_day / 3600));
  out += ':';
  append_two(out, static_cast<int>(second_of_day / 60 % 60));
  out += ':';
  append_two(out, static_cast<int>(second_of_day % 60));
  if (fraction == 3) {
    out += '.';
    append_digits(out, nanos / 1'000'000, 3);
  } else if (fraction == 9) {
    out += '.';
    append_digits(out, nanos, 9);
  }
}

void append_wall(std::string& out, const Instant& wall, int fraction, bool& before_christ) {
  std::int64_t days = wall.seconds / kSecondsPerDay;
  std::int64_t second = wall.seconds % kSecondsPerDay;
  if (second < 0) {
    second += kSecondsPerDay;
    --days;
  }
  const CivilDate date = civil_from_days(days);
  before_christ = date.year < 1;
  append_digits(out, before_christ ? 1 - date.year : date.year, 4);
  out += '-';
  append_two(out, date.month);
  out += '-';
  append_two(out, date.day);
  if (fraction < 0) return;
  out += ' ';
  append_clock(out, second, wall.nanos, fraction);
}

void append_offset(std::string& out, std::int64_t offset) {
  out += offset < 0 ? '-' : '+';
  const std::int64_t magnitude = std::abs(offset);
  append_two(out, static_cast<int>(magnitude / 3600));
  out += ':';
  append_two(out, static_cast<int>(magnitude / 60 % 60));
}

void append_date(std::string& out, const Value& value, const WriteOptions& options) {
  const Instant wall = to_wall(Instant::of_millis(value.as_date().epoch_ms), *options.date_zone, options.calendar);
  bool before_christ = false;
  append_wall(out, wall, -1, before_christ);
  if (before_christ) out += " BC";
}

void append_time(std::string& out, const Value& value, const WriteOptions& options) {
  const Instant instant = Instant::of_millis(value.as_date().epoch_ms);
  const std::int64_t second =
      ((options.zone->to_wall(instant.seconds) % kSecondsPerDay) + kSecondsPerDay) % kSecondsPerDay;
  append_clock(out, second, instant.nanos, 3);
}

void append_array(std::string& out, const Value& value, const SinkColumn& column, const WriteOptions& options) {
  SinkColumn element;
  element.name = column.name;
  element.schema = column.schema->value_schema();
  element.type = write_type_of(*element.schema, false);
  out += '{';
  bool first = true;
  for (const Value& item : value.as_array()) {
    if (!first) out += ',';
    first = false;
    if (item.is_null()) {
      out += "NULL";
    } else if (element.type == WriteType::kString) {
      out += '"';
      for (const char c : item.as_string()) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
      }
      out += '"';
    } else {
      append_value_text(out, item, element, options, true);
    }
  }
  out += '}';
}

[[noreturn]] void mismatch(const Value& value, const SinkColumn& column) {
  throw DataError("field \"" + column.name + "\": a " + value.java_class() + " does not fit the schema type " +
                  name_of(column.schema->type()));
}

}  // namespace

WriteType write_type_of(const Schema& schema, bool in_timestamp_list) {
  if (in_timestamp_list && (schema.type() == Type::kInt64 || schema.type() == Type::kString)) return WriteType::kEpoch;
  switch (schema.logical()) {
    case LogicalType::kDecimal: return WriteType::kDecimal;
    case LogicalType::kDate: return WriteType::kDate;
    case LogicalType::kTime: return WriteType::kTime;
    case LogicalType::kTimestamp: return WriteType::kTimestamp;
    case LogicalType::kNone: break;
  }
  switch (schema.type()) {
    case Type::kInt8:
    case Type::kInt16:
    case Type::kInt32:
    case Type::kInt64: return WriteType::kInteger;
    case Type::kFloat32: return WriteType::kFloat32;
    case Type::kFloat64: return WriteType::kFloat64;
    case Type::kBoolean: return WriteType::kBoolean;
    case Type::kString: return WriteType::kString;
    case Type::kBytes: return WriteType::kBytes;
    case Type::kArray: {
      const Schema& element = *schema.value_schema();
      const bool simple =
          element.logical() == LogicalType::kNone && is_primitive(element.type()) && element.type() != Type::kBytes;
      return simple ? WriteType::kArray : WriteType::kUnsupported;
    }
    default: return WriteType::kUnsupported;
  }
}

Instant write_instant(const Value& value, const SinkColumn& column) {
  if (value.kind() == ValueKind::kDate) return Instant::of_millis(value.as_date().epoch_ms);
  std::int64_t number = 0;
  if (value.is_integer()) {
    number = value.integer();
  } else if (value.kind() == ValueKind::kString) {
    const std::string& text = value.as_string();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
      throw DataError("field \"" + column.name + "\" of timestamp.fields.list: \"" + text + "\" is not a number");
    }
  } else {
    mismatch(value, column);
  }
  if (!column.epoch_is_nanos) return Instant::of_micros(number);
  std::int64_t seconds = number / 1'000'000'000;
  if (number % 1'000'000'000 < 0) --seconds;
  return {seconds, static_cast<std::int32_t>(number - seconds * 1'000'000'000)};
}

void append_value_text(std::string& out, const Value& value, const SinkColumn& column, const WriteOptions& options,
                       bool with_offset) {
  switch (column.type) {
    case WriteType::kInteger:
      if (!value.is_integer()) mismatch(value, column);
      append_number(out, value.integer());
      return;
    case WriteType::kFloat32:
      if (value.kind() != ValueKind::kFloat32) mismatch(value, column);
      append_real(out, static_cast<double>(value.as_float32()), true);
      return;
    case WriteType::kFloat64:
      if (value.kind() != ValueKind::kFloat64) mismatch(value, column);
      append_real(out, value.as_float64(), false);
      return;
    case WriteType::kBoolean:
      if (value.kind() != ValueKind::kBool) mismatch(value, column);
      out += value.as_bool() ? '1' : '0';
      return;
    case WriteType::kDecimal:
      if (value.kind() != ValueKind::kDecimal) mismatch(value, column);
      out += value.as_decimal().to_plain_string();
      return;
    case WriteType::kDate:
      if (value.kind() != ValueKind::kDate) mismatch(value, column);
      append_date(out, value, options);
      return;
    case WriteType::kTime:
      if (value.kind() != ValueKind::kDate) mismatch(value, column);
      append_time(out, value, options);
      return;
    case WriteType::kTimestamp:
    case WriteType::kEpoch: {
      const Instant instant = write_instant(value, column);
      bool before_christ = false;
      append_wall(out, to_wall(instant, *options.zone, options.calendar), column.type == WriteType::kEpoch ? 9 : 3,
                  before_christ);
      if (with_offset) append_offset(out, options.zone->offset_at(instant.seconds));
      if (before_christ) out += " BC";
      return;
    }
    case WriteType::kArray:
      if (value.kind() != ValueKind::kArray) mismatch(value, column);
      append_array(out, value, column, options);
      return;
    case WriteType::kString:
      if (value.kind() != ValueKind::kString) mismatch(value, column);
      out += value.as_string();
      return;
    case WriteType::kJson: append_json(out, value, *column.schema); return;
    case WriteType::kBytes:
    case WriteType::kUnsupported:
      throw DataError(std::string("Unsupported source data type: ") + name_of(column.schema->type()));
  }
}

std::string sql_string(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string default_literal(const SinkColumn& column, const WriteOptions& options, const Dialect& dialect) {
  const Value& value = *column.schema->default_value();
  std::string text;
  switch (column.type) {
    case WriteType::kBoolean: return dialect.boolean_word(value.as_bool());
    case WriteType::kString: return dialect.string_literal(value.as_string());
    case WriteType::kBytes: {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      for (const std::uint8_t byte : value.as_bytes()) {
        text += kHex[byte >> 4U];
        text += kHex[byte & 15U];
      }
      return dialect.bytes_literal(text);
    }
    case WriteType::kDate:
    case WriteType::kTime:
    case WriteType::kTimestamp:
    case WriteType::kEpoch: append_value_text(text, value, column, options, false); return sql_string(text);
    case WriteType::kArray:
    case WriteType::kJson: append_value_text(text, value, column, options, false); return sql_string(text);
    default: append_value_text(text, value, column, options, false); return text;
  }
}

}  // namespace millrace::jdbc
