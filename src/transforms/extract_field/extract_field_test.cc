#include "transforms/extract_field/extract_field.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(ExtractFieldTest, TheFieldTakesThePlaceOfTheValue) {
  const auto extract = of_value<ExtractField>({{"field", "n"}});
  const SchemaPtr schema = struct_schema({{"n", Schema::int32()}});
  ConnectRecord record = record_of(schema, struct_value(schema, {{"n", 5}}));
  ASSERT_TRUE(extract->apply(record));
  EXPECT_EQ(record.value, Value(5));
  EXPECT_EQ(record.value_schema->type(), Type::kInt32);
  EXPECT_EQ(after(*extract, record_of(nullptr, Map{{"m", 1}})), "null");
  ConnectRecord other = record_of(struct_schema({{"m", Schema::int32()}}), nullptr);
  EXPECT_EQ(refusal([&] { extract->apply(other); }), "Unknown field: n");
}

TEST(ExtractFieldTest, PathsOfVersion2LeadIntoNestedValues) {
  const auto extract = of_value<ExtractField>({{"field", "`a.b`.c"}, {"field.syntax.version", "v2"}});
  EXPECT_EQ(after(*extract, record_of(nullptr, Map{{"a.b", Map{{"c", "x"}}}})), "x");
  EXPECT_EQ(after(*of_value<ExtractField>({{"field", "a.b"}}), record_of(nullptr, Map{{"a.b", "y"}})), "y");
}

}  // namespace
}  // namespace millrace::transforms
