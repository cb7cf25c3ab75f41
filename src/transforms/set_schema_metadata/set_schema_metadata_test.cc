#include "transforms/set_schema_metadata/set_schema_metadata.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(SetSchemaMetadataTest, NameAndVersionAreReplaced) {
  const auto set = of_value<SetSchemaMetadata>({{"schema.name", "N"}, {"schema.version", "2"}});
  const SchemaPtr schema = struct_schema({{"a", Schema::int32()}});
  ConnectRecord record = record_of(schema, struct_value(schema, {{"a", 1}}));
  ASSERT_TRUE(set->apply(record));
  EXPECT_EQ(record.value_schema->name(), "N");
  EXPECT_EQ(record.value_schema->version(), 2);
  EXPECT_EQ(record.value.to_string(), "Struct{a=1}");
  ConnectRecord other = record_of(Schema::int32(), 1);
  EXPECT_EQ(refusal([&] { set->apply(other); }), "Cannot list fields on non-struct type");
  EXPECT_EQ(refusal([] { of_value<SetSchemaMetadata>({}); }), "Neither schema name nor version configured");
}

}  // namespace
}  // namespace millrace::transforms
