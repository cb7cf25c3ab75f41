#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::api {

/// The value of the decimal digit at `p` (any Unicode decimal digit of the BMP, as Character.digit has it), `p` moved
/// behind it; nullopt, `p` untouched, when there is none.
std::optional<int> next_decimal_digit(const char*& p, const char* end) noexcept;

/// Java's Character.isWhitespace for the characters that UTF-8 text is likely to hold.
bool is_java_whitespace(char32_t c) noexcept;

/// String.trim(): characters up to U+0020 off both ends.
std::string_view java_trim(std::string_view text) noexcept;

}  // namespace millrace::api
