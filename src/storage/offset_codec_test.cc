#include "storage/offset_codec.h"

#include <gtest/gtest.h>

namespace millrace::storage {
namespace {

OffsetMap map(std::initializer_list<Map::Entry> entries) { return std::make_shared<const Map>(entries); }

TEST(OffsetCodecTest, KeysAndValuesAreConnectsBytes) {
  EXPECT_EQ(*encode_offset_key("local-file-source", map({{"filename", "/tmp/x"}})),
            R"(["local-file-source",{"filename":"/tmp/x"}])");
  EXPECT_EQ(*encode_offset_key("c", nullptr), R"(["c",null])");
  EXPECT_EQ(*encode_offset_value(map({{"position", std::int64_t{17}}})), R"({"position":17})");
  EXPECT_EQ(*encode_offset_value(map({{"position", nullptr}})), R"({"position":null})");
  EXPECT_EQ(*encode_offset_value(map({{"d", 1.0}})), R"({"d":1.0})");
  EXPECT_EQ(*encode_offset_value(map({})), "{}");
}

TEST(OffsetCodecTest, BytesAreThoseOfJsonConverter) {
  EXPECT_EQ(*encode_offset_key("c", map({{"filename", "/tmp/\xF0\x9F\x98\x80/ü\x01\x7F"}})),
            "[\"c\",{\"filename\":\"/tmp/\\uD83D\\uDE00/ü\\u0001\x7F\"}]");
  EXPECT_EQ(*encode_offset_value(map({{"b", Bytes{0, 1, 2, 0xFE}}, {"d", 1e10}})), R"({"b":"AAEC/g==","d":1.0E10})");
}

TEST(OffsetCodecTest, FieldsOfAKeyComeInHashMapOrder) {
  EXPECT_EQ(*encode_offset_key("c", map({{"table", "t"}, {"server", "s"}, {"schema", "x"}})),
            R"(["c",{"schema":"x","server":"s","table":"t"}])");
}

TEST(OffsetCodecTest, WhatIsReadBackHasTheSameContent) {
  const OffsetMap partition =
      map({{"name", "a\"\\\n\x01ü"}, {"id", std::int64_t{-5}}, {"on", true}, {"none", nullptr}});
  const auto key = decode_offset_key(*encode_offset_key("c-1", partition));
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->connector, "c-1");
  EXPECT_EQ(*key->partition, *partition);
  EXPECT_EQ(*decode_offset_value("null"), nullptr);
  EXPECT_EQ((*decode_offset_value(R"({ "a" : 1.5e1 , "b":"\u00fc\ud83d\ude00"})"))->find("b")->as_string(), "ü😀");
}

TEST(OffsetCodecTest, OtherShapesAreNotKeys) {
  for (const char* text : {"", "[]", R"(["c"])", R"([1,{}])", R"(["c",[]])", R"(["c",{}]x)", R"(["c",{)"}) {
    EXPECT_FALSE(decode_offset_key(text).has_value()) << text;
  }
  EXPECT_FALSE(decode_offset_value("[1]").ok());
}

TEST(OffsetCodecTest, OnlyPrimitivesMayBeStored) {
  const auto refused = encode_offset_value(map({{"f", Value(Array{})}}));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text,
            "Offsets may only contain primitive types as values, but field f contains java.util.ArrayList");
}

TEST(OffsetCodecTest, CanonicalTextIgnoresOrderAndWidth) {
  EXPECT_EQ(canonical_partition(map({{"a", std::int32_t{1}}, {"server", "x"}})),
            canonical_partition(map({{"server", "x"}, {"a", std::int64_t{1}}})));
}

}  // namespace
}  // namespace millrace::storage
