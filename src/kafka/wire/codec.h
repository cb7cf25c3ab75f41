#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::kafka::wire {

/// Old layouts have fixed lengths; flexible ones (KIP-482) variable lengths and tagged fields behind every struct.
enum class Layout : std::uint8_t { kFixed, kFlexible };

/// Appends the protocol's types.
class Writer {
 public:
  explicit Writer(Layout layout = Layout::kFixed) : layout_(layout) {}

  void int8(std::int8_t v) { big_endian(static_cast<std::uint8_t>(v), 1); }
  void int16(std::int16_t v) { big_endian(static_cast<std::uint16_t>(v), 2); }
  void int32(std::int32_t v) { big_endian(static_cast<std::uint32_t>(v), 4); }
  void int64(std::int64_t v) { big_endian(static_cast<std::uint64_t>(v), 8); }
  void uvarint(std::uint32_t v);
  void string(std::string_view v);
  void nullable_string(const std::optional<std::string>& v);
  void bytes(std::string_view v);
  void array(std::size_t count);
  /// The end of a struct: no tagged fields.
  void tags() {
    if (layout_ == Layout::kFlexible) uvarint(0);
  }
  /// As it is.
  void raw(std::string_view v) { out_.append(v); }

  const std::string& data() const& noexcept { return out_; }
  std::string data() && noexcept { return std::move(out_); }

 private:
  void big_endian(std::uint64_t v, int size);

  Layout layout_;
  std::string out_;
};

/// Reads them back. After the first thing that does not fit, `ok()` is false and everything reads as zero or empty.
class Reader {
 public:
  explicit Reader(std::string_view data, Layout layout = Layout::kFixed) : data_(data), layout_(layout) {}

  std::int8_t int8() { return static_cast<std::int8_t>(big_endian(1)); }
  std::int16_t int16() { return static_cast<std::int16_t>(big_endian(2)); }
  std::int32_t int32() { return static_cast<std::int32_t>(big_endian(4)); }
  std::int64_t int64() { return static_cast<std::int64_t>(big_endian(8)); }
  std::uint32_t uvarint();
  std::string string() { return nullable_string().value_or(std::string()); }
  std::optional<std::string> nullable_string();
  std::string bytes();
  /// Count of elements; a count that the rest cannot hold fails.
  std::int32_t array();
  /// Skips tagged fields.
  void tags();

  bool ok() const noexcept { return ok_; }
  std::size_t left() const noexcept { return data_.size(); }

 private:
  std::uint64_t big_endian(int size);
  std::string take(std::size_t size);
  void fail() {
    ok_ = false;
    data_ = {};
  }

  std::string_view data_;
  Layout layout_;
  bool ok_ = true;
};

}  // namespace millrace::kafka::wire
