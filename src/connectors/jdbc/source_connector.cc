#include "connectors/jdbc/source_connector.h"

#include <algorithm>

#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc {

std::vector<std::size_t> group_sizes(std::size_t count, std::size_t groups) {
  std::vector<std::size_t> sizes(groups, count / groups);
  for (std::size_t i = 0; i < count % groups; ++i) ++sizes[i];
  return sizes;
}

JdbcSourceConnector::JdbcSourceConnector() : log_(logger("connectors.jdbc")) {}
JdbcSourceConnector::~JdbcSourceConnector() = default;

void JdbcSourceConnector::start(const Props& config) {
  props_ = config;
  config_ = SourceConfig::table().parse(config);
  dialect_ = &find_dialect(config_.dialect_name, config_.url);
  const ConnectionSettings settings = config_.connection(config);
  check_blocked_parameters(settings);
  if (config_.mode == SourceMode::kUnspecified) {
    throw ConfigError(
        "Query mode must be specified: set mode to bulk, incrementing, timestamp or timestamp+incrementing");
  }
  if (!config_.query().empty()) {
    if (!config_.whitelist.empty() || !config_.blacklist.empty() || !config_.include_list.empty() ||
        !config_.exclude_list.empty()) {
      throw ConfigError("query may not be combined with whole-table copying settings.");
    }
    return;
  }
  if (!config_.whitelist.empty() && !config_.blacklist.empty()) {
    log_.warn("table.whitelist and table.blacklist are both set; table.blacklist has no effect");
  }
  if (!config_.exclude_list.empty() && config_.include_list.empty()) {
    log_.warn(
        "table.exclude.list without table.include.list selects no table; set table.include.list=.* to copy all others");
  }
  if (config_.mode == SourceMode::kBulk && config_.whitelist.empty() && config_.blacklist.empty() &&
      config_.include_list.empty()) {
    // Differs: the Java connector refuses this since 10.8.5.
    log_.warn(
        "mode=bulk without table.whitelist, table.blacklist or table.include.list copies every table at each poll");
  }
  const std::string suffix = " " + to_lower(config_.query_suffix) + " ";
  if (config_.mode == SourceMode::kTimestamp &&
      (suffix.find(" limit ") != std::string::npos || suffix.find(" fetch ") != std::string::npos)) {
    log_.warn(
        "query.suffix cuts the result off, and rows of the timestamp it ends at are lost; use "
        "mode=timestamp+incrementing with it");
  }
  if (config_.max_buffer_size != 0) {
    log_.warn("max.buffer.size=" + std::to_string(config_.max_buffer_size) +
              " has no effect: rows stream from the database, and no more than batch.max.rows of them are in memory");
  }
  TableMonitor::Callbacks callbacks{[this] { context().request_task_reconfiguration(); },
                                    [this](const std::exception& error) { context().raise_error(error); }};
  monitor_ = std::make_unique<TableMonitor>(config_, *dialect_, settings, std::move(callbacks), log_);
  monitor_->start();
}

void JdbcSourceConnector::stop() {
  if (monitor_) monitor_->stop();
  monitor_.reset();
}

std::vector<Props> JdbcSourceConnector::task_configs(std::int32_t max_tasks) {
  const auto config_of = [this](const std::string& tables, bool fetched) {
    Props task = props_;
    task["tables"] = tables;
    task["tables.fetched"] = fetched ? "true" : "false";
    return task;
  };
  if (!monitor_) return {config_of("", true)};
  const auto tables = monitor_->tables(std::chrono::milliseconds(config_.startup_polling_limit_ms));
  if (!tables) return {config_of("", false)};
  if (tables->all.empty()) return {config_of("", true)};
  const IdentifierRules rules = dialect_->identifiers();
  const std::size_t groups = std::min(tables->all.size(), static_cast<std::size_t>(std::max(max_tasks, 1)));
  std::vector<Props> configs;
  std::size_t at = 0;
  for (const std::size_t size : group_sizes(tables->all.size(), groups)) {
    std::string names;
    std::string ambiguous;
    for (std::size_t i = 0; i < size; ++i, ++at) {
      const TableId& table = tables->all[at];
      const std::string name = table.quoted(rules, config_.quote);
      names += (names.empty() ? "" : ",") + name;
      if (tables->ambiguous.count(table) != 0) ambiguous += (ambiguous.empty() ? "" : ",") + name;
    }
    configs.push_back(config_of(names, true));
    if (!ambiguous.empty()) configs.back()["tables.ambiguous"] = ambiguous;
  }
  return configs;
}

std::vector<ConfigValue> JdbcSourceConnector::validate(const Props& props) const {
  std::vector<ConfigValue> values = config().validate(props);
  validate_source(props, values);
  return values;
}

}  // namespace millrace::jdbc
