#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Appends `size` bytes at `data` in base64: standard alphabet, padded, no line breaks.
void append_base64(std::string& out, const std::uint8_t* data, std::size_t size);

std::string base64_encode(const std::vector<std::uint8_t>& bytes);

/// The bytes of padded base64; nullopt when `text` holds anything else or lacks its padding.
std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text);

}  // namespace millrace
