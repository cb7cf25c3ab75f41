#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/cassandra/cql/message.h"
#include "connectors/cassandra/source/settings.h"
#include "millrace/record.h"
#include "millrace/schema.h"

namespace millrace::cassandra {

/// What a route makes of rows.
struct RecordShape {
  std::string topic;
  std::string schema_name;        ///< empty: none
  std::set<std::string> ignored;  ///< columns left out, as the server spells them
  std::vector<std::string> with_key;
  std::string key_delimiter = ",";
  bool unwrap = false;
  bool json = false;  ///< only with unwrap
};

/// Turns rows of one result into records. Decides once per column how; a page whose columns changed (ALTER TABLE) makes it
/// decide again.
class RowConverter {
 public:
  RowConverter(RecordShape shape, TypeSettings types);

  /// Call for each page; does nothing when the columns are those of the page before. Throws ConnectError for column types that
  /// have no form in Connect.
  void use(const std::shared_ptr<const cql::Columns>& columns);

  /// Throws DataError naming table, column and type.
  SourceRecord convert(const std::vector<cql::Cell>& cells) const;

  const SchemaPtr& value_schema() const noexcept { return schema_; }

 private:
  struct ColumnPlan {
    std::size_t cell = 0;
    cql::Column column;
    SchemaPtr schema;
  };

  SchemaPtr schema_of(const cql::DataType& type) const;
  Value value_of(const cql::DataType& type, std::string_view bytes) const;
  Value null_of(const cql::DataType& type) const;
  Value cell_value(const ColumnPlan& plan, const cql::Cell& cell) const;
  std::string text_of(const ColumnPlan& plan, const cql::Cell& cell) const;

  RecordShape shape_;
  TypeSettings types_;
  SchemaPtr decimal_;
  std::shared_ptr<const cql::Columns> columns_;
  std::vector<ColumnPlan> plans_;
  std::vector<ColumnPlan> key_plans_;
  SchemaPtr schema_;
};

}  // namespace millrace::cassandra
