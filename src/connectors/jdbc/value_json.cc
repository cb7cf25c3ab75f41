#include "connectors/jdbc/value_json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "connectors/jdbc/calendar.h"
#include "millrace/base64.h"

namespace millrace::jdbc {
namespace {

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < 0x20) {
      out += "\\u00";
      out += kHex[code >> 4U];
      out += kHex[code & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

template <class T>
void append_number(std::string& out, T number) {
  std::array<char, 40> buffer{};
  out.append(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr);
}

template <class T>
void append_real(std::string& out, T number) {
  if (std::isfinite(number)) {
    append_number(out, number);
  } else {
    append_string(out, std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
  }
}

void append_time(std::string& out, const Date& date, const Schema& schema) {
  std::string text = format_wall(Instant::of_millis(date.epoch_ms), 'T', 3);
  const std::size_t separator = text.find('T');
  switch (schema.logical()) {
    case LogicalType::kDate: text.resize(separator); break;
    case LogicalType::kTime: text.erase(0, separator + 1); break;
    default: text += 'Z';
  }
  append_string(out, text);
}

void append_struct(std::string& out, const Struct& value) {
  out += '{';
  for (const Field& field : value.schema()->fields()) {
    if (field.index > 0) out += ',';
    append_string(out, field.name);
    out += ':';
    append_json(out, value.at(static_cast<std::size_t>(field.index)), *field.schema);
  }
  out += '}';
}

}  // namespace

void append_json(std::string& out, const Value& value, const Schema& schema) {
  switch (value.kind()) {
    case ValueKind::kNull: out += "null"; return;
    case ValueKind::kBool: out += value.as_bool() ? "true" : "false"; return;
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32:
    case ValueKind::kInt64: append_number(out, value.integer()); return;
    case ValueKind::kFloat32: append_real(out, value.as_float32()); return;
    case ValueKind::kFloat64: append_real(out, value.as_float64()); return;
    case ValueKind::kString: append_string(out, value.as_string()); return;
    case ValueKind::kBytes: append_string(out, base64_encode(value.as_bytes())); return;
    case ValueKind::kDecimal: out += value.as_decimal().to_plain_string(); return;
    case ValueKind::kDate: append_time(out, value.as_date(), schema); return;
    case ValueKind::kStruct: append_struct(out, value.as_struct()); return;
    case ValueKind::kArray: {
      out += '[';
      bool first = true;
      for (const Value& item : value.as_array()) {
        if (!std::exchange(first, false)) out += ',';
        append_json(out, item, *schema.value_schema());
      }
      out += ']';
      return;
    }
    case ValueKind::kMap: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : value.as_map()) {
        if (!std::exchange(first, false)) out += ',';
        append_string(out, key.kind() == ValueKind::kString ? key.as_string() : key.to_string());
        out += ':';
        append_json(out, item, *schema.value_schema());
      }
      out += '}';
      return;
    }
  }
}

}  // namespace millrace::jdbc
