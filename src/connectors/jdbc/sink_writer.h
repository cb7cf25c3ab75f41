#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/record_shape.h"
#include "connectors/jdbc/sink_config.h"
#include "connectors/jdbc/sql_error.h"
#include "millrace/connector.h"

namespace millrace::jdbc {

/// The destination table is not there, or cannot be made to fit. Never worth a retry.
class TableAlterOrCreateError : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override {
    return "io.confluent.connect.jdbc.sink.TableAlterOrCreateException";
  }
};

/// A batch that the database refused: which record it was when the database said so.
struct WriteFailure {
  std::string table;
  std::optional<std::size_t> record;  ///< index into the records of `write`
};

/// Writes records through one connection: groups them by table and statement, keeps tables in shape.
class SinkWriter {
 public:
  SinkWriter(const SinkConfig& config, const Dialect& dialect, Connection& connection, Logger& log);

  /// One transaction, which the caller rolls back when this throws: SqlError, TableAlterOrCreateError, or ConnectError for
  /// a record that does not fit; `failure` says where.
  void write(const SinkRecord* const* records, std::size_t count, AfterWrite after, WriteFailure& failure);

 private:
  struct Prepared {
    SchemaPtr key_schema;
    SchemaPtr value_schema;
    std::unique_ptr<RecordShape> shape;
    TableId table;  ///< as the catalogue has it
  };
  struct Buffer {
    std::string table;
    const Prepared* prepared = nullptr;
    std::vector<std::size_t> upserts;
    std::vector<std::size_t> deletes;
    std::size_t size() const { return upserts.size() + deletes.size(); }
  };

  const Prepared& prepare(const std::string& table, const SchemaPtr& key_schema, const SchemaPtr& value_schema);
  TableId ensure_table(const std::string& table, const RecordShape& shape);
  void create_table(const TableId& table, const RecordShape& shape);
  void add_columns(const TableInfo& table, const std::vector<const SinkColumn*>& missing);
  void flush(Buffer& buffer, const SinkRecord* const* records, AfterWrite after, WriteFailure& failure);
  void run(WriteKind kind, const Buffer& buffer, const std::vector<std::size_t>& indexes,
           const SinkRecord* const* records, AfterWrite after, WriteFailure& failure);
  std::string table_of(const std::string& topic) const;

  const SinkConfig& config_;
  const Dialect& dialect_;
  Connection& connection_;
  Logger& log_;
  WriteOptions options_;
  std::map<std::string, std::string> table_names_;
  std::map<std::string, std::vector<std::unique_ptr<Prepared>>> prepared_;
  std::map<TableId, std::pair<TableInfo, std::vector<TableColumn>>> described_;
  std::deque<Value> storage_;
};

}  // namespace millrace::jdbc
