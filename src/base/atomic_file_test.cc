#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

namespace millrace::base {
namespace {

class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~AtomicFileTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }
  std::filesystem::path folder_;
};

TEST_F(AtomicFileTest, ReplacesContentAndLeavesNothingBeside) {
  ASSERT_TRUE(replace_file(path("f"), "one", "offsets file").ok());
  ASSERT_TRUE(replace_file(path("f"), std::string("t\0o", 3), "offsets file").ok());
  EXPECT_EQ(*read_file(path("f"), "offsets file"), std::string("t\0o", 3));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(AtomicFileTest, FollowsALinkAndKeepsTheMode) {
  ASSERT_TRUE(replace_file(path("real"), "one", "file").ok());
  chmod(path("real").c_str(), 0600);
  std::filesystem::create_symlink(path("real"), path("link"));
  ASSERT_TRUE(replace_file(path("link"), "two", "file").ok());
  EXPECT_EQ(*read_file(path("real"), "file"), "two");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_EQ(std::filesystem::status(path("real")).permissions(), std::filesystem::perms(0600));
}

TEST_F(AtomicFileTest, AMissingFileAndAMissingFolderAreDifferentErrors) {
  EXPECT_EQ(read_file(path("none"), "file").error().code, Errc::kNotFound);
  const Result<void> failed = replace_file(path("no/such"), "x", "offsets file");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, Errc::kIo);
  EXPECT_NE(failed.error().text.find("offsets file"), std::string::npos);
}

}  // namespace
}  // namespace millrace::base
