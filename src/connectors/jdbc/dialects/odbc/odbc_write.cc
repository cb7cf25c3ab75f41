// The sink's half of an ODBC connection: one prepared statement per batch, run row by row.

#include <algorithm>
#include <array>

#include "connectors/jdbc/dialects/odbc/odbc_handles.h"

namespace millrace::jdbc::odbc {

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

}  // namespace millrace::jdbc::odbc
