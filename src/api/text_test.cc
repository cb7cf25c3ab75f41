#include "millrace/text.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Utf8, KeepsWellFormedText) {
  const std::string text = "plain, \xC3\xA4, \xE2\x82\xAC, \xF0\x9F\x98\x80 and a long tail of ASCII";
  EXPECT_TRUE(is_valid_utf8(text));
  EXPECT_EQ(to_utf8(text), text);
}

// The right sides are what `new String(bytes, UTF_8)` gives.
TEST(Utf8, ReplacesMalformedSequencesAsJavaDoes) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(to_utf8("a\xFFz"), "a" + r + "z");
  EXPECT_EQ(to_utf8("\xC0\x80"), r + r);  // over-long
  EXPECT_EQ(to_utf8("\xC3"), r);          // cut at the end
  EXPECT_EQ(to_utf8("\xC3("), r + "(");
  EXPECT_EQ(to_utf8("\xE2\x82"), r);  // cut three-byte sequence
  EXPECT_EQ(to_utf8("\xE2\x82z"), r + "z");
  EXPECT_EQ(to_utf8("\xE0\x80\x80"), r + r + r);  // over-long
  EXPECT_EQ(to_utf8("\xED\xA0\x80z"), r + "z");   // a surrogate
  EXPECT_EQ(to_utf8("\xF0\x9F\x98z"), r + "z");
  EXPECT_EQ(to_utf8("\xF4\x90\x80\x80"), r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(to_utf8("\xF8\x88\x80\x80\x80"), r + r + r + r + r);
}

}  // namespace
}  // namespace millrace
