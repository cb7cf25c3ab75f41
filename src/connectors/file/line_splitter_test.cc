#include "connectors/file/line_splitter.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

namespace millrace::file {
namespace {

void feed(LineSplitter& splitter, std::string_view bytes) {
  while (!bytes.empty()) {
    const LineSplitter::Room room = splitter.room();
    const std::size_t n = std::min(room.size, bytes.size());
    std::memcpy(room.data, bytes.data(), n);
    splitter.filled(n);
    bytes.remove_prefix(n);
  }
}

std::vector<std::string> lines(LineSplitter& splitter) {
  std::vector<std::string> out;
  while (auto line = splitter.next_line()) out.emplace_back(*line);
  return out;
}

using Lines = std::vector<std::string>;

TEST(LineSplitter, EndsLinesAtEveryKindOfEnd) {
  LineSplitter splitter;
  feed(splitter, "a\nb\r\nc\rd\n\n\r\rx\n");
  EXPECT_EQ(lines(splitter), (Lines{"a", "b", "c", "d", "", "", "", "x"}));
  EXPECT_EQ(splitter.consumed_bytes(), 14);
}

TEST(LineSplitter, KeepsAPartialLine) {
  LineSplitter splitter;
  feed(splitter, "first\nsec");
  EXPECT_EQ(lines(splitter), (Lines{"first"}));
  EXPECT_EQ(splitter.consumed_bytes(), 6);
  EXPECT_EQ(splitter.pending_bytes(), 3u);
  feed(splitter, "ond\n");
  EXPECT_EQ(lines(splitter), (Lines{"second"}));
  EXPECT_EQ(splitter.consumed_bytes(), 13);
}

TEST(LineSplitter, ACarriageReturnAtTheEndWaits) {
  LineSplitter splitter;
  feed(splitter, "one\r");
  EXPECT_EQ(lines(splitter), Lines{});
  feed(splitter, "\ntwo\r");
  EXPECT_EQ(lines(splitter), (Lines{"one"}));
  feed(splitter, "three\n");
  EXPECT_EQ(lines(splitter), (Lines{"two", "three"}));
}

TEST(LineSplitter, TakesLinesOfManyMegabytes) {
  LineSplitter splitter;
  const std::string big(5'000'000, 'x');
  feed(splitter, big);
  EXPECT_EQ(splitter.next_line(), std::nullopt);
  EXPECT_TRUE(splitter.take_grown());
  feed(splitter, "\n");
  EXPECT_EQ(lines(splitter), Lines{big});
}

TEST(LineSplitter, GivesTheSameLinesHoweverTheBytesAreCut) {
  std::mt19937 random(7);
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "ab\n\r"[random() % 4];
  text += "\n";
  LineSplitter whole;
  feed(whole, text);
  const Lines expected = lines(whole);
  for (int round = 0; round < 20; ++round) {
    LineSplitter splitter;
    Lines actual;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random() % 97, text.size() - at);
      feed(splitter, std::string_view(text).substr(at, n));
      at += n;
      const Lines more = lines(splitter);
      actual.insert(actual.end(), more.begin(), more.end());
    }
    ASSERT_EQ(actual, expected);
    ASSERT_EQ(splitter.consumed_bytes(), static_cast<std::int64_t>(text.size()));
  }
}

}  // namespace
}  // namespace millrace::file
