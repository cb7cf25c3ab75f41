#include "transforms/flatten/flatten.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(FlattenTest, NamesOfNestedFieldsAreJoined) {
  const auto flatten = of_value<Flatten>({{"delimiter", "_"}});
  const SchemaPtr inner = struct_schema({{"x", Schema::int32()}});
  const SchemaPtr schema = struct_schema({{"in", inner}, {"y", Schema::string()}});
  EXPECT_EQ(
      after(*flatten, record_of(schema, struct_value(schema, {{"in", struct_value(inner, {{"x", 1}})}, {"y", "q"}}))),
      "Struct{in_x=1,y=q}");
  EXPECT_EQ(after(*of_value<Flatten>(), record_of(nullptr, Map{{"in", Map{{"x", 1}}}})), "{in.x=1}");
}

TEST(FlattenTest, AMapUnderASchemaCannotBeFlattened) {
  const SchemaPtr schema = struct_schema({{"m", SchemaBuilder::map(Schema::string(), Schema::int32()).build()}});
  ConnectRecord record = record_of(schema, struct_value(schema, {{"m", Map{}}}));
  EXPECT_EQ(refusal([&] { of_value<Flatten>()->apply(record); }),
            "Flatten transformation does not support MAP for record with schemas (for field m).");
}

}  // namespace
}  // namespace millrace::transforms
