#include "transforms/filter/filter.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(FilterTest, DropsEveryRecord) { EXPECT_EQ(after(*of_value<Filter>(), record_of(nullptr, 1)), "dropped"); }

}  // namespace
}  // namespace millrace::transforms
