#include "connectors/cassandra/cql/wire.h"

#include <array>
#include <bit>

namespace millrace::cassandra::cql {

namespace {

template <class T>
T load_big_endian(std::string_view bytes) {
  T value = 0;
  for (const char c : bytes) value = static_cast<T>((value << 8) | static_cast<std::uint8_t>(c));
  return value;
}

template <class T>
void append_big_endian(std::string& out, T value) {
  std::array<char, sizeof(T)> bytes{};
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>((value >> (8 * (sizeof(T) - 1 - i))) & 0xFF);
  out.append(bytes.data(), bytes.size());
}

}  // namespace

std::string_view Reader::raw(std::size_t size) {
  if (size > remaining()) {
    throw WireError("message ends early: " + std::to_string(size) + " bytes wanted, " + std::to_string(remaining()) +
                    " left at byte " + std::to_string(pos_));
  }
  const auto part = data_.substr(pos_, size);
  pos_ += size;
  return part;
}

std::uint8_t Reader::u8() { return static_cast<std::uint8_t>(raw(1)[0]); }
std::uint16_t Reader::u16() { return static_cast<std::uint16_t>(load_big_endian<std::uint32_t>(raw(2))); }
std::int32_t Reader::i32() { return static_cast<std::int32_t>(load_big_endian<std::uint32_t>(raw(4))); }
std::int64_t Reader::i64() { return static_cast<std::int64_t>(load_big_endian<std::uint64_t>(raw(8))); }

std::string_view Reader::long_string() {
  const std::int32_t size = i32();
  if (size < 0) throw WireError("negative length " + std::to_string(size) + " of a long string");
  return raw(static_cast<std::size_t>(size));
}

std::optional<std::string_view> Reader::bytes() {
  const std::int32_t size = i32();
  if (size < 0) return std::nullopt;
  return raw(static_cast<std::size_t>(size));
}

std::vector<std::string> Reader::string_list() {
  std::vector<std::string> list;
  const std::uint16_t count = u16();
  for (std::uint16_t i = 0; i < count; ++i) list.emplace_back(string());
  return list;
}

std::vector<std::pair<std::string, std::vector<std::string>>> Reader::string_multimap() {
  std::vector<std::pair<std::string, std::vector<std::string>>> map;
  const std::uint16_t count = u16();
  for (std::uint16_t i = 0; i < count; ++i) {
    std::string key(string());
    map.emplace_back(std::move(key), string_list());
  }
  return map;
}

std::uint64_t Reader::unsigned_vint() {
  const std::uint8_t first = u8();
  const int extra = std::countl_one(first);
  std::uint64_t value = extra >= 8 ? 0 : first & (0xFFU >> extra);
  for (const char c : raw(static_cast<std::size_t>(extra))) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

std::int64_t Reader::vint() {
  const std::uint64_t n = unsigned_vint();
  return static_cast<std::int64_t>((n >> 1) ^ (~(n & 1) + 1));
}

Writer& Writer::u8(std::uint8_t v) {
  out_.push_back(static_cast<char>(v));
  return *this;
}
Writer& Writer::u16(std::uint16_t v) {
  append_big_endian(out_, v);
  return *this;
}
Writer& Writer::i32(std::int32_t v) {
  append_big_endian(out_, static_cast<std::uint32_t>(v));
  return *this;
}
Writer& Writer::i64(std::int64_t v) {
  append_big_endian(out_, static_cast<std::uint64_t>(v));
  return *this;
}

Writer& Writer::string(std::string_view v) {
  if (v.size() > 0xFFFF)
    throw std::length_error("text of " + std::to_string(v.size()) + " bytes is too long for a CQL string");
  u16(static_cast<std::uint16_t>(v.size()));
  return raw(v);
}

Writer& Writer::long_string(std::string_view v) {
  if (v.size() > 0x7FFFFFFF)
    throw std::length_error("value of " + std::to_string(v.size()) + " bytes is too long for CQL");
  i32(static_cast<std::int32_t>(v.size()));
  return raw(v);
}

Writer& Writer::string_map(const std::vector<std::pair<std::string, std::string>>& map) {
  u16(static_cast<std::uint16_t>(map.size()));
  for (const auto& [key, value] : map) string(key).string(value);
  return *this;
}

Writer& Writer::unsigned_vint(std::uint64_t v) {
  int extra = 0;
  while (extra < 8 && (v >> (7 * (extra + 1))) != 0) ++extra;
  if (extra == 8) {
    u8(0xFF);
  } else {
    const auto ones = static_cast<std::uint8_t>(0xFF00U >> extra);
    u8(static_cast<std::uint8_t>(ones | static_cast<std::uint8_t>(v >> (8 * extra))));
  }
  for (int shift = (extra - 1) * 8; shift >= 0; shift -= 8) u8(static_cast<std::uint8_t>(v >> shift));
  return *this;
}

Writer& Writer::vint(std::int64_t v) {
  return unsigned_vint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
}

}  // namespace millrace::cassandra::cql
