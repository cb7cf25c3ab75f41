#include "connectors/cassandra/cql/token.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "connectors/cassandra/cql/wire.h"

namespace millrace::cassandra::cql {

namespace {

constexpr auto kMinToken = std::numeric_limits<std::int64_t>::min();
constexpr auto kMaxToken = std::numeric_limits<std::int64_t>::max();

std::uint64_t little_endian_8(const char* bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = (value << 8) | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

std::uint64_t mix(std::uint64_t k) {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccdULL;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53ULL;
  k ^= k >> 33;
  return k;
}

}  // namespace

std::int64_t murmur3_token(std::string_view key) noexcept {
  if (key.empty()) return kMinToken;
  constexpr std::uint64_t c1 = 0x87c37b91114253d5ULL;
  constexpr std::uint64_t c2 = 0x4cf5ad432745937fULL;
  std::uint64_t h1 = 0;
  std::uint64_t h2 = 0;
  std::size_t at = 0;
  for (; key.size() - at >= 16; at += 16) {
    std::uint64_t k1 = little_endian_8(key.data() + at);
    std::uint64_t k2 = little_endian_8(key.data() + at + 8);
    k1 *= c1;
    k1 = std::rotl(k1, 31);
    k1 *= c2;
    h1 ^= k1;
    h1 = std::rotl(h1, 27) + h2;
    h1 = h1 * 5 + 0x52dce729;
    k2 *= c2;
    k2 = std::rotl(k2, 33);
    k2 *= c1;
    h2 ^= k2;
    h2 = std::rotl(h2, 31) + h1;
    h2 = h2 * 5 + 0x38495ab5;
  }
  // Behaviour: the tail's bytes count as signed, which the common algorithm does not do.
  const auto tail = key.substr(at);
  const auto signed_byte = [&tail](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int8_t>(tail[i])));
  };
  std::uint64_t k1 = 0;
  std::uint64_t k2 = 0;
  for (std::size_t i = tail.size(); i > 8; --i) k2 ^= signed_byte(i - 1) << (8 * (i - 9));
  if (tail.size() > 8) {
    k2 *= c2;
    k2 = std::rotl(k2, 33);
    k2 *= c1;
    h2 ^= k2;
  }
  for (std::size_t i = std::min<std::size_t>(tail.size(), 8); i > 0; --i) k1 ^= signed_byte(i - 1) << (8 * (i - 1));
  if (!tail.empty()) {
    k1 *= c1;
    k1 = std::rotl(k1, 31);
    k1 *= c2;
    h1 ^= k1;
  }
  h1 ^= key.size();
  h2 ^= key.size();
  h1 += h2;
  h2 += h1;
  h1 = mix(h1);
  h2 = mix(h2);
  h1 += h2;
  const auto token = static_cast<std::int64_t>(h1);
  return token == kMinToken ? kMaxToken : token;
}

std::string partition_key_bytes(const std::vector<std::string_view>& components) {
  if (components.size() == 1) return std::string(components.front());
  Writer out;
  for (const auto component : components) out.string(component).u8(0);
  return out.take();
}

std::optional<std::int64_t> key_token(const std::vector<std::string_view>& components) {
  constexpr std::size_t kLongest = 0xFFFF;
  const auto too_long = [](std::string_view component) { return component.size() > kLongest; };
  if (components.empty() || std::any_of(components.begin(), components.end(), too_long)) return std::nullopt;
  return murmur3_token(partition_key_bytes(components));
}

std::vector<TokenRange> split_ring(std::vector<std::int64_t> tokens, std::size_t count) {
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  std::vector<TokenRange> ring;
  std::int64_t start = kMinToken;
  for (const auto token : tokens) {
    if (token != start) ring.push_back({start, token});
    start = token;
  }
  if (start != kMaxToken) ring.push_back({start, kMaxToken});

  std::vector<TokenRange> out;
  const double whole = 18446744073709551616.0;
  for (const auto& range : ring) {
    const auto size = static_cast<std::uint64_t>(range.end) - static_cast<std::uint64_t>(range.start);
    const auto wanted =
        static_cast<std::uint64_t>(static_cast<double>(count) * (static_cast<double>(size) / whole) + 0.999);
    const std::uint64_t parts = std::clamp<std::uint64_t>(wanted, 1, size);
    std::int64_t from = range.start;
    for (std::uint64_t i = 1; i <= parts; ++i) {
      const auto step = static_cast<std::uint64_t>(static_cast<unsigned __int128>(size) * i / parts);
      const auto to =
          i == parts ? range.end : static_cast<std::int64_t>(static_cast<std::uint64_t>(range.start) + step);
      out.push_back({from, to});
      from = to;
    }
  }
  return out;
}

}  // namespace millrace::cassandra::cql
