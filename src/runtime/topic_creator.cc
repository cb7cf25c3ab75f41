#include "runtime/topic_creator.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

constexpr std::chrono::seconds kTimeout{60};

base::Log& topics_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.AbstractWorkerSourceTask");
  return log;
}

std::string text_of(const kafka::NewTopic& topic) {
  const auto number = [](int n) { return n == -1 ? std::string("default") : std::to_string(n); };
  std::string configs;
  for (const auto& [key, value] : topic.configs) configs += (configs.empty() ? "" : ", ") + key + "=" + value;
  return fmt::format("(name={}, numPartitions={}, replicationFactor={}, replicasAssignments=null, configs={{{}}})",
                     topic.name, number(topic.partitions), number(topic.replication_factor), configs);
}

}  // namespace

TopicCreator::TopicCreator(std::shared_ptr<kafka::Admin> admin, const std::vector<TopicCreationGroup>& groups)
    : admin_(std::move(admin)) {
  for (const TopicCreationGroup& config : groups) {
    Group group{config, {}, {}};
    for (const std::string& pattern : config.include) group.include.emplace_back(pattern);
    for (const std::string& pattern : config.exclude) group.exclude.emplace_back(pattern);
    groups_.push_back(std::move(group));
  }
}

bool TopicCreator::Group::takes(const std::string& topic) const {
  const auto matches = [&](const Regex& regex) { return regex.matches(topic); };
  return std::any_of(include.begin(), include.end(), matches) && std::none_of(exclude.begin(), exclude.end(), matches);
}

Result<void> TopicCreator::ensure(const std::string& topic) {
  Result<std::map<std::string, std::int32_t>> found = admin_->describe_topics({topic}, kTimeout);
  if (found && found->contains(topic)) {
    known_.insert(topic);
    return {};
  }
  if (!found && found.error().retriable) return std::move(found).error();

  const auto at = std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) { return group.takes(topic); });
  const TopicCreationGroup& group = at == groups_.end() ? groups_.back().config : at->config;
  kafka::NewTopic wanted{topic, group.partitions, group.replication_factor, group.topic_settings};
  const Result<kafka::TopicCreation> made = admin_->create_topic(wanted, kTimeout);
  if (!made) {
    const bool refused = made.error().code == Errc::kInvalid;  // too few brokers for the replication factor
    if (made.error().retriable && !refused) return made.error();
    if (made.error().code != Errc::kForbidden) {
      Error error = connect_error(fmt::format("Unable to create topic(s) '{}': {}", topic, made.error().text));
      error.trace += "\nCaused by: " + trace_of(made.error());
      return error;
    }
    Error error = connect_error(fmt::format(
        "Task failed to create new topic {}. Ensure that the task is authorized to create topics or that the "
        "topic exists and restart the task",
        text_of(wanted)));
    error.trace += "\nCaused by: " + trace_of(made.error());
    return error;
  }
  if (*made == kafka::TopicCreation::kCreated) {
    topics_log().info("created topic {} using creation group {}", text_of(wanted), group.name);
  }
  known_.insert(topic);
  return {};
}

}  // namespace millrace::runtime
