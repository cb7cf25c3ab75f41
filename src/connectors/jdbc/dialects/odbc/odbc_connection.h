#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/sql_error.h"

namespace millrace::jdbc::odbc {

/// Which product's SQL an ODBC connection is written in.
enum class Product : std::uint8_t {
  kGeneric,
  kSqlServer,
  kSybase,
  kOracle,
  kDb2,  ///< and Derby
  kSapHana,
  kVertica,
  kPostgresql,
  kMysql,
  kSqlite,
};

/// Handles and strings of ODBC stay in the .cc file.
class OdbcConnection final : public Connection {
 public:
  /// `product` as configured; kGeneric: what the driver says that it is.
  OdbcConnection(const ConnectionSettings& settings, Product product, Interrupt& interrupt, Logger& log);
  ~OdbcConnection() override;

  std::unique_ptr<ResultSet> query(const std::string& sql) override;
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
  std::string timestamp_expression(const std::string& column) override;
  std::string timestamp_literal(const TimestampBound& bound, const ReadOptions& options) override;
  void write(const WriteBatch& batch) override;

  struct Handles;
  Handles& handles() { return *handles_; }
  Product product() const { return product_; }

 private:
  Interrupt& interrupt_;
  std::unique_ptr<Handles> handles_;
  Product product_ = Product::kGeneric;
};

class OdbcDialect final : public Dialect {
 public:
  explicit OdbcDialect(Product product) : product_(product) {}
  std::string name() const override;
  IdentifierRules identifiers() const override;
  std::unique_ptr<Connection> connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                      Logger& log) const override;
  TableId table_id(const std::vector<std::string>& parts, QuoteMethod quote) const override;
  bool has_catalog_in_name() const override;
  std::string column_type(const SinkColumn& column) const override;
  std::string create_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                           const WriteOptions& options) const override;
  std::vector<std::string> alter_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                       const WriteOptions& options) const override;

 private:
  Product product_;
};

/// INSERT, UPDATE, DELETE, or the product's upsert with `?` for the values in the order of the batch's columns; of an UPDATE
/// the keys come last.
/// Throws ConnectError for an upsert that the product does not have.
std::string write_statement(const WriteBatch& batch, Product product, const IdentifierRules& rules);

}  // namespace millrace::jdbc::odbc
