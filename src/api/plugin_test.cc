#include "millrace/plugin.h"

#include <gtest/gtest.h>

#include "api/logging.h"
#include "millrace/errors.h"

namespace millrace {
namespace {

void add(PluginRegistry& plugins, PluginKind kind, const char* name) {
  PluginEntry entry;
  entry.kind = kind;
  plugins.add(name, std::move(entry));
}

class PluginRegistryTest : public testing::Test {
 protected:
  PluginRegistryTest() {
    plugins.set_default_version("4.1.0");
    add(plugins, PluginKind::kSource, "org.apache.kafka.connect.file.FileStreamSourceConnector");
    add(plugins, PluginKind::kConverter, "org.apache.kafka.connect.json.JsonConverter");
    add(plugins, PluginKind::kHeaderConverter, "org.apache.kafka.connect.json.JsonConverter");
    add(plugins, PluginKind::kHeaderConverter, "org.apache.kafka.connect.storage.SimpleHeaderConverter");
    add(plugins, PluginKind::kTransformation, "org.apache.kafka.connect.transforms.ReplaceField$Value");
    add(plugins, PluginKind::kTransformation, "org.apache.kafka.connect.transforms.Cast$Value");
    add(plugins, PluginKind::kSink, "com.a.CassandraSinkConnector");
    add(plugins, PluginKind::kSink, "com.b.CassandraSinkConnector");
  }

  std::string found(PluginKind kind, std::string_view name) const {
    const PluginEntry* entry = plugins.find(kind, name);
    return entry == nullptr ? "none" : entry->class_name;
  }

  PluginRegistry plugins;
};

TEST_F(PluginRegistryTest, FindsByFullAndShortName) {
  const std::string file = "org.apache.kafka.connect.file.FileStreamSourceConnector";
  EXPECT_EQ(found(PluginKind::kSource, file), file);
  EXPECT_EQ(found(PluginKind::kSource, "FileStreamSource"), file);
  EXPECT_EQ(found(PluginKind::kSource, "FileStreamSourceConnector"), file);
  EXPECT_EQ(found(PluginKind::kSink, "FileStreamSource"), "none");
  EXPECT_EQ(found(PluginKind::kConverter, "Json"), "org.apache.kafka.connect.json.JsonConverter");
  EXPECT_EQ(found(PluginKind::kHeaderConverter, "JsonConverter"), "org.apache.kafka.connect.json.JsonConverter");
  EXPECT_EQ(found(PluginKind::kHeaderConverter, "Simple"), "org.apache.kafka.connect.storage.SimpleHeaderConverter");
  EXPECT_EQ(found(PluginKind::kTransformation, "Value"), "none");  // ambiguous
  EXPECT_EQ(found(PluginKind::kSink, "CassandraSink"), "none");
}

TEST_F(PluginRegistryTest, UnknownConnectorsAreNamedWithWhatThereIs) {
  try {
    (void)plugins.connector("com.x.Nope");
    FAIL();
  } catch (const ConnectError& e) {
    EXPECT_STREQ(e.java_class(), "org.apache.kafka.connect.errors.ConnectException");
    const std::string text = e.what();
    EXPECT_TRUE(text.starts_with(
        "Failed to find any class that implements Connector and which name matches com.x.Nope, available "
        "connectors are: PluginDesc{klass=class com.a.CassandraSinkConnector, "
        "name='com.a.CassandraSinkConnector', version='4.1.0', encodedVersion=4.1.0, type=sink, "
        "typeName='sink', location='classpath'}, "))
        << text;
  }
  try {
    (void)plugins.connector("CassandraSink");
    FAIL();
  } catch (const ConnectError& e) {
    EXPECT_TRUE(std::string(e.what()).starts_with(
        "More than one connector matches alias CassandraSink. Please use full package"));
  }
}

TEST_F(PluginRegistryTest, ListsByKindThenName) {
  std::vector<std::string> names;
  for (const PluginEntry* entry : plugins.list()) names.push_back(entry->class_name);
  EXPECT_EQ(names.front(), "com.a.CassandraSinkConnector");
  EXPECT_EQ(names[2], "org.apache.kafka.connect.file.FileStreamSourceConnector");
  EXPECT_EQ(names[3], "org.apache.kafka.connect.transforms.Cast$Value");
  EXPECT_EQ(names.back(), "org.apache.kafka.connect.storage.SimpleHeaderConverter");
  EXPECT_THROW(add(plugins, PluginKind::kSink, "com.a.CassandraSinkConnector"), ConfigError);
}

class RecordingLogger : public Logger {
 public:
  bool enabled(Level level) const override { return level >= Level::kInfo; }
  void log(Level, const std::string& message) override { messages.push_back(message); }
  std::vector<std::string> messages;
};

TEST(LoggingTest, LoggersHandedOutBeforeFollowTheFactory) {
  Logger& before = logger("test.logging");
  RecordingLogger recording;
  api::set_logger_factory([&](const std::string&) -> Logger& { return recording; });
  before.info("one");
  logger("test.logging").info("two");
  EXPECT_EQ(recording.messages, (std::vector<std::string>{"one", "two"}));
  EXPECT_FALSE(before.enabled(Logger::Level::kDebug));
  api::set_logger_factory({});
}

}  // namespace
}  // namespace millrace
