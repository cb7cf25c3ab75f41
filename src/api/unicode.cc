#include "api/unicode.h"

namespace millrace::api {

namespace {

// The zeros of the BMP's blocks of decimal digits (general category Nd, Unicode 13).
constexpr char16_t kZeros[] = {0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
                               0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090,
                               0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
                               0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

constexpr char32_t kReplacement = 0xFFFD;

bool is_continuation(unsigned char c) { return (c & 0xC0) == 0x80; }

/// Decodes at `p`; false for malformed input, `p` moved behind the maximal subpart.
bool decode(const char*& p, const char* end, char32_t& out) noexcept {
  const auto byte = [&](int i) { return static_cast<unsigned char>(p[i]); };
  const auto left = end - p;
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    out = lead;
    p += 1;
    return true;
  }
  int length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    p += 1;
    return false;
  }
  if (left < 2 || byte(1) < low || byte(1) > high) {
    // Java takes the three bytes of an encoded surrogate for one malformed unit.
    p += lead == 0xED && left >= 3 && is_continuation(byte(1)) && is_continuation(byte(2)) ? 3 : 1;
    return false;
  }
  out = lead & (0x7F >> length);
  out = out << 6 | (byte(1) & 0x3F);
  for (int i = 2; i < length; ++i) {
    if (left <= i || !is_continuation(byte(i))) {
      p += i;
      return false;
    }
    out = out << 6 | (byte(i) & 0x3F);
  }
  p += length;
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

char32_t next_code_point(const char*& p, const char* end) noexcept {
  char32_t code = 0;
  return decode(p, end, code) ? code : kReplacement;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

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

}  // namespace millrace::api
