#include "runtime/config/connector_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

class PassThrough : public Transformation {
 public:
  static const ConfigDef& definition() {
    static const ConfigDef kDefinition = [] {
      ConfigDef definition;
      ConfigKey later;
      later.name = "later";
      later.default_value = "";
      later.importance = Importance::kLow;
      definition.define(later);
      ConfigKey field;
      field.name = "field";
      field.required = true;
      field.importance = Importance::kHigh;
      definition.define(field);
      return definition;
    }();
    return kDefinition;
  }
  const ConfigDef& config() const override { return definition(); }
  void configure(const Props&) override {}
  bool apply(ConnectRecord&) override { return true; }
};

class ConnectorConfigTest : public ::testing::Test {
 protected:
  ConnectorConfigTest() {
    plugins_.transformation<PassThrough>("org.example.Pass$Key").config(PassThrough::definition());
    plugins_.transformation<PassThrough>("org.example.Pass$Value").config(PassThrough::definition());
    plugins_.set_default_version("4.1.0");
  }

  ConnectorConfig parse(ConnectorType type, Props props) {
    Result<ConnectorConfig> parsed = attempt(type, std::move(props));
    EXPECT_TRUE(parsed.ok()) << parsed.error().text;
    return parsed.ok() ? std::move(parsed).value() : ConnectorConfig{};
  }
  std::string error_of(ConnectorType type, Props props) {
    const Result<ConnectorConfig> parsed = attempt(type, std::move(props));
    return parsed.ok() ? "no error" : parsed.error().text;
  }
  Result<ConnectorConfig> attempt(ConnectorType type, Props props) {
    props.emplace("name", "c");
    props.emplace("connector.class", "FileStreamSource");
    return ConnectorConfig::parse(type, props, plugins_, worker_);
  }

  PluginRegistry plugins_;
  WorkerConfig worker_;
};

TEST_F(ConnectorConfigTest, Defaults) {
  const ConnectorConfig config = parse(ConnectorType::kSource, {});
  EXPECT_EQ(config.tasks_max, 1);
  EXPECT_TRUE(config.tasks_max_enforce);
  EXPECT_EQ(config.errors.retry_timeout, milliseconds(0));
  EXPECT_EQ(config.errors.tolerance, ErrorTolerance::kNone);
  EXPECT_EQ(config.transaction_boundary, TransactionBoundary::kPoll);
  EXPECT_TRUE(config.topic_creation.empty());
}

TEST_F(ConnectorConfigTest, BaseKeysAreInKafkasOrder) {
  auto keys = base_connector_definition(ConnectorType::kSink).keys();
  std::erase_if(keys, [](const ConfigKey& key) { return key.internal; });  // those that Kafka does not have
  ASSERT_EQ(keys.size(), 24u);
  EXPECT_EQ(keys[0].name, "name");
  EXPECT_EQ(keys[11].name, "transforms");
  EXPECT_EQ(keys[19].name, "topics");
  EXPECT_EQ(base_connector_definition(ConnectorType::kSource).keys()[20].name, "exactly.once.support");
}

TEST_F(ConnectorConfigTest, ErrorHandling) {
  const ConnectorConfig config = parse(ConnectorType::kSink, {{"topics", "a, b,,a"},
                                                              {"errors.retry.timeout", "-1"},
                                                              {"errors.tolerance", "all"},
                                                              {"errors.deadletterqueue.topic.name", "dlq"}});
  EXPECT_EQ(config.errors.retry_timeout, std::nullopt);
  EXPECT_EQ(config.errors.tolerance, ErrorTolerance::kAll);
  EXPECT_EQ(config.errors.dead_letter_topic, "dlq");
  EXPECT_EQ(config.errors.dead_letter_replication_factor, 3);
  EXPECT_THAT(config.topics, ElementsAre("a", "b"));
}

TEST_F(ConnectorConfigTest, SinkTopicRules) {
  EXPECT_EQ(error_of(ConnectorType::kSink, {}),
            "Invalid value  for configuration topics: Must configure one of topics or topics.regex");
  EXPECT_EQ(error_of(ConnectorType::kSink, {{"topics", "a"}, {"topics.regex", "a"}}),
            "Invalid value a for configuration topics: topics and topics.regex are mutually exclusive options, but "
            "both are set.");
  EXPECT_EQ(error_of(ConnectorType::kSink, {{"topics", "a,b"}, {"errors.deadletterqueue.topic.name", " a "}}),
            "Invalid value a,b for configuration topics: The DLQ topic 'a' may not be included in the list of topics "
            "('topics=[a, b]') consumed by the connector");
  EXPECT_EQ(error_of(ConnectorType::kSink, {{"topics.regex", "a.*"}, {"errors.deadletterqueue.topic.name", "ab"}}),
            "Invalid value a.* for configuration topics.regex: The DLQ topic 'ab' may not be matched by the regex for "
            "the topics "
            "('topics.regex=a.*') consumed by the connector");
}

TEST_F(ConnectorConfigTest, TransformsGetTheirOwnKeys) {
  const ConnectorConfig config = parse(ConnectorType::kSource, {{"transforms", "t"},
                                                                {"transforms.t.type", "org.example.Pass$Key"},
                                                                {"transforms.t.field", "f"},
                                                                {"transforms.t.predicate", "p"},
                                                                {"transforms.t.negate", "TRUE"}});
  ASSERT_EQ(config.transforms.size(), 1u);
  EXPECT_EQ(config.transforms[0].config, (Props{{"field", "f"}}));
  EXPECT_EQ(config.transforms[0].predicate, "p");
  EXPECT_TRUE(config.transforms[0].negate);
}

TEST_F(ConnectorConfigTest, TransformProblems) {
  EXPECT_EQ(error_of(ConnectorType::kSource, {{"transforms", "t"}}),
            "Missing required configuration \"transforms.t.type\" which has no default value.");
  EXPECT_EQ(error_of(ConnectorType::kSource, {{"transforms", "t,t"}}),
            "Invalid value [t, t] for configuration transforms: Duplicate alias provided.\n"
            "Missing required configuration \"transforms.t.type\" which has no default value.");
  EXPECT_EQ(error_of(ConnectorType::kSource, {{"transforms", "t"}, {"transforms.t.type", "org.example.Pass"}}),
            "This class is abstract and cannot be created. Did you mean org.example.Pass$Key, org.example.Pass$Value?");
  EXPECT_EQ(error_of(ConnectorType::kSource, {{"transforms", "t"}, {"transforms.t.type", "java.lang.String"}}),
            "Class class java.lang.String does not implement the Transformation interface");
  EXPECT_EQ(error_of(ConnectorType::kSource, {{"transforms", "t"}, {"transforms.t.type", "com.x.Nope"}}),
            "Invalid value com.x.Nope for configuration transforms.t.type: Class com.x.Nope could not be found.");
}

TEST_F(ConnectorConfigTest, EmbeddedKeysAreSortedAndNumbered) {
  ConfigDef definition;
  std::vector<PluginChainProblem> problems;
  add_transforms_and_predicates(definition, {{"transforms", "t"}, {"transforms.t.type", "org.example.Pass$Key"}},
                                plugins_, problems);
  std::vector<std::string> names;
  for (const ConfigKey& key : definition.keys()) names.push_back(key.name + " " + std::to_string(key.order_in_group));
  EXPECT_THAT(names, ElementsAre("transforms.t.type 0", "transforms.t.plugin.version 1", "transforms.t.field 2",
                                 "transforms.t.negate 3", "transforms.t.predicate 4", "transforms.t.later 5"));
  EXPECT_EQ(definition.find("transforms.t.field")->display_name, "field");
  EXPECT_EQ(definition.find("transforms.t.field")->group, "Transforms: t");
  EXPECT_EQ(definition.find("transforms.t.plugin.version")->default_value, "4.1.0");
}

TEST_F(ConnectorConfigTest, TopicCreationGroups) {
  const ConnectorConfig config = parse(ConnectorType::kSource, {{"topic.creation.default.replication.factor", "1"},
                                                                {"topic.creation.default.partitions", "2"},
                                                                {"topic.creation.default.cleanup.policy", "compact"},
                                                                {"topic.creation.groups", "g,default"},
                                                                {"topic.creation.g.include", "a.*,b"},
                                                                {"topic.creation.g.partitions", "5"}});
  ASSERT_EQ(config.topic_creation.size(), 2u);
  EXPECT_EQ(config.topic_creation[0].name, "g");
  EXPECT_EQ(config.topic_creation[0].partitions, 5);
  EXPECT_EQ(config.topic_creation[0].replication_factor, 1);
  EXPECT_TRUE(config.topic_creation[0].topic_settings.empty());
  EXPECT_EQ(config.topic_creation[1].name, "default");
  EXPECT_EQ(config.topic_creation[1].topic_settings, (Props{{"cleanup.policy", "compact"}}));
  EXPECT_EQ(error_of(ConnectorType::kSource, {{"topic.creation.default.partitions", "2"}}),
            "Missing required configuration \"topic.creation.default.replication.factor\" which has no default value.");
}

TEST_F(ConnectorConfigTest, AConverterOfItsOwnHasOnlyItsOwnSettings) {
  worker_.originals = {{"key.converter.schemas.enable", "false"}};
  worker_.key_converter = "W";
  const ConverterConfig inherited =
      choose_converter(ConverterPosition::kKey, {{"key.converter.schemas.enable", "true"}}, worker_);
  EXPECT_EQ(inherited.class_name, "W");
  EXPECT_EQ(inherited.config, (Props{{"schemas.enable", "false"}}));
  const ConverterConfig own = choose_converter(ConverterPosition::kKey, {{"key.converter", "C"}}, worker_);
  EXPECT_EQ(own.class_name, "C");
  EXPECT_TRUE(own.config.empty());
}

TEST(TaskRestartsTest, AreOffUnlessAskedForAndWhenAValueIsWrong) {
  EXPECT_EQ(task_restarts({}).most, 0);
  const TaskRestarts some = task_restarts({{"errors.task.restart.max", "3"}, {"errors.task.restart.delay.ms", "20"}});
  EXPECT_EQ(some.most, 3);
  EXPECT_EQ(some.delay, milliseconds(20));
  EXPECT_EQ(some.delay_max, milliseconds(60000));
  EXPECT_EQ(task_restarts({{"errors.task.restart.max", "-1"}}).most, -1);
  EXPECT_EQ(task_restarts({{"errors.task.restart.max", "-2"}}).most, 0);
  EXPECT_EQ(task_restarts({{"errors.task.restart.max", "3"}, {"errors.task.restart.delay.ms", "soon"}}).most, 0);
  EXPECT_EQ(
      task_restarts({{"errors.task.restart.max", "3"}, {"errors.task.restart.delay.max.ms", "9223372036854775807"}})
          .delay_max,
      std::chrono::hours(24));
}

}  // namespace
}  // namespace millrace::runtime
