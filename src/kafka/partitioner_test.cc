#include "kafka/partitioner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace millrace::kafka {
namespace {

constexpr std::int64_t kBatch = 1000;
const auto kAll = [](std::int32_t) { return true; };

std::int32_t next(Partitioner& partitioner, std::int64_t bytes = 100) {
  return partitioner.choose(std::nullopt, bytes, 4, kAll);
}

TEST(PartitionerTest, AKeyGoesWhereJavaPutsIt) {
  Partitioner partitioner(Partitioning::kByKey, kBatch, 1);
  for (const std::string_view key : {"", "a", "foobar"})
    EXPECT_EQ(partitioner.choose(key, 100, 4, kAll), partition_of_key(key, 4));
}

TEST(PartitionerTest, WithoutKeyAPartitionIsKeptForABatch) {
  Partitioner partitioner(Partitioning::kByKey, kBatch, 1);
  std::set<std::int32_t> seen;
  for (int round = 0; round < 100; ++round) {
    const std::int32_t first = next(partitioner);
    for (int i = 1; i < 10; ++i) ASSERT_EQ(next(partitioner), first) << "round " << round << ", record " << i;
    seen.insert(first);
  }
  EXPECT_EQ(seen.size(), 4U);
}

TEST(PartitionerTest, RecordsWithKeysDoNotFillTheBatch) {
  Partitioner partitioner(Partitioning::kByKey, kBatch, 1);
  const std::int32_t first = next(partitioner);
  for (int i = 0; i < 100; ++i) partitioner.choose("key", 100, 4, kAll);
  EXPECT_EQ(next(partitioner), first);
}

TEST(PartitionerTest, KeysCanBeIgnored) {
  Partitioner partitioner(Partitioning::kSticky, kBatch, 1);
  const std::int32_t first = next(partitioner);
  for (const std::string_view key : {"a", "b", "c", "d", "e"}) EXPECT_EQ(partitioner.choose(key, 100, 4, kAll), first);
}

TEST(PartitionerTest, APartitionThatLostItsLeaderIsLeftWhenLookedAt) {
  Partitioner partitioner(Partitioning::kByKey, kBatch, 1);
  const std::int32_t first = next(partitioner);
  const auto others = [first](std::int32_t p) { return p != first; };
  EXPECT_EQ(partitioner.choose(std::nullopt, 100, 4, others), first);
  partitioner.look_again();
  const std::int32_t second = partitioner.choose(std::nullopt, 100, 4, others);
  EXPECT_NE(second, first);
  partitioner.look_again();
  EXPECT_EQ(partitioner.choose(std::nullopt, 100, 4, others), second);
}

TEST(PartitionerTest, WithoutAnyLeaderAnyPartitionWillDo) {
  for (const Partitioning kind : {Partitioning::kByKey, Partitioning::kRoundRobin}) {
    Partitioner partitioner(kind, kBatch, 1);
    const std::int32_t chosen = partitioner.choose(std::nullopt, 100, 4, [](std::int32_t) { return false; });
    EXPECT_TRUE(chosen >= 0 && chosen < 4) << chosen;
  }
}

TEST(PartitionerTest, RoundRobinTakesEachInTurnWhateverTheKey) {
  Partitioner partitioner(Partitioning::kRoundRobin, kBatch, 7);
  std::vector<std::int32_t> chosen;
  for (int i = 0; i < 4; ++i) chosen.push_back(partitioner.choose("same", 100, 4, kAll));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(next(partitioner), chosen[static_cast<std::size_t>(i)]);
  std::sort(chosen.begin(), chosen.end());
  EXPECT_EQ(chosen, (std::vector<std::int32_t>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace millrace::kafka
