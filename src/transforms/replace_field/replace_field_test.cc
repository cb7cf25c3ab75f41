#include "transforms/replace_field/replace_field.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(ReplaceFieldTest, FieldsAreLeftOutKeptAndRenamed) {
  const SchemaPtr schema = struct_schema({{"a", Schema::int32()}, {"b", Schema::string()}, {"c", Schema::int32()}});
  const Value value = struct_value(schema, {{"a", 1}, {"b", "x"}, {"c", 3}});
  EXPECT_EQ(after(*of_value<ReplaceField>({{"exclude", "c"}, {"renames", "a:b,b:a"}}), record_of(schema, value)),
            "Struct{b=1,a=x}");
  EXPECT_EQ(after(*of_value<ReplaceField>({{"include", "c"}}), record_of(schema, value)), "Struct{c=3}");
  EXPECT_EQ(after(*of_value<ReplaceField>({{"renames", "a:z"}}), record_of(nullptr, Map{{"a", 1}})), "{z=1}");
  ConnectRecord record = record_of(schema, value);
  EXPECT_EQ(refusal([&] {
              of_value<ReplaceField>({{"renames", "a:b"}})->apply(record);
            }),
            "Cannot create field because of field name duplication b");
  EXPECT_NE(refusal([] {
              of_value<ReplaceField>({{"renames", "x"}});
            }).find("Invalid rename mapping: x"),
            std::string::npos);
}

}  // namespace
}  // namespace millrace::transforms
