#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/sql_error.h"

namespace millrace::jdbc::sqlite {

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

/// A database file. Times that are numbers are milliseconds since 1970, as sqlite-jdbc writes them; times that are text are
/// wall clock readings in db.timezone.
class SqliteConnection final : public Connection {
 public:
  SqliteConnection(const ConnectionSettings& settings, Interrupt& interrupt, Logger& log);
  ~SqliteConnection() override;

  std::unique_ptr<ResultSet> query(const std::string& sql) override;
  void execute(const std::string& sql) override;
  std::vector<TableColumn> prepare(const std::string& sql) override;
  void commit() override;
  void rollback() override;
  bool is_valid() override { return true; }
  std::vector<TableInfo> tables(const TableFilter& filter) override;
  std::vector<TableColumn> columns(const TableId& table) override;
  std::optional<TableInfo> find_table(const TableId& table, const std::vector<std::string>& types) override;
  Instant current_time() override;
  bool set_isolation(const std::string& mode) override;
  std::string database_name() override { return file_; }
  std::string timestamp_expression(const std::string& column) override;
  std::string timestamp_literal(const TimestampBound& bound, const ReadOptions& options) override;

  void write(const WriteBatch& batch) override;

  sqlite3* raw() const { return db_; }
  Statement compile(const std::string& sql);
  /// True for a row, false at the end.
  bool step(sqlite3_stmt* statement);
  void begin();
  [[noreturn]] void fail(int code);

 private:
  Interrupt& interrupt_;
  std::string file_;
  sqlite3* db_ = nullptr;
  std::unique_ptr<Interrupt::Scope> on_interrupt_;
};

class SqliteDialect final : public Dialect {
 public:
  std::string name() const override { return "SqliteDatabaseDialect"; }
  IdentifierRules identifiers() const override { return {}; }
  std::string column_type(const SinkColumn& column) const override;
  std::vector<std::string> alter_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                       const WriteOptions& options) const override;
  std::unique_ptr<Connection> connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                      Logger& log) const override;
};

}  // namespace millrace::jdbc::sqlite
