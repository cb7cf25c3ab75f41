#include "ctl/ctl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace millrace::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CtlTest : public ::testing::Test {
 protected:
  int call(const std::string& verb, const std::vector<std::string>& arguments) {
    Environment environment;
    environment.send = [this](const http::ClientRequest& request) -> Result<http::Response> {
      sent_ = request.method + " " + request.url;
      body_ = request.body;
      return answer_;
    };
    environment.out = [this](const std::string& line) { out_.push_back(line); };
    environment.err = [this](const std::string& line) { err_.push_back(line); };
    return run(verb, arguments, environment);
  }
  void answer(int status, std::string body) { answer_ = {.status = status, .headers = {}, .body = std::move(body)}; }

  http::Response answer_;
  std::string sent_;
  std::string body_;
  std::vector<std::string> out_;
  std::vector<std::string> err_;
};

TEST_F(CtlTest, ListIsSorted) {
  answer(200, R"(["b","a"])");
  EXPECT_EQ(call("list", {}), 0);
  EXPECT_THAT(out_, ElementsAre("a", "b"));
  EXPECT_EQ(sent_, "GET http://localhost:8083/connectors");
}

TEST_F(CtlTest, StatusShowsTheFirstLineOfATrace) {
  answer(200, R"({"name":"c","connector":{"state":"RUNNING","worker_id":"h:1"},)"
              R"("tasks":[{"id":0,"state":"FAILED","worker_id":"h:1","trace":"boom\n\tat x"}],"type":"sink"})");
  EXPECT_EQ(call("status", {"c d", "--url", "http://h:9/"}), 0);
  EXPECT_EQ(sent_, "GET http://h:9/connectors/c%20d/status");
  ASSERT_EQ(out_.size(), 3u);
  EXPECT_THAT(out_[0], HasSubstr("RUNNING"));
  EXPECT_EQ(out_[2], "    boom");
}

TEST_F(CtlTest, ValidatePrintsWhatIsWrong) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("ctl-" + std::to_string(::getpid()) + ".properties");
  std::ofstream(path) << "name=c\nconnector.class=A\n";
  answer(200, R"({"configs":[{"value":{"name":"topic","errors":["missing"]}}]})");
  EXPECT_EQ(call("validate", {path}), 1);
  EXPECT_THAT(out_, ElementsAre("topic: missing"));
  EXPECT_EQ(body_, R"({"name":"c","connector.class":"A"})");
  answer(200, R"({"configs":[]})");
  EXPECT_EQ(call("validate", {path}), 0);
  std::filesystem::remove(path);
}

TEST_F(CtlTest, RefusalsAreTheWorkersWords) {
  answer(404, R"({"error_code":404,"message":"Unknown connector c"})");
  EXPECT_EQ(call("pause", {"c"}), 1);
  EXPECT_THAT(err_, ElementsAre("Unknown connector c"));
}

TEST_F(CtlTest, ChangesAnswerOneLine) {
  answer(204, "");
  EXPECT_EQ(call("delete", {"c"}), 0);
  EXPECT_THAT(out_, ElementsAre("c deleted"));
  EXPECT_EQ(sent_, "DELETE http://localhost:8083/connectors/c");
}

TEST_F(CtlTest, WrongUsage) {
  EXPECT_EQ(call("pause", {}), 1);
  EXPECT_EQ(call("status", {"--nope"}), 1);
  EXPECT_THAT(err_, ElementsAre("Usage: millrace pause NAME [--url URL]", "Usage: millrace status [NAME] [--url URL]"));
  EXPECT_TRUE(is_command("offsets"));
  EXPECT_FALSE(is_command("standalone"));
}

}  // namespace
}  // namespace millrace::ctl
