#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/decimal.h"

namespace millrace {

class Schema;
class Struct;
class Value;
using SchemaPtr = std::shared_ptr<const Schema>;

/// Java's java.util.Date: milliseconds since the epoch, UTC. The in-memory value of the logical types Date (midnight of
/// the day), Time (on 1970-01-01) and Timestamp.
struct Date {
  std::int64_t epoch_ms = 0;
  bool operator==(const Date&) const = default;
};

/// An ordered list of values. Shared and immutable once it is inside a Value.
using Array = std::vector<Value>;

/// A map that keeps insertion order. Shared and immutable once it is inside a Value. Lookups are linear: maps are
/// small.
class Map {
 public:
  using Entry = std::pair<Value, Value>;

  Map();
  Map(std::initializer_list<Entry> entries);
  Map(const Map&);
  Map(Map&&) noexcept;
  Map& operator=(const Map&);
  Map& operator=(Map&&) noexcept;
  ~Map();

  /// Sets the value of `key`; a new key goes to the end.
  void put(Value key, Value value);

  /// Appends without looking for `key`: for builders that know it is new.
  void append(Value key, Value value);

  bool erase(const Value& key);

  /// The value of `key`, or nullptr.
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  const Value* find(const std::string& key) const { return find(std::string_view(key)); }
  const Value* find(const char* key) const { return find(std::string_view(key)); }

  std::size_t size() const noexcept;
  bool empty() const noexcept;
  std::vector<Entry>::const_iterator begin() const;
  std::vector<Entry>::const_iterator end() const;

  /// Equal content, in whatever order.
  bool operator==(const Map& other) const;

 private:
  std::vector<Entry> entries_;
};

enum class ValueKind : std::uint8_t {
  kNull,
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat32,
  kFloat64,
  kString,
  kBytes,
  kDecimal,
  kDate,
  kArray,
  kMap,
  kStruct,
};

/// One value of Connect's data model, with the Java class it would have: kInt32 is an Integer, kDate a java.util.Date,
/// kDecimal a BigDecimal, kBytes a byte[], and so on. There is no widening: an int32 is not an int64.
///
/// Copying is cheap: arrays, maps, structs, decimals and bytes are shared and never change once they are inside a
/// Value.
class Value {
 public:
  Value() noexcept = default;
  Value(std::nullptr_t) noexcept {}
  Value(bool v) noexcept : v_(v) {}
  Value(std::int8_t v) noexcept : v_(v) {}
  Value(std::int16_t v) noexcept : v_(v) {}
  Value(std::int32_t v) noexcept : v_(v) {}
  Value(std::int64_t v) noexcept : v_(v) {}
  Value(float v) noexcept : v_(v) {}
  Value(double v) noexcept : v_(v) {}
  Value(std::string v) noexcept : v_(std::move(v)) {}
  Value(std::string_view v) : v_(std::string(v)) {}
  Value(const char* v) : v_(std::string(v)) {}
  Value(Date v) noexcept : v_(v) {}
  Value(Bytes v) : v_(std::make_shared<const Bytes>(std::move(v))) {}
  Value(Decimal v) : v_(std::make_shared<const Decimal>(std::move(v))) {}
  Value(Array v);
  Value(Map v);
  Value(Struct v);
  Value(std::shared_ptr<const Bytes> v) : v_(std::move(v)) {}
  Value(std::shared_ptr<const Decimal> v) : v_(std::move(v)) {}
  Value(std::shared_ptr<const Array> v) : v_(std::move(v)) {}
  Value(std::shared_ptr<const Map> v) : v_(std::move(v)) {}
  Value(std::shared_ptr<const Struct> v) : v_(std::move(v)) {}

  ValueKind kind() const noexcept { return static_cast<ValueKind>(v_.index()); }
  bool is_null() const noexcept { return v_.index() == 0; }
  bool is_integer() const noexcept { return kind() >= ValueKind::kInt8 && kind() <= ValueKind::kInt64; }
  bool is_number() const noexcept {
    return (kind() >= ValueKind::kInt8 && kind() <= ValueKind::kFloat64) || kind() == ValueKind::kDecimal;
  }

  // Typed access. Precondition: the kind fits; std::bad_variant_access otherwise.
  bool as_bool() const { return std::get<bool>(v_); }
  std::int8_t as_int8() const { return std::get<std::int8_t>(v_); }
  std::int16_t as_int16() const { return std::get<std::int16_t>(v_); }
  std::int32_t as_int32() const { return std::get<std::int32_t>(v_); }
  std::int64_t as_int64() const { return std::get<std::int64_t>(v_); }
  float as_float32() const { return std::get<float>(v_); }
  double as_float64() const { return std::get<double>(v_); }
  const std::string& as_string() const { return std::get<std::string>(v_); }
  std::string& mutable_string() { return std::get<std::string>(v_); }
  const Bytes& as_bytes() const { return *std::get<std::shared_ptr<const Bytes>>(v_); }
  const Decimal& as_decimal() const { return *std::get<std::shared_ptr<const Decimal>>(v_); }
  Date as_date() const { return std::get<Date>(v_); }
  const Array& as_array() const { return *std::get<std::shared_ptr<const Array>>(v_); }
  const Map& as_map() const { return *std::get<std::shared_ptr<const Map>>(v_); }
  const Struct& as_struct() const { return *std::get<std::shared_ptr<const Struct>>(v_); }
  const std::shared_ptr<const Map>& map_ptr() const { return std::get<std::shared_ptr<const Map>>(v_); }
  const std::shared_ptr<const Struct>& struct_ptr() const { return std::get<std::shared_ptr<const Struct>>(v_); }

  /// The struct or map, to be changed: itself when this value is its only owner, otherwise a copy that takes its place.
  /// For transforms, which own the record they change. Precondition: the kind fits.
  Struct& mutable_struct();
  Map& mutable_map();

  /// Any of the four integer kinds, widened. Precondition: is_integer().
  std::int64_t integer() const;

  /// Deep equality; kinds must be equal too (int32 1 != int64 1). NaN equals NaN, as Java's boxed numbers have it.
  bool operator==(const Value& other) const;

  /// Java's `toString()`: "null", "[1, a, null]", "{k=v}", "Struct{a=1}", "[B@0" for bytes, dates as
  /// "Thu Jan 01 00:00:00 UTC 1970".
  std::string to_string() const;

  /// "java.lang.Integer", "java.util.Date", ...; "null" for null. For error texts that name the class.
  const char* java_class() const noexcept;

 private:
  std::variant<std::monostate, bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, float, double, std::string,
               std::shared_ptr<const Bytes>, std::shared_ptr<const Decimal>, Date, std::shared_ptr<const Array>,
               std::shared_ptr<const Map>, std::shared_ptr<const Struct>>
      v_;
};

/// Java's Float.toString / Double.toString with the shortest digits that round-trip (JDK 19 and later).
std::string java_float_text(float value);
std::string java_double_text(double value);
void append_java_double(std::string& out, double value);
void append_java_float(std::string& out, float value);

}  // namespace millrace
