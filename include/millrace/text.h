#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// True when `bytes` is well-formed UTF-8 (no surrogates, nothing over-long).
bool is_valid_utf8(std::string_view bytes) noexcept;

/// Appends `bytes` to `out` with every malformed sequence replaced by U+FFFD, cut into sequences as Java's UTF-8
/// decoder does it. Well-formed input costs one scan and one copy.
void append_as_utf8(std::string& out, std::string_view bytes);

/// `bytes` as well-formed UTF-8.
std::string to_utf8(std::string_view bytes);

/// Appends one character. A surrogate gets the three bytes that its number would have.
void append_code_point(std::string& out, char32_t c);

/// The character at `p`, which moves behind it. For text that is well-formed but for such surrogates; `p` is not `end`.
char32_t next_code_point(const char*& p, const char* end) noexcept;

/// The value of the decimal digit at `p` (any Unicode decimal digit of the BMP, as Java's Character.digit has it), `p`
/// moved behind it; nullopt, `p` untouched, when there is none.
std::optional<int> next_decimal_digit(const char*& p, const char* end) noexcept;

}  // namespace millrace
