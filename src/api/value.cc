#include "millrace/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "api/calendar.h"
#include "base/java_hash_order.h"
#include "millrace/schema.h"

namespace millrace {

// ---------------------------------------------------------------------------------------------------------------------
// Map

Map::Map() = default;
Map::Map(std::initializer_list<Entry> entries) : entries_(entries) {}
Map::Map(const Map&) = default;
Map::Map(Map&&) noexcept = default;
Map& Map::operator=(const Map&) = default;
Map& Map::operator=(Map&&) noexcept = default;
Map::~Map() = default;

void Map::put(Value key, Value value) {
  for (Entry& entry : entries_) {
    if (entry.first == key) {
      entry.second = std::move(value);
      return;
    }
  }
  entries_.emplace_back(std::move(key), std::move(value));
}

void Map::append(Value key, Value value) { entries_.emplace_back(std::move(key), std::move(value)); }

bool Map::erase(const Value& key) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.first == key; });
  if (found == entries_.end()) return false;
  entries_.erase(found);
  return true;
}

const Value* Map::find(const Value& key) const {
  for (const Entry& entry : entries_) {
    if (entry.first == key) return &entry.second;
  }
  return nullptr;
}

const Value* Map::find(std::string_view key) const {
  for (const Entry& entry : entries_) {
    if (entry.first.kind() == ValueKind::kString && entry.first.as_string() == key) return &entry.second;
  }
  return nullptr;
}

std::size_t Map::size() const noexcept { return entries_.size(); }
bool Map::empty() const noexcept { return entries_.empty(); }
std::vector<Map::Entry>::const_iterator Map::begin() const { return entries_.begin(); }
std::vector<Map::Entry>::const_iterator Map::end() const { return entries_.end(); }

bool Map::operator==(const Map& other) const {
  if (size() != other.size()) return false;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    // Most often both have the same order.
    if (entries_[i] == other.entries_[i]) continue;
    const Value* value = other.find(entries_[i].first);
    if (value == nullptr || !(*value == entries_[i].second)) return false;
  }
  return true;
}

// ---------------------------------------------------------------------------------------------------------------------
// Value

Value::Value(Array v) : v_(std::make_shared<const Array>(std::move(v))) {}
Value::Value(Map v) : v_(std::make_shared<const Map>(std::move(v))) {}
Value::Value(Struct v) : v_(std::make_shared<const Struct>(std::move(v))) {}

std::int64_t Value::integer() const {
  switch (kind()) {
    case ValueKind::kInt8: return as_int8();
    case ValueKind::kInt16: return as_int16();
    case ValueKind::kInt32: return as_int32();
    default: return as_int64();
  }
}

bool Value::operator==(const Value& other) const {
  if (v_.index() != other.v_.index()) return false;
  switch (kind()) {
    case ValueKind::kNull: return true;
    case ValueKind::kFloat32: {
      const float a = as_float32();
      const float b = other.as_float32();
      // Float.equals: NaN equals NaN, 0.0 differs from -0.0.
      return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b);
    }
    case ValueKind::kFloat64: {
      const double a = as_float64();
      const double b = other.as_float64();
      return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b);
    }
    case ValueKind::kBytes: return &as_bytes() == &other.as_bytes() || as_bytes() == other.as_bytes();
    case ValueKind::kDecimal: return &as_decimal() == &other.as_decimal() || as_decimal() == other.as_decimal();
    case ValueKind::kArray: return &as_array() == &other.as_array() || as_array() == other.as_array();
    case ValueKind::kMap: return &as_map() == &other.as_map() || as_map() == other.as_map();
    case ValueKind::kStruct: return &as_struct() == &other.as_struct() || as_struct() == other.as_struct();
    default: return v_ == other.v_;
  }
}

namespace {

template <class Integer>
void append_integer(std::string& out, Integer value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void append_text(std::string& out, const Value& value);

/// Object.hashCode of what can be a map's key in practice; nullopt for a list, a map, a struct...
std::optional<std::uint32_t> java_hash(const Value& key) {
  switch (key.kind()) {
    case ValueKind::kNull: return 0;
    case ValueKind::kBool: return key.as_bool() ? 1231 : 1237;
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32: return static_cast<std::uint32_t>(key.integer());
    case ValueKind::kInt64: {
      const auto bits = static_cast<std::uint64_t>(key.as_int64());
      return static_cast<std::uint32_t>(bits ^ (bits >> 32));
    }
    case ValueKind::kString: return base::java_hash(key.as_string());
    default: return std::nullopt;
  }
}

/// Converters and transforms of Kafka Connect make hash maps, so its text of a map has their order.
std::vector<std::size_t> java_order(const Map& map) {
  std::vector<std::uint32_t> hashes;
  hashes.reserve(map.size());
  for (const auto& [key, value] : map) {
    const std::optional<std::uint32_t> hash = java_hash(key);
    if (!hash) break;
    hashes.push_back(*hash);
  }
  if (hashes.size() == map.size()) return base::java_hash_order_of(hashes);
  std::vector<std::size_t> as_they_are(map.size());
  std::iota(as_they_are.begin(), as_they_are.end(), std::size_t{0});
  return as_they_are;
}

void append_map(std::string& out, const Map& map) {
  const auto append_entry = [&out](const Map::Entry& entry) {
    append_text(out, entry.first);
    out += '=';
    append_text(out, entry.second);
  };
  out += '{';
  if (map.size() == 1) append_entry(*map.begin());
  if (map.size() > 1) {
    const char* separator = "";
    for (const std::size_t i : java_order(map)) {
      out += std::exchange(separator, ", ");
      append_entry(*(map.begin() + static_cast<std::ptrdiff_t>(i)));
    }
  }
  out += '}';
}

void append_text(std::string& out, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNull: out += "null"; return;
    case ValueKind::kBool: out += value.as_bool() ? "true" : "false"; return;
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32:
    case ValueKind::kInt64: append_integer(out, value.integer()); return;
    case ValueKind::kFloat32: append_java_float(out, value.as_float32()); return;
    case ValueKind::kFloat64: append_java_double(out, value.as_float64()); return;
    case ValueKind::kString: out += value.as_string(); return;
    case ValueKind::kBytes: out += "[B@0"; return;  // Java prints the object's hash there
    case ValueKind::kDecimal: out += value.as_decimal().to_string(); return;
    case ValueKind::kDate: api::append_java_date(out, value.as_date().epoch_ms); return;
    case ValueKind::kArray: {
      out += '[';
      bool first = true;
      for (const Value& element : value.as_array()) {
        if (!first) out += ", ";
        first = false;
        append_text(out, element);
      }
      out += ']';
      return;
    }
    case ValueKind::kMap: append_map(out, value.as_map()); return;
    case ValueKind::kStruct: out += value.as_struct().to_string(); return;
  }
}

}  // namespace

std::string Value::to_string() const {
  if (kind() == ValueKind::kString) return as_string();
  std::string out;
  append_text(out, *this);
  return out;
}

const char* Value::java_class() const noexcept {
  switch (kind()) {
    case ValueKind::kNull: return "null";
    case ValueKind::kBool: return "java.lang.Boolean";
    case ValueKind::kInt8: return "java.lang.Byte";
    case ValueKind::kInt16: return "java.lang.Short";
    case ValueKind::kInt32: return "java.lang.Integer";
    case ValueKind::kInt64: return "java.lang.Long";
    case ValueKind::kFloat32: return "java.lang.Float";
    case ValueKind::kFloat64: return "java.lang.Double";
    case ValueKind::kString: return "java.lang.String";
    case ValueKind::kBytes: return "[B";
    case ValueKind::kDecimal: return "java.math.BigDecimal";
    case ValueKind::kDate: return "java.util.Date";
    case ValueKind::kArray: return "java.util.ArrayList";
    case ValueKind::kMap: return "java.util.HashMap";
    case ValueKind::kStruct: return "org.apache.kafka.connect.data.Struct";
  }
  return "null";
}

// ---------------------------------------------------------------------------------------------------------------------
// Floating point text

namespace {

/// `text` is what to_chars made in scientific form ("1.5e+20", "1e-05"): the same number as Java writes it.
void append_java_scientific(std::string& out, std::string_view text) {
  const std::size_t e = text.find('e');
  std::string_view digits = text.substr(0, e);
  std::string_view exponent = text.substr(e + 1);
  out += digits;
  if (digits.find('.') == std::string_view::npos) out += ".0";
  out += 'E';
  if (exponent.front() == '-') out += '-';
  exponent.remove_prefix(1);  // to_chars always writes the sign
  while (exponent.size() > 1 && exponent.front() == '0') exponent.remove_prefix(1);
  out += exponent;
}

template <class Float>
void append_java_float_text(std::string& out, Float value, Float tiny) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  const Float magnitude = std::fabs(value);
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  if (magnitude == 0) {
    out += std::signbit(value) ? "-0.0" : "0.0";
    return;
  }
  char buffer[64];
  if (magnitude >= Float(1e-3) && magnitude < Float(1e7)) {
    const char* end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
    const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
    out += text;
    if (text.find('.') == std::string_view::npos) out += ".0";
    return;
  }
  const char* end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  if (magnitude < tiny && text.find('.') == std::string_view::npos) {
    // Java never stops at one digit: among the subnormals a second one can be other than 0 (4.9E-324).
    end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, 1).ptr;
    text = std::string_view(buffer, static_cast<std::size_t>(end - buffer));
  }
  append_java_scientific(out, text);
}

}  // namespace

void append_java_double(std::string& out, double value) { append_java_float_text(out, value, 1e-300); }
void append_java_float(std::string& out, float value) { append_java_float_text(out, value, 1e-37F); }

std::string java_float_text(float value) {
  std::string out;
  append_java_float(out, value);
  return out;
}

std::string java_double_text(double value) {
  std::string out;
  append_java_double(out, value);
  return out;
}

}  // namespace millrace
