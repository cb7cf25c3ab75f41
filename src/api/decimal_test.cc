#include "millrace/decimal.h"

#include <gtest/gtest.h>

#include <random>

namespace millrace {
namespace {

std::string text(std::string_view number) {
  const auto decimal = Decimal::parse(number);
  return decimal ? decimal->to_string() : "no number";
}

TEST(DecimalTest, ParsesWhatBigDecimalParsesAndPrintsItTheSameWay) {
  EXPECT_EQ(text("10.00"), "10.00");
  EXPECT_EQ(text("1E+5"), "1E+5");
  EXPECT_EQ(text("0e-10"), "0E-10");
  EXPECT_EQ(text("1e-7"), "1E-7");
  EXPECT_EQ(text("0.000001"), "0.000001");
  EXPECT_EQ(text("0.0000001"), "1E-7");
  EXPECT_EQ(text("1.1e400"), "1.1E+400");
  EXPECT_EQ(text(".5"), "0.5");
  EXPECT_EQ(text("+1."), "1");
  EXPECT_EQ(text("-0.0"), "0.0");
  EXPECT_EQ(text("00012"), "12");
  EXPECT_EQ(text("\xD9\xA3"), "3");  // an Arabic digit
  for (const char* bad : {"", ".", "-", "1e", "e5", "1d", "0x1F", "1_000", "--1", "1 ", "1e99999999999", "1.2.3"}) {
    EXPECT_EQ(text(bad), "no number") << bad;
  }
}

TEST(DecimalTest, UnscaledBytesAreMinimalTwosComplement) {
  EXPECT_EQ(Decimal(1000, 2).unscaled_bytes(), (Bytes{0x03, 0xE8}));
  EXPECT_EQ(Decimal(0, 0).unscaled_bytes(), Bytes{0});
  EXPECT_EQ(Decimal(-1, 0).unscaled_bytes(), Bytes{0xFF});
  EXPECT_EQ(Decimal(127, 0).unscaled_bytes(), Bytes{0x7F});
  EXPECT_EQ(Decimal(128, 0).unscaled_bytes(), (Bytes{0x00, 0x80}));
  EXPECT_EQ(Decimal(-128, 0).unscaled_bytes(), Bytes{0x80});
  EXPECT_EQ(Decimal(-129, 0).unscaled_bytes(), (Bytes{0xFF, 0x7F}));
  EXPECT_EQ(Decimal(-123456, 3).unscaled_bytes(), (Bytes{0xFE, 0x1D, 0xC0}));
  EXPECT_FALSE(Decimal::from_unscaled_bytes({}, 0));
}

TEST(DecimalTest, BytesRoundTripAtEverySize) {
  std::mt19937 random(17);
  for (std::size_t size = 1; size < 70; ++size) {
    for (int i = 0; i < 50; ++i) {
      Bytes bytes(size);
      for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
      const auto decimal = Decimal::from_unscaled_bytes(bytes, 3);
      ASSERT_TRUE(decimal);
      const Bytes back = decimal->unscaled_bytes();
      EXPECT_EQ(Decimal::from_unscaled_bytes(back, 3), decimal);
      const auto reparsed = Decimal::parse(decimal->to_string());
      ASSERT_TRUE(reparsed);
      EXPECT_EQ(*reparsed, *decimal);
      // Nothing but sign bytes may be missing.
      ASSERT_LE(back.size(), size);
      const Bytes tail(bytes.end() - static_cast<std::ptrdiff_t>(back.size()), bytes.end());
      EXPECT_EQ(tail, back);
    }
  }
}

TEST(DecimalTest, ExtremeMagnitudes) {
  Bytes lowest(17, 0);
  lowest[0] = 0x80;  // -2^135
  EXPECT_EQ(Decimal::from_unscaled_bytes(lowest, 0)->to_string(), "-43556142965880123323311949751266331066368");
  EXPECT_EQ(Decimal::from_unscaled_bytes(lowest, 0)->unscaled_bytes(), lowest);
  EXPECT_EQ(Decimal(INT64_MIN, 0).to_string(), "-9223372036854775808");
  EXPECT_EQ(Decimal::parse("9223372036854775808")->to_int64_wrapping(), INT64_MIN);
  EXPECT_EQ(Decimal::parse("123456789012345678901234567890")->to_int64_wrapping(), -4362896299872285998);
  EXPECT_EQ(Decimal::parse("-9223372036854775808")->to_int64_exact(), INT64_MIN);
  EXPECT_EQ(Decimal::parse("9223372036854775808")->to_int64_exact(), std::nullopt);
  EXPECT_EQ(Decimal::parse("1e2")->to_int64_exact(), 100);
  EXPECT_EQ(Decimal::parse("2.50")->to_int64_exact(), std::nullopt);
  EXPECT_EQ(Decimal::parse("1e1000")->to_int64_wrapping(), 0);
  EXPECT_EQ(Decimal::parse("1e400")->to_double(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Decimal::parse("-1e-400")->to_double(), 0.0);
  EXPECT_EQ(Decimal::parse("1.25")->to_double(), 1.25);
}

TEST(DecimalTest, ScaleChanges) {
  EXPECT_EQ(Decimal(150, 1).with_scale_exact(3)->to_string(), "15.000");
  EXPECT_EQ(Decimal(1500, 3).with_scale_exact(1)->to_string(), "1.5");
  EXPECT_FALSE(Decimal(1501, 3).with_scale_exact(1));
  EXPECT_EQ(Decimal(155, 2).with_scale_half_up(1).to_string(), "1.6");
  EXPECT_EQ(Decimal(-155, 2).with_scale_half_up(1).to_string(), "-1.6");
  EXPECT_EQ(Decimal(999, 2).with_scale_half_up(1).to_string(), "10.0");
  EXPECT_EQ(Decimal(4, 1).with_scale_half_up(0).to_string(), "0");
  EXPECT_EQ(Decimal(5, 1).with_scale_half_up(0).to_string(), "1");
  EXPECT_EQ(Decimal(5, 3).with_scale_half_up(0).to_string(), "0");
  EXPECT_EQ(Decimal(1500, 3).stripped().to_string(), "1.5");
  EXPECT_EQ(Decimal(100, 0).stripped().to_string(), "1E+2");
}

TEST(DecimalTest, ComparesByValueAndEqualsByDigitsAndScale) {
  EXPECT_EQ(Decimal(20, 1).compare(Decimal(200, 2)), 0);
  EXPECT_FALSE(Decimal(20, 1) == Decimal(200, 2));
  EXPECT_LT(Decimal(-3, 0).compare(Decimal(2, 0)), 0);
  EXPECT_LT(Decimal(-3, 0).compare(Decimal(-2, 0)), 0);
  EXPECT_GT(Decimal(21, 1).compare(Decimal(2, 0)), 0);
  EXPECT_LT(Decimal(2, 0).compare(Decimal(2001, 3)), 0);
  EXPECT_EQ(Decimal(0, 5).compare(Decimal(0, 0)), 0);
}

TEST(DecimalTest, ExactValueOfADouble) {
  EXPECT_EQ(Decimal::from_double_exact(0.1)->to_string(), "0.1000000000000000055511151231257827021181583404541015625");
  EXPECT_EQ(Decimal::from_double_exact(-2.5)->to_string(), "-2.5");
  EXPECT_EQ(Decimal::from_double_exact(1e20)->to_string(), "100000000000000000000");
  EXPECT_FALSE(Decimal::from_double_exact(std::numeric_limits<double>::infinity()));
}

TEST(DecimalTest, PlainText) {
  EXPECT_EQ(Decimal::parse("1E+5")->to_plain_string(), "100000");
  EXPECT_EQ(Decimal::parse("1E-7")->to_plain_string(), "0.0000001");
  EXPECT_EQ(Decimal::parse("-12.50")->to_plain_string(), "-12.50");
}

}  // namespace
}  // namespace millrace
