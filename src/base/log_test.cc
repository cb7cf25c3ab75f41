#include "base/log.h"

#include <gtest/gtest.h>

#include <string>

namespace millrace::base {
namespace {

TEST(LogTest, LinesNameTimeLevelContextAndLogger) {
  testing::internal::CaptureStderr();
  {
    const LogContext context("[orders|task-0] ");
    log_named("log_test.lines").info("committed offsets={}", 3);
  }
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(line.ends_with("] INFO [orders|task-0] committed offsets=3 (log_test.lines)\n")) << line;
  EXPECT_EQ(LogContext::current(), "");
}

TEST(LogTest, AStackTraceFollowsTheLineThatNamesTheLogger) {
  testing::internal::CaptureStderr();
  log_named("log_test.trace").error("it failed.\n{}", "Exception: why\n\tat there");
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(lines.ends_with("] ERROR it failed. (log_test.trace)\nException: why\n\tat there\n")) << lines;
}

TEST(LogTest, ALevelIsSetForAllNamesWithThatPrefixAndForNewLoggersBelow) {
  log_named("log_test.pre.a");
  log_named("log_test.prefix");
  const auto changed = LoggerRegistry::instance().set_level("log_test.pre", Level::kDebug, 7);
  EXPECT_EQ(changed, (std::vector<std::string>{"log_test.pre", "log_test.pre.a", "log_test.prefix"}));
  EXPECT_TRUE(log_named("log_test.pre.new").enabled(Level::kDebug));
  EXPECT_EQ(LoggerRegistry::instance().find("log_test.pre.a")->last_modified_ms, 7);

  // The same level again is no change.
  EXPECT_TRUE(LoggerRegistry::instance().set_level("log_test.pre", Level::kDebug, 9).empty());
  EXPECT_EQ(LoggerRegistry::instance().find("log_test.pre.a")->last_modified_ms, 7);
}

TEST(LogTest, RootIsListedAndUnknownLoggersAreNot) {
  EXPECT_TRUE(LoggerRegistry::instance().list().contains("root"));
  EXPECT_TRUE(LoggerRegistry::instance().find("ROOT").has_value());
  EXPECT_FALSE(LoggerRegistry::instance().find("log_test.never").has_value());
}

TEST(LogTest, LevelWordsAreReadInAnyCase) {
  EXPECT_EQ(level_from("warn"), Level::kWarn);
  EXPECT_EQ(level_from("OFF"), Level::kOff);
  EXPECT_FALSE(level_from("loud").has_value());
}

}  // namespace
}  // namespace millrace::base
