#include "json/writer.h"

#include <charconv>

#include "json/scan.h"

namespace millrace::json {

namespace {

constexpr char kHex[] = "0123456789ABCDEF";

void append_escape(std::string& out, std::uint32_t unit) {
  const char text[] = {'\\', 'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15], kHex[unit & 15]};
  out.append(text, sizeof text);
}

void append_control(std::string& out, unsigned char c) {
  switch (c) {
    case '\b': out += "\\b"; return;
    case '\t': out += "\\t"; return;
    case '\n': out += "\\n"; return;
    case '\f': out += "\\f"; return;
    case '\r': out += "\\r"; return;
    default: append_escape(out, c);
  }
}

std::uint32_t low_bits(char c) { return static_cast<unsigned char>(c) & 0x3FU; }

/// The character at `p`, which is not ASCII; returns what follows it.
const char* append_multibyte(std::string& out, const char* p, const char* end, Escape escape) {
  const auto lead = static_cast<unsigned char>(*p);
  const auto left = end - p;
  if (lead >= 0xF0 && left >= 4 && escape == Escape::kSurrogates) {
    const std::uint32_t code = (lead & 7U) << 18 | low_bits(p[1]) << 12 | low_bits(p[2]) << 6 | low_bits(p[3]);
    append_escape(out, 0xD800 + ((code - 0x10000) >> 10));
    append_escape(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
    return p + 4;
  }
  if (lead == 0xED && left >= 3 && static_cast<unsigned char>(p[1]) >= 0xA0) {
    append_escape(out, 0xD000 | low_bits(p[1]) << 6 | low_bits(p[2]));
    return p + 3;
  }
  const char* stop = p + 1;
  while (stop != end && (static_cast<unsigned char>(*stop) & 0xC0) == 0x80) ++stop;
  out.append(p, stop);
  return stop;
}

}  // namespace

void append_string(std::string& out, std::string_view text, Escape escape) {
  const char* p = text.data();
  const char* const end = p + text.size();
  out += '"';
  while (true) {
    const char* const stop = skip_plain(p, end);
    out.append(p, stop);
    if (stop == end) break;
    p = stop;
    const auto c = static_cast<unsigned char>(*p);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
      ++p;
    } else if (c < 0x20) {
      append_control(out, c);
      ++p;
    } else {
      p = append_multibyte(out, p, end, escape);
    }
  }
  out += '"';
}

void append_integer(std::string& out, std::int64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

}  // namespace millrace::json
