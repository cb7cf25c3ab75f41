#include "transforms/drop_headers/drop_headers.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(DropHeadersTest, AllOfTheNamedGoAndTheOrderStays) {
  const auto drop = of_value<DropHeaders>({{"headers", "a,b"}});
  ConnectRecord record = record_of(nullptr, nullptr);
  for (const char* name : {"a", "c", "b", "a", "d"}) record.headers.add(name, 1, nullptr);
  ASSERT_TRUE(drop->apply(record));
  ASSERT_EQ(record.headers.size(), 2U);
  EXPECT_EQ(record.headers.begin()->key, "c");
  EXPECT_NE(refusal([] { of_value<DropHeaders>({{"headers", ""}}); }).find("Empty list"), std::string::npos);
}

}  // namespace
}  // namespace millrace::transforms
