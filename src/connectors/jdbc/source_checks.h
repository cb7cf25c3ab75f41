#pragma once

#include <set>
#include <string>
#include <vector>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/source_config.h"

namespace millrace::jdbc {

/// The columns by which a table's new rows are found.
struct TrackingColumns {
  std::string incrementing;  ///< empty: none, or to be detected
  std::vector<std::string> timestamps;
};

/// From the mappings when `table.include.list` is used, else from the `*.column.name` options.
/// Throws ConnectError when a table matches no mapping, or more than one.
TrackingColumns tracking_columns(const SourceConfig& config, const std::string& full_name);

/// "Incrementing column: X does not exist in table 'T'", "Timestamp columns: A, B do not exist in table 'T'"; empty when fine.
/// Without a name of the table they are the columns of a query's result.
std::string missing_columns(const TrackingColumns& tracking, const std::vector<TableColumn>& columns,
                            const std::string& table);

/// "Cannot make incremental queries using ... because this column is nullable."; empty when fine. For validate.non.null.
std::string nullable_columns(const SourceConfig& config, const TrackingColumns& tracking,
                             const std::vector<TableColumn>& columns, const std::string& quoted_table);

/// A DATETIME of SQL Server, whose 1/300 s neither compare nor order with what is stored as an offset; empty when fine.
std::string unfit_timestamp_columns(const Dialect& dialect, const TrackingColumns& tracking,
                                    const std::vector<TableColumn>& columns);

/// Some of the timestamp columns mean points in time and others wall clock readings.
bool mixes_instants(const TrackingColumns& tracking, const std::vector<TableColumn>& columns);

/// The columns' names in the case that the table has them in. A name that fits several, or none, stays as it is.
void adopt_case(TrackingColumns& tracking, const std::vector<TableColumn>& columns);

/// The first column that the database fills itself; empty when there is none.
std::string detect_incrementing(const std::vector<TableColumn>& columns);

/// Whether the filters select a table. Include and exclude lists are regexes for the whole full name.
class TableSelection {
 public:
  TableSelection(const SourceConfig& config, const IdentifierRules& rules);
  ~TableSelection();
  bool selects(const TableId& table) const;
  /// "table.whitelist=a,b", for messages; "all tables" when there is no filter.
  std::string describe() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The tables whose bare name another one has too, in another schema: their topics need the full name. Of each name the
/// table that the bare name means to the session (`public` of PostgreSQL) is left out: it keeps the topic it has alone.
std::set<TableId> ambiguous_tables(const std::vector<TableId>& tables, const std::vector<std::string>& table_types,
                                   Connection& connection);

}  // namespace millrace::jdbc
