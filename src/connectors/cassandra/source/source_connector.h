#pragma once

#include <memory>
#include <vector>

#include "connectors/cassandra/source/settings.h"
#include "millrace/connector.h"

namespace millrace::cassandra {

/// Spreads the tables of its KCQL over tasks.
class CassandraSourceConnector : public SourceConnector {
 public:
  void start(const Props& config) override;
  std::vector<Props> task_configs(std::int32_t max_tasks) override;
  const ConfigDef& config() const override { return source_config_def(); }
  std::vector<ConfigValue> validate(const Props& props) const override;

 private:
  Props props_;
  std::vector<std::string> tables_;
};

class CassandraSourceTask : public SourceTask {
 public:
  CassandraSourceTask();
  ~CassandraSourceTask() override;
  void start(const Props& config) override;
  std::vector<SourceRecord> poll() override;
  void stop() override;

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

}  // namespace millrace::cassandra
