#pragma once

#include <cstddef>
#include <string>

namespace millrace::base {

/// What stands at one place of a text: a well-formed character, or a malformed sequence of that many bytes.
struct Utf8Sequence {
  std::size_t length = 1;
  bool valid = false;
};

/// The sequence at `p`, which is not ASCII; `left` bytes are there, at least one. A malformed one is as long as what
/// Java's decoder replaces by one character.
inline Utf8Sequence utf8_sequence_at(const char* text, std::size_t left) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text);
  const auto continues = [p](std::size_t i) { return (p[i] & 0xC0) == 0x80; };
  const auto malformed = [](std::size_t length) { return Utf8Sequence{length, false}; };
  const unsigned char lead = p[0];
  if (lead < 0xC2 || lead > 0xF4 || left < 2 || !continues(1)) return malformed(1);
  if (lead <= 0xDF) return {2, true};
  if (lead <= 0xEF) {
    if (lead == 0xE0 && p[1] < 0xA0) return malformed(1);
    if (left < 3 || !continues(2)) return malformed(2);
    if (lead == 0xED && p[1] >= 0xA0) return malformed(3);  // a surrogate: all three bytes are one malformed unit
    return {3, true};
  }
  if ((lead == 0xF0 && p[1] < 0x90) || (lead == 0xF4 && p[1] > 0x8F)) return malformed(1);
  if (left < 3 || !continues(2)) return malformed(2);
  if (left < 4 || !continues(3)) return malformed(3);
  return {4, true};
}

/// The character at `p`, which moves behind it, by lead byte and length alone: for text that is well-formed but for
/// lone surrogates, which are read as what they are.
inline char32_t next_utf8_unchecked(const char*& p, const char* end) noexcept {
  const auto lead = static_cast<unsigned char>(*p++);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  char32_t code = lead & (0x3FU >> more);
  for (int i = 0; i < more && p != end; ++i) code = code << 6 | (static_cast<unsigned char>(*p++) & 0x3FU);
  return code;
}

/// Appends one character; a surrogate gets the three bytes that its number would have.
void append_utf8(std::string& out, char32_t c);

}  // namespace millrace::base
