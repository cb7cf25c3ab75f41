#include "predicates/topic_name_matches/topic_name_matches.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(TopicNameMatchesTest, TheWholeNameMustMatch) {
  TopicNameMatches predicate;
  predicate.configure({{"pattern", "(?!internal)[a-z]+-\\d"}});
  ConnectRecord record = record_of(nullptr, nullptr);
  for (const auto& [topic, expected] :
       {std::pair{"lines-1", true}, {"internal-1", false}, {"lines-12", false}, {"xx-lines-1", false}}) {
    record.topic = topic;
    EXPECT_EQ(predicate.test(record), expected) << topic;
  }
  EXPECT_NE(refusal([] {
              TopicNameMatches().configure({{"pattern", "("}});
            }).find("Unclosed group"),
            std::string::npos);
}

}  // namespace
}  // namespace millrace::transforms
