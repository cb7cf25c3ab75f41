#include "millrace/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "api/calendar.h"
#include "millrace/schema.h"

namespace millrace {
namespace {

TEST(JavaFloatTextTest, LooksAsJavaPrintsIt) {
  EXPECT_EQ(java_double_text(1), "1.0");
  EXPECT_EQ(java_double_text(0.001), "0.001");
  EXPECT_EQ(java_double_text(9999999), "9999999.0");
  EXPECT_EQ(java_double_text(1e7), "1.0E7");
  EXPECT_EQ(java_double_text(1e-4), "1.0E-4");
  EXPECT_EQ(java_double_text(12345678), "1.2345678E7");
  EXPECT_EQ(java_double_text(-0.0), "-0.0");
  EXPECT_EQ(java_double_text(std::numeric_limits<double>::denorm_min()), "4.9E-324");
  EXPECT_EQ(java_double_text(std::numeric_limits<double>::max()), "1.7976931348623157E308");
  EXPECT_EQ(java_double_text(2e-323), "2.0E-323");
  EXPECT_EQ(java_double_text(1e100), "1.0E100");
  EXPECT_EQ(java_float_text(std::numeric_limits<float>::max()), "3.4028235E38");
  EXPECT_EQ(java_float_text(std::numeric_limits<float>::denorm_min()), "1.4E-45");
  EXPECT_EQ(java_float_text(0.1F), "0.1");
  EXPECT_EQ(java_double_text(std::nan("")), "NaN");
  EXPECT_EQ(java_double_text(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(ValueTest, TextIsJavas) {
  EXPECT_EQ(Value().to_string(), "null");
  EXPECT_EQ(Value(Array{1, "a", nullptr}).to_string(), "[1, a, null]");
  EXPECT_EQ(Value(Map{{"k", "v"}, {"l", Array{1.5, "s"}}}).to_string(), "{k=v, l=[1.5, s]}");
  EXPECT_EQ(Value(Date{0}).to_string(), "Thu Jan 01 00:00:00 UTC 1970");
  EXPECT_EQ(Value(Date{1566571894346}).to_string(), "Fri Aug 23 14:51:34 UTC 2019");
  EXPECT_EQ(Value(Date{-1}).to_string(), "Wed Dec 31 23:59:59 UTC 1969");
  EXPECT_EQ(Value(Date{-12219292800000}).to_string(), "Fri Oct 15 00:00:00 UTC 1582");
  EXPECT_EQ(Value(Date{-12219292800001}).to_string(), "Thu Oct 04 23:59:59 UTC 1582");
  EXPECT_EQ(Value(true).to_string(), "true");
  EXPECT_EQ(Value(Decimal(100000, 2)).to_string(), "1000.00");
}

// What Kafka's file sink printed for these maps.
TEST(ValueTest, MapsHaveTheOrderOfAJavaHashMap) {
  EXPECT_EQ(Value(Map{{"name", "x"}, {"id", 1}, {"nested", Map{{"b", true}, {"a", "q"}}}, {"zz", nullptr}}).to_string(),
            "{zz=null, name=x, id=1, nested={a=q, b=true}}");
  EXPECT_EQ(Value(Map{{100, "x"}, {3, "y"}, {-1, "z"}}).to_string(), "{-1=z, 3=y, 100=x}");
  EXPECT_EQ(Value(Map{{std::int64_t{100000000000}, "x"}, {std::int64_t{3}, "y"}, {std::int64_t{-1}, "z"}}).to_string(),
            "{-1=z, 100000000000=x, 3=y}");
  EXPECT_EQ(Value(Map{{"ключ", 1}, {"é", 2}, {"日本", 3}, {"😀", 4}}).to_string(), "{ключ=1, 😀=4, é=2, 日本=3}");
  Map large;
  for (int i = 0; i < 20; ++i) large.put(std::to_string(i) + "key", i);
  EXPECT_EQ(Value(large).to_string(),
            "{10key=10, 4key=4, 7key=7, 5key=5, 6key=6, 3key=3, 12key=12, 17key=17, 2key=2, 11key=11, 18key=18, "
            "13key=13, 16key=16, 14key=14, 15key=15, 0key=0, 1key=1, 19key=19, 8key=8, 9key=9}");
}

TEST(ValueTest, EqualityNeedsTheSameKind) {
  EXPECT_EQ(Value(std::int32_t{1}), Value(std::int32_t{1}));
  EXPECT_FALSE(Value(std::int32_t{1}) == Value(std::int64_t{1}));
  EXPECT_EQ(Value(std::nan("")), Value(std::nan("")));
  EXPECT_FALSE(Value(0.0) == Value(-0.0));
  EXPECT_EQ(Value(Map({{"a", 1}, {"b", 2}})), Value(Map({{"b", 2}, {"a", 1}})));
  EXPECT_FALSE(Value(Map({{"a", 1}, {"b", 2}})) == Value(Map({{"b", 2}, {"a", 2}})));
  EXPECT_EQ(Value(Bytes{1, 2}), Value(Bytes{1, 2}));
}

TEST(MapTest, KeepsInsertionOrderAndReplacesInPlace) {
  Map map{{"b", 1}, {"a", 2}};
  map.put("b", 3);
  map.put(1, 4);
  EXPECT_EQ(map.begin()->first, Value("b"));
  EXPECT_EQ(map.begin()->second, Value(3));
  EXPECT_EQ((map.end() - 1)->first, Value(1));
  EXPECT_TRUE(map.erase("a"));
  EXPECT_FALSE(map.erase("a"));
  EXPECT_EQ(map.find("a"), nullptr);
  EXPECT_EQ(*map.find(Value(1)), Value(4));
}

TEST(CalendarTest, RoundTripsOverFourThousandYears) {
  for (std::int64_t day = -800'000; day < 700'000; day += 13) {
    const std::int64_t ms = day * 86'400'000 + 45'296'789;
    const api::CivilTime t = api::civil_from_millis(ms);
    EXPECT_EQ(api::millis_from_civil(t.year, t.month, t.day, t.hour, t.minute, t.second, t.millisecond), ms) << day;
  }
  EXPECT_EQ(api::millis_from_civil(2019, 13, 45, 0, 0, 0, 0), api::millis_from_civil(2020, 2, 14, 0, 0, 0, 0));
}

}  // namespace
}  // namespace millrace
