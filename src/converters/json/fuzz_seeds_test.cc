// The fuzz targets over the golden inputs and mutations of them: a bounded run for builds without libFuzzer.

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#define LLVMFuzzerTestOneInput fuzz_json_converter
#include "converters/json/json_converter_fuzz.cc"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_values
#include "api/values_fuzz.cc"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_decimal
#include "api/decimal_fuzz.cc"
#undef LLVMFuzzerTestOneInput

namespace {

using Target = int (*)(const std::uint8_t*, std::size_t);

std::vector<std::string> seeds(const char* name) {
  std::ifstream file(std::string(MILLRACE_SOURCE_DIR) + "/tests/golden/inputs/" + name);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line);
  EXPECT_GT(out.size(), 100U) << name;
  return out;
}

/// The targets abort on a broken promise, which fails the test program.
void run(Target target, const std::vector<std::string>& corpus, int rounds) {
  std::mt19937 random(20260101);
  const std::string spice = "\"\\{}[]:,0123456789.eE+-tfnu \n\x01\xC3\xA9\xED\xA0\xFF";
  for (const std::string& seed : corpus) {
    for (int round = 0; round <= rounds; ++round) {
      std::string text = seed;
      for (int change = 0; change < round % 4 && !text.empty(); ++change) {
        const std::size_t at = random() % text.size();
        switch (random() % 4) {
          case 0: text[at] = spice[random() % spice.size()]; break;
          case 1: text.insert(at, 1, spice[random() % spice.size()]); break;
          case 2: text.erase(at, 1 + random() % 3); break;
          default: text.insert(at, corpus[random() % corpus.size()].substr(0, 20)); break;
        }
      }
      EXPECT_EQ(target(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), 0);
    }
  }
}

TEST(FuzzSeedsTest, JsonConverter) { run(fuzz_json_converter, seeds("json.txt"), 60); }
TEST(FuzzSeedsTest, Values) { run(fuzz_values, seeds("values.txt"), 200); }
TEST(FuzzSeedsTest, Decimal) { run(fuzz_decimal, seeds("values.txt"), 100); }

}  // namespace
