#pragma once

#include <map>
#include <memory>
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
  const KcqlStatement& statement_;
  cql::TableInfo table_;
  std::string table_name_;
  void bind(const Json& row, Write& out) const;

  bool bound_ = false;
  bool unset_ = false;
  cql::PreparedPtr prepared_;
};

/// The statement for records without a value.
class RowDeleter {
 public:
  /// Throws ConfigError when the server refuses the statement.
  RowDeleter(cql::Session& session, const SinkSettings& settings, const std::string& keyspace);
  /// Throws DataError.
  Write write(const SinkRecord& record) const;

 private:
  const SinkSettings& settings_;
  cql::PreparedPtr prepared_;
  bool conditional_ = false;
};

/// The statement with its table in that keyspace, unless it names one itself.
std::string in_keyspace(const std::string& cql, const std::string& keyspace);

/// The bytes of a JSON value for a column of that type. Throws DataError naming the column. For keys: scalar types only.
std::string encode_scalar(const cql::DataType& type, const Json& value, const std::string& column);

}  // namespace millrace::cassandra
