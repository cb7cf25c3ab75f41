#include "millrace/text.h"

#include <cstdint>
#include <cstring>

#include "base/utf8.h"

namespace millrace {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// First byte from `from` on that is not ASCII, or the end.
std::size_t skip_ascii(std::string_view bytes, std::size_t from) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  while (from + 4 * sizeof(std::uint64_t) <= bytes.size()) {
    std::uint64_t words[4];
    std::memcpy(words, bytes.data() + from, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & kHighBits) != 0) break;
    from += sizeof words;
  }
  while (from + sizeof(std::uint64_t) <= bytes.size()) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + from, sizeof word);
    if ((word & kHighBits) != 0) break;
    from += sizeof word;
  }
  while (from < bytes.size() && static_cast<unsigned char>(bytes[from]) < 0x80) ++from;
  return from;
}

/// First malformed sequence from `from` on, or the end.
std::size_t skip_valid(std::string_view bytes, std::size_t from, base::Utf8Sequence& bad) {
  while ((from = skip_ascii(bytes, from)) < bytes.size()) {
    const base::Utf8Sequence sequence = base::utf8_sequence_at(bytes.data() + from, bytes.size() - from);
    if (!sequence.valid) {
      bad = sequence;
      return from;
    }
    from += sequence.length;
  }
  return bytes.size();
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) noexcept {
  base::Utf8Sequence bad;
  return skip_valid(bytes, 0, bad) == bytes.size();
}

void append_as_utf8(std::string& out, std::string_view bytes) {
  std::size_t from = 0;
  while (from < bytes.size()) {
    base::Utf8Sequence bad;
    const std::size_t end = skip_valid(bytes, from, bad);
    out.append(bytes, from, end - from);
    if (end == bytes.size()) return;
    out.append(kReplacement);
    from = end + bad.length;
  }
}

std::string to_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  append_as_utf8(out, bytes);
  return out;
}

void append_code_point(std::string& out, char32_t c) { base::append_utf8(out, c); }

char32_t next_code_point(const char*& p, const char* end) noexcept { return base::next_utf8_unchecked(p, end); }

}  // namespace millrace
