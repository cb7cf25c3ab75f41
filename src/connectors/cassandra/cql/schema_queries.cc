// The parts of Session that read the schema tables.

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/cql/values.h"

namespace millrace::cassandra::cql {

namespace {

constexpr std::array kReserved{
    "add",         "allow",        "alter",    "and",     "apply",        "asc",   "authorize", "batch",    "begin",
    "by",          "columnfamily", "create",   "default", "delete",       "desc",  "describe",  "drop",     "entries",
    "execute",     "from",         "full",     "grant",   "if",           "in",    "index",     "infinity", "insert",
    "into",        "is",           "keyspace", "limit",   "materialized", "mbean", "mbeans",    "modify",   "nan",
    "norecursive", "not",          "null",     "of",      "on",           "or",    "order",     "primary",  "rename",
    "replace",     "revoke",       "schema",   "select",  "set",          "table", "to",        "token",    "truncate",
    "unlogged",    "unset",        "update",   "use",     "using",        "view",  "where",     "with"};

Statement with_text(const std::string& cql, const std::vector<std::string>& values) {
  Statement statement;
  statement.cql = cql;
  for (const auto& value : values) statement.params.values.push_back(BoundValue::of(value));
  return statement;
}

int rank(const TableColumn& column) { return static_cast<int>(column.kind); }

}  // namespace

std::vector<std::string> TableInfo::partition_key() const {
  std::vector<std::string> out;
  for (const auto& column : columns) {
    if (column.kind == TableColumn::Kind::kPartitionKey) out.push_back(column.name);
  }
  return out;
}

std::vector<std::string> TableInfo::primary_key() const {
  std::vector<std::string> out;
  for (const auto& column : columns) {
    if (column.kind == TableColumn::Kind::kPartitionKey || column.kind == TableColumn::Kind::kClustering)
      out.push_back(column.name);
  }
  return out;
}

const TableColumn* TableInfo::column(std::string_view wanted) const {
  for (const auto& column : columns) {
    if (column.name == wanted) return &column;
  }
  return nullptr;
}

std::optional<TableInfo> Session::table(const std::string& keyspace, const std::string& table) {
  for (const char* schema : {"system_schema", "system_virtual_schema"}) {
    Response response;
    try {
      response = execute_blocking(with_text("SELECT column_name, kind, position, type FROM " + std::string(schema) +
                                                ".columns WHERE keyspace_name = ? AND table_name = ?",
                                            {keyspace, table}));
    } catch (const CqlError& error) {
      if (error.is_server(error_code::kInvalid)) continue;
      throw;
    }
    auto* rows = std::get_if<Rows>(&response);
    if (rows == nullptr || rows->row_count() == 0) continue;
    TableInfo info{keyspace, table, {}};
    std::vector<Cell> cells;
    while (rows->next(cells)) {
      TableColumn column;
      column.name = std::string(cells[0].bytes());
      const auto kind = cells[1].bytes();
      column.kind = kind == "partition_key" ? TableColumn::Kind::kPartitionKey
                    : kind == "clustering"  ? TableColumn::Kind::kClustering
                    : kind == "static"      ? TableColumn::Kind::kStatic
                                            : TableColumn::Kind::kRegular;
      column.position = static_cast<std::int32_t>(decode_i64(cells[2].bytes()));
      column.type = std::string(cells[3].bytes());
      info.columns.push_back(std::move(column));
    }
    std::stable_sort(info.columns.begin(), info.columns.end(), [](const TableColumn& a, const TableColumn& b) {
      return std::tuple(rank(a), a.position, std::string_view(a.name)) <
             std::tuple(rank(b), b.position, std::string_view(b.name));
    });
    return info;
  }
  return std::nullopt;
}

std::vector<std::string> Session::table_names(const std::string& keyspace) {
  Response response =
      execute_blocking(with_text("SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?", {keyspace}));
  std::vector<std::string> names;
  if (auto* rows = std::get_if<Rows>(&response)) {
    std::vector<Cell> cells;
    while (rows->next(cells)) names.emplace_back(cells[0].bytes());
  }
  return names;
}

bool Session::keyspace_exists(const std::string& keyspace) {
  for (const char* schema : {"system_schema", "system_virtual_schema"}) {
    try {
      Response response = execute_blocking(with_text(
          "SELECT keyspace_name FROM " + std::string(schema) + ".keyspaces WHERE keyspace_name = ?", {keyspace}));
      auto* rows = std::get_if<Rows>(&response);
      if (rows != nullptr && rows->row_count() > 0) return true;
    } catch (const CqlError& error) {
      if (!error.is_server(error_code::kInvalid)) throw;
    }
  }
  return false;
}

std::string quoted_name(std::string_view name) {
  const bool plain = !name.empty() && std::islower(static_cast<unsigned char>(name[0])) != 0 &&
                     std::all_of(name.begin(), name.end(), [](unsigned char c) {
                       return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
                     });
  if (plain && std::find(kReserved.begin(), kReserved.end(), name) == kReserved.end()) return std::string(name);
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace millrace::cassandra::cql
