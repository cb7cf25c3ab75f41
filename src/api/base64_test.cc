#include "millrace/base64.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Base64Test, RoundTripsEveryLength) {
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
  }
  EXPECT_EQ(base64_encode({0, 1, 2, 0xFE, 0x3E, 0x3F}), "AAEC/j4/");
  EXPECT_EQ(base64_encode({0x03, 0xE8}), "A+g=");
}

TEST(Base64Test, RefusesWhatIsNotPaddedBase64) {
  for (const char* bad : {"A", "AA", "AAA", "AAAA=", "A===", "====", "AA=A", "AA\n=", "_-AA", "AA==AA=="}) {
    EXPECT_FALSE(base64_decode(bad)) << bad;
  }
  EXPECT_EQ(base64_decode(""), Bytes{});
}

}  // namespace
}  // namespace millrace
