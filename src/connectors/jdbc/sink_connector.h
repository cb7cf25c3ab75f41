#pragma once

#include <vector>

#include "connectors/jdbc/sink_config.h"
#include "millrace/connector.h"

namespace millrace::jdbc {

/// io.confluent.connect.jdbc.JdbcSinkConnector
class JdbcSinkConnector final : public SinkConnector {
 public:
  void start(const Props& config) override;
  std::vector<Props> task_configs(std::int32_t max_tasks) override;
  const ConfigDef& config() const override { return SinkConfig::table().definitions(); }
  std::vector<ConfigValue> validate(const Props& props) const override;

 private:
  Props props_;
};

}  // namespace millrace::jdbc
