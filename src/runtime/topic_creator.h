#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/admin.h"
#include "millrace/regex.h"
#include "runtime/config/connector_config.h"

namespace millrace::runtime {

/// Creates missing topics for a source task (topic.creation.*), each looked at once. Behaviour: KIP-158.
/// Threads: the task's.
class TopicCreator {
 public:
  /// Precondition: `groups` is not empty; the default group is last. Throws RegexError never: parsing checked the patterns.
  TopicCreator(std::shared_ptr<kafka::Admin> admin, const std::vector<TopicCreationGroup>& groups);

  bool knows(const std::string& topic) const { return known_.contains(topic); }
  /// Blocks for the broker's answer. A retriable Error: try again; others fail the task.
  Result<void> ensure(const std::string& topic);

 private:
  struct Group {
    TopicCreationGroup config;
    std::vector<Regex> include;
    std::vector<Regex> exclude;
    bool takes(const std::string& topic) const;
  };
  std::shared_ptr<kafka::Admin> admin_;
  std::vector<Group> groups_;
  std::set<std::string> known_;
};

}  // namespace millrace::runtime
