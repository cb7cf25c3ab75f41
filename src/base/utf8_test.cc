#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace millrace::base {
namespace {

std::string lengths(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Sequence sequence = utf8_sequence_at(bytes.data() + at, bytes.size() - at);
    out += (sequence.valid ? "+" : "-") + std::to_string(sequence.length);
    at += sequence.length;
  }
  return out;
}

TEST(Utf8Test, MalformedSequencesAreCutAsJavaDoes) {
  EXPECT_EQ(lengths("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "+2+3+4");
  EXPECT_EQ(lengths("\xFF\xFE\xC3"), "-1-1-1");
  EXPECT_EQ(lengths("\xE2\x82"), "-2");
  EXPECT_EQ(lengths("\xED\xA0\x80"), "-3");
  EXPECT_EQ(lengths("\xF4\x90\x80\x80"), "-1-1-1-1");
  EXPECT_EQ(lengths("\xF0\x9F\x98"), "-3");
  EXPECT_EQ(lengths("\xC0\x80"), "-1-1");
}

TEST(Utf8Test, CharactersGoThereAndBack) {
  for (const char32_t c : {U'a', U'é', U'€', U'😀', char32_t{0xD800}}) {
    std::string text;
    append_utf8(text, c);
    const char* p = text.data();
    EXPECT_EQ(next_utf8_unchecked(p, text.data() + text.size()), c);
    EXPECT_EQ(p, text.data() + text.size());
  }
}

}  // namespace
}  // namespace millrace::base
