#include "runtime/plugin_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/plugin.h"
#include "tests/support/temp_dir.h"

// Libraries that do load are shown by tests/integration/plugins: they need a program that exports the SDK.

namespace millrace::runtime {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PluginPathTest : public ::testing::Test {
 protected:
  PluginPathReport load(const std::string& folder) { return load_plugin_path({folder}, registry_); }

  testing::TempDir dir_;
  PluginRegistry registry_;
};

TEST_F(PluginPathTest, AnEmptyPathSaysNothing) {
  const PluginPathReport report = load_plugin_path({"", ""}, registry_);
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.notes, IsEmpty());
}

TEST_F(PluginPathTest, AFolderThatIsNotThereIsNamed) {
  EXPECT_THAT(load((dir_ / "gone").string()).problems,
              ElementsAre(AllOf(HasSubstr((dir_ / "gone").string()), HasSubstr("No such file"))));
}

TEST_F(PluginPathTest, ABrokenLibraryInASubFolderIsNamedWithTheReason) {
  dir_.write("broken/broken.so", "this is no library");
  EXPECT_THAT(load(dir_.path().string()).problems,
              ElementsAre(AllOf(HasSubstr("broken/broken.so"), HasSubstr("cannot be loaded"))));
}

TEST_F(PluginPathTest, EveryBrokenLibraryIsReportedInOrder) {
  dir_.write("b.so", "x");
  dir_.write("a/a.so", "x");
  EXPECT_THAT(load(dir_.path().string()).problems, ElementsAre(HasSubstr("a/a.so"), HasSubstr("b.so")));
}

TEST_F(PluginPathTest, JavaPluginsAreCountedAndLeftAlone) {
  dir_.write("file/connect-file.jar", "x");
  dir_.write("file/other.jar", "x");
  const PluginPathReport report = load(dir_.path().string());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("2 jar files")));
}

TEST_F(PluginPathTest, FoldersFurtherDownAreNotSearched) {
  dir_.write("one/two/deep.so", "x");
  EXPECT_THAT(load(dir_.path().string()).problems, IsEmpty());
}

}  // namespace
}  // namespace millrace::runtime
