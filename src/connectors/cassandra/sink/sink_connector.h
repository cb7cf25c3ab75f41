#pragma once

#include <memory>
#include <vector>

#include "connectors/cassandra/sink/sink_settings.h"
#include "millrace/connector.h"

namespace millrace::cassandra {

/// Writes records to tables with `INSERT INTO ... JSON ?`: Cassandra itself converts the values.
class CassandraSinkConnector : public SinkConnector {
 public:
  void start(const Props& config) override;
  std::vector<Props> task_configs(std::int32_t max_tasks) override;
  const ConfigDef& config() const override { return sink_config_def(); }
  std::vector<ConfigValue> validate(const Props& props) const override;

 private:
  Props props_;
};

class CassandraSinkTask : public SinkTask {
 public:
  CassandraSinkTask();
  ~CassandraSinkTask() override;
  void start(const Props& config) override;
  void put(const std::vector<SinkRecord>& records) override;
  bool reads_headers() const override { return false; }
  /// A put waits for its rows; with few of them the node is idle in between.
  std::size_t preferred_put_records() const override { return 2000; }
  void stop() override;

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

}  // namespace millrace::cassandra
