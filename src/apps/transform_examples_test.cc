// The examples beside the transforms hold, and the reference pages print them.

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "apps/transform_session.h"
#include "json/node.h"
#include "millrace/plugin.h"

namespace millrace::runtime {
void register_builtin_plugins(PluginRegistry& plugins);
}

namespace millrace::apps {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TransformExamples, HoldAndArePrinted) {
  PluginRegistry plugins;
  runtime::register_builtin_plugins(plugins);
  const fs::path root = MILLRACE_SOURCE_DIR;
  std::size_t pages = 0;
  for (const char* kind : {"transforms", "predicates"}) {
    for (const auto& folder : fs::directory_iterator(root / "src" / kind)) {
      const std::string name = folder.path().filename();
      if (!fs::exists(folder.path() / "plugin.cc")) continue;
      SCOPED_TRACE(name);
      const std::string page = read(root / "docs/reference" / kind / (name + ".md"));
      ++pages;
      ASSERT_TRUE(fs::exists(folder.path() / "examples"));
      for (const auto& file : fs::directory_iterator(folder.path() / "examples")) {
        const std::string text = read(file.path());
        EXPECT_NE(page.find("```json\n" + text + "```"), std::string::npos)
            << "the page does not print " << file.path();
        const auto example = json::parse(text);
        Props config;
        for (const auto& [key, value] : example->find("config")->members()) config[key] = value.string();
        auto session = TransformSession::open(config, plugins, {example->find("schemaless")->boolean(), false});
        ASSERT_TRUE(session.ok()) << session.error().text;
        const auto& in = example->find("in")->items();
        const auto& out = example->find("out")->items();
        ASSERT_EQ(in.size(), out.size());
        for (std::size_t i = 0; i < in.size(); ++i) EXPECT_EQ(session->run(in[i].dump()), out[i].dump());
      }
    }
  }
  EXPECT_EQ(pages, 19U);
}

}  // namespace
}  // namespace millrace::apps
