#pragma once

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>

#include <bit>
#endif

namespace millrace::json {

#ifdef __SSE2__
/// One bit per byte of the 16 at `p`: set where skip_plain stops.
inline unsigned special_bits(const char* p) noexcept {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  // Signed: what is not ASCII is less than a blank, too.
  const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, slash))));
}
#endif

/// First byte of [p, end) that is a quote, a backslash, a control character or not ASCII; `end` when there is none.
inline const char* skip_plain(const char* p, const char* end) noexcept {
#ifdef __SSE2__
  while (end - p >= 16) {
    if (const unsigned bits = special_bits(p); bits != 0) return p + std::countr_zero(bits);
    p += 16;
  }
#endif
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
