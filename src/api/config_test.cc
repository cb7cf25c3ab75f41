#include "millrace/config.h"

#include <gtest/gtest.h>

#include "millrace/errors.h"

namespace millrace {
namespace {

ConfigDef definition() {
  ConfigDef def;
  ConfigKey tasks;
  tasks.name = "tasks.max";
  tasks.type = ConfigType::kInt;
  tasks.default_value = "1";
  tasks.check = at_least(1);
  def.define(tasks);
  ConfigKey topic;
  topic.name = "topic";
  topic.required = true;
  def.define(topic);
  ConfigKey tolerance;
  tolerance.name = "errors.tolerance";
  tolerance.default_value = "none";
  tolerance.check = one_of({"none", "all"});
  def.define(tolerance);
  ConfigKey list;
  list.name = "list";
  list.type = ConfigType::kList;
  def.define(list);
  return def;
}

std::vector<std::string> errors_of(const Props& props, const std::string& key) {
  for (const ConfigValue& value : definition().validate(props)) {
    if (value.name == key) return value.errors;
  }
  return {"no such key"};
}

using Texts = std::vector<std::string>;

TEST(ConfigDefTest, ErrorTextsAreKafkas) {
  EXPECT_EQ(errors_of({}, "topic"), Texts{"Missing required configuration \"topic\" which has no default value."});
  EXPECT_EQ(errors_of({{"tasks.max", "abc"}}, "tasks.max"),
            (Texts{"Invalid value abc for configuration tasks.max: Not a number of type INT",
                   "Invalid value null for configuration tasks.max: Value must be non-null"}));
  EXPECT_EQ(errors_of({{"tasks.max", "0"}}, "tasks.max"),
            Texts{"Invalid value 0 for configuration tasks.max: Value must be at least 1"});
  EXPECT_EQ(errors_of({{"errors.tolerance", "some"}}, "errors.tolerance"),
            Texts{"Invalid value some for configuration errors.tolerance: String must be one of: none, all"});
  EXPECT_EQ(errors_of({}, "list"), Texts{});
}

TEST(ConfigDefTest, TypesAreParsedAsJavaDoes) {
  const auto parse = [](const std::string& text, ConfigType type) {
    try {
      return config_object_text(ConfigDef::parse_type("x", text, type), type).value_or("null");
    } catch (const ConfigError& e) {
      return std::string(e.what());
    }
  };
  EXPECT_EQ(parse(" True ", ConfigType::kBoolean), "true");
  EXPECT_EQ(parse("yes", ConfigType::kBoolean),
            "Invalid value yes for configuration x: Expected value to be either true or false");
  EXPECT_EQ(parse("+5", ConfigType::kInt), "5");
  EXPECT_EQ(parse("2147483648", ConfigType::kInt),
            "Invalid value 2147483648 for configuration x: Not a number of type INT");
  EXPECT_EQ(parse("2147483648", ConfigType::kLong), "2147483648");
  EXPECT_EQ(parse("70000", ConfigType::kShort), "Invalid value 70000 for configuration x: Not a number of type SHORT");
  EXPECT_EQ(parse("1", ConfigType::kDouble), "1.0");
  EXPECT_EQ(parse("1.5e3d", ConfigType::kDouble), "1500.0");
  EXPECT_EQ(parse("", ConfigType::kDouble), "Invalid value  for configuration x: Not a number of type DOUBLE");
  EXPECT_EQ(parse(" a , b,,c ", ConfigType::kList), "a,b,,c");
  EXPECT_EQ(std::get<Texts>(ConfigDef::parse_type("x", "  ", ConfigType::kList)), Texts{});
  EXPECT_EQ(parse("s3cret", ConfigType::kPassword), "[hidden]");
  EXPECT_EQ(parse("  text ", ConfigType::kString), "text");
}

TEST(ConfigDefTest, ParseReportsEveryProblem) {
  try {
    definition().parse({{"tasks.max", "abc"}, {"errors.tolerance", "x"}});
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_STREQ(e.what(),
                 "Invalid value abc for configuration tasks.max: Not a number of type INT\n"
                 "Missing required configuration \"topic\" which has no default value.\n"
                 "Invalid value x for configuration errors.tolerance: String must be one of: none, all");
  }
  const ParsedConfig parsed = definition().parse({{"topic", "t"}});
  EXPECT_EQ(parsed.integer("tasks.max"), 1);
  EXPECT_TRUE(parsed.is_null("list"));
}

struct Sample {
  std::string topic;
  std::int32_t size = 0;
  std::optional<Secret> password;
};

TEST(ConfigTableTest, FillsTheStruct) {
  const ConfigTable<Sample> table{
      option("topic", &Sample::topic).required().check(non_empty()),
      option("size", &Sample::size).default_to(10).check(at_least(1)),
      option("password", &Sample::password),
  };
  const Sample sample = table.parse({{"topic", "t"}, {"password", "p"}});
  EXPECT_EQ(sample.topic, "t");
  EXPECT_EQ(sample.size, 10);
  EXPECT_EQ(sample.password->reveal(), "p");
  EXPECT_THROW(table.parse({{"topic", ""}}), ConfigError);
  EXPECT_EQ(table.definitions().find("password")->type, ConfigType::kPassword);
}

}  // namespace
}  // namespace millrace
