#include "base/java_hash_order.h"

#include <gtest/gtest.h>

#include <string>

namespace millrace::base {
namespace {

std::vector<std::string> ordered(const std::vector<std::string>& keys) {
  std::vector<std::string> result;
  for (const std::size_t i : java_hash_order({keys.begin(), keys.end()})) result.push_back(keys[i]);
  return result;
}

using Keys = std::vector<std::string>;

// The samples were made by running java.util.HashMap.
TEST(JavaHashOrderTest, IsTheOrderOfJavaUtilHashMap) {
  EXPECT_EQ(ordered({"server", "db", "table", "schema", "partition", "topic", "cluster"}),
            (Keys{"schema", "server", "cluster", "partition", "topic", "db", "table"}));
  EXPECT_EQ(ordered({"ts_sec", "file", "pos", "row", "snapshot", "server_id", "event", "gtids", "lsn", "txId"}),
            (Keys{"ts_sec", "file", "pos", "lsn", "txId", "gtids", "row", "server_id", "event", "snapshot"}));
  EXPECT_EQ(ordered({"name", "connector.class", "tasks.max", "topic", "file"}),
            (Keys{"connector.class", "file", "tasks.max", "name", "topic"}));
}

TEST(JavaHashOrderTest, GrowsBeyondTwelveKeys) {
  Keys keys;
  for (int i = 0; i < 16; ++i) keys.push_back("key" + std::to_string(i));
  EXPECT_EQ(ordered(keys), (Keys{"key1", "key2", "key0", "key5", "key6", "key3", "key4", "key9", "key7", "key8",
                                 "key11", "key10", "key15", "key14", "key13", "key12"}));
}

TEST(JavaHashOrderTest, CollidingKeysKeepTheirOrder) {
  EXPECT_EQ(ordered({"Aa", "BB", "C#", "AaAa", "BBBB", "AaBB", "BBAa"}),
            (Keys{"Aa", "BB", "C#", "AaAa", "BBBB", "AaBB", "BBAa"}));
}

TEST(JavaHashOrderTest, ACopyHasASmallTable) {
  EXPECT_EQ(java_copied_hash_order({"file", "name", "topic"}), (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(java_copied_hash_order({"file", "key.converter", "name", "tasks.max", "topic"}),
            (std::vector<std::size_t>{2, 4, 0, 1, 3}));
}

}  // namespace
}  // namespace millrace::base
