#include "connectors/jdbc/row_schema.h"

#include <map>

#include "connectors/jdbc/type_mapping.h"
#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc {

int RowSchema::field(const std::string& name) const {
  const Field* found = schema->field(name);
  return found == nullptr ? -1 : found->index;
}

std::string RowSchema::field_names() const {
  std::string names;
  for (const Field& one : schema->fields()) names += (names.empty() ? "" : ",") + one.name;
  return names;
}

std::size_t RowSchema::timestamp_field(const std::string& name) const {
  if (const int exact = field(name); exact >= 0) return static_cast<std::size_t>(exact);
  std::vector<std::size_t> matches;
  for (const Field& one : schema->fields()) {
    if (equals_ignoring_case(one.name, name)) matches.push_back(static_cast<std::size_t>(one.index));
  }
  if (matches.size() == 1) return matches[0];
  if (matches.empty()) throw DataError("Timestamp column " + name + " not found in " + field_names());
  throw DataError("Timestamp column " + name + " not found in " + field_names() +
                  ", and several columns differ from it only in case; write timestamp.column.name in the case of the "
                  "one that is meant");
}

std::shared_ptr<const RowSchema> make_row_schema(const std::optional<std::string>& name,
                                                 const std::vector<ResultColumn>& columns, const ReadOptions& options,
                                                 Logger& log) {
  auto row = std::make_shared<RowSchema>();
  row->columns = columns;
  SchemaBuilder builder = SchemaBuilder::structure();
  if (name) builder.name(*name);
  std::map<std::string, const ResultColumn*> seen;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ResultColumn& column = columns[i];
    // Differs: equal labels of one table (a self join) collapse in the Java connector, and later columns then read the wrong
    // position.
    if (const auto [it, fresh] = seen.emplace(column.label, &column); !fresh) {
      throw ConnectError("Cannot create field because of field name duplication " + column.label +
                         "; give the columns of the query distinct names with AS");
    }
    auto plan = plan_field(i, column, options);
    if (!plan) {
      log.warn("JDBC type " + std::to_string(static_cast<int>(column.type)) + " (" + column.type_name +
               ") not currently supported: column \"" + column.label + "\"" +
               (name ? " of table \"" + *name + "\"" : std::string()) +
               " is left out; cast it to text in a query, or set unsupported.columns.as.text=true");
      continue;
    }
    builder.field(column.label, plan->schema);
    row->fields.push_back(std::move(*plan));
  }
  row->schema = builder.build();
  return row;
}

}  // namespace millrace::jdbc
