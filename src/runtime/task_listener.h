#pragma once

#include <cstdint>
#include <string>

#include "runtime/herder.h"

namespace millrace::runtime {

/// Told what becomes of connectors and tasks. The herder that starts them implements it and stores the statuses.
/// Runs on: the connector's or task's thread. Must not block.
class StatusListener {
 public:
  virtual ~StatusListener() = default;
  /// `trace` is empty unless FAILED. `version` is the plugin's.
  virtual void on_connector_state(const std::string& connector, State state, const std::string& trace,
                                  const std::string& version) = 0;
  virtual void on_task_state(const ConnectorTaskId& task, State state, const std::string& trace,
                             const std::string& version) = 0;
  /// The first record of this task to or from `topic` since `topics_epoch()` changed.
  virtual void on_topic(const ConnectorTaskId& task, const std::string& topic) = 0;
  /// Changes when active topics were reset, so that they are reported again. Cheap.
  virtual std::uint64_t topics_epoch() const = 0;
};

}  // namespace millrace::runtime
