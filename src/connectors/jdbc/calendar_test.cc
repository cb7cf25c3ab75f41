#include "connectors/jdbc/calendar.h"

#include <gtest/gtest.h>

#include "connectors/jdbc/source_offset.h"

namespace millrace::jdbc {
namespace {

TEST(Calendar, DaysAndDatesAreInverse) {
  for (std::int64_t days = -800'000; days < 800'000; days += 997) {
    EXPECT_EQ(days_from_civil(civil_from_days(days)), days);
    EXPECT_EQ(days_from_julian(julian_from_days(days)), days);
  }
}

TEST(Calendar, DatesBefore1582AreJulianInJava) {
  // 44 BC, March 15; 1000-01-01; the last Julian day.
  EXPECT_EQ(to_java_days(days_from_civil({-43, 3, 15}), CalendarSystem::kLegacy), -735162);
  EXPECT_EQ(to_java_days(days_from_civil({1000, 1, 1}), CalendarSystem::kLegacy), -30609792000 / 86400);
  EXPECT_EQ(to_java_days(days_from_civil({1582, 10, 15}), CalendarSystem::kLegacy), -141427);
  EXPECT_EQ(to_java_days(days_from_civil({1582, 10, 4}), CalendarSystem::kLegacy), -141428);
  EXPECT_EQ(to_java_days(days_from_civil({1000, 1, 1}), CalendarSystem::kProlepticGregorian), -30610224000 / 86400);
  for (std::int64_t days = -700'000; days < -141'437; days += 1013) {
    EXPECT_EQ(from_java_days(to_java_days(days, CalendarSystem::kLegacy), CalendarSystem::kLegacy), days);
  }
}

TEST(Calendar, InstantsRoundDown) {
  EXPECT_EQ(Instant::of_millis(-1), (Instant{-1, 999'000'000}));
  EXPECT_EQ(Instant::of_micros(-1), (Instant{-1, 999'999'000}));
  EXPECT_EQ(Instant::of_micros(-1).millis(), -1);
}

TEST(Zones, NamesOffsetsAndShortIds) {
  EXPECT_TRUE(TimeZone::find("UTC")->is_utc());
  EXPECT_EQ(TimeZone::find("+02:30")->offset_at(0), 9000);
  EXPECT_EQ(TimeZone::find("GMT-5")->offset_at(0), -18000);
  EXPECT_EQ(TimeZone::find("EST")->offset_at(0), -18000);
  EXPECT_EQ(TimeZone::find("JST")->offset_at(1470209167), 32400);
  EXPECT_EQ(TimeZone::find("Mars/Olympus"), nullptr);
  EXPECT_EQ(TimeZone::find("../etc/passwd"), nullptr);
  EXPECT_EQ(TimeZone::find(""), nullptr);
}

TEST(Zones, SummerTimeGapAndOverlap) {
  const auto berlin = TimeZone::find("Europe/Berlin");
  ASSERT_NE(berlin, nullptr);
  EXPECT_EQ(berlin->offset_at(1470209167), 7200);
  const auto utc = [&](const char* text) { return berlin->to_utc(parse_wall(text)->seconds); };
  EXPECT_EQ(utc("2016-08-03 09:26:07"), 1470209167);
  EXPECT_EQ(utc("2016-03-27 02:30:00"), 1459042200);  // skipped: goes forward to 03:30 +02
  EXPECT_EQ(utc("2016-10-30 02:30:00"), 1477791000);  // twice: standard time, +01
  EXPECT_EQ(berlin->offset_at(2540246400), 7200);     // July 2050, past the database's end
}

TEST(WallTime, FormatsAndParses) {
  const Instant wall{1470209167, 516'123'000};
  EXPECT_EQ(format_wall(wall, 'T', 6), "2016-08-03T07:26:07.516123");
  EXPECT_EQ(format_wall(wall, ' ', 9), "2016-08-03 07:26:07.516123000");
  EXPECT_EQ(format_wall(wall, ' ', 0), "2016-08-03 07:26:07");
  EXPECT_EQ(parse_wall("2016-08-03 07:26:07.516123"), wall);
  EXPECT_EQ(parse_wall("2016-08-03")->seconds, 1470182400);
  EXPECT_EQ(parse_wall("2016-13-03"), std::nullopt);
  EXPECT_EQ(parse_wall("soon"), std::nullopt);
}

TEST(SourceOffsets, KeepNanosecondsAndReadOldOnes) {
  const SourceOffset offset{2, Instant{1470209167, 516'123'000}};
  const OffsetMap map = offset.to_map();
  EXPECT_EQ(Value(*map).to_string(), "{timestamp_nanos=516123000, incrementing=2, timestamp=1470209167516}");
  EXPECT_EQ(SourceOffset::from_map(*map), offset);
  const Map old{{"incrementing", std::int64_t{6}}, {"timestamp", std::int64_t{1470209167516}}};
  EXPECT_EQ(SourceOffset::from_map(old), (SourceOffset{6, Instant{1470209167, 516'000'000}}));
  EXPECT_EQ(SourceOffset::from_map(Map{}), SourceOffset{});
  EXPECT_EQ(Value(partition_v1("public.acc")).to_string(), "{protocol=1, table=public.acc}");
}

}  // namespace
}  // namespace millrace::jdbc
