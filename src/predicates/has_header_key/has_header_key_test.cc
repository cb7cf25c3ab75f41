#include "predicates/has_header_key/has_header_key.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(HasHeaderKeyTest, OneHeaderOfThatNameIsEnough) {
  HasHeaderKey predicate;
  predicate.configure({{"name", "h"}});
  ConnectRecord record = record_of(nullptr, nullptr);
  EXPECT_FALSE(predicate.test(record));
  record.headers.add("H", 1, nullptr);
  EXPECT_FALSE(predicate.test(record));
  record.headers.add("h", nullptr, nullptr);
  EXPECT_TRUE(predicate.test(record));
}

}  // namespace
}  // namespace millrace::transforms
