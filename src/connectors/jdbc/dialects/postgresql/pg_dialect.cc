#include "connectors/jdbc/dialects/postgresql/pg_connection.h"
#include "connectors/jdbc/url.h"

namespace millrace::jdbc::postgresql {

constexpr std::size_t kLongestName = 63;  // bytes; NAMEDATALEN - 1

std::unique_ptr<Connection> PgDialect::connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                               Logger& log) const {
  return std::make_unique<PgConnection>(settings, interrupt, log);
}

TableId PgDialect::table_id(const std::vector<std::string>& parts, QuoteMethod quote) const {
  TableId id = Dialect::table_id(parts, quote);
  id.catalog.reset();
  if (id.table.size() > kLongestName) id.table.resize(kLongestName);
  if (quote == QuoteMethod::kNever) id.table = to_lower(id.table);
  return id;
}

std::string PgDialect::column_type(const SinkColumn& column) const {
  switch (column.type) {
    case WriteType::kInteger:
      switch (column.schema->type()) {
        case Type::kInt8:
        case Type::kInt16: return "SMALLINT";
        case Type::kInt32: return "INT";
        default: return "BIGINT";
      }
    case WriteType::kFloat32: return "REAL";
    case WriteType::kFloat64: return "DOUBLE PRECISION";
    case WriteType::kBoolean: return "BOOLEAN";
    case WriteType::kString: return "TEXT";
    case WriteType::kBytes: return "BYTEA";
    case WriteType::kDecimal: return "DECIMAL";
    case WriteType::kDate: return "DATE";
    case WriteType::kTime: return "TIME";
    case WriteType::kTimestamp:
    case WriteType::kEpoch: return "TIMESTAMP";
    case WriteType::kArray: {
      SinkColumn element;
      element.name = column.name;
      element.schema = column.schema->value_schema();
      element.type = write_type_of(*element.schema, false);
      return column_type(element) + "[]";
    }
    case WriteType::kJson: return "JSONB";
    case WriteType::kUnsupported: break;
  }
  refuse_type(column);
}

}  // namespace millrace::jdbc::postgresql
