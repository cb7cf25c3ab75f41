// The sink's half of the ODBC dialect: one prepared statement per batch, run row by row.

#include <algorithm>
#include <array>

#include "connectors/jdbc/dialects/odbc/odbc_handles.h"
#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc::odbc {
namespace {

struct Names {
  std::vector<std::string> quoted;
  std::string list;
  std::string marks;
};

/// SQL Server, Oracle and Db2: MERGE, as the Java connector writes it.
std::string merge_statement(const WriteBatch& batch, Product product, const std::string& table, const Names& names) {
  const bool oracle = product == Product::kOracle;
  const std::string target = oracle ? table : "target";
  std::string incoming;
  std::string on;
  std::string sets;
  std::string values;
  for (std::size_t i = 0; i < names.quoted.size(); ++i) {
    const std::string& name = names.quoted[i];
    incoming += (i > 0 ? ", " : "") + std::string("? ") + (oracle ? "" : "AS ") + name;
    values += (i > 0 ? "," : "") + std::string("incoming.") + name;
    if (i < batch.key_count) {
      on += (on.empty() ? "" : " and ") + target + "." + name + "=incoming." + name;
    } else {
      sets += (sets.empty() ? "" : ",") + (oracle ? table + "." + name : name) + "=incoming." + name;
    }
  }
  const std::string matched = sets.empty() ? "" : " when matched then update set " + sets;
  const std::string missing = " when not matched then insert(" + names.list + ") values(" + values + ")";
  if (oracle)
    return "merge into " + table + " using (select " + incoming + " FROM dual) incoming on(" + on + ")" + matched +
           missing;
  const std::string hint = batch.options->merge_holdlock && product == Product::kSqlServer ? " with (HOLDLOCK)" : "";
  return "merge into " + table + hint + " AS target using (select " + incoming + ") AS incoming on (" + on + ")" +
         matched + missing + ";";
}

std::string upsert_statement(const WriteBatch& batch, Product product, const std::string& table, const Names& names) {
  std::string keys;
  std::string sets;
  for (std::size_t i = 0; i < names.quoted.size(); ++i) {
    const std::string& name = names.quoted[i];
    if (i < batch.key_count) {
      keys += (keys.empty() ? "" : ",") + name;
    } else {
      sets += (sets.empty() ? "" : ",") + name +
              (product == Product::kMysql ? "=values(" + name + ")" : "=excluded." + name);
    }
  }
  const std::string insert = "INSERT INTO " + table + " (" + names.list + ") VALUES (" + names.marks + ")";
  switch (product) {
    case Product::kSqlServer:
    case Product::kOracle: return merge_statement(batch, product, table, names);
    case Product::kMysql:
      return insert + " on duplicate key update " +
             (sets.empty() ? names.quoted[0] + "=values(" + names.quoted[0] + ")" : sets);
    case Product::kPostgresql:
    case Product::kSqlite:
      return insert + " ON CONFLICT (" + keys + ") DO " + (sets.empty() ? "NOTHING" : "UPDATE SET " + sets);
    default:
      throw ConnectError("Write to table '" + batch.table.table +
                         "' in UPSERT mode is not supported with the GenericDatabaseDialect dialect.");
  }
}

}  // namespace

std::string write_statement(const WriteBatch& batch, Product product, const IdentifierRules& rules) {
  const std::string table = batch.table.quoted(rules, batch.options->quote);
  Names names;
  for (const SinkColumn* column : batch.columns) {
    names.quoted.push_back(rules.quote(column->name, batch.options->quote));
    names.list += (names.list.empty() ? "" : ",") + names.quoted.back();
    names.marks += names.marks.empty() ? "?" : ",?";
  }
  if (batch.kind == WriteKind::kUpsert) return upsert_statement(batch, product, table, names);
  if (batch.kind == WriteKind::kInsert)
    return "INSERT INTO " + table + " (" + names.list + ") VALUES (" + names.marks + ")";
  std::string sets;
  std::string where;
  for (std::size_t i = 0; i < names.quoted.size(); ++i) {
    if (i < batch.key_count) {
      where += (where.empty() ? " WHERE " : " AND ") + names.quoted[i] + " = ?";
    } else {
      sets += (sets.empty() ? "" : ", ") + names.quoted[i] + " = ?";
    }
  }
  if (batch.kind == WriteKind::kDelete) return "DELETE FROM " + table + where;
  return "UPDATE " + table + " SET " + sets + where;
}

void OdbcConnection::write(const WriteBatch& batch) {
  const std::size_t width = batch.columns.size();
  if (batch.kind == WriteKind::kUpdate && batch.key_count == width) return;  // nothing to set
  std::array<char, 8> quote{};
  SQLSMALLINT length = 0;
  SQLGetInfo(handles_->connection, SQL_IDENTIFIER_QUOTE_CHAR, quote.data(), static_cast<SQLSMALLINT>(quote.size()),
             &length);
  IdentifierRules rules;
  if (quote[0] == '`') rules = {"`", "`", "."};
  OdbcStatement statement(*handles_, interrupt_);
  const std::string sql = write_statement(batch, product_, rules);
  statement.check(SQLPrepare(statement.raw(), odbc_text(sql), static_cast<SQLINTEGER>(sql.size())));
  std::vector<std::string> texts(width);
  std::vector<SQLLEN> lengths(width);
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    try {
      for (std::size_t i = 0; i < width; ++i) {
        const Value* value = batch.cell(row, i);
        const SinkColumn& column = *batch.columns[i];
        const bool bytes = column.type == WriteType::kBytes;
        texts[i].clear();
        lengths[i] = SQL_NULL_DATA;
        if (value != nullptr && !value->is_null()) {
          if (bytes) {
            texts[i].assign(value->as_bytes().begin(), value->as_bytes().end());
          } else {
            append_value_text(texts[i], *value, column, *batch.options, false);
          }
          lengths[i] = static_cast<SQLLEN>(texts[i].size());
        }
        // UPDATE names its values before its keys.
        const std::size_t values = width - batch.key_count;
        const std::size_t position = batch.kind != WriteKind::kUpdate ? i
                                     : i < batch.key_count            ? values + i
                                                                      : i - batch.key_count;
        statement.check(SQLBindParameter(statement.raw(), static_cast<SQLUSMALLINT>(position + 1), SQL_PARAM_INPUT,
                                         bytes ? SQL_C_BINARY : SQL_C_CHAR, bytes ? SQL_VARBINARY : SQL_VARCHAR,
                                         static_cast<SQLULEN>(std::max<std::size_t>(texts[i].size(), 1)), 0,
                                         texts[i].data(), static_cast<SQLLEN>(texts[i].size()), &lengths[i]));
      }
      statement.check(SQLExecute(statement.raw()));
    } catch (const SqlError& error) {
      if (error.kind() == SqlErrorKind::kConnection || error.kind() == SqlErrorKind::kTransient) throw;
      throw RowError(error, row);
    }
  }
}

std::string OdbcDialect::name() const {
  switch (product_) {
    case Product::kSqlServer: return "SqlServerDatabaseDialect";
    case Product::kOracle: return "OracleDatabaseDialect";
    case Product::kDb2: return "Db2DatabaseDialect";
    default: return "GenericDatabaseDialect";
  }
}

IdentifierRules OdbcDialect::identifiers() const { return {}; }

std::unique_ptr<Connection> OdbcDialect::connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                                 Logger& log) const {
  return std::make_unique<OdbcConnection>(settings, interrupt, log);
}

std::string OdbcDialect::column_type(const SinkColumn& column) const {
  const Type type = column.schema->type();
  const bool sql_server = product_ == Product::kSqlServer;
  const bool oracle = product_ == Product::kOracle;
  switch (column.type) {
    case WriteType::kInteger:
      if (oracle)
        return type == Type::kInt8    ? "NUMBER(3,0)"
               : type == Type::kInt16 ? "NUMBER(5,0)"
               : type == Type::kInt32 ? "NUMBER(10,0)"
                                      : "NUMBER(19,0)";
      if (type == Type::kInt8) return sql_server ? "tinyint" : "SMALLINT";
      return type == Type::kInt16 ? "SMALLINT" : type == Type::kInt32 ? "INTEGER" : "BIGINT";
    case WriteType::kFloat32: return oracle ? "BINARY_FLOAT" : "REAL";
    case WriteType::kFloat64: return oracle ? "BINARY_DOUBLE" : sql_server ? "float" : "DOUBLE PRECISION";
    case WriteType::kBoolean: return oracle ? "NUMBER(1,0)" : sql_server ? "bit" : "SMALLINT";
    case WriteType::kString:
      return oracle       ? "VARCHAR2(4000)"
             : sql_server ? (column.is_key ? "varchar(900)" : "varchar(max)")
                          : "VARCHAR(4000)";
    case WriteType::kBytes: return oracle ? "BLOB" : sql_server ? "varbinary(max)" : "VARBINARY(4000)";
    case WriteType::kDecimal: {
      const std::string scale = std::to_string(decimal_scale(*column.schema));
      return oracle ? "NUMBER(*," + scale + ")" : "DECIMAL(31," + scale + ")";
    }
    case WriteType::kDate: return "DATE";
    case WriteType::kTime: return oracle ? "DATE" : "TIME";
    case WriteType::kTimestamp:
    case WriteType::kEpoch: return sql_server ? "datetime2" : "TIMESTAMP";
    default: refuse_type(column);
  }
}

std::vector<std::string> OdbcDialect::alter_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                                  const WriteOptions& options) const {
  std::vector<std::string> statements;
  for (const SinkColumn* column : columns) {
    for (std::string& sql : Dialect::alter_table(table, {column}, options)) statements.push_back(std::move(sql));
  }
  return statements;
}

}  // namespace millrace::jdbc::odbc
