#include "connectors/jdbc/source_checks.h"

#include <algorithm>
#include <map>

#include "connectors/jdbc/url.h"
#include "millrace/errors.h"
#include "millrace/regex.h"

namespace millrace::jdbc {
namespace {

std::string join(const std::vector<std::string>& items, const char* separator) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : separator) + item;
  return text;
}

const TableColumn* find_column(const std::vector<TableColumn>& columns, const std::string& name) {
  const auto at = std::find_if(columns.begin(), columns.end(),
                               [&](const TableColumn& c) { return equals_ignoring_case(c.name, name); });
  return at == columns.end() ? nullptr : &*at;
}

const std::vector<std::string>* match(const std::vector<ColumnMapping>& mappings, const std::string& table,
                                      const char* kind) {
  const std::vector<std::string>* found = nullptr;
  for (const ColumnMapping& mapping : mappings) {
    if (!Regex(mapping.table_regex).matches(table)) continue;
    if (found != nullptr) {
      throw ConnectError(std::string("Error while validating ") + kind + " column mappings: Included table '" + table +
                         "' matches more than one of the provided regexes");
    }
    found = &mapping.columns;
  }
  if (found == nullptr) {
    throw ConnectError(std::string("Error while validating ") + kind + " column mappings: Included table '" + table +
                       "' does not match any of the provided regexes");
  }
  return found;
}

}  // namespace

TrackingColumns tracking_columns(const SourceConfig& config, const std::string& full_name) {
  TrackingColumns tracking;
  if (uses_timestamp(config.mode)) {
    tracking.timestamps = config.timestamp_columns;
    if (!config.include_list.empty() && !config.timestamp_mappings.empty()) {
      tracking.timestamps = *match(config.timestamp_mappings, full_name, "timestamp");
    }
  }
  if (uses_incrementing(config.mode)) {
    tracking.incrementing = config.incrementing_column;
    if (!config.include_list.empty() && !config.incrementing_mappings.empty()) {
      tracking.incrementing = match(config.incrementing_mappings, full_name, "incrementing")->front();
    }
  }
  return tracking;
}

std::string missing_columns(const TrackingColumns& tracking, const std::vector<TableColumn>& columns,
                            const std::string& table) {
  std::vector<std::string> names;
  for (const TableColumn& column : columns) names.push_back(column.name);
  const std::string there =
      (table.empty() ? "the query's result" : "table '" + table + "'") + " (its columns are " + join(names, ", ") + ")";
  if (!tracking.incrementing.empty() && find_column(columns, tracking.incrementing) == nullptr) {
    return "Incrementing column: " + tracking.incrementing + " does not exist in " + there;
  }
  std::vector<std::string> missing;
  for (const std::string& name : tracking.timestamps) {
    if (find_column(columns, name) == nullptr) missing.push_back(name);
  }
  if (missing.empty()) return "";
  return "Timestamp columns: " + join(missing, ", ") + " do not exist in " + there;
}

std::string nullable_columns(const SourceConfig& config, const TrackingColumns& tracking,
                             const std::vector<TableColumn>& columns, const std::string& quoted_table) {
  const auto required = [](const TableColumn* column) {
    return column == nullptr || column->nullable == Nullability::kNo || column->primary_key;
  };
  if (!tracking.incrementing.empty() && !required(find_column(columns, tracking.incrementing))) {
    return "Cannot make incremental queries using incrementing column " + tracking.incrementing + " on " +
           quoted_table + " because this column is nullable.";
  }
  if (!uses_timestamp(config.mode)) return "";
  if (tracking.timestamps.empty()) {
    return "Cannot make incremental queries using timestamp columns  on " + quoted_table +
           " because all of these columns are nullable: timestamp.column.name is empty; name the column that tells "
           "when a "
           "row was changed.";
  }
  const bool one_required = std::any_of(tracking.timestamps.begin(), tracking.timestamps.end(),
                                        [&](const std::string& name) { return required(find_column(columns, name)); });
  if (one_required) return "";
  return "Cannot make incremental queries using timestamp columns " + join(tracking.timestamps, ",") + " on " +
         quoted_table + " because all of these columns are nullable.";
}

std::string unfit_timestamp_columns(const Dialect& dialect, const TrackingColumns& tracking,
                                    const std::vector<TableColumn>& columns) {
  if (dialect.name() != "SqlServerDatabaseDialect") return "";
  const bool any = std::any_of(tracking.timestamps.begin(), tracking.timestamps.end(), [&](const std::string& name) {
    const TableColumn* column = find_column(columns, name);
    return column != nullptr && column->type_name == "datetime";
  });
  if (!any) return "";
  return "A DATETIME column is configured for timestamp.column.name with Sql Server. DATETIME is not supported. Use "
         "DATETIME2 instead.";
}

bool mixes_instants(const TrackingColumns& tracking, const std::vector<TableColumn>& columns) {
  std::set<bool> kinds;
  for (const std::string& name : tracking.timestamps) {
    if (const TableColumn* column = find_column(columns, name); column != nullptr) kinds.insert(column->is_instant);
  }
  return kinds.size() > 1;
}

void adopt_case(TrackingColumns& tracking, const std::vector<TableColumn>& columns) {
  const auto adopt = [&columns](std::string& name) {
    const TableColumn* found = nullptr;
    for (const TableColumn& column : columns) {
      if (column.name == name) return;
      if (!equals_ignoring_case(column.name, name)) continue;
      if (found != nullptr) return;
      found = &column;
    }
    if (found != nullptr) name = found->name;
  };
  if (!tracking.incrementing.empty()) adopt(tracking.incrementing);
  for (std::string& name : tracking.timestamps) adopt(name);
}

std::string detect_incrementing(const std::vector<TableColumn>& columns) {
  const auto at =
      std::find_if(columns.begin(), columns.end(), [](const TableColumn& column) { return column.auto_increment; });
  return at == columns.end() ? "" : at->name;
}

struct TableSelection::Impl {
  const SourceConfig& config;
  IdentifierRules rules;
  std::vector<Regex> include;
  std::vector<Regex> exclude;

  bool listed(const std::vector<std::string>& names, const TableId& table) const {
    const std::string full = table.full_name(rules);
    const std::string quoted = table.quoted(rules, QuoteMethod::kAlways);
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name == full || name == quoted || name == table.table; });
  }
};

TableSelection::TableSelection(const SourceConfig& config, const IdentifierRules& rules)
    : impl_(std::make_unique<Impl>(Impl{config, rules, {}, {}})) {
  for (const std::string& pattern : config.include_list) impl_->include.emplace_back(pattern);
  for (const std::string& pattern : config.exclude_list) impl_->exclude.emplace_back(pattern);
}

TableSelection::~TableSelection() = default;

bool TableSelection::selects(const TableId& table) const {
  const SourceConfig& config = impl_->config;
  if (!config.whitelist.empty()) return impl_->listed(config.whitelist, table);
  if (!config.blacklist.empty()) return !impl_->listed(config.blacklist, table);
  if (impl_->include.empty() && impl_->exclude.empty()) return true;
  const std::string name = table.full_name(impl_->rules);
  const auto matches = [&name](const Regex& regex) { return regex.matches(name); };
  return std::any_of(impl_->include.begin(), impl_->include.end(), matches) &&
         std::none_of(impl_->exclude.begin(), impl_->exclude.end(), matches);
}

std::string TableSelection::describe() const {
  const SourceConfig& config = impl_->config;
  std::string text;
  const auto add = [&text](const char* key, const std::string& value) {
    text += (text.empty() ? "" : ", ") + std::string(key) + "=" + value;
  };
  if (!config.whitelist.empty()) add("table.whitelist", join(config.whitelist, ","));
  if (!config.blacklist.empty()) add("table.blacklist", join(config.blacklist, ","));
  if (!config.include_list.empty()) add("table.include.list", join(config.include_list, ","));
  if (!config.exclude_list.empty()) add("table.exclude.list", join(config.exclude_list, ","));
  if (config.catalog_pattern) add("catalog.pattern", *config.catalog_pattern);
  if (config.schema_pattern) add("schema.pattern", *config.schema_pattern);
  add("table.types", join(config.table_types, ","));
  return text;
}

std::set<TableId> ambiguous_tables(const std::vector<TableId>& tables, const std::vector<std::string>& table_types,
                                   Connection& connection) {
  std::map<std::string, std::vector<const TableId*>> by_name;
  for (const TableId& table : tables) by_name[table.table].push_back(&table);
  std::set<TableId> ambiguous;
  for (const auto& [name, namesakes] : by_name) {
    if (namesakes.size() < 2) continue;
    const auto meant = connection.find_table({std::nullopt, std::nullopt, name}, table_types);
    for (const TableId* table : namesakes) {
      if (!meant || meant->id != *table) ambiguous.insert(*table);
    }
  }
  return ambiguous;
}

}  // namespace millrace::jdbc
