#include "base/properties.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace millrace::base {
namespace {

using Entries = std::vector<Properties::Entry>;

Entries parse(std::string_view text, PropertiesEncoding encoding = PropertiesEncoding::kLatin1) {
  Result<Properties> parsed = parse_properties(text, encoding);
  EXPECT_TRUE(parsed.ok());
  return parsed.ok() ? parsed->entries() : Entries{};
}

TEST(PropertiesTest, SeparatorsAreEqualsColonAndBlanks) {
  EXPECT_EQ(parse("a=1\nb:2\nc 3\nd = 4\ne\t:\t5\nf\n"),
            (Entries{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", ""}}));
  EXPECT_EQ(parse("a==1\nb=:2\nc : =3"), (Entries{{"a", "=1"}, {"b", ":2"}, {"c", "=3"}}));
}

TEST(PropertiesTest, TrailingBlanksBelongToTheValue) { EXPECT_EQ(parse("a=1  \t\n"), (Entries{{"a", "1  \t"}})); }

TEST(PropertiesTest, CommentsAndBlankLinesAreSkipped) {
  EXPECT_EQ(parse("# x=1\n ! y=2\n\n   \n\fa=1#no\n"), (Entries{{"a", "1#no"}}));
}

TEST(PropertiesTest, ContinuationLinesDropTheirLeadingBlanks) {
  EXPECT_EQ(parse("a=one,\\\n    two,\\\r\n  three\nb=x\\\\\nc=1"),
            (Entries{{"a", "one,two,three"}, {"b", "x\\"}, {"c", "1"}}));
  EXPECT_EQ(parse("a=1\\\n#no comment\n"), (Entries{{"a", "1#no comment"}}));
  EXPECT_EQ(parse("a=end\\"), (Entries{{"a", "end"}}));
}

TEST(PropertiesTest, Escapes) {
  EXPECT_EQ(parse("a\\ b\\=c\\:=\\t\\n\\r\\f\\q\\\\\n"), (Entries{{"a b=c:", "\t\n\r\fq\\"}}));
  EXPECT_EQ(parse("a=\\ x"), (Entries{{"a", " x"}}));
  EXPECT_EQ(parse("u=\\u00e4\\u20AC\\uD83D\\uDE00\\uD83Dx"), (Entries{{"u", "\u00e4\u20ac\U0001F600?x"}}));
}

TEST(PropertiesTest, BytesAreLatin1OrUtf8) {
  EXPECT_EQ(parse("a=\xe4"), (Entries{{"a", "\u00e4"}}));
  EXPECT_EQ(parse("a=\u00e4", PropertiesEncoding::kUtf8), (Entries{{"a", "\u00e4"}}));
}

TEST(PropertiesTest, TheLaterDuplicateWinsInThePlaceOfTheFirst) {
  EXPECT_EQ(parse("a=1\nb=2\na=3"), (Entries{{"a", "3"}, {"b", "2"}}));
}

TEST(PropertiesTest, ABadUnicodeEscapeNamesItsLine) {
  const Result<Properties> parsed = parse_properties("a=1\nb=\\u12g4\n");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().text,
            "line 2: \\u must be followed by four hexadecimal digits (write \\\\ for a backslash)");
}

TEST(PropertiesTest, AMissingFileIsNamed) {
  const Result<Properties> parsed = read_properties_file("/nonexistent/worker.properties");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, Errc::kIo);
  EXPECT_EQ(parsed.error().text, "cannot read /nonexistent/worker.properties: No such file or directory");
}

TEST(PropertiesTest, ADirectoryIsNoPropertiesFile) { EXPECT_FALSE(read_properties_file("/tmp").ok()); }

TEST(PropertiesTest, AnEmptyFileHasNoEntries) {
  const std::string path = std::filesystem::temp_directory_path() / "millrace-empty.properties";
  { std::ofstream file(path); }
  const Result<Properties> parsed = read_properties_file(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(parsed.ok()) << parsed.error().text;
  EXPECT_TRUE(parsed->entries().empty());
}

}  // namespace
}  // namespace millrace::base
