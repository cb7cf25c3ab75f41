#pragma once

#include <set>
#include <string>
#include <utility>

#include "runtime/task_listener.h"

namespace millrace::runtime {

/// Tells the listener of each topic that a task uses, once (topic.tracking.enable). Threads: the task's.
class TopicReporter {
 public:
  enum class Tracking : bool { kOff, kOn };
  TopicReporter(ConnectorTaskId id, StatusListener& listener, Tracking tracking)
      : id_(std::move(id)), listener_(listener), tracking_(tracking) {}

  /// Per batch: notices a reset.
  void begin_batch() {
    if (tracking_ == Tracking::kOff) return;
    const std::uint64_t epoch = listener_.topics_epoch();
    if (epoch != epoch_) known_.clear();
    epoch_ = epoch;
  }

  bool is_new(const std::string& topic) const {
    return tracking_ == Tracking::kOn && topic != last_of(known_) && !known_.contains(topic);
  }
  void report(const std::string& topic) {
    known_.insert(topic);
    listener_.on_topic(id_, topic);
  }

 private:
  static const std::string& last_of(const std::set<std::string>& topics) {
    static const std::string kNone;
    return topics.empty() ? kNone : *topics.rbegin();
  }

  ConnectorTaskId id_;
  StatusListener& listener_;
  Tracking tracking_;
  std::uint64_t epoch_ = 0;
  std::set<std::string> known_;
};

}  // namespace millrace::runtime
