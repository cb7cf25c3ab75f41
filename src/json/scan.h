#pragma once

#include <cstdint>
#include <cstring>

namespace millrace::json {

/// First byte of [p, end) that is a quote, a backslash, a control character or not ASCII; `end` when there is none.
inline const char* skip_plain(const char* p, const char* end) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  while (end - p >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t slash = word ^ (kOnes * '\\');
    // May flag a byte too many above a true hit, never one too few: the loop below looks at each.
    const std::uint64_t hit = ((quote - kOnes) | (slash - kOnes) | (word - kOnes * 0x20) | word) & kHighs;
    if (hit != 0) break;
    p += 8;
  }
  while (p != end) {
    const auto c = static_cast<unsigned char>(*p);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
    ++p;
  }
  return p;
}

}  // namespace millrace::json
