#include "connectors/cassandra/cql/snappy.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "connectors/cassandra/cql/wire.h"

namespace millrace::cassandra::cql {

namespace {

constexpr std::size_t kBlock = 65536;  // copies reach back at most 65535 bytes
constexpr int kHashBits = 14;
constexpr std::size_t kMostPlain = 256U * 1024 * 1024;

std::uint32_t load32(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::size_t hash_of(std::uint32_t bytes) { return bytes * 0x1E35A7BDU >> (32 - kHashBits); }

void put_literal(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto part = text.substr(0, kBlock);
    const std::size_t n = part.size() - 1;
    if (n < 60) {
      out.push_back(static_cast<char>(n << 2));
    } else {
      out.push_back(static_cast<char>(61 << 2));  // two length bytes
      out.push_back(static_cast<char>(n & 0xFF));
      out.push_back(static_cast<char>(n >> 8));
    }
    out += part;
    text.remove_prefix(part.size());
  }
}

void put_copy(std::string& out, std::size_t offset, std::size_t length) {
  while (length > 0) {
    // With a two-byte offset, 1 to 64 bytes.
    const std::size_t part = std::min<std::size_t>(length, 64);
    out.push_back(static_cast<char>((part - 1) << 2 | 2));
    out.push_back(static_cast<char>(offset & 0xFF));
    out.push_back(static_cast<char>(offset >> 8));
    length -= part;
  }
}

}  // namespace

std::string snappy_compress(std::string_view plain) {
  std::string out;
  for (std::size_t n = plain.size(); true; n >>= 7) {
    out.push_back(static_cast<char>(n < 128 ? n : (n & 127) | 128));
    if (n < 128) break;
  }
  std::vector<std::uint16_t> table(std::size_t{1} << kHashBits);
  for (std::size_t start = 0; start < plain.size(); start += kBlock) {
    const auto block = plain.substr(start, kBlock);
    std::fill(table.begin(), table.end(), std::uint16_t{0});
    std::size_t literal = 0;
    std::size_t at = 1;
    while (at + 4 <= block.size()) {
      const auto bytes = load32(block.data() + at);
      auto& seen = table[hash_of(bytes)];
      const std::size_t candidate = seen;
      seen = static_cast<std::uint16_t>(at);
      if (load32(block.data() + candidate) != bytes || candidate >= at) {
        at += 1 + (at - literal) / 64;  // what does not compress is passed over faster and faster
        continue;
      }
      std::size_t length = 4;
      while (at + length < block.size() && block[candidate + length] == block[at + length]) ++length;
      put_literal(out, block.substr(literal, at - literal));
      put_copy(out, at - candidate, length);
      at += length;
      literal = at;
    }
    put_literal(out, block.substr(literal));
  }
  return out;
}

std::string snappy_decompress(std::string_view block) {
  const auto broken = [](const char* what) { return WireError(std::string("a Snappy block is broken: ") + what); };
  std::size_t at = 0;
  std::uint64_t size = 0;
  for (unsigned shift = 0; true; shift += 7) {
    if (at >= block.size() || shift > 28) throw broken("its length");
    const auto byte = static_cast<std::uint8_t>(block[at++]);
    size |= static_cast<std::uint64_t>(byte & 127) << shift;
    if (byte < 128) break;
  }
  // A copy of three bytes gives at most 64.
  if (size > kMostPlain || size > block.size() * 32 + 64) throw broken("it declares too many bytes");
  std::string out;
  out.reserve(size);
  const auto little_endian = [&](std::size_t bytes) {
    if (block.size() - at < bytes) throw broken("it ends early");
    std::size_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value |= static_cast<std::size_t>(static_cast<std::uint8_t>(block[at++])) << (8 * i);
    return value;
  };
  while (at < block.size()) {
    const auto tag = static_cast<std::uint8_t>(block[at++]);
    std::size_t length = 0;
    std::size_t offset = 0;
    switch (tag & 3) {
      case 0:
        length = tag >> 2U;
        if (length >= 60) length = little_endian(length - 59);
        ++length;
        if (block.size() - at < length || out.size() + length > size) throw broken("a literal is too long");
        out += block.substr(at, length);
        at += length;
        continue;
      case 1:
        length = ((tag >> 2U) & 7U) + 4;
        offset = static_cast<std::size_t>(tag >> 5U) << 8U;
        offset |= little_endian(1);
        break;
      case 2:
        length = (tag >> 2U) + 1U;
        offset = little_endian(2);
        break;
      default:
        length = (tag >> 2U) + 1U;
        offset = little_endian(4);
        break;
    }
    if (offset == 0 || offset > out.size()) throw broken("a copy reaches before the start");
    if (out.size() + length > size) throw broken("a copy is too long");
    // Byte by byte: a copy may overlap itself.
    for (std::size_t i = 0; i < length; ++i) out.push_back(out[out.size() - offset]);
  }
  if (out.size() != size) throw broken("it is too short");
  return out;
}

}  // namespace millrace::cassandra::cql
