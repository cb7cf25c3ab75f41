#include "connectors/cassandra/source/seen_rows.h"

#include <gtest/gtest.h>

#include <string_view>

namespace millrace::cassandra {
namespace {

std::vector<cql::Cell> row(std::initializer_list<const char*> cells) {
  std::vector<cql::Cell> out;
  for (const char* cell : cells) {
    if (cell == nullptr)
      out.emplace_back();
    else
      out.push_back({cell, static_cast<std::int32_t>(std::string_view(cell).size())});
  }
  return out;
}

TEST(SeenRows, EachRowIsNewOnce) {
  SeenRows seen;
  EXPECT_TRUE(seen.add(row({"a", "bc"}), 5));
  EXPECT_FALSE(seen.add(row({"a", "bc"}), 5));
  EXPECT_TRUE(seen.add(row({"ab", "c"}), 5));
  EXPECT_TRUE(seen.add(row({"a", ""}), 5));
  EXPECT_TRUE(seen.add(row({"a", nullptr}), 5));
}

TEST(SeenRows, ForgetsWhatIsNotReadAgain) {
  SeenRows seen;
  seen.add(row({"a"}), 5);
  seen.add(row({"b"}), 6);
  seen.forget_until(5);
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_FALSE(seen.add(row({"b"}), 6));
}

}  // namespace
}  // namespace millrace::cassandra
