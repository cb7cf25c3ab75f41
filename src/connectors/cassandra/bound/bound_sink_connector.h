#pragma once

#include <memory>
#include <vector>

#include "connectors/cassandra/bound/bound_settings.h"
#include "millrace/connector.h"

namespace millrace::cassandra {

/// Writes records to tables with a bound value per column: also to nodes that take no `INSERT ... JSON`, with TTL and write time from the
/// record.
class BoundSinkConnector : public SinkConnector {
 public:
  void start(const Props& config) override;
  std::vector<Props> task_configs(std::int32_t max_tasks) override;
  const ConfigDef& config() const override { return bound_sink_config_def(); }
  std::vector<ConfigValue> validate(const Props& props) const override;

 private:
  Props props_;
};

class BoundSinkTask : public SinkTask {
 public:
  BoundSinkTask();
  ~BoundSinkTask() override;
  void start(const Props& config) override;
  void put(const std::vector<SinkRecord>& records) override;
  /// A put waits for its rows; with few of them the node is idle in between.
  std::size_t preferred_put_records() const override { return 2000; }
  void stop() override;

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

}  // namespace millrace::cassandra
