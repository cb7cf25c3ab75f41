#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::api {

/// Java's Character.isWhitespace for the characters that UTF-8 text is likely to hold.
bool is_java_whitespace(char32_t c) noexcept;

/// String.trim(): characters up to U+0020 off both ends.
std::string_view java_trim(std::string_view text) noexcept;

}  // namespace millrace::api
