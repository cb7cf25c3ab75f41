#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/cassandra/sink/sink_settings.h"
#include "connectors/cassandra/sink/value_json.h"
#include "connectors/cassandra/sink/write_queue.h"
#include "millrace/connector.h"

namespace millrace::cassandra {

/// One KCQL statement of the sink, prepared.
class RowWriter {
 public:
  /// Throws ConfigError naming host, keyspace and table; CqlError when the server refuses the statement.
  RowWriter(cql::Session& session, const SinkSettings& settings, const KcqlStatement& statement,
            const cql::TableInfo& table);

  /// The INSERT for a record with a value. Throws DataError.
  Write write(const SinkRecord& record) const;
  const std::string& table() const noexcept { return table_name_; }
  const std::string& cql() const noexcept { return prepared_->cql(); }

 private:
  struct KeyColumn {
    std::string name;
    std::optional<cql::DataType> type;
    bool of_partition = false;
  };
  void adapt(Json& row) const;
  void find_row(const Json& row, Write& out) const;
  void bind(const Json& row, Write& out) const;

  const KcqlStatement& statement_;
  cql::TableInfo table_;
  std::string table_name_;
  std::vector<KeyColumn> keys_;
  std::vector<std::string> time_columns_;
  std::vector<std::string> inet_columns_;
  bool bound_ = false;
  bool unset_ = false;
  bool record_time_ = false;
  cql::PreparedPtr prepared_;
};

/// The bytes of a JSON value for a column of that type. Throws DataError naming the column.
std::string encode_key(const cql::DataType& type, const Json& value, const std::string& column);

/// The record's timestamp as a write time; nullopt when it has none.
std::optional<std::int64_t> record_time_us(const SinkRecord& record);

}  // namespace millrace::cassandra
