#include "millrace/text.h"

#include <cstdint>
#include <cstring>

namespace millrace {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

struct Sequence {
  std::size_t length = 1;
  bool valid = false;
};

Sequence malformed(std::size_t length) { return {length, false}; }

Sequence two_bytes(const unsigned char* p, std::size_t left) {
  if (left < 2 || !continues(p[1])) return malformed(1);
  return {2, true};
}

Sequence three_bytes(const unsigned char* p, std::size_t left) {
  if (left < 2) return malformed(1);
  if (!continues(p[1]) || (p[0] == 0xE0 && p[1] < 0xA0)) return malformed(1);
  if (left < 3 || !continues(p[2])) return malformed(2);
  if (p[0] == 0xED && p[1] >= 0xA0) return malformed(3);  // a surrogate: Java replaces all three bytes by one character
  return {3, true};
}

Sequence four_bytes(const unsigned char* p, std::size_t left) {
  if (p[0] > 0xF4 || left < 2) return malformed(1);
  const bool second_fits = continues(p[1]) && !(p[0] == 0xF0 && p[1] < 0x90) && !(p[0] == 0xF4 && p[1] > 0x8F);
  if (!second_fits) return malformed(1);
  if (left < 3 || !continues(p[2])) return malformed(2);
  if (left < 4 || !continues(p[3])) return malformed(3);
  return {4, true};
}

/// The well-formed or malformed sequence at `p`, which is not ASCII. The lengths are those of Java's decoder.
Sequence sequence_at(const unsigned char* p, std::size_t left) {
  if (p[0] >= 0xC2 && p[0] <= 0xDF) return two_bytes(p, left);
  if ((p[0] & 0xF0) == 0xE0) return three_bytes(p, left);
  if ((p[0] & 0xF8) == 0xF0) return four_bytes(p, left);
  return malformed(1);
}

/// First byte from `from` on that is not ASCII, or the end.
std::size_t skip_ascii(std::string_view bytes, std::size_t from) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  while (from + sizeof(std::uint64_t) <= bytes.size()) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + from, sizeof word);
    if ((word & kHighBits) != 0) break;
    from += sizeof word;
  }
  while (from < bytes.size() && static_cast<unsigned char>(bytes[from]) < 0x80) ++from;
  return from;
}

/// First malformed sequence from `from` on, or the end.
std::size_t skip_valid(std::string_view bytes, std::size_t from, Sequence& bad) {
  while ((from = skip_ascii(bytes, from)) < bytes.size()) {
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data()) + from;
    const Sequence sequence = sequence_at(p, bytes.size() - from);
    if (!sequence.valid) {
      bad = sequence;
      return from;
    }
    from += sequence.length;
  }
  return bytes.size();
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) noexcept {
  Sequence bad;
  return skip_valid(bytes, 0, bad) == bytes.size();
}

void append_as_utf8(std::string& out, std::string_view bytes) {
  std::size_t from = 0;
  while (from < bytes.size()) {
    Sequence bad;
    const std::size_t end = skip_valid(bytes, from, bad);
    out.append(bytes, from, end - from);
    if (end == bytes.size()) return;
    out.append(kReplacement);
    from = end + bad.length;
  }
}

std::string to_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  append_as_utf8(out, bytes);
  return out;
}

}  // namespace millrace
