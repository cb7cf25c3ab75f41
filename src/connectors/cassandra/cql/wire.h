#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::cassandra::cql {

/// Bytes from the server do not parse. The text says what was expected.
class WireError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads the notations of the CQL protocol (big-endian) from bytes it borrows. Every read checks its bounds; WireError
/// otherwise, and no read allocates more than the input holds.
class Reader {
 public:
  explicit Reader(std::string_view data) noexcept : data_(data) {}

  std::size_t position() const noexcept { return pos_; }
  std::size_t remaining() const noexcept { return data_.size() - pos_; }
  bool empty() const noexcept { return pos_ == data_.size(); }

  std::uint8_t u8();
  std::uint16_t u16();
  std::int32_t i32();
  std::int64_t i64();
  std::string_view raw(std::size_t size);
  std::string_view string() { return raw(u16()); }
  std::string_view long_string();
  /// nullopt: null (or "not set").
  std::optional<std::string_view> bytes();
  std::string_view short_bytes() { return raw(u16()); }
  std::vector<std::string> string_list();
  std::vector<std::pair<std::string, std::vector<std::string>>> string_multimap();
  std::uint64_t unsigned_vint();
  std::int64_t vint();

 private:
  std::string_view data_;
  std::size_t pos_ = 0;
};

/// Appends the same notations to a string.
class Writer {
 public:
  Writer& u8(std::uint8_t v);
  Writer& u16(std::uint16_t v);
  Writer& i32(std::int32_t v);
  Writer& i64(std::int64_t v);
  Writer& raw(std::string_view v) {
    out_.append(v);
    return *this;
  }
  /// Precondition: at most 65535 bytes; std::length_error otherwise.
  Writer& string(std::string_view v);
  Writer& long_string(std::string_view v);
  Writer& bytes(std::string_view v) { return long_string(v); }
  Writer& null() { return i32(-1); }
  Writer& not_set() { return i32(-2); }
  Writer& string_map(const std::vector<std::pair<std::string, std::string>>& map);
  Writer& unsigned_vint(std::uint64_t v);
  Writer& vint(std::int64_t v);

  const std::string& str() const noexcept { return out_; }
  std::string take() noexcept { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace millrace::cassandra::cql
