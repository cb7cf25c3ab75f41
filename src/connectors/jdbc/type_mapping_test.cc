#include "connectors/jdbc/type_mapping.h"

#include <gtest/gtest.h>

#include "connectors/jdbc/dialects/postgresql/pg_decode.h"
#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

Target numeric(std::int32_t precision, std::int32_t scale, NumericMapping mapping) {
  ResultColumn column;
  column.type = JdbcType::kNumeric;
  column.precision = precision;
  column.scale = scale;
  ReadOptions options;
  options.numeric_mapping = mapping;
  return plan_field(0, column, options)->target;
}

TEST(NumericMappingTable, FollowsPrecisionAndScale) {
  EXPECT_EQ(numeric(5, 0, NumericMapping::kNone), Target::kDecimal);
  EXPECT_EQ(numeric(2, 0, NumericMapping::kPrecisionOnly), Target::kInt8);
  EXPECT_EQ(numeric(4, 0, NumericMapping::kPrecisionOnly), Target::kInt16);
  EXPECT_EQ(numeric(9, 0, NumericMapping::kBestFit), Target::kInt32);
  EXPECT_EQ(numeric(18, 0, NumericMapping::kBestFit), Target::kInt64);
  EXPECT_EQ(numeric(19, 0, NumericMapping::kBestFit), Target::kDecimal);
  EXPECT_EQ(numeric(10, 2, NumericMapping::kPrecisionOnly), Target::kDecimal);
  EXPECT_EQ(numeric(10, 2, NumericMapping::kBestFit), Target::kFloat64);
  EXPECT_EQ(numeric(38, 10, NumericMapping::kBestFit), Target::kDecimal);
  EXPECT_EQ(numeric(38, 10, NumericMapping::kBestFitEagerDouble), Target::kFloat64);
  EXPECT_EQ(numeric(0, 0, NumericMapping::kBestFit), Target::kDecimal) << "no bounds: nothing smaller holds it";
}

TEST(NumericMappingTable, HoldsForDecimalOnRequest) {
  ResultColumn column;
  column.type = JdbcType::kDecimal;
  column.precision = 10;
  column.scale = 2;
  ReadOptions options;
  options.numeric_mapping = NumericMapping::kBestFit;
  EXPECT_EQ(plan_field(0, column, options)->target, Target::kDecimal);
  options.decimal_as_numeric = true;
  EXPECT_EQ(plan_field(0, column, options)->target, Target::kFloat64);
}

TEST(TimestampGranularities, AllForms) {
  const Instant instant{1470209167, 516'123'000};
  ReadOptions options;
  const auto text = [&](TimestampGranularity granularity) {
    options.granularity = granularity;
    const Value value = timestamp_value(instant, options);
    if (granularity != TimestampGranularity::kConnectLogical) {
      EXPECT_EQ(instant_of_value(value, options), instant);
    }
    return value.kind() == ValueKind::kDate ? std::to_string(value.as_date().epoch_ms) : value.to_string();
  };
  EXPECT_EQ(text(TimestampGranularity::kConnectLogical), "1470209167516");
  EXPECT_EQ(text(TimestampGranularity::kMicrosLong), "1470209167516123");
  EXPECT_EQ(text(TimestampGranularity::kNanosString), "1470209167516123000");
  EXPECT_EQ(text(TimestampGranularity::kMicrosIsoDatetimeString), "2016-08-03T07:26:07.516123");
  EXPECT_EQ(text(TimestampGranularity::kNanosIsoDatetimeString), "2016-08-03T07:26:07.516123000");
}

/// PostgreSQL's binary numeric: base-10000 digits.
std::string numeric_bytes(std::vector<std::int16_t> digits, std::int16_t weight, std::uint16_t sign,
                          std::int16_t scale) {
  std::string bytes;
  const auto put = [&bytes](int value) {
    bytes += static_cast<char>(value >> 8 & 0xff);
    bytes += static_cast<char>(value & 0xff);
  };
  put(static_cast<int>(digits.size()));
  put(weight);
  put(sign);
  put(scale);
  for (const std::int16_t digit : digits) put(digit);
  return bytes;
}

Value decode(const std::string& bytes, Target target, std::int32_t scale) {
  const ReadOptions options;
  FieldPlan plan;
  plan.target = target;
  plan.scale = scale;
  const auto decoder = postgresql::make_decoder(postgresql::kNumericOid, plan, options);
  Value value;
  decoder.decode({bytes.data(), static_cast<std::int32_t>(bytes.size())}, decoder, value);
  return value;
}

TEST(PostgresqlNumeric, Decodes) {
  EXPECT_EQ(decode(numeric_bytes({12, 3000}, 0, 0, 2), Target::kDecimal, 2), Value(Decimal(1230, 2)));
  EXPECT_EQ(decode(numeric_bytes({12, 3000}, 0, 0x4000, 2), Target::kFloat64, 2), Value(-12.3));
  EXPECT_EQ(decode(numeric_bytes({}, 0, 0, 2), Target::kDecimal, 2), Value(Decimal(0, 2)));
  EXPECT_EQ(decode(numeric_bytes({1}, -1, 0, 4), Target::kDecimal, 4), Value(Decimal(1, 4)));
  EXPECT_EQ(decode(numeric_bytes({123, 4500}, 1, 0, 0), Target::kDecimal, -2), Value(Decimal(12345, -2)));
  EXPECT_EQ(decode(numeric_bytes({9, 9999, 9999}, 2, 0, 0), Target::kInt32, 0), Value(std::int32_t{999999999}));
  EXPECT_EQ(decode(numeric_bytes({1234, 5678, 9012, 3456, 7890, 1200}, 3, 0, 6), Target::kDecimal, 6)
                .as_decimal()
                .to_plain_string(),
            "1234567890123456.789012");
  EXPECT_THROW(decode(numeric_bytes({}, 0, 0xC000, 0), Target::kDecimal, 2), DataError);
  EXPECT_THROW(decode(numeric_bytes({300}, 0, 0, 0), Target::kInt8, 0), DataError);
}

}  // namespace
}  // namespace millrace::jdbc
