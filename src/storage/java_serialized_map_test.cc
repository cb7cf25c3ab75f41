#include "storage/java_serialized_map.h"

#include <gtest/gtest.h>

namespace millrace::storage {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  int high = -1;
  for (const char c : hex) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

constexpr std::string_view kHead =
    "aced0005 7372 0011 6a6176612e7574696c2e486173684d6170 0507dac1c31660d1 03 0002 46 000a 6c6f6164466163746f72 "
    "49 0009 7468726573686f6c64 78 70 3f400000 ";
constexpr std::string_view kFirstArray = "75 72 0002 5b42 acf317f8060854e0 02 0000 78 70 ";

std::string hex(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const auto part : parts) all += part;
  return from_hex(all);
}

// Written by java.io.ObjectOutputStream.
TEST(JavaSerializedMapTest, AnEmptyMapHasJavasBytes) {
  EXPECT_EQ(write_java_map({}), hex({kHead, "00000000 77 08 00000010 00000000 78"}));
  EXPECT_TRUE(read_java_map(write_java_map({}))->empty());
}

TEST(JavaSerializedMapTest, EntriesAndNullsHaveJavasBytes) {
  const ByteMap map{{"a", "xy"}, {"k2", std::nullopt}};
  const std::string bytes = hex({kHead, "0000000c 77 08 00000010 00000002", kFirstArray, "00000001 61",
                                 "75 71 007e0002 00000002 7879", "75 71 007e0002 00000002 6b32 70 78"});
  EXPECT_EQ(write_java_map(map), bytes);
  EXPECT_EQ(*read_java_map(bytes), map);
}

TEST(JavaSerializedMapTest, CapacityGrowsAsJavasDoes) {
  ByteMap map;
  for (int i = 0; i < 13; ++i) map["k" + std::to_string(i)] = "v";
  EXPECT_NE(write_java_map(map).find(from_hex("00000018 77 08 00000020 0000000d")), std::string::npos);
  EXPECT_EQ(*read_java_map(write_java_map(map)), map);
}

TEST(JavaSerializedMapTest, ASharedArrayIsReadThroughItsBackReference) {
  const std::string bytes =
      hex({kHead, "0000000c 77 08 00000010 00000001", kFirstArray, "00000001 61", "71 007e0003 78"});
  EXPECT_EQ(*read_java_map(bytes), (ByteMap{{"a", "a"}}));
}

TEST(JavaSerializedMapTest, ResetAndLongBlocksAreRead) {
  const std::string bytes = hex(
      {"aced0005 79", kHead.substr(9), "0000000c 7a 00000008 00000010 00000001", kFirstArray, "00000001 61", "70 78"});
  EXPECT_EQ(*read_java_map(bytes), (ByteMap{{"a", std::nullopt}}));
}

TEST(JavaSerializedMapTest, AnEarlyEndIsAnEmptyMapAtEveryLength) {
  const std::string bytes = write_java_map({{"a", "xy"}, {"k2", "z"}});
  for (std::size_t length = 0; length + 1 < bytes.size(); ++length) {
    const auto read = read_java_map(std::string_view(bytes).substr(0, length));
    ASSERT_TRUE(read.ok()) << length;
    EXPECT_TRUE(read->empty()) << length;
  }
}

TEST(JavaSerializedMapTest, OtherClassesAreRefused) {
  const std::string bytes =
      hex({"aced0005 7372 0013 6a6176612e7574696c2e486173685461626c65 78 0000000000000000 02 0000 78 70"});
  const auto read = read_java_map(bytes);
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().text.find("Expected HashMap but found class java.util.HashTable"), std::string::npos);
  EXPECT_FALSE(read_java_map("hello world, this is text").ok());
}

}  // namespace
}  // namespace millrace::storage
