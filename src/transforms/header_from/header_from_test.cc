#include "transforms/header_from/header_from.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(HeaderFromTest, FieldsAreMovedOrCopied) {
  const SchemaPtr schema = struct_schema({{"a", Schema::int32()}, {"b", Schema::string()}});
  for (const char* operation : {"move", "copy"}) {
    const auto transform = of_value<HeaderFrom>({{"fields", "a"}, {"headers", "h"}, {"operation", operation}});
    ConnectRecord record = record_of(schema, struct_value(schema, {{"a", 1}, {"b", "x"}}));
    ASSERT_TRUE(transform->apply(record));
    EXPECT_EQ(record.headers.last_with_name("h")->value, Value(1));
    EXPECT_EQ(record.value.to_string(), operation == std::string("move") ? "Struct{b=x}" : "Struct{a=1,b=x}");
  }
  EXPECT_EQ(refusal([] {
              of_value<HeaderFrom>({{"fields", "a,b"}, {"headers", "h"}, {"operation", "move"}});
            }),
            "'fields' config must have the same number of elements as 'headers' config.");
}

}  // namespace
}  // namespace millrace::transforms
