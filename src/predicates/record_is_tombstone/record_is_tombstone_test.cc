#include "predicates/record_is_tombstone/record_is_tombstone.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(RecordIsTombstoneTest, IsSoWhenTheValueIsNull) {
  RecordIsTombstone predicate;
  EXPECT_TRUE(predicate.test(record_of(Schema::optional_string(), nullptr)));
  EXPECT_FALSE(predicate.test(record_of(nullptr, "")));
}

}  // namespace
}  // namespace millrace::transforms
