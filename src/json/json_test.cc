#include <gtest/gtest.h>

#include <random>

#include "json/node.h"
#include "json/reader.h"
#include "json/writer.h"

namespace millrace::json {
namespace {

constexpr std::string_view kSource = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ";

/// The text read and written again, or the error with its location in short.
std::string again(std::string_view text, Trailing trailing = Trailing::kIgnore) {
  try {
    const auto node = parse(text, trailing);
    return node ? node->dump() : "nothing";
  } catch (const ParseError& e) {
    std::string what = e.what();
    for (std::size_t at = what.find(kSource); at != std::string::npos; at = what.find(kSource)) {
      what.replace(at, kSource.size(), "[");
    }
    return what;
  }
}

TEST(JsonTest, ReadsWhatJacksonReads) {
  EXPECT_EQ(again(" {\"a\" : [1, 2.50, -0, 1e3, true, false, null], \"b\":{}} "),
            "{\"a\":[1,2.50,-0,1e3,true,false,null],\"b\":{}}");
  EXPECT_EQ(again("007"), "007");
  EXPECT_EQ(again("{} x"), "{}");
  EXPECT_EQ(again("{}{}"), "{}");
  EXPECT_EQ(again("  "), "nothing");
  EXPECT_EQ(again(""), "nothing");
  EXPECT_EQ(again("{\"a\":1,\"b\":2,\"a\":3}"), "{\"a\":3,\"b\":2}");
  EXPECT_EQ(again("\xEF\xBB\xBF[1]"), "[1]");
  EXPECT_EQ(again("\"\\u00e9\\uD83D\\ude00\\n\\/\""), "\"\xC3\xA9\xF0\x9F\x98\x80\\n/\"");
  EXPECT_EQ(again("{} {}", Trailing::kRefuse), "Trailing token found after value: only one JSON value is expected");
}

// The sentences are those that Jackson 2.19 gives for the same bytes.
TEST(JsonTest, ErrorsAreJacksons) {
  const std::string values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
  EXPECT_EQ(again("abc"), "Unrecognized token 'abc': was expecting " + values + "\n at [line: 1, column: 4]");
  EXPECT_EQ(again("\xFF\xFE"), "Invalid UTF-8 start byte 0xfe\n at [line: 1, column: 3]");
  EXPECT_EQ(again("\xFF x"), "Unrecognized token 'ÿ': was expecting " + values + "\n at [line: 1, column: 3]");
  EXPECT_EQ(again("[1 \xFF]"),
            "Unexpected character ('ÿ' (code 255)): was expecting comma to separate Array entries\n"
            " at [line: 1, column: 4]");
  EXPECT_EQ(again("[tru]"), "Unrecognized token 'tru': was expecting " + values + "\n at [line: 1, column: 6]");
  EXPECT_EQ(again("  \n  x"), "Unrecognized token 'x': was expecting " + values + "\n at [line: 2, column: 4]");
  EXPECT_EQ(
      again("{a:1}"),
      "Unexpected character ('a' (code 97)): was expecting double-quote to start field name\n at [line: 1, column: 2]");
  EXPECT_EQ(again("{\"a\":1,}"),
            "Unexpected character ('}' (code 125)): was expecting double-quote to start field name\n at [line: 1, "
            "column: 8]");
  EXPECT_EQ(again("{\"a\" 1}"),
            "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value\n at [line: "
            "1, column: 6]");
  EXPECT_EQ(again("[1,]"), "Unexpected character (']' (code 93)): expected a value\n at [line: 1, column: 4]");
  EXPECT_EQ(
      again("[1 2]"),
      "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries\n at [line: 1, column: 4]");
  EXPECT_EQ(again("["),
            "Unexpected end-of-input: expected close marker for Array (start marker at [line: 1, column: 1])\n at "
            "[line: 1, column: 2]");
  EXPECT_EQ(again("{\"a\":"), "Unexpected end-of-input within/between Object entries\n at [line: 1, column: 6]");
  EXPECT_EQ(again("\"abc"), "Unexpected end-of-input in VALUE_STRING\n at [line: 1, column: 5]");
  EXPECT_EQ(again("{\"a"), "Unexpected end-of-input in field name\n at [line: 1, column: 4]");
  EXPECT_EQ(again("+1"),
            "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus "
            "signs: enable "
            "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow\n at [line: 1, column: 2]");
  EXPECT_EQ(again(".5"),
            "Unexpected character ('.' (code 46)): expected a valid value " + values + "\n at [line: 1, column: 1]");
  EXPECT_EQ(again("1."),
            "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit\n at [line: "
            "1, column: 2]");
  EXPECT_EQ(again("1.x"),
            "Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a digit\n at [line: "
            "1, column: 3]");
  EXPECT_EQ(again("1e"), "Unexpected end-of-input in null\n at [line: 1, column: 3]");
  EXPECT_EQ(
      again("1x"),
      "Unexpected character ('x' (code 120)): Expected space separating root-level values\n at [line: 1, column: 2]");
  EXPECT_EQ(again("NaN"),
            "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow\n at [line: 1, "
            "column: 4]");
  EXPECT_EQ(again("-Infinity"),
            "Non-standard token '-Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow\n at [line: "
            "1, column: 10]");
  EXPECT_EQ(again("\"a\nb\""),
            "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in "
            "string value\n at [line: 1, column: 3]");
  EXPECT_EQ(again("\"\\x\""), "Unrecognized character escape 'x' (code 120)\n at [line: 1, column: 3]");
  EXPECT_EQ(again("\"\\u12\""),
            "Unexpected character ('\"' (code 34)): expected a hex-digit for character escape sequence\n at [line: 1, "
            "column: 6]");
  EXPECT_EQ(again("]"), "Unexpected close marker ']': no open Array to close\n at [line: 1, column: 1]");
  EXPECT_EQ(again("[{\"a\":1]"),
            "Unexpected close marker ']': expected '}' (for Object starting at [line: 1, column: 2])\n at [line: 1, "
            "column: 8]");
  EXPECT_EQ(again("[1}"),
            "Unexpected close marker '}': expected ']' (for Array starting at [line: 1, column: 1])\n at [line: 1, "
            "column: 3]");
  EXPECT_EQ(again("\"\xFF\""), "Invalid UTF-8 start byte 0xff\n at [line: 1, column: 3]");
  EXPECT_EQ(again("\"\xC3(\""), "Invalid UTF-8 middle byte 0x28\n at [line: 1, column: 4]");
  EXPECT_EQ(again(std::string(1001, '[')),
            "Document nesting depth (1001) exceeds the maximum allowed (1000, from "
            "`StreamReadConstraints.getMaxNestingDepth()`)");
}

TEST(JsonTest, EscapesAsJacksonDoes) {
  std::string out;
  append_string(out, "\"\\\b\t\n\f\r\x01\x1F/<'\x7F\xE2\x80\xA8\xF0\x9F\x98\x80", Escape::kSurrogates);
  EXPECT_EQ(out, "\"\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u001F/<'\x7F\xE2\x80\xA8\\uD83D\\uDE00\"");
  out.clear();
  append_string(out, "\xF0\x9F\x98\x80", Escape::kRawUtf8);
  EXPECT_EQ(out, "\"\xF0\x9F\x98\x80\"");
  EXPECT_EQ(parse("\"\\ud83d\"")->dump(Escape::kSurrogates), "\"\\uD83D\"");
}

TEST(JsonTest, StringsOfEveryLengthSurviveTheRoundTrip) {
  std::mt19937 random(5);
  const std::string_view letters[] = {"a", "\"", "\\", "\n", "\x01", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                      " ", "z"};
  for (std::size_t length = 0; length < 200; ++length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += letters[random() % (length % 3 == 0 ? 1 : std::size(letters))];
    for (const Escape escape : {Escape::kRawUtf8, Escape::kSurrogates}) {
      std::string out;
      append_string(out, text, escape);
      EXPECT_EQ(parse(out)->string(), text);
    }
  }
}

TEST(JsonTest, SkipLeavesTheReaderBehindTheValue) {
  Reader reader("[{\"a\":[1,{\"b\":2}]}, \"next\"]");
  ASSERT_EQ(reader.next(), Token::kBeginArray);
  ASSERT_TRUE(reader.next_element());
  reader.skip(reader.next());
  ASSERT_TRUE(reader.next_element());
  ASSERT_EQ(reader.next(), Token::kString);
  EXPECT_EQ(reader.string(), "next");
  EXPECT_FALSE(reader.next_element());
}

TEST(NodeTest, BuildsAndCompares) {
  Node node = Node::object({{"a", 1}, {"b", Node::array({"x", nullptr, true})}});
  node.set("a", std::int64_t{2});
  EXPECT_EQ(node.dump(), "{\"a\":2,\"b\":[\"x\",null,true]}");
  EXPECT_EQ(node, *parse("{\"b\":[\"x\",null,true],\"a\":2}"));
  EXPECT_EQ(node.find("c"), nullptr);
  EXPECT_EQ(node.find("a")->integer(), 2);
  EXPECT_EQ(parse("9223372036854775808")->integer(), std::nullopt);
  EXPECT_EQ(parse("1.5")->real(), 1.5);
}

}  // namespace
}  // namespace millrace::json
