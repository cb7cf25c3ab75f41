#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/jdbc/database.h"
#include "millrace/connector.h"
#include "millrace/schema.h"

namespace millrace::jdbc {

/// The Connect schema of a result's rows, and which columns are read for it. Immutable.
struct RowSchema {
  SchemaPtr schema;
  std::vector<FieldPlan> fields;
  std::vector<ResultColumn> columns;

  /// The field of that exact name; -1 when there is none.
  int field(const std::string& name) const;
  /// The same, else the only one that differs in case. Throws ConnectError "Timestamp column X not found in a,b,c".
  std::size_t timestamp_field(const std::string& name) const;
  /// "a,b,c"
  std::string field_names() const;
};

/// `name` is the struct's schema name, absent for queries. Columns without a Connect type are left out, each with a warning.
/// Throws ConnectError when two columns have one label.
std::shared_ptr<const RowSchema> make_row_schema(const std::optional<std::string>& name,
                                                 const std::vector<ResultColumn>& columns, const ReadOptions& options,
                                                 Logger& log);

}  // namespace millrace::jdbc
