#include "transforms/value_to_key/value_to_key.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(ValueToKeyTest, TheNamedFieldsMakeTheKey) {
  const auto transform = of_value<ValueToKey>({{"fields", "b,a"}});
  const SchemaPtr schema = struct_schema({{"a", Schema::int32()}, {"b", Schema::string()}});
  ConnectRecord record = record_of(schema, struct_value(schema, {{"a", 1}, {"b", "x"}}));
  ASSERT_TRUE(transform->apply(record));
  EXPECT_EQ(record.key.to_string(), "Struct{b=x,a=1}");
  EXPECT_EQ(record.value.to_string(), "Struct{a=1,b=x}");
  ConnectRecord map = record_of(nullptr, Map{{"a", 1}});
  ASSERT_TRUE(transform->apply(map));
  EXPECT_EQ(map.key.to_string(), "{a=1, b=null}");
  ConnectRecord other = record_of(struct_schema({{"a", Schema::int32()}}), nullptr);
  other.value = struct_value(other.value_schema, {{"a", 1}});
  EXPECT_EQ(refusal([&] { transform->apply(other); }), "Field does not exist: b");
}

}  // namespace
}  // namespace millrace::transforms
