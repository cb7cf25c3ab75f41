#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Standard alphabet with padding.
std::string base64_encode(std::string_view bytes);

/// nullopt unless `text` is exactly the standard alphabet with proper padding.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace millrace
