#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/jdbc/dialects/postgresql/pg_session.h"
#include "connectors/jdbc/dialects/postgresql/pg_write.h"

namespace millrace::jdbc::postgresql {

/// Results come through COPY (query) TO STDOUT in binary: rows stream, nothing is kept, and parallel plans stay possible.
/// The query is first prepared and described in the same transaction, so its columns cannot change in between.
class PgConnection final : public Connection {
 public:
  PgConnection(const ConnectionSettings& settings, Interrupt& interrupt, Logger& log);
  ~PgConnection() override;

  std::unique_ptr<ResultSet> query(const std::string& sql) override;
  void set_text_for_unsupported() override { text_for_unsupported_ = true; }
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
  std::string database_name() override;
  bool knows_transactions() const override { return true; }
  IdMark mark_ids(const std::string& table, const std::string& column) override;
  std::uint64_t oldest_transaction() override;
  std::string timestamp_literal(const TimestampBound& bound, const ReadOptions& options) override;

  void write(const WriteBatch& batch) override { writer_->write(batch, AfterWrite::kStayOpen); }
  void write_and_commit(const WriteBatch& batch) override { writer_->write(batch, AfterWrite::kCommit); }
  void write_and_commit_unanswered(const WriteBatch& batch) override {
    writer_->write(batch, AfterWrite::kCommitUnanswered);
  }
  bool has_unfinished_write() const override { return writer_->is_unfinished(); }
  void finish_write() override { writer_->finish(); }

  PgSession& session() { return *session_; }
  void begin();

 private:
  std::vector<ResultColumn> result_columns(const PGresult* description);
  void look_up_types(const PGresult* description);

  struct TypeInfo {
    std::string name;
    char type_class = 'b';
  };
  bool text_for_unsupported_ = false;
  std::unique_ptr<PgSession> session_;
  std::unique_ptr<PgWriter> writer_;
  std::map<std::uint32_t, TypeInfo> types_;
};

class PgDialect final : public Dialect {
 public:
  std::string name() const override { return "PostgreSqlDatabaseDialect"; }
  IdentifierRules identifiers() const override { return {}; }
  std::unique_ptr<Connection> connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                      Logger& log) const override;
  TableId table_id(const std::vector<std::string>& parts, QuoteMethod quote) const override;
  std::string column_type(const SinkColumn& column) const override;
  bool has_arrays() const override { return true; }
  std::string boolean_word(bool value) const override { return value ? "TRUE" : "FALSE"; }
  /// Differs: the Java connector's x'..' is a bit string to PostgreSQL, and refused.
  std::string bytes_literal(const std::string& hex) const override { return "'\\x" + hex + "'"; }
};

}  // namespace millrace::jdbc::postgresql
