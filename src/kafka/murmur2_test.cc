#include "kafka/murmur2.h"

#include <gtest/gtest.h>

namespace millrace::kafka {
namespace {

// Values of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
TEST(Murmur2Test, GivesWhatJavaGives) {
  EXPECT_EQ(murmur2("21"), -973932308);
  EXPECT_EQ(murmur2("foobar"), -790332482);
  EXPECT_EQ(murmur2("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(murmur2("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(murmur2("abc"), 479470107);
}

}  // namespace
}  // namespace millrace::kafka
