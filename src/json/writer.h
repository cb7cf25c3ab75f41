#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::json {

/// How characters beyond the BMP are written.
enum class Escape : std::uint8_t {
  kRawUtf8,     ///< as they are: REST
  kSurrogates,  ///< as two escapes, 😀 is \uD83D\uDE00: JsonConverter
};

/// Appends `text` quoted and escaped as Jackson does it. `text` is UTF-8; a lone surrogate in it (three bytes) becomes
/// an escape.
void append_string(std::string& out, std::string_view text, Escape escape);

/// Appends the digits.
void append_integer(std::string& out, std::int64_t value);

}  // namespace millrace::json
