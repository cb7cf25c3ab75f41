// The DDL that most databases share.

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/sink_batch.h"
#include "millrace/errors.h"

namespace millrace::jdbc {

void Dialect::refuse_type(const SinkColumn& column) {
  throw ConnectError((column.schema->name() ? *column.schema->name() : std::string("null")) + " (" +
                     name_of(column.schema->type()) +
                     ") type doesn't have a mapping to the SQL database column type: field \"" + column.name + "\"");
}

std::string Dialect::string_literal(const std::string& text) const { return sql_string(text); }

std::string Dialect::column_definition(const SinkColumn& column, const WriteOptions& options) const {
  std::string text = identifiers().quote(column.name, options.quote) + " " + column_type(column);
  if (column.schema->default_value() && !column.schema->default_value()->is_null()) {
    text += " DEFAULT " + default_literal(column, options, *this);
  } else {
    text += column.schema->is_optional() && !column.is_key ? " NULL" : " NOT NULL";
  }
  return text;
}

std::string Dialect::create_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                  const WriteOptions& options) const {
  const IdentifierRules rules = identifiers();
  std::string sql = "CREATE TABLE " + table.quoted(rules, options.quote) + " (";
  std::string keys;
  bool first = true;
  for (const SinkColumn* column : columns) {
    sql += (first ? "\n" : ",\n") + column_definition(*column, options);
    first = false;
    if (column->is_key) keys += (keys.empty() ? "" : ",") + rules.quote(column->name, options.quote);
  }
  if (!keys.empty()) sql += ",\nPRIMARY KEY(" + keys + ")";
  return sql + ")";
}

std::vector<std::string> Dialect::alter_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                              const WriteOptions& options) const {
  std::string sql = "ALTER TABLE " + table.quoted(identifiers(), options.quote) + " ";
  bool first = true;
  for (const SinkColumn* column : columns) {
    if (columns.size() > 1) sql += first ? "\n" : ",\n";
    first = false;
    sql += "ADD " + column_definition(*column, options);
  }
  return {sql};
}

}  // namespace millrace::jdbc
