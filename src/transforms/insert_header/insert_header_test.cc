#include "transforms/insert_header/insert_header.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(InsertHeaderTest, TheLiteralDecidesTheType) {
  const auto insert = of_value<InsertHeader>({{"header", "h"}, {"value.literal", "[1,2]"}});
  ConnectRecord record = record_of(nullptr, nullptr);
  record.headers.add("h", "kept", nullptr);
  ASSERT_TRUE(insert->apply(record));
  ASSERT_EQ(record.headers.size(), 2U);
  EXPECT_EQ(record.headers.last_with_name("h")->value.to_string(), "[1, 2]");
  EXPECT_EQ(record.headers.last_with_name("h")->schema->value_schema()->type(), Type::kInt8);
}

}  // namespace
}  // namespace millrace::transforms
