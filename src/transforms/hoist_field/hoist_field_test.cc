#include "transforms/hoist_field/hoist_field.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(HoistFieldTest, TheValueBecomesAField) {
  const auto hoist = of_value<HoistField>({{"field", "line"}});
  EXPECT_EQ(after(*hoist, record_of(Schema::string(), "x")), "Struct{line=x}");
  EXPECT_EQ(after(*hoist, record_of(nullptr, "x")), "{line=x}");
  EXPECT_EQ(after(*hoist, record_of(nullptr, nullptr)), "{line=null}");
}

}  // namespace
}  // namespace millrace::transforms
