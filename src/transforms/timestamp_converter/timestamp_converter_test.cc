#include "transforms/timestamp_converter/timestamp_converter.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(TimestampConverterTest, FieldsAndWholeValues) {
  const auto to_text =
      of_value<TimestampConverter>({{"field", "d"}, {"target.type", "string"}, {"format", "yyyy-MM-dd"}});
  const SchemaPtr schema = struct_schema({{"d", SchemaBuilder::date().build()}});
  EXPECT_EQ(after(*to_text, record_of(schema, struct_value(schema, {{"d", Date{864000000}}}))), "Struct{d=1970-01-11}");
  const auto to_unix = of_value<TimestampConverter>({{"target.type", "unix"}, {"unix.precision", "seconds"}});
  EXPECT_EQ(after(*to_unix, record_of(SchemaBuilder::timestamp().build(), Date{-1500})), "-1");
  const auto to_time = of_value<TimestampConverter>({{"target.type", "Time"}, {"unix.precision", "seconds"}});
  EXPECT_NE(after(*to_time, record_of(Schema::int64(), std::int64_t{-9223372036854775})), "dropped") << "no overflow";
  ConnectRecord record = record_of(Schema::int32(), 1);
  EXPECT_EQ(refusal([&] { to_unix->apply(record); }),
            "Schema Schema{INT32} does not correspond to a known timestamp type format");
  EXPECT_EQ(refusal([] {
              of_value<TimestampConverter>({{"target.type", "string"}});
            }),
            "TimestampConverter requires format option to be specified when using string timestamps");
}

}  // namespace
}  // namespace millrace::transforms
