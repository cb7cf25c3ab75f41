#include "converters/string/string_converter.h"

#include <gtest/gtest.h>

#include <string>

#include "millrace/errors.h"

namespace millrace {
namespace {

StringConverter converter(const std::string& encoding) {
  StringConverter made;
  made.configure({{"converter.encoding", encoding}}, ConverterType::kValue);
  return made;
}

std::string written(const std::string& encoding, const std::string& text) {
  std::string out;
  EXPECT_TRUE(converter(encoding).from_connect_data("t", Schema::string(), Value(text), out));
  return out;
}

std::string read(const std::string& encoding, std::string_view bytes) {
  return converter(encoding).to_connect_data("t", BytesView(bytes)).value.as_string();
}

TEST(StringConverterTest, WritesAndReadsWhatJavaDoes) {
  EXPECT_EQ(written("UTF-8", "hé€😀"), "hé€😀");
  EXPECT_EQ(written("utf-16", "h😀"), std::string("\xFE\xFF\0h\xD8\x3D\xDE\0", 8));
  EXPECT_EQ(written("latin1", "h\xC3\xA9\xE2\x82\xAC"), "h\xE9?");
  EXPECT_EQ(read("ISO-8859-1", "h\xE9"), "hé");
  EXPECT_EQ(read("US-ASCII", "h\xE9"), "h\xEF\xBF\xBD");
  EXPECT_EQ(read("UTF-8", "\xE2\x82"), "\xEF\xBF\xBD");
}

TEST(StringConverterTest, OtherCharacterSetsComeFromTheSystem) {
  EXPECT_EQ(written("windows-1252", "h€日!"), "h\x80?!");
  EXPECT_EQ(read("Cp1252", "\xE9\x80"), "é€");
  EXPECT_EQ(written("Shift_JIS", "日本"), "\x93\xFA\x96\x7B");
  EXPECT_EQ(read("Shift_JIS", "\x93\xFA\x96"), "日\xEF\xBF\xBD");
  EXPECT_EQ(written("ISO-2022-JP", "日"), "\x1B$BF|\x1B(B");
  EXPECT_EQ(written("UTF-32", "a"), std::string("\0\0\0a", 4));
  const std::string long_text(5000, 'x');
  EXPECT_EQ(read("KOI8-R", written("KOI8-R", long_text)), long_text);
}

TEST(StringConverterTest, AnUnknownCharacterSetIsRefusedAtOnce) {
  for (const std::string name : {"nope", "UTF-8//IGNORE"}) {
    try {
      converter(name);
      ADD_FAILURE() << name;
    } catch (const ConnectError& error) {
      EXPECT_EQ(std::string(error.what()), "Unsupported encoding " + name);
      EXPECT_STREQ(error.java_class(), "org.apache.kafka.common.errors.SerializationException");
    }
  }
}

}  // namespace
}  // namespace millrace
