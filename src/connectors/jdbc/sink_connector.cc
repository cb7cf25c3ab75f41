#include "connectors/jdbc/sink_connector.h"

#include <algorithm>

#include "connectors/jdbc/connection_keeper.h"
#include "connectors/jdbc/source_config.h"
#include "millrace/errors.h"

namespace millrace::jdbc {

void JdbcSinkConnector::start(const Props& config) {
  SinkConfig::table().parse(config);
  props_ = config;
}

std::vector<Props> JdbcSinkConnector::task_configs(std::int32_t max_tasks) {
  return std::vector<Props>(static_cast<std::size_t>(std::max(max_tasks, 1)), props_);
}

std::vector<ConfigValue> JdbcSinkConnector::validate(const Props& props) const {
  std::vector<ConfigValue> values = config().validate(props);
  const auto add = [&values](const std::string& key, const std::string& text) {
    for (ConfigValue& value : values) {
      if (value.name == key) value.errors.push_back(text);
    }
  };
  const auto clean = [&values] {
    return std::all_of(values.begin(), values.end(), [](const ConfigValue& value) { return value.errors.empty(); });
  };
  const auto text = [&props](const char* key) {
    const auto at = props.find(key);
    return at == props.end() ? std::string() : at->second;
  };
  if (text("delete.enabled") == "true" && text("pk.mode") != "record_key" && text("pk.mode") != "RECORD_KEY") {
    add("delete.enabled", "Deletes are only supported for pk.mode record_key");
    add("pk.mode", "Deletes are only supported for pk.mode record_key");
  }
  if (!clean()) return values;
  try {
    const SinkConfig config = SinkConfig::table().parse(props);
    ConnectionSettings settings = config.connection(props);
    settings.login_timeout = std::chrono::milliseconds(15'000);
    check_blocked_parameters(settings);
    Interrupt interrupt;
    try {
      find_dialect(config.dialect_name, config.url).connect(settings, interrupt, logger("connectors.jdbc"));
    } catch (const SqlError& error) {
      add("connection.url", "Could not connect to database. " + connection_failure(settings, error));
    }
  } catch (const ConfigError& error) {
    add("connection.url", std::string("Could not connect to database. ") + error.what());
  }
  return values;
}

}  // namespace millrace::jdbc
