#pragma once

#include <set>
#include <string>
#include <vector>

#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/source/settings.h"

namespace millrace::cassandra {

/// The CQL of one route, with every name checked against the schema and spelled as the server does.
struct SelectText {
  std::string bulk;         ///< no bounds; also the first query of TOKEN mode
  std::string range;        ///< token(...) > ? AND token(...) <= ?
  std::string after_token;  ///< token(...) > ?
  std::string window;       ///< the time modes
  /// TIMEUUID and TIMESTAMP in one token range: `range` and `window`. Empty where the mode column is of the partition key.
  std::string window_range;
  std::string pk;  ///< the mode column as the server spells it
  cql::DataType pk_type;
  std::set<std::string> ignored;  ///< columns that are selected, but not for the record
  std::vector<std::string> partition_key;
};

/// Throws ConfigError naming host, keyspace, table and column: unknown columns, a column whose type does not fit the mode.
SelectText select_text(const Route& route, const SourceSettings& settings, const cql::TableInfo& table);

}  // namespace millrace::cassandra
