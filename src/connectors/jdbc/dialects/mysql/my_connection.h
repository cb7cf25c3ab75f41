#pragma once

#include <mysql.h>

#include <memory>
#include <string>
#include <vector>

#include "connectors/jdbc/dialects/mysql/my_url.h"
#include "connectors/jdbc/sql_error.h"

namespace millrace::jdbc::mysql {

/// A libmariadb connection. Results stream (mysql_use_result) in the text protocol, which is also what the Java drivers use by
/// default, so that FLOAT columns have the same digits. An interrupt shuts the socket down; the statement is then killed
/// through a second connection.
class MyConnection final : public Connection {
 public:
  MyConnection(const ConnectionSettings& settings, Interrupt& interrupt, Logger& log);
  ~MyConnection() override;

  std::unique_ptr<ResultSet> query(const std::string& sql) override;
  void set_text_for_unsupported() override { target_.uuid_as_string = true; }
  void execute(const std::string& sql) override;
  std::vector<TableColumn> prepare(const std::string& sql) override;
  void commit() override;
  void rollback() override;
  bool is_valid() override;
  std::vector<TableInfo> tables(const TableFilter& filter) override;
  std::vector<TableColumn> columns(const TableId& table) override;
  std::optional<TableInfo> find_table(const TableId& table, const std::vector<std::string>& types) override;
  Instant current_time() override;
  bool set_isolation(const std::string& mode) override;
  std::string database_name() override { return target_.database; }
  std::string timestamp_literal(const TimestampBound& bound, const ReadOptions& options) override;

  void write(const WriteBatch& batch) override;

  MYSQL* raw() { return &mysql_; }
  const MyTarget& target() const { return target_; }
  /// 'text' with this connection's quoting rules.
  std::string quoted(const std::string& text);
  [[noreturn]] void fail();
  void shut_down() noexcept;
  /// Rows affected by the last statement.
  std::uint64_t affected_rows() { return mysql_affected_rows(&mysql_); }

 private:
  using Row = std::vector<std::optional<std::string>>;
  std::vector<Row> rows(const std::string& sql);
  bool open(const std::pair<std::string, unsigned>& host, std::chrono::milliseconds timeout);
  void run(const std::string& sql);
  void kill_statement() noexcept;

  MyTarget target_;
  Interrupt& interrupt_;
  MYSQL mysql_{};
  std::pair<std::string, unsigned> host_;
  bool broken_ = false;
  std::unique_ptr<Interrupt::Scope> on_interrupt_;
};

class MyDialect final : public Dialect {
 public:
  std::string name() const override { return "MySqlDatabaseDialect"; }
  IdentifierRules identifiers() const override { return {"`", "`", "."}; }
  std::unique_ptr<Connection> connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                      Logger& log) const override;
  bool has_catalog_in_name() const override { return true; }
  std::string column_type(const SinkColumn& column) const override;
  std::string string_literal(const std::string& text) const override;
};

}  // namespace millrace::jdbc::mysql
