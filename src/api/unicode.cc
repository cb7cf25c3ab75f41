#include "api/unicode.h"

#include <cstddef>

#include "base/utf8.h"
#include "millrace/text.h"

namespace millrace {

namespace {

// The zeros of the BMP's blocks of decimal digits (general category Nd, Unicode 13).
constexpr char16_t kZeros[] = {0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
                               0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090,
                               0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
                               0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

/// Decodes at `p`, which moves behind what was read; false for malformed input.
bool decode(const char*& p, const char* end, char32_t& out) noexcept {
  if (static_cast<unsigned char>(*p) < 0x80) {
    out = static_cast<unsigned char>(*p++);
    return true;
  }
  const base::Utf8Sequence sequence = base::utf8_sequence_at(p, static_cast<std::size_t>(end - p));
  if (!sequence.valid) {
    p += sequence.length;
    return false;
  }
  out = base::next_utf8_unchecked(p, end);
  return true;
}

}  // namespace

std::optional<int> next_decimal_digit(const char*& p, const char* end) noexcept {
  if (p == end) return std::nullopt;
  const auto c = static_cast<unsigned char>(*p);
  if (c < 0x80) {
    if (c < '0' || c > '9') return std::nullopt;
    ++p;
    return c - '0';
  }
  const char* after = p;
  char32_t code = 0;
  if (!decode(after, end, code)) return std::nullopt;
  for (const char16_t zero : kZeros) {
    if (code >= zero && code < zero + char32_t{10}) {
      p = after;
      return static_cast<int>(code - zero);
    }
  }
  return std::nullopt;
}

namespace api {

bool is_java_whitespace(char32_t c) noexcept {
  if (c <= 0x20) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A && c != 0x2007) || c == 0x2028 || c == 0x2029 || c == 0x205F ||
         c == 0x3000;
}

std::string_view java_trim(std::string_view text) noexcept {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= 0x20) text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= 0x20) text.remove_suffix(1);
  return text;
}

}  // namespace api

}  // namespace millrace
