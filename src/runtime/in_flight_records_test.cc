#include "runtime/in_flight_records.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace millrace::runtime {
namespace {

OffsetMap map(const char* field, std::int64_t value) {
  return std::make_shared<const Map>(std::initializer_list<Map::Entry>{{Value(field), Value(value)}});
}

class InFlightRecordsTest : public testing::Test {
 protected:
  std::map<std::int64_t, std::int64_t> committable() {
    std::map<std::int64_t, std::int64_t> result;
    records_.take_committable([&](const OffsetMap& partition, const OffsetMap& offset) {
      result[partition->find("id")->as_int64()] = offset->find("at")->as_int64();
    });
    return result;
  }
  std::uint64_t submit(const OffsetMap& partition, std::int64_t at) {
    return records_.submit(partition, map("at", at), 10);
  }

  InFlightRecords records_;
};

using Committed = std::map<std::int64_t, std::int64_t>;

TEST_F(InFlightRecordsTest, OnlyTheAcknowledgedPrefixIsCommittable) {
  const OffsetMap p = map("id", 0);
  const auto a = submit(p, 1);
  const auto b = submit(p, 2);
  const auto c = submit(p, 3);
  records_.acknowledge(b);
  EXPECT_TRUE(committable().empty());
  records_.acknowledge(a);
  EXPECT_EQ(committable(), (Committed{{0, 2}}));
  EXPECT_TRUE(committable().empty());
  EXPECT_EQ(records_.records(), 1U);
  EXPECT_EQ(records_.bytes(), 10U);
  records_.acknowledge(c);
  EXPECT_EQ(committable(), (Committed{{0, 3}}));
}

TEST_F(InFlightRecordsTest, AnUnacknowledgedRecordBlocksItsPartitionOnly) {
  submit(map("id", 0), 1);
  records_.acknowledge(submit(map("id", 1), 7));
  EXPECT_EQ(committable(), (Committed{{1, 7}}));
}

TEST_F(InFlightRecordsTest, PartitionsOfEqualContentAreOne) {
  const auto a = submit(map("id", 5), 1);
  const auto b = submit(map("id", 5), 2);
  records_.acknowledge(b);
  EXPECT_TRUE(committable().empty());
  records_.acknowledge(a);
  EXPECT_EQ(committable(), (Committed{{5, 2}}));
}

TEST_F(InFlightRecordsTest, AWithdrawnRecordBlocksNothing) {
  const OffsetMap p = map("id", 0);
  const auto a = submit(p, 1);
  const auto b = submit(p, 2);
  records_.withdraw(b);
  records_.acknowledge(a);
  EXPECT_EQ(committable(), (Committed{{0, 1}}));
  records_.acknowledge(submit(p, 2));
  EXPECT_EQ(committable(), (Committed{{0, 2}}));
  EXPECT_EQ(records_.bytes(), 0U);
}

TEST_F(InFlightRecordsTest, ManyPartitionsComeAndGo) {
  for (std::int64_t i = 0; i < 5000; ++i) records_.acknowledge(submit(map("id", i), i));
  EXPECT_EQ(committable().size(), 5000U);
  const auto held = submit(map("id", 1), 1);
  records_.acknowledge(submit(map("id", 1), 2));
  EXPECT_TRUE(committable().empty());
  records_.acknowledge(held);
  EXPECT_EQ(committable(), (Committed{{1, 2}}));
}

// Against the obvious model: a list per partition, committable is the last of the acknowledged prefix.
TEST_F(InFlightRecordsTest, AgreesWithASimpleModelForRandomOrders) {
  std::mt19937 random(7);
  struct Modelled {
    std::uint64_t tag;
    std::int64_t at;
    bool acknowledged;
  };
  std::map<std::int64_t, std::vector<Modelled>> model;
  std::vector<std::pair<std::int64_t, std::uint64_t>> open;
  const std::vector<OffsetMap> partitions{map("id", 0), map("id", 1), map("id", 2)};
  for (std::int64_t step = 0; step < 20000; ++step) {
    if (open.size() < 300 && random() % 2 == 0) {
      const std::int64_t id = static_cast<std::int64_t>(random() % 3);
      const auto tag = submit(partitions[static_cast<std::size_t>(id)], step);
      model[id].push_back({tag, step, false});
      open.emplace_back(id, tag);
    } else if (!open.empty()) {
      const std::size_t pick = random() % open.size();
      const auto [id, tag] = open[pick];
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(pick));
      records_.acknowledge(tag);
      for (auto& record : model[id]) record.acknowledged = record.acknowledged || record.tag == tag;
    }
    if (step % 50 != 0) continue;
    Committed expected;
    for (auto& [id, list] : model) {
      std::size_t done = 0;
      while (done < list.size() && list[done].acknowledged) ++done;
      if (done > 0) expected[id] = list[done - 1].at;
      list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(done));
    }
    ASSERT_EQ(committable(), expected) << step;
    ASSERT_EQ(records_.records(), open.size());
  }
}

}  // namespace
}  // namespace millrace::runtime
