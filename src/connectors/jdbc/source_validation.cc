// What PUT /connector-plugins/.../config/validate answers beyond single options. Behaviour: the checks of the Java connector, in its
// order, each step ending at its first failure; then what only the database knows.

#include <algorithm>
#include <chrono>
#include <functional>

#include "connectors/jdbc/connection_keeper.h"
#include "connectors/jdbc/source_checks.h"
#include "connectors/jdbc/source_connector.h"
#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

constexpr std::chrono::milliseconds kLoginTimeout{15'000};
constexpr std::size_t kMostTablesChecked = 200;

/// The values of one validation, and whether anything was wrong.
class Findings {
 public:
  explicit Findings(std::vector<ConfigValue>& values) : values_(values) {}
  void add(const std::string& key, const std::string& text) {
    value_of(key).errors.push_back(text);
    failed_ = true;
  }
  /// What fails the task unless the tables are changed before it starts.
  void warn(const std::string& key, const std::string& text) { value_of(key).warnings.push_back(text); }
  bool failed() const { return failed_; }
  bool clean() const {
    return std::all_of(values_.begin(), values_.end(), [](const ConfigValue& value) { return value.errors.empty(); });
  }
  void hide(const std::string& key) {
    for (ConfigValue& value : values_) {
      if (value.name == key) value.visible = false;
    }
  }

 private:
  ConfigValue& value_of(const std::string& key) {
    const auto at =
        std::find_if(values_.begin(), values_.end(), [&](const ConfigValue& value) { return value.name == key; });
    if (at != values_.end()) return *at;
    values_.emplace_back().name = key;
    return values_.back();
  }

  std::vector<ConfigValue>& values_;
  bool failed_ = false;
};

void check_families(const SourceConfig& config, Findings& findings) {
  const std::vector<std::pair<std::string, bool>> legacy{
      {"table.whitelist", !config.whitelist.empty()},
      {"table.blacklist", !config.blacklist.empty()},
      {"timestamp.column.name", !config.timestamp_columns.empty()},
      {"incrementing.column.name", !config.incrementing_column.empty()}};
  const std::vector<std::pair<std::string, bool>> modern{
      {"table.include.list", !config.include_list.empty()},
      {"table.exclude.list", !config.exclude_list.empty()},
      {"timestamp.columns.mapping", !config.timestamp_mappings.empty()},
      {"incrementing.column.mapping", !config.incrementing_mappings.empty()}};
  const auto any = [](const auto& family) {
    return std::any_of(family.begin(), family.end(), [](const auto& one) { return one.second; });
  };
  if (!any(legacy) || !any(modern)) return;
  const std::string text =
      "Cannot mix legacy and new configuration approaches. Use either table.whitelist, table.blacklist, "
      "timestamp.column.name and "
      "incrementing.column.name, or table.include.list, table.exclude.list, timestamp.columns.mapping and "
      "incrementing.column.mapping.";
  for (const auto& family : {legacy, modern}) {
    for (const auto& [key, set] : family) {
      if (set) findings.add(key, text);
    }
  }
}

void check_query(const SourceConfig& config, Findings& findings) {
  if (!config.plain_query.empty() && !config.masked_query.empty()) {
    const char* text =
        "Both 'query' and 'query.masked' configs cannot be set at the same time. Please use only one of them.";
    findings.add("query", text);
    findings.add("query.masked", text);
    return;
  }
  const std::string query = config.query();
  if (query.empty()) return;
  const std::string key = config.plain_query.empty() ? "query.masked" : "query";
  const std::vector<std::pair<std::string, bool>> lists{{"table.whitelist", !config.whitelist.empty()},
                                                        {"table.blacklist", !config.blacklist.empty()},
                                                        {"table.include.list", !config.include_list.empty()},
                                                        {"table.exclude.list", !config.exclude_list.empty()}};
  const bool listed = std::any_of(lists.begin(), lists.end(), [](const auto& one) { return one.second; });
  if (listed) {
    const std::string text =
        "Do not specify table filtering configs with 'query'. Remove table.whitelist / table.blacklist / "
        "table.include.list / "
        "table.exclude.list when using 'query' or 'query.masked'.";
    findings.add(key, text);
    for (const auto& [name, set] : lists) {
      if (set) findings.add(name, text);
    }
    return;
  }
  if (!equals_ignoring_case(query.substr(0, 6), "select")) {
    findings.add(key, "Only SELECT statements are supported for '" + key +
                          "'. Please provide a statement that starts with SELECT.");
    return;
  }
  if (uses_incrementing(config.mode) && config.incrementing_column.empty()) {
    findings.add("incrementing.column.name",
                 "incrementing.column.name must be given when mode is incrementing or timestamp+incrementing and a "
                 "query is used, "
                 "since it cannot be detected from a query.");
  }
}

void check_mode_columns(const SourceConfig& config, Findings& findings) {
  const bool modern = !config.include_list.empty() || !config.exclude_list.empty() ||
                      !config.timestamp_mappings.empty() || !config.incrementing_mappings.empty();
  if (!modern || !config.query().empty()) return;
  if (!config.exclude_list.empty() && config.include_list.empty()) {
    findings.add(
        "table.exclude.list",
        "table.exclude.list cannot be used without table.include.list. Add table.include.list, for example .*");
    return;
  }
  if (uses_timestamp(config.mode) && config.timestamp_mappings.empty()) {
    findings.add("mode",
                 "Timestamp column configuration must be provided when using mode 'timestamp' or "
                 "'timestamp+incrementing'. Provide "
                 "'timestamp.columns.mapping'.");
  } else if (!uses_timestamp(config.mode) && !config.timestamp_mappings.empty()) {
    findings.add("mode",
                 "Timestamp column configurations should not be provided if mode is not 'timestamp' or "
                 "'timestamp+incrementing'.");
  } else if (uses_incrementing(config.mode) && config.incrementing_mappings.empty()) {
    findings.add("mode",
                 "Incrementing column configuration must be provided when using mode 'incrementing' or "
                 "'timestamp+incrementing'. "
                 "Provide 'incrementing.column.mapping'.");
  } else if (!uses_incrementing(config.mode) && !config.incrementing_mappings.empty()) {
    findings.add("mode",
                 "Incrementing column configurations should not be provided if mode is not 'incrementing' or "
                 "'timestamp+incrementing'.");
  }
}

/// Differs: the Java connector looks at the tables only when its task starts. The connector is created all the same, and
/// its task fails with the same sentence.
void check_tables(const SourceConfig& config, const Dialect& dialect, Connection& connection, Findings& findings) {
  const IdentifierRules rules = dialect.identifiers();
  const TableSelection selection(config, rules);
  std::size_t checked = 0;
  for (const TableInfo& table : connection.tables(config.table_filter())) {
    if (!selection.selects(table.id) || ++checked > kMostTablesChecked) continue;
    const std::string name = table.id.full_name(rules);
    TrackingColumns tracking;
    try {
      tracking = tracking_columns(config, name);
    } catch (const ConnectError& error) {
      findings.warn(uses_timestamp(config.mode) ? "timestamp.columns.mapping" : "incrementing.column.mapping",
                    error.what());
      return;
    }
    const std::vector<TableColumn> columns = connection.columns(table.id);
    if (const std::string missing = missing_columns(tracking, columns, name); !missing.empty()) {
      findings.warn(missing.compare(0, 4, "Incr") == 0 ? "incrementing.column.name" : "timestamp.column.name", missing);
      return;
    }
    if (const std::string nullable = nullable_columns(config, tracking, columns, table.id.quoted(rules, config.quote));
        config.validate_non_null && !nullable.empty()) {
      const char* key = nullable.find("incrementing column") != std::string::npos ? "incrementing.column.name"
                                                                                  : "timestamp.column.name";
      findings.warn(
          key,
          nullable + " Make it NOT NULL, or set validate.non.null=false: rows with NULL in it are then never read.");
      return;
    }
    if (const std::string unfit = unfit_timestamp_columns(dialect, tracking, columns); !unfit.empty()) {
      findings.warn("timestamp.column.name", unfit);
      return;
    }
    if (uses_incrementing(config.mode) && tracking.incrementing.empty() && detect_incrementing(columns).empty()) {
      findings.warn("incrementing.column.name", "No auto-incremented column was found in table '" + name +
                                                    "'; name the column to follow in incrementing.column.name");
      return;
    }
  }
}

/// Differs: the Java connector's task finds out, at every poll.
void check_query_columns(const SourceConfig& config, const std::vector<TableColumn>& columns, Findings& findings) {
  TrackingColumns tracking;
  if (uses_timestamp(config.mode)) tracking.timestamps = config.timestamp_columns;
  if (uses_incrementing(config.mode)) tracking.incrementing = config.incrementing_column;
  const std::string missing = missing_columns(tracking, columns, "");
  if (missing.empty()) return;
  findings.warn(missing.compare(0, 4, "Incr") == 0 ? "incrementing.column.name" : "timestamp.column.name",
                missing +
                    ". Name it as the query's result does, without the table in front; a column of another name is "
                    "given one with AS.");
}

void ask_database(const SourceConfig& config, const Props& props, Findings& findings) {
  ConnectionSettings settings = config.connection(props);
  settings.login_timeout = kLoginTimeout;
  Interrupt interrupt;
  try {
    const Dialect& dialect = find_dialect(config.dialect_name, config.url);
    check_blocked_parameters(settings);
    const auto connection = dialect.connect(settings, interrupt, logger("connectors.jdbc"));
    const std::string query = config.query();
    if (!query.empty()) {
      try {
        check_query_columns(config, connection->prepare(query), findings);
      } catch (const SqlError& error) {
        findings.add(
            config.plain_query.empty() ? "query.masked" : "query",
            "The configured query is not valid and has database/connection errors. Please provide the correct query: " +
                std::string(config.plain_query.empty() ? "(the query is masked)" : error.what()) +
                " (SQLState: " + error.sql_state() + ", errorCode: " + std::to_string(error.vendor_code()) + ")");
      }
    }
    if (!findings.failed()) check_mode_columns(config, findings);
    if (!findings.failed() && query.empty() && config.mode != SourceMode::kBulk)
      check_tables(config, dialect, *connection, findings);
  } catch (const SqlError& error) {
    findings.add("connection.url", "Could not connect to database. " + connection_failure(settings, error));
  } catch (const ConfigError& error) {
    findings.add("connection.url", std::string("Could not connect to database. ") + error.what());
  }
}

}  // namespace

void validate_source(const Props& props, std::vector<ConfigValue>& values) {
  Findings findings(values);
  const auto mode = props.find("mode");
  const std::string mode_text = mode == props.end() ? "" : trim(mode->second);
  if (mode_text != "incrementing" && mode_text != "timestamp+incrementing") findings.hide("incrementing.column.name");
  if (mode_text != "timestamp" && mode_text != "timestamp+incrementing") findings.hide("timestamp.column.name");
  if (mode_text == "bulk" || mode_text.empty()) findings.hide("validate.non.null");

  if (mode_text.empty()) findings.add("mode", "Query mode must be specified");
  if (!findings.clean()) return;
  SourceConfig config;
  try {
    config = SourceConfig::table().parse(props);
  } catch (const ConfigError& error) {
    // Only quote.sql.identifiers is read after the single checks.
    findings.add("connection.url", std::string("Could not connect to database. ") + error.what());
    return;
  }
  if (config.isolation == "SQL_SERVER_SNAPSHOT" && to_lower(config.url).find("sqlserver") == std::string::npos) {
    findings.add("transaction.isolation.mode",
                 "Isolation mode of `SQL_SERVER_SNAPSHOT` can only be configured with a Sql Server Dialect");
    return;
  }
  const std::vector<std::function<void()>> steps{
      [&] {
        if (config.query().empty()) check_families(config, findings);
      },
      [&] { check_query(config, findings); },
      [&] { ask_database(config, props, findings); },
  };
  for (const auto& step : steps) {
    step();
    if (findings.failed()) return;
  }
}

}  // namespace millrace::jdbc
