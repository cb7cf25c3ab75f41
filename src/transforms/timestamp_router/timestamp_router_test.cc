#include "transforms/timestamp_router/timestamp_router.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(TimestampRouterTest, TheTimestampGoesIntoTheTopic) {
  const auto route = of_value<TimestampRouter>({});
  SinkRecord record;
  record.topic = "t";
  record.timestamp = 1729846800123;
  ASSERT_TRUE(route->apply_to_sink(record));
  EXPECT_EQ(record.topic, "t-20241025");
  record.timestamp.reset();
  EXPECT_TRUE(refusal([&] { route->apply_to_sink(record); }).starts_with("Timestamp missing on record: SinkRecord{"));
}

}  // namespace
}  // namespace millrace::transforms
