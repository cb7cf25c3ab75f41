// The sink's half of the MySQL and MariaDB dialect: INSERTs and DELETEs of many rows with literals, one statement per row of an
// UPDATE.

#include <algorithm>
#include <cmath>

#include "connectors/jdbc/dialects/mysql/my_connection.h"

namespace millrace::jdbc::mysql {
namespace {

constexpr std::size_t kStatementBytes = 1024 * 1024;  // below every server's max_allowed_packet
constexpr std::size_t kRowsPerDelete = 500;           // servers turn longer lists into a temporary table
constexpr int kKeyTextLength = 255;
constexpr std::string_view kHex = "0123456789ABCDEF";

void append_literal(std::string& out, MYSQL* mysql, const Value* value, const SinkColumn& column,
                    const WriteOptions& options) {
  if (value == nullptr || value->is_null()) {
    out += "NULL";
    return;
  }
  const auto append_quoted = [&](const std::string& text) {
    const std::size_t start = out.size();
    out.resize(start + text.size() * 2 + 3);
    out[start] = '\'';
    const unsigned long length = mysql_real_escape_string(mysql, out.data() + start + 1, text.data(), text.size());
    out.resize(start + 1 + length);
    out += '\'';
  };
  switch (column.type) {
    case WriteType::kString:
      if (value->kind() != ValueKind::kString) break;
      append_quoted(value->as_string());
      return;
    case WriteType::kJson: {
      std::string text;
      append_value_text(text, *value, column, options, false);
      append_quoted(text);
      return;
    }
    case WriteType::kBytes: {
      if (value->kind() != ValueKind::kBytes) break;
      out += "x'";
      for (const std::uint8_t byte : value->as_bytes()) {
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
      }
      out += '\'';
      return;
    }
    case WriteType::kDate:
    case WriteType::kTime:
    case WriteType::kTimestamp:
    case WriteType::kEpoch:
      out += '\'';
      append_value_text(out, *value, column, options, false);
      out += '\'';
      return;
    case WriteType::kFloat32:
    case WriteType::kFloat64: {
      const bool finite = value->kind() == ValueKind::kFloat32
                              ? std::isfinite(value->as_float32())
                              : value->kind() != ValueKind::kFloat64 || std::isfinite(value->as_float64());
      if (!finite)
        throw SqlError(SqlErrorKind::kData,
                       "column '" + column.name + "': '" + value->to_string() + "' is not a valid numeric value",
                       "22003");
      break;
    }
    default: break;
  }
  append_value_text(out, *value, column, options, false);
}

}  // namespace

void MyConnection::write(const WriteBatch& batch) {
  const IdentifierRules rules{"`", "`", "."};
  const WriteOptions& options = *batch.options;
  const std::string table = batch.table.quoted(rules, options.quote);
  const auto name = [&](std::size_t i) { return rules.quote(batch.columns[i]->name, options.quote); };
  const std::size_t width = batch.columns.size();
  const auto literal = [&](std::string& sql, std::size_t row, std::size_t i) {
    try {
      append_literal(sql, &mysql_, batch.cell(row, i), *batch.columns[i], options);
    } catch (const SqlError& error) {
      throw RowError(error, row);
    }
  };
  if (batch.kind == WriteKind::kUpdate) {
    if (batch.key_count == width) return;  // nothing to set
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      std::string sql = "UPDATE " + table + " SET ";
      for (std::size_t i = batch.key_count; i < width; ++i) {
        sql += (i > batch.key_count ? ", " : "") + name(i) + " = ";
        literal(sql, row, i);
      }
      for (std::size_t i = 0; i < batch.key_count; ++i) {
        sql += (i > 0 ? " AND " : " WHERE ") + name(i) + " = ";
        literal(sql, row, i);
      }
      try {
        execute(sql);
      } catch (const SqlError& error) {
        if (error.kind() == SqlErrorKind::kConnection) throw;
        throw RowError(error, row);
      }
    }
    return;
  }
  std::string names;
  for (std::size_t i = 0; i < width; ++i) names += (i > 0 ? "," : "") + name(i);
  const bool deletes = batch.kind == WriteKind::kDelete;
  const std::string head = deletes ? "DELETE FROM " + table + " WHERE (" + names + ") IN ("
                                   : "INSERT INTO " + table + "(" + names + ") VALUES ";
  std::string tail = deletes ? ")" : "";
  if (batch.kind == WriteKind::kUpsert) {
    // Without other columns the keys are set to themselves.
    for (std::size_t i = batch.key_count == width ? 0 : batch.key_count; i < width; ++i)
      tail += (tail.empty() ? "" : ",") + name(i) + "=values(" + name(i) + ")";
    tail = " on duplicate key update " + tail;
  }
  const std::size_t most = deletes ? kRowsPerDelete : batch.rows();
  std::size_t row = 0;
  while (row < batch.rows()) {
    const std::size_t first = row;
    std::string sql = head;
    for (; row < batch.rows() && row - first < most && sql.size() < kStatementBytes; ++row) {
      sql += row > first ? ",(" : "(";
      for (std::size_t i = 0; i < width; ++i) {
        if (i > 0) sql += ',';
        literal(sql, row, i);
      }
      sql += ')';
    }
    try {
      execute(sql + tail);
    } catch (const SqlError& error) {
      if (row - first == 1 && error.kind() != SqlErrorKind::kConnection) throw RowError(error, first);
      throw;
    }
  }
}

std::unique_ptr<Connection> MyDialect::connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                               Logger& log) const {
  return std::make_unique<MyConnection>(settings, interrupt, log);
}

std::string MyDialect::string_literal(const std::string& text) const {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') escaped += c;
    escaped += c;
  }
  return sql_string(escaped);
}

std::string MyDialect::column_type(const SinkColumn& column) const {
  switch (column.type) {
    case WriteType::kInteger:
      switch (column.schema->type()) {
        case Type::kInt8: return "TINYINT";
        case Type::kInt16: return "SMALLINT";
        case Type::kInt32: return "INT";
        default: return "BIGINT";
      }
    case WriteType::kFloat32: return "FLOAT";
    case WriteType::kFloat64: return "DOUBLE";
    case WriteType::kBoolean: return "TINYINT";
    // Differs: the Java connector's TEXT cannot be a primary key.
    case WriteType::kString: return column.is_key ? "VARCHAR(" + std::to_string(kKeyTextLength) + ")" : "TEXT";
    case WriteType::kJson: return "JSON";
    case WriteType::kBytes: return "VARBINARY(1024)";
    case WriteType::kDecimal: return "DECIMAL(65," + std::to_string(decimal_scale(*column.schema)) + ")";
    case WriteType::kDate: return "DATE";
    case WriteType::kTime: return "TIME(3)";
    case WriteType::kTimestamp: return "DATETIME(3)";
    case WriteType::kEpoch: return "DATETIME(6)";
    default: refuse_type(column);
  }
}

}  // namespace millrace::jdbc::mysql
