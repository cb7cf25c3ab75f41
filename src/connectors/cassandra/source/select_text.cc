#include "connectors/cassandra/source/select_text.h"

#include <algorithm>

#include "millrace/connector.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

std::string where_of(const SourceSettings& settings, const cql::TableInfo& table) {
  return "table " + table.keyspace + "." + table.name + " on Cassandra at " + hosts_text(settings.session);
}

const cql::TableColumn& need_column(const std::string& name, const SourceSettings& settings,
                                    const cql::TableInfo& table, const std::string& clause) {
  if (const auto* column = find_column(table, name)) return *column;
  std::string known;
  for (const auto& column : table.columns) known += (known.empty() ? "" : ", ") + column.name;
  throw ConfigError("Column " + name + " of " + clause + " does not exist in " + where_of(settings, table) +
                    ": it has " + known + ".");
}

void need_type(const cql::TableColumn& column, const char* type, const Route& route, const SourceSettings& settings,
               const cql::TableInfo& table) {
  if (column.type == type) return;
  throw ConfigError("INCREMENTALMODE=" + std::string(name_of(route.mode)) + " needs a " + type + " column, but " +
                    column.name + " of " + where_of(settings, table) + " is " + column.type + ".");
}

}  // namespace

SelectText select_text(const Route& route, const SourceSettings& settings, const cql::TableInfo& table) {
  SelectText out;
  out.partition_key = table.partition_key();
  std::string columns;
  std::vector<std::string> selected;
  if (route.kcql.selects_all()) {
    columns = "*";
  } else {
    for (const auto& field : route.kcql.fields) {
      const auto& column = need_column(field.path.back(), settings, table, "the SELECT list");
      if (std::find(selected.begin(), selected.end(), column.name) == selected.end()) selected.push_back(column.name);
    }
    // The token of a row is computed from its partition key, and rows that windows read twice are told apart by their primary
    // key: what of it is missing is read, but not put into records.
    const bool token = route.mode == ImportMode::kToken;
    const bool overlap = settings.slice_overlap.count() > 0 && route.mode != ImportMode::kBulk;
    if (token || overlap) {
      for (const auto& key : token ? out.partition_key : table.primary_key()) {
        if (std::find(selected.begin(), selected.end(), key) != selected.end()) continue;
        selected.push_back(key);
        out.ignored.insert(key);
      }
    }
    for (const auto& name : selected) columns += (columns.empty() ? "" : ",") + cql::quoted_name(name);
  }
  for (const auto& field : route.kcql.ignored_fields) {
    if (field.path.empty()) continue;
    const auto* column = find_column(table, field.path.back());
    if (column != nullptr)
      out.ignored.insert(column->name);
    else
      logger(kLoggerName)
          .warn("IGNORE names " + field.path.back() + ", which is no column of " + where_of(settings, table) + ".");
  }

  const std::string from =
      "SELECT " + columns + " FROM " + cql::quoted_name(table.keyspace) + "." + cql::quoted_name(table.name);
  std::string token;
  for (const auto& key : out.partition_key) token += (token.empty() ? "token(" : ",") + cql::quoted_name(key);
  token += ")";
  out.bulk = from;
  out.range = from + " WHERE " + token + " > ? AND " + token + " <= ?";
  out.after_token = from + " WHERE " + token + " > ?";
  if (route.mode == ImportMode::kBulk) return out;

  const auto& pk = need_column(route.pk, settings, table, "PK");
  out.pk = pk.name;
  const std::string name = cql::quoted_name(pk.name);
  const char* filtering = settings.allow_filtering ? " ALLOW FILTERING" : "";
  const auto in_window = [&](const std::string& condition) {
    out.window = from + " WHERE " + condition;
    const bool of_partition = pk.kind == cql::TableColumn::Kind::kPartitionKey;
    if (!of_partition) out.window_range = out.range + " AND " + condition;
  };
  switch (route.mode) {
    case ImportMode::kTimeuuid:
      need_type(pk, "timeuuid", route, settings, table);
      out.pk_type = cql::DataType(cql::TypeId::kTimeuuid);
      // Both ends are whole milliseconds. The original ends at minTimeuuid: it never reads the last millisecond's rows.
      in_window(name + " > maxTimeuuid(?) AND " + name + " <= maxTimeuuid(?)" + filtering);
      break;
    case ImportMode::kTimestamp:
      need_type(pk, "timestamp", route, settings, table);
      out.pk_type = cql::DataType(cql::TypeId::kTimestamp);
      in_window(name + " > ? AND " + name + " <= ?" + filtering);
      break;
    case ImportMode::kBuckets: {
      need_type(pk, "timestamp", route, settings, table);
      out.pk_type = cql::DataType(cql::TypeId::kTimestamp);
      const auto& bucket =
          need_column(settings.bucket_column, settings, table, "connect.cassandra.bucket.timeseries.field.name");
      need_type(bucket, "text", route, settings, table);
      out.window =
          from + " WHERE " + name + " > ? AND " + name + " <= ? AND " + cql::quoted_name(bucket.name) + " IN ?";
      break;
    }
    case ImportMode::kDseSearch:
      need_type(pk, "timestamp", route, settings, table);
      out.pk_type = cql::DataType(cql::TypeId::kTimestamp);
      out.window = from + " WHERE solr_query=?";
      break;
    case ImportMode::kToken:
      if (std::find(out.partition_key.begin(), out.partition_key.end(), pk.name) == out.partition_key.end()) {
        throw ConfigError("INCREMENTALMODE=TOKEN needs a partition key column, but " + pk.name + " of " +
                          where_of(settings, table) + " is none.");
      }
      break;
    default: break;
  }
  return out;
}

}  // namespace millrace::cassandra
