#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/jdbc/source_config.h"
#include "connectors/jdbc/table_monitor.h"
#include "millrace/connector.h"

namespace millrace::jdbc {

/// io.confluent.connect.jdbc.JdbcSourceConnector
class JdbcSourceConnector final : public SourceConnector {
 public:
  JdbcSourceConnector();
  ~JdbcSourceConnector() override;
  void start(const Props& config) override;
  void stop() override;
  std::vector<Props> task_configs(std::int32_t max_tasks) override;
  const ConfigDef& config() const override { return SourceConfig::table().definitions(); }
  std::vector<ConfigValue> validate(const Props& props) const override;

 private:
  Logger& log_;
  Props props_;
  SourceConfig config_;
  const Dialect* dialect_ = nullptr;
  std::unique_ptr<TableMonitor> monitor_;
};

/// Cuts `count` items into `groups` contiguous blocks, the first ones one longer: the sizes.
std::vector<std::size_t> group_sizes(std::size_t count, std::size_t groups);

/// REST validation beyond the single options: cross checks, then the database is asked.
void validate_source(const Props& props, std::vector<ConfigValue>& values);

}  // namespace millrace::jdbc
