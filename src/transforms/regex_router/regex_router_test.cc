#include "transforms/regex_router/regex_router.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(RegexRouterTest, AWholeMatchIsReplaced) {
  const auto topic_after = [](const Props& config, const char* topic) {
    ConnectRecord record = record_of(nullptr, nullptr);
    record.topic = topic;
    EXPECT_TRUE(of_value<RegexRouter>(config)->apply(record));
    return record.topic;
  };
  EXPECT_EQ(topic_after({{"regex", "(.*)-(\\d)"}, {"replacement", "$2_$1"}}, "topic-1"), "1_topic");
  EXPECT_EQ(topic_after({{"regex", "(?<n>t).*+"}, {"replacement", "${n}x\\$"}}, "topic"), "tx$");
  EXPECT_EQ(topic_after({{"regex", "top"}, {"replacement", "x"}}, "topic"), "topic");
  ConnectRecord record = record_of(nullptr, nullptr);
  EXPECT_EQ(refusal([&] {
              of_value<RegexRouter>({{"regex", "t"}, {"replacement", "$2"}})->apply(record);
            }),
            "No group 2");
}

}  // namespace
}  // namespace millrace::transforms
