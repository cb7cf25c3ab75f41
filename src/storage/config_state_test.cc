#include "storage/config_state.h"

#include <gtest/gtest.h>

#include <utility>

namespace millrace::storage {
namespace {

class ConfigRecordReaderTest : public ::testing::Test, public ConfigUpdateListener {
 protected:
  void on_connector_config_removed(const std::string& c) override { events_.push_back("removed " + c); }
  void on_connector_config_updated(const std::string& c) override { events_.push_back("updated " + c); }
  void on_task_configs_updated(const std::vector<ConnectorTaskId>& tasks) override {
    std::string text = "tasks";
    for (const ConnectorTaskId& task : tasks) text += " " + task.to_string();
    events_.push_back(text);
  }
  void on_target_state_changed(const std::string& c) override { events_.push_back("state " + c); }
  void on_session_key(const SessionKey& key) override { events_.push_back("key " + std::to_string(key.key.size())); }
  void on_restart_request(const RestartRecord& r) override {
    events_.push_back("restart " + r.connector + (r.only_failed ? " failed" : "") + (r.include_tasks ? " tasks" : ""));
  }
  void on_logger_level(const std::string& logger, const std::string& level) override {
    events_.push_back(logger + "=" + level);
  }

  static Value object(std::initializer_list<std::pair<const char*, Value>> members) {
    Map map;
    for (const auto& [name, value] : members) map.put(Value(name), value);
    return Value(std::move(map));
  }
  std::string apply(std::string_view key, std::optional<Value> value) {
    return reader_.apply(key, value, offset_++, phase_, this);
  }
  void connector(const std::string& name) {
    EXPECT_EQ(apply("connector-" + name, properties_value({{"name", name}})), "");
  }
  void task(const std::string& name, int number) {
    EXPECT_EQ(apply("task-" + name + "-" + std::to_string(number), properties_value({{"n", std::to_string(number)}})),
              "");
  }
  void commit(const std::string& name, std::int64_t count) {
    EXPECT_EQ(apply("commit-" + name, object({{"tasks", Value(count)}})), "");
  }
  std::vector<std::string> take_events() { return std::exchange(events_, {}); }
  using Events = std::vector<std::string>;

  ConfigRecordReader reader_;
  ConfigRecordReader::Phase phase_ = ConfigRecordReader::Phase::kLive;
  std::int64_t offset_ = 0;
  Events events_;
};

TEST_F(ConfigRecordReaderTest, TaskConfigsCountOnceTheyAreCommitted) {
  connector("a-1");
  task("a-1", 0);
  task("a-1", 1);
  EXPECT_TRUE(reader_.state().tasks("a-1").empty());
  commit("a-1", 2);
  EXPECT_EQ(reader_.state().tasks("a-1").size(), 2u);
  EXPECT_EQ(reader_.state().task_config({"a-1", 1})->at("n"), "1");
  EXPECT_EQ(reader_.state().task_config_generation("a-1"), 0);
  EXPECT_TRUE(reader_.state().pending_fencing.contains("a-1"));
  EXPECT_EQ(take_events(), (Events{"updated a-1", "tasks a-1-0 a-1-1"}));
  EXPECT_EQ(reader_.state().offset, 4);
}

TEST_F(ConfigRecordReaderTest, ACommitWithoutItsTasksMakesTheConnectorInconsistent) {
  connector("c");
  task("c", 1);  // compaction took task 0 away
  commit("c", 2);
  EXPECT_TRUE(reader_.state().inconsistent.contains("c"));
  EXPECT_TRUE(reader_.state().tasks("c").empty());
  EXPECT_EQ(reader_.state().task_count("c"), 2);
  task("c", 0);
  task("c", 1);
  commit("c", 2);
  EXPECT_EQ(reader_.state().tasks("c").size(), 2u);
}

TEST_F(ConfigRecordReaderTest, ARemovedConnectorKeepsItsCountRecordForFencing) {
  connector("c");
  task("c", 0);
  commit("c", 1);
  EXPECT_EQ(apply("tasks-fencing-c", object({{"task-count", Value(std::int64_t{1})}})), "");
  EXPECT_FALSE(reader_.state().pending_fencing.contains("c"));
  EXPECT_EQ(apply("connector-c", std::nullopt), "");
  EXPECT_FALSE(reader_.state().contains("c"));
  EXPECT_EQ(reader_.state().task_count_record("c"), 1);
  EXPECT_EQ(reader_.state().task_config({"c", 0}), nullptr);
  commit("c", 1);  // late: ignored
  EXPECT_EQ(reader_.state().task_count("c"), 0);
}

TEST_F(ConfigRecordReaderTest, TargetStatesPreferTheNewWord) {
  connector("c");
  take_events();
  EXPECT_EQ(apply("target-state-c", object({{"state", Value("PAUSED")}, {"state.v2", Value("STOPPED")}})), "");
  EXPECT_EQ(reader_.state().target_state("c"), TargetState::kStopped);
  EXPECT_EQ(apply("target-state-c", object({{"state", Value("PAUSED")}})), "");
  EXPECT_EQ(reader_.state().target_state("c"), TargetState::kPaused);
  EXPECT_EQ(apply("target-state-c", object({{"state", Value("PAUSED")}})), "");  // no change, no event
  EXPECT_NE(apply("target-state-c", object({{"state", Value("ASLEEP")}})), "");
  EXPECT_EQ(apply("target-state-c", std::nullopt), "");
  EXPECT_EQ(reader_.state().target_state("c"), TargetState::kStarted);
  EXPECT_EQ(take_events(), (Events{"state c", "state c"}));
}

TEST_F(ConfigRecordReaderTest, ReplayedRequestsAreOld) {
  phase_ = ConfigRecordReader::Phase::kReplay;
  connector("c");
  const Value request = object({{"include-tasks", Value(true)}, {"only-failed", Value(false)}});
  EXPECT_EQ(apply("restart-connector-c", request), "");
  EXPECT_EQ(apply("logger-cluster-x", object({{"level", Value("DEBUG")}})), "");
  EXPECT_EQ(take_events(), Events{});
  phase_ = ConfigRecordReader::Phase::kLive;
  EXPECT_EQ(apply("restart-connector-c", request), "");
  EXPECT_EQ(apply("logger-cluster-x", object({{"level", Value("DEBUG")}})), "");
  EXPECT_EQ(take_events(), (Events{"restart c tasks", "x=DEBUG"}));
}

TEST_F(ConfigRecordReaderTest, SessionKeysAreBase64) {
  const auto key = [](const char* text) {
    return object(
        {{"key", Value(text)}, {"algorithm", Value("HmacSHA256")}, {"creation-timestamp", Value(std::int64_t{7})}});
  };
  EXPECT_EQ(apply("session-key", key("a2V5")), "");
  EXPECT_EQ(reader_.state().session_key, (SessionKey{{'k', 'e', 'y'}, "HmacSHA256", 7}));
  EXPECT_NE(apply("session-key", key("!")), "");
  EXPECT_NE(apply("session-key", std::nullopt), "");
}

TEST_F(ConfigRecordReaderTest, WhatMakesNoSenseIsSkippedAndSaid) {
  EXPECT_NE(apply("task-0", properties_value({})), "");
  EXPECT_NE(apply("task-c-x", properties_value({})), "");
  EXPECT_NE(apply("connector-c", Value("text")), "");
  EXPECT_NE(apply("mystery", Value("text")), "");
  connector("c");
  EXPECT_NE(apply("commit-c", object({{"tasks", Value("2")}})), "");
  EXPECT_EQ(reader_.state().offset, offset_);
}

}  // namespace
}  // namespace millrace::storage
