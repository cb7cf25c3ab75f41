#include "runtime/config/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ConfigDef& own_definition() {
  static const ConfigDef kDefinition = [] {
    ConfigDef definition;
    ConfigKey topic;
    topic.name = "topic";
    topic.required = true;
    topic.importance = Importance::kHigh;
    topic.group = "Own";
    definition.define(topic);
    return definition;
  }();
  return kDefinition;
}

class Source : public SourceConnector {
 public:
  void start(const Props&) override {}
  std::vector<Props> task_configs(std::int32_t) override { return {}; }
  const ConfigDef& config() const override { return own_definition(); }
};
class SourceTaskStub : public SourceTask {
 public:
  void start(const Props&) override {}
  void stop() override {}
  std::vector<SourceRecord> poll() override { return {}; }
};
class Sink : public SinkConnector {
 public:
  void start(const Props&) override {}
  std::vector<Props> task_configs(std::int32_t) override { return {}; }
  const ConfigDef& config() const override { return own_definition(); }
  std::vector<ConfigValue> validate(const Props& props) const override {
    if (props.contains("explode")) throw std::runtime_error("boom");
    std::vector<ConfigValue> values = config().validate(props);
    if (props.contains("warn")) values[0].warnings.emplace_back("not there yet");
    return values;
  }
};
class SinkTaskStub : public SinkTask {
 public:
  void start(const Props&) override {}
  void stop() override {}
  void put(const std::vector<SinkRecord>&) override {}
};

class ValidationTest : public ::testing::Test {
 protected:
  ValidationTest() {
    plugins_.source<Source, SourceTaskStub>("org.example.AlphaSourceConnector").config(own_definition());
    plugins_.sink<Sink, SinkTaskStub>("org.example.AlphaSinkConnector").config(own_definition());
    plugins_.set_default_version("4.1.0");
    worker_.client_override_policy = "All";
    worker_.key_converter = worker_.value_converter = worker_.header_converter = "org.example.Conv";
  }

  Result<ConfigInfos> attempt(RawConfig config) {
    const ConfigProviders providers;
    return ConfigValidator(plugins_, worker_, providers).validate(config);
  }
  ConfigInfos validate(RawConfig config, const char* class_name = "AlphaSource") {
    config.emplace("name", "c");
    config.emplace("connector.class", class_name);
    config.emplace("topic", "t");
    Result<ConfigInfos> infos = attempt(config);
    EXPECT_TRUE(infos.ok()) << infos.error().text;
    return infos.ok() ? std::move(infos).value() : ConfigInfos{};
  }
  static ConfigInfos::Entry entry(const ConfigInfos& infos, const std::string& name) {
    for (const auto& entry : infos.configs) {
      if (entry.value.name == name) return entry;
    }
    ADD_FAILURE() << "no entry " << name;
    return {};
  }
  static std::vector<std::string> errors(const ConfigInfos& infos, const std::string& name) {
    return entry(infos, name).value.errors;
  }

  PluginRegistry plugins_;
  WorkerConfig worker_;
};

TEST_F(ValidationTest, AGoodConfigHasNoErrors) {
  const ConfigInfos infos = validate({});
  EXPECT_EQ(infos.error_count, 0);
  EXPECT_EQ(infos.name, "AlphaSource");
  EXPECT_EQ(infos.configs.size(), 25u);
  EXPECT_EQ(infos.configs.back().value.name, "topic");
  EXPECT_THAT(infos.groups, ElementsAre("Common", "Transforms", "Predicates", "Error Handling", "Topic Creation",
                                        "Exactly Once Support", "offsets.topic", "Own"));
  EXPECT_EQ(entry(infos, "key.converter").definition->default_value, "org.example.Conv");
  EXPECT_EQ(entry(infos, "connector.plugin.version").value.value, "4.1.0");
  EXPECT_EQ(ConfigValidator::refusal(infos), std::nullopt);
}

TEST_F(ValidationTest, OneMistakeOfTasksMaxCountsTwice) {
  const ConfigInfos infos = validate({{"tasks.max", "abc"}});
  EXPECT_EQ(infos.error_count, 2);
  EXPECT_THAT(errors(infos, "tasks.max"),
              ElementsAre("Invalid value abc for configuration tasks.max: Not a number of type INT",
                          "Invalid value null for configuration tasks.max: Value must be non-null"));
  EXPECT_EQ(entry(infos, "tasks.max").value.value, std::nullopt);
}

TEST_F(ValidationTest, WarningsAreToldAndRefuseNothing) {
  const ConfigInfos infos = validate({{"topics", "t"}, {"warn", "x"}}, "org.example.AlphaSinkConnector");
  EXPECT_EQ(infos.error_count, 1);
  EXPECT_EQ(ConfigValidator::refusal(infos), std::nullopt);
  const ConfigInfos both = validate({{"warn", "x"}}, "org.example.AlphaSinkConnector");
  EXPECT_EQ(both.error_count, 3);
  EXPECT_THAT(*ConfigValidator::refusal(both), HasSubstr("the following 2 error(s):\nMust configure"));
}

TEST_F(ValidationTest, NullsAreRefused) {
  const ConfigInfos infos = validate({{"tasks.max", std::nullopt}, {"other", std::nullopt}});
  EXPECT_THAT(errors(infos, "tasks.max"),
              ElementsAre("Invalid value null for configuration tasks.max: Value must be non-null",
                          "Null value can not be supplied as the configuration value."));
  EXPECT_EQ(infos.configs.front().value.name, "other");
  EXPECT_FALSE(infos.configs.front().definition.has_value());
}

TEST_F(ValidationTest, SinksNeedTopics) {
  const ConfigInfos infos = validate({}, "org.example.AlphaSinkConnector");
  EXPECT_EQ(infos.error_count, 2);
  EXPECT_THAT(errors(infos, "topics"), ElementsAre("Must configure one of topics or topics.regex"));
  EXPECT_EQ(
      ConfigValidator::refusal(infos),
      "Connector configuration is invalid and contains the following 2 error(s):\nMust configure one of topics or "
      "topics.regex\nMust configure one of topics or topics.regex\nYou can also find the above list of errors at the "
      "endpoint "
      "`/connector-plugins/{connectorType}/config/validate`");
}

TEST_F(ValidationTest, ClassesAndVersions) {
  const ConfigInfos infos = validate({{"key.converter", "com.x.Nope"}, {"connector.plugin.version", "9.9"}});
  EXPECT_THAT(
      errors(infos, "key.converter"),
      ElementsAre("Invalid value com.x.Nope for configuration key.converter: Class com.x.Nope could not be found."));
  EXPECT_EQ(entry(infos, "key.converter").value.value, std::nullopt);
  EXPECT_THAT(
      errors(infos, "connector.plugin.version"),
      ElementsAre(
          "Plugin org.example.AlphaSourceConnector not found that matches the version range [9.9,9.9], available "
          "versions: [4.1.0]"));
  EXPECT_THAT(errors(validate({{"connector.plugin.version", "[4,5)"}}), "connector.plugin.version"), IsEmpty());
}

TEST_F(ValidationTest, ClientOverridesAreListedWithKafkasDefinitions) {
  worker_.client_override_policy = "Principal";
  const ConfigInfos infos = validate({{"producer.override.linger.ms", "5"},
                                      {"producer.override.my.key", "x"},
                                      {"consumer.override.max.poll.records", "1"},
                                      {"producer.override.sasl.jaas.config", "s"}});
  EXPECT_EQ(infos.error_count, 2);
  const auto linger = entry(infos, "producer.override.linger.ms");
  EXPECT_EQ(linger.definition->type, ConfigType::kLong);
  EXPECT_EQ(linger.definition->display_name, "linger.ms");
  EXPECT_THAT(
      linger.value.errors,
      ElementsAre(
          "The 'Principal' policy does not allow 'linger.ms' to be overridden in the connector configuration."));
  EXPECT_FALSE(entry(infos, "producer.override.my.key").definition.has_value());
  EXPECT_EQ(entry(infos, "producer.override.sasl.jaas.config").value.value, "[hidden]");
  for (const auto& listed : infos.configs) EXPECT_NE(listed.value.name, "consumer.override.max.poll.records");
}

TEST_F(ValidationTest, WhatCannotBeValidatedIsAnError) {
  Result<ConfigInfos> none = attempt({{"name", "c"}});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Errc::kInvalid);
  EXPECT_EQ(none.error().text, "Connector config {name=c} contains no connector type");
  EXPECT_THAT(none.error().trace, HasSubstr("BadRequestException: Connector config"));
  Result<ConfigInfos> unknown = attempt({{"connector.class", "Nope"}});
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().text,
              HasSubstr("Failed to find any class that implements Connector and which name matches Nope"));
  Result<ConfigInfos> number = attempt({{"connector.class", "AlphaSource"}, {"producer.override.linger.ms", "abc"}});
  ASSERT_FALSE(number.ok());
  EXPECT_EQ(number.error().text, "Invalid value abc for configuration linger.ms: Not a number of type LONG");
  Result<ConfigInfos> thrown = attempt({{"connector.class", "AlphaSink"}, {"explode", "1"}});
  ASSERT_FALSE(thrown.ok());
  EXPECT_EQ(thrown.error().code, Errc::kPluginFailed);
  EXPECT_EQ(thrown.error().text, "boom");
}

TEST_F(ValidationTest, DistributedChecks) {
  worker_.distributed.emplace();
  worker_.distributed->group_id = "connect-g";
  EXPECT_THAT(errors(validate({{"topics", "t"}, {"name", "g"}}, "AlphaSink"), "name"),
              ElementsAre("Consumer group for sink connector named g conflicts with Connect worker group connect-g"));
  const ConfigInfos source = validate({{"exactly.once.support", "Required"}, {"transaction.boundary", "connector"}});
  EXPECT_EQ(errors(source, "exactly.once.support").size(), 2u);
  EXPECT_EQ(errors(source, "transaction.boundary").size(), 1u);
}

TEST_F(ValidationTest, PluginConfigListsOwnKeysFirst) {
  const ConfigProviders providers;
  const ConfigValidator validator(plugins_, worker_, providers);
  const auto keys = validator.plugin_config("AlphaSource", "");
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(keys->front().name, "topic");
  EXPECT_EQ((*keys)[1].name, "name");
  EXPECT_EQ(keys->size(), 25u);
  EXPECT_EQ(validator.plugin_config("Nope", "").error().text, "Unknown plugin Nope.");
  const std::string version = plugins_.version_of(*plugins_.find(PluginKind::kSource, "AlphaSource"));
  for (const std::string& good : {std::string("latest"), version, "[" + version + ",)"}) {
    EXPECT_TRUE(validator.plugin_config("AlphaSource", good).ok()) << good;
  }
  EXPECT_THAT(validator.plugin_config("AlphaSource", "999").error().text,
              testing::HasSubstr("not found that matches the version range [999,999], available versions: ["));
}

}  // namespace
}  // namespace millrace::runtime
