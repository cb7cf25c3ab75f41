// Every case of tests/compat/transforms/corpus.jsonl, and of generated_corpus.jsonl beside it, gives what Kafka Connect's own
// classes answered (recorded by test_transforms_compat.py with MILLRACE_UPDATE_GOLDENS=1). More random cases, as
// generated.py makes them, are taken from the folder that MILLRACE_TRANSFORM_CORPUS names.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "apps/transform_session.h"
#include "json/node.h"
#include "millrace/plugin.h"
#include "millrace/value.h"

namespace millrace::runtime {
void register_builtin_plugins(PluginRegistry& plugins);
}

namespace millrace::apps {
namespace {

std::vector<json::Node> read_lines(const std::string& name) {
  const char* other = std::getenv("MILLRACE_TRANSFORM_CORPUS");
  const std::string folder = other != nullptr ? other : MILLRACE_SOURCE_DIR "/tests/compat/transforms";
  std::ifstream file(folder + "/" + name);
  EXPECT_TRUE(file.good()) << name;
  std::vector<json::Node> out;
  for (std::string line; std::getline(file, line);) out.push_back(*json::parse(line));
  return out;
}

/// Java words that only Java has: what is compared then is that both fail.
bool is_javas_own(std::string_view message) {
  for (const std::string_view words :
       {"Cannot invoke \"", "because the return value of", "Cannot read field", "Index ", "fromIndex(", "is null",
        "class java.lang.String cannot be cast", "No value specified for static field", "in constant pool"}) {
    if (message.find(words) != std::string_view::npos) return true;
  }
  return message.empty();
}

/// The text with its floating numbers as ours are printed: Java 17 gives some of them more digits than they need.
std::string with_shortest_numbers(const std::string& text) {
  static const std::regex kFloat(R"(\d+\.\d+(E-?\d+)?)");
  std::string out;
  std::size_t copied = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), kFloat), end; match != end; ++match) {
    const std::string number = match->str();
    const auto at = static_cast<std::size_t>(match->position());
    const std::size_t digits = std::min(number.find('E'), number.size()) - 1;
    out.append(text, copied, at - copied);
    // Up to nine digits it may be either kind.
    out += digits < 10 ? java_float_text(std::strtof(number.c_str(), nullptr))
                       : java_double_text(std::strtod(number.c_str(), nullptr));
    copied = at + number.size();
  }
  return out.append(text, copied);
}

class Corpus : public testing::Test {
 protected:
  Corpus() { runtime::register_builtin_plugins(plugins_); }

  void check_files(const std::string& cases, const std::string& javas) {
    const std::vector<json::Node> corpus = read_lines(cases);
    const std::vector<json::Node> answers = read_lines(javas);
    ASSERT_EQ(corpus.size(), answers.size());
    ASSERT_GT(corpus.size(), 400U);
    for (std::size_t i = 0; i < corpus.size(); ++i) {
      ASSERT_EQ(corpus[i].find("name")->string(), answers[i].find("name")->string());
      SCOPED_TRACE(corpus[i].find("name")->string());
      check(corpus[i], answers[i]);
    }
  }

 private:
  void check(const json::Node& test, const json::Node& answer) {
    Props config;
    for (const auto& [name, value] : test.find("config")->members()) config[name] = value.string();
    if (const json::Node* sink = test.find("sink"); sink != nullptr && sink->boolean()) config["topics"] = "topic-1";
    const bool schemaless = test.find("schemaless") != nullptr;
    auto session = TransformSession::open(config, plugins_, {schemaless, false});
    if (const json::Node* refused = answer.find("config_error")) {
      EXPECT_FALSE(session.ok()) << "Java refuses it: " << refused->string();
      if (!session.ok()) expect_same_error(session.error().text, refused->string());
      return;
    }
    ASSERT_TRUE(session.ok()) << session.error().text;
    const std::vector<json::Node>& records = test.find("in")->items();
    for (std::size_t i = 0; i < records.size(); ++i) {
      SCOPED_TRACE("record " + std::to_string(i) + ": " + records[i].dump());
      expect_same(session->run(records[i].dump()), answer.find("out")->items()[i].string(), schemaless);
    }
  }

  /// Ours says where, in front; and an option by its full name, as the connector's file has it.
  static void expect_same_error(std::string ours, const std::string& java) {
    if (is_javas_own(java)) return;
    for (const std::string_view prefix : {"transforms.t.", "transforms.t1.", "transforms.t2.", "predicates.p."}) {
      if (const std::size_t at = ours.find(prefix); at != std::string::npos) ours.erase(at, prefix.size());
    }
    EXPECT_TRUE(ours.ends_with(java) || ours.find(java + ":") != std::string::npos)
        << "ours: " << ours << "\nJava: " << java;
  }

  static void expect_same(const std::string& ours, const std::string& java, bool schemaless) {
    const auto theirs = json::parse(java);
    if (const json::Node* error = theirs->is_object() ? theirs->find("error") : nullptr) {
      const auto mine = json::parse(ours);
      const json::Node* text = mine->is_object() ? mine->find("error") : nullptr;
      ASSERT_NE(text, nullptr) << "ours: " << ours << "\nJava fails: " << error->string();
      expect_same_error(text->string(), error->string());
    } else if (schemaless) {
      // Java's hash maps lose the order of members; ours keep it.
      if (*json::parse(ours) == *theirs) return;
      EXPECT_EQ(*json::parse(with_shortest_numbers(ours)), *json::parse(with_shortest_numbers(java)))
          << "ours: " << ours << "\nJava: " << java;
    } else if (ours != java) {
      EXPECT_EQ(with_shortest_numbers(ours), with_shortest_numbers(java));
    }
  }

  PluginRegistry plugins_;
};

TEST_F(Corpus, GivesWhatKafkaConnectGives) { check_files("corpus.jsonl", "java_answers.jsonl"); }

TEST_F(Corpus, GivesWhatKafkaConnectGivesAtRandom) { check_files("generated_corpus.jsonl", "generated_answers.jsonl"); }

}  // namespace
}  // namespace millrace::apps
