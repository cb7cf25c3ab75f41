#include "connectors/cassandra/common/time_zone.h"

#include <gtest/gtest.h>

namespace millrace::cassandra {
namespace {

TEST(ZoneRules, FixedOnesAndNames) {
  EXPECT_EQ(ZoneRules::find("+02:00")->offset_at(0), 7200);
  EXPECT_EQ(ZoneRules::find("-0530")->offset_at(0), -19800);
  EXPECT_EQ(ZoneRules::find("GMT+1")->offset_at(0), 3600);
  EXPECT_EQ(ZoneRules::find("UTC")->to_utc(5), 5);
  for (const char* wrong : {"", "Nowhere", "../etc/passwd", "/etc/passwd", "Europe", "+99:00", "+", "Europe/Paris x"})
    EXPECT_EQ(ZoneRules::find(wrong), nullptr) << wrong;
}

TEST(ZoneRules, SummerAndWinterAlsoBehindTheTable) {
  const auto paris = ZoneRules::find("Europe/Paris");
  ASSERT_NE(paris, nullptr);
  EXPECT_EQ(paris->offset_at(1520611952), 3600);                                 // March 2018
  EXPECT_EQ(paris->offset_at(1530611952), 7200);                                 // July 2018
  EXPECT_EQ(paris->offset_at(2540455200), 7200);                                 // July 2050
  EXPECT_EQ(paris->offset_at(2556100800), 3600);                                 // December 2050
  EXPECT_EQ(paris->offset_at(-3000000000), 561);                                 // 1874, local mean time
  EXPECT_EQ(ZoneRules::find("Australia/Sydney")->offset_at(2525000000), 39600);  // January 2050
  EXPECT_EQ(ZoneRules::find("Asia/Kolkata")->offset_at(2540455200), 19800);
}

TEST(ZoneRules, WallClocksThatComeTwiceOrNever) {
  const auto paris = ZoneRules::find("Europe/Paris");
  // 2018-10-28 02:30 comes twice: the summer one. 2018-03-25 02:30 is skipped: 03:30 summer time.
  EXPECT_EQ(paris->to_utc(1540693800), 1540693800 - 7200);
  EXPECT_EQ(paris->to_utc(1521945000), 1521945000 - 3600);
  EXPECT_EQ(paris->to_utc(1520615552), 1520611952);
}

}  // namespace
}  // namespace millrace::cassandra
