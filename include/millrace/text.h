#pragma once

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

}  // namespace millrace
