#include "base/regex.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace millrace::base {
namespace {

Regex regex(std::string_view pattern) {
  auto compiled = Regex::compile(pattern);
  EXPECT_TRUE(compiled.ok()) << pattern << ": " << (compiled ? "" : compiled.error().text);
  return std::move(compiled).value();
}

bool matches(std::string_view pattern, std::string_view text) {
  auto matched = regex(pattern).matches(text);
  EXPECT_TRUE(matched.ok()) << pattern;
  return matched.ok() && *matched;
}

std::string first(std::string_view pattern, std::string_view text, std::string_view replacement) {
  auto replaced = regex(pattern).replace_first(text, replacement);
  return replaced ? *replaced : "error: " + replaced.error().text;
}

std::string all(std::string_view pattern, std::string_view text, std::string_view replacement) {
  auto replaced = regex(pattern).replace_all(text, replacement);
  return replaced ? *replaced : "error: " + replaced.error().text;
}

std::string error_of(std::string_view pattern) {
  auto compiled = Regex::compile(pattern);
  return compiled ? "" : compiled.error().text;
}

TEST(Regex, MatchesWholeTextsOnly) {
  EXPECT_TRUE(matches("topic-\\d+", "topic-12"));
  EXPECT_FALSE(matches("topic-\\d", "topic-12"));
  EXPECT_FALSE(matches("opic-.*", "topic-12"));
  EXPECT_TRUE(matches("a|ab", "ab"));  // alternatives are tried until the end fits
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(*regex("o").find("topic"));
}

TEST(Regex, KnowsJavasSyntax) {
  EXPECT_TRUE(matches("(?<name>[a-z]+)-\\k<name>", "ab-ab"));
  EXPECT_TRUE(matches("(?!internal).*", "orders"));
  EXPECT_FALSE(matches("(?!internal).*", "internal-x"));
  EXPECT_TRUE(matches("a++b", "aaab"));
  EXPECT_FALSE(matches("a++ab", "aaab"));
  EXPECT_TRUE(matches("\\Qa.b[\\E.", "a.b[x"));
  EXPECT_FALSE(matches("\\Qa.b\\E", "axb"));
  EXPECT_TRUE(matches("[a-z&&[^aeiou]]+", "xyz"));
  EXPECT_FALSE(matches("[a-z&&[^aeiou]]+", "xaz"));
  EXPECT_TRUE(matches("[a-c[x-z]]+", "abz"));
  EXPECT_FALSE(matches("[^a-c[x-z]]+", "mnz"));
  EXPECT_TRUE(matches("[^a-c[x-z]]+", "mno"));
  EXPECT_TRUE(matches("\\p{Lu}\\p{Lower}\\p{IsAlphabetic}\\p{javaDigit}",
                      "Ab\xc3\xa9"
                      "1"));
  EXPECT_TRUE(matches("[\\p{Punct}\\d]+", "!1?"));
  EXPECT_TRUE(matches("\\u00e9\\x41\\x{1F600}\\0101",
                      "\xc3\xa9"
                      "A\xf0\x9f\x98\x80"
                      "A"));
  EXPECT_TRUE(matches("(?i)ORDERS", "orders"));
  EXPECT_TRUE(matches("a(?i:B)c", "abc"));
  EXPECT_TRUE(matches("(?U)\\w+", "\xc3\xa9t\xc3\xa9"));
  EXPECT_FALSE(matches("\\w+", "\xc3\xa9t\xc3\xa9"));
  EXPECT_FALSE(matches("\\d", "\xd9\xa3"));
  EXPECT_TRUE(matches("[\\w.-]+", "a.b-c"));
  EXPECT_TRUE(matches("(a)(b)\\2\\1", "abba"));
  EXPECT_TRUE(matches("(a)\\11", "aa1"));
  EXPECT_TRUE(matches("a{2,3}", "aaa"));
}

TEST(Regex, GivesFlagsJavasMeaningAndScope) {
  EXPECT_TRUE(matches("(?i)a-z", "A-Z"));
  EXPECT_FALSE(matches("(?i)\u00e9", "\xc3\x89"));  // ASCII only
  EXPECT_TRUE(matches("(?iu)\u00e9", "\xc3\x89"));
  EXPECT_FALSE(matches("(?i:a)b", "AB"));
  EXPECT_TRUE(matches("(?i)[^b]", "a"));
  EXPECT_FALSE(matches("(?i)[^b]", "B"));
  EXPECT_TRUE(matches("(?x) a b # both\n [c d]", "abd"));
  EXPECT_TRUE(matches("(?U:\\w)\\w", "\xc3\xa9z"));
  EXPECT_FALSE(matches("(?U:\\w)\\w", "z\xc3\xa9"));
  EXPECT_TRUE(matches(".", "\x0b"));
  EXPECT_FALSE(matches(".", "\xe2\x80\xa8"));
  EXPECT_TRUE(matches("(?d).", "\r"));
  EXPECT_TRUE(matches("a$\\R", "a\r\n"));
  EXPECT_TRUE(*regex("(?m)^b$").find("a\nb\nc"));
}

TEST(Regex, ComputesWithClasses) {
  EXPECT_TRUE(matches("[a-z&&[def]]+", "fed"));
  EXPECT_FALSE(matches("[a-z&&[def]]+", "a"));
  EXPECT_TRUE(matches("[^a-z&&[def]]", "a"));  // the complement of the intersection
  EXPECT_TRUE(matches("[\\w&&[^\\d]]+", "a_b"));
  EXPECT_FALSE(matches("[\\w&&[^\\d]]", "1"));
  EXPECT_TRUE(matches("[\\w-x]+", "a-x"));
  EXPECT_TRUE(matches("[\\p{InGreek}&&\\p{Lu}]", "\xce\xa9"));
  EXPECT_FALSE(matches("\\P{IsLatin}", "z"));
  EXPECT_EQ(error_of("[a-\\w]"), "Illegal character range near index 4\n[a-\\w]\n    ^");
  EXPECT_EQ(error_of("\\p{IsNope}"), "Unknown character property name {IsNope} near index 9\n\\p{IsNope}\n         ^");
}

TEST(Regex, TakesPatternsOfAnyKindWithoutHarm) {
  EXPECT_NE(error_of(std::string(100000, '(')), "");
  EXPECT_NE(error_of(std::string(100000, '[')), "");
  EXPECT_EQ(error_of(std::string(10000, 'a')), "");
  EXPECT_NE(error_of("\xff("), "");
  EXPECT_NE(error_of(std::string_view("[\0", 2)), "");
}

TEST(Regex, Replaces) {
  EXPECT_EQ(first("(.*)-(\\d)", "topic-1", "$2_$1"), "1_topic");
  EXPECT_EQ(first("(?<a>.*)-(?<b>\\d)", "topic-1", "${b}.${a}\\$1"), "1.topic$1");
  EXPECT_EQ(first("(a)|(b)", "b", "[$1$2]"), "[b]");
  EXPECT_EQ(first("(a)", "a", "$11"), "a1");
  EXPECT_EQ(first("a|ab", "ab", "X"), "Xb");
  EXPECT_EQ(first("x", "ab", "$9"), "ab");
  EXPECT_EQ(all("\\d", "a1b2", "<$0>"), "a<1>b<2>");
  EXPECT_EQ(all("x*", "axb", "-"), "-a--b-");
}

TEST(Regex, RefusesBadReferencesAsJavaDoes) {
  EXPECT_EQ(first("a", "a", "$2"), "error: No group 2");
  EXPECT_EQ(first("a", "a", "${zz}"), "error: No group with name {zz}");
  EXPECT_EQ(first("a", "a", "$"), "error: Illegal group reference: group index is missing");
  EXPECT_EQ(first("a", "a", "$x"), "error: Illegal group reference");
  EXPECT_EQ(first("a", "a", "${1a}"), "error: capturing group name {1a} starts with digit character");
  EXPECT_EQ(first("a", "a", "\\"), "error: character to be escaped is missing");
}

TEST(Regex, SaysWhatIsWrongWithAPattern) {
  EXPECT_EQ(error_of("[a"), "Unclosed character class near index 1\n[a\n ^");
  EXPECT_EQ(error_of("a{"), "Illegal repetition near index 2\na{");
  EXPECT_EQ(error_of("*a"), "Dangling meta character '*' near index 0\n*a\n^");
  EXPECT_EQ(error_of("(a"), "Unclosed group near index 2\n(a");
  EXPECT_EQ(error_of("a**"), "Dangling meta character '*' near index 2\na**\n  ^");
  EXPECT_EQ(error_of("a)"), "Unmatched closing ')' near index 0\na)\n^");
  EXPECT_NE(error_of("a\\"), "");
  EXPECT_NE(error_of("\\y"), "");
  EXPECT_NE(error_of("\\p{Nope}"), "");
}

TEST(Regex, GivesUpInsteadOfHanging) {
  const auto answer = regex("(a|a)*(a|a)*b").matches(std::string(64, 'a') + "c");
  if (answer.ok()) {
    EXPECT_FALSE(*answer);  // a required last letter may be noticed at once
  } else {
    EXPECT_NE(answer.error().text.find("gave up"), std::string::npos);
  }
  const auto hopeless = regex("(x+x+)+[yz]").matches(std::string(64, 'x'));
  ASSERT_FALSE(hopeless.ok());
  EXPECT_NE(hopeless.error().text.find("gave up"), std::string::npos);
}

}  // namespace
}  // namespace millrace::base
