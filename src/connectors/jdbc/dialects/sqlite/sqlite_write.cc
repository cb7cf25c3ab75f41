// The sink's half of the SQLite dialect: one prepared statement per batch, run row by row within the transaction.

#include "connectors/jdbc/dialects/sqlite/sqlite_connection.h"

namespace millrace::jdbc::sqlite {
namespace {

/// Behaviour: sqlite-jdbc stores times as milliseconds, booleans as 0 and 1, decimals as text that NUMERIC turns into numbers.
int bind(sqlite3_stmt* statement, int position, const Value* value, const SinkColumn& column,
         const WriteOptions& options) {
  if (value == nullptr || value->is_null()) return sqlite3_bind_null(statement, position);
  switch (column.type) {
    case WriteType::kInteger:
      if (value->is_integer()) return sqlite3_bind_int64(statement, position, value->integer());
      break;
    case WriteType::kFloat32:
      if (value->kind() == ValueKind::kFloat32)
        return sqlite3_bind_double(statement, position, static_cast<double>(value->as_float32()));
      break;
    case WriteType::kFloat64:
      if (value->kind() == ValueKind::kFloat64) return sqlite3_bind_double(statement, position, value->as_float64());
      break;
    case WriteType::kBoolean:
      if (value->kind() == ValueKind::kBool) return sqlite3_bind_int(statement, position, value->as_bool() ? 1 : 0);
      break;
    case WriteType::kString:
      if (value->kind() == ValueKind::kString) {
        const std::string& text = value->as_string();
        return sqlite3_bind_text64(statement, position, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
      }
      break;
    case WriteType::kBytes:
      if (value->kind() == ValueKind::kBytes) {
        const Bytes& bytes = value->as_bytes();
        return bytes.empty() ? sqlite3_bind_zeroblob(statement, position, 0)
                             : sqlite3_bind_blob64(statement, position, bytes.data(), bytes.size(), SQLITE_STATIC);
      }
      break;
    case WriteType::kDate:
    case WriteType::kTime:
      if (value->kind() == ValueKind::kDate) return sqlite3_bind_int64(statement, position, value->as_date().epoch_ms);
      break;
    case WriteType::kTimestamp:
    case WriteType::kEpoch: return sqlite3_bind_int64(statement, position, write_instant(*value, column).millis());
    default: break;
  }
  std::string text;
  append_value_text(text, *value, column, options, false);
  return sqlite3_bind_text64(statement, position, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

std::string statement_text(const WriteBatch& batch) {
  const IdentifierRules rules;
  const std::string table = batch.table.quoted(rules, batch.options->quote);
  std::string names;
  std::string marks;
  std::string sets;
  std::string keys;
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    const std::string name = rules.quote(batch.columns[i]->name, batch.options->quote);
    const std::string mark = "?" + std::to_string(i + 1);
    names += (names.empty() ? "" : ",") + name;
    marks += (marks.empty() ? "" : ",") + mark;
    if (i < batch.key_count) {
      keys += (keys.empty() ? "" : " AND ") + name + " = " + mark;
    } else {
      sets += (sets.empty() ? "" : ", ") + name + " = " + mark;
    }
  }
  switch (batch.kind) {
    case WriteKind::kDelete: return "DELETE FROM " + table + " WHERE " + keys;
    case WriteKind::kUpdate: return "UPDATE " + table + " SET " + sets + (keys.empty() ? "" : " WHERE " + keys);
    case WriteKind::kUpsert: return "INSERT OR REPLACE INTO " + table + "(" + names + ") VALUES(" + marks + ")";
    case WriteKind::kInsert: break;
  }
  return "INSERT INTO " + table + "(" + names + ") VALUES(" + marks + ")";
}

}  // namespace

void SqliteConnection::write(const WriteBatch& batch) {
  if (batch.kind == WriteKind::kUpdate && batch.key_count == batch.columns.size()) return;  // nothing to set
  begin();
  const Statement statement = compile(statement_text(batch));
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    try {
      for (std::size_t i = 0; i < batch.columns.size(); ++i) {
        const int code =
            bind(statement.get(), static_cast<int>(i) + 1, batch.cell(row, i), *batch.columns[i], *batch.options);
        if (code != SQLITE_OK) fail(code);
      }
      step(statement.get());
      sqlite3_reset(statement.get());
    } catch (const SqlError& error) {
      sqlite3_reset(statement.get());
      if (error.kind() == SqlErrorKind::kConnection || error.kind() == SqlErrorKind::kTransient) throw;
      throw RowError(error, row);
    }
  }
}

std::unique_ptr<Connection> SqliteDialect::connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                                   Logger& log) const {
  return std::make_unique<SqliteConnection>(settings, interrupt, log);
}

std::string SqliteDialect::column_type(const SinkColumn& column) const {
  switch (column.type) {
    case WriteType::kInteger:
    case WriteType::kBoolean: return "INTEGER";
    case WriteType::kFloat32:
    case WriteType::kFloat64: return "REAL";
    case WriteType::kJson:
    case WriteType::kString: return "TEXT";
    case WriteType::kBytes: return "BLOB";
    case WriteType::kDecimal:
    case WriteType::kDate:
    case WriteType::kTime:
    case WriteType::kTimestamp:
    case WriteType::kEpoch: return "NUMERIC";
    default: refuse_type(column);
  }
}

std::vector<std::string> SqliteDialect::alter_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                                    const WriteOptions& options) const {
  std::vector<std::string> statements;
  for (const SinkColumn* column : columns) {
    for (std::string& sql : Dialect::alter_table(table, {column}, options)) statements.push_back(std::move(sql));
  }
  return statements;
}

}  // namespace millrace::jdbc::sqlite
