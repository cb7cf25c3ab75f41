#include "apps/reference_pages.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace millrace::apps {
namespace {

TEST(ReferencePages, AreThoseOfTheTablesInTheCode) {
  for (const std::string_view name : reference_page_names()) {
    const std::string path = MILLRACE_SOURCE_DIR "/docs/reference/" + std::string(name) + ".md";
    std::ifstream file(path);
    const std::string written{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(written == *reference_page(name))
        << path << " is not what the code says; make it with: millrace reference " << name << " > docs/reference/"
        << name << ".md";
  }
}

TEST(ReferencePages, NameDefaultsAndRules) {
  const std::string worker = *reference_page("worker-config");
  EXPECT_NE(worker.find("| `offset.flush.timeout.ms` | LONG | `5000` | LOW |"), std::string::npos);
  EXPECT_NE(worker.find("| `offset.storage.file.filename` | STRING | required | HIGH |"), std::string::npos);
  EXPECT_NE(reference_page("connector-config")->find("*Value must be at least 1.*"), std::string::npos);
  EXPECT_FALSE(reference_page("nothing").has_value());
}

}  // namespace
}  // namespace millrace::apps
