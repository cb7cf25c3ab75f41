// How the products that are reached over ODBC name and create things.

#include "connectors/jdbc/dialects/odbc/odbc_connection.h"
#include "connectors/jdbc/url.h"

namespace millrace::jdbc::odbc {
namespace {

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

/// Column types of one product. "%s" stands for a Decimal's scale.
struct TypeWords {
  const char* int8;
  const char* int16;
  const char* int32;
  const char* int64;
  const char* float32;
  const char* float64;
  const char* boolean;
  const char* nullable_boolean;
  const char* string;
  const char* key_string;
  const char* bytes;
  const char* decimal;
  const char* date;
  const char* time;
  const char* timestamp;
  const char* micros;  ///< a field of timestamp.fields.list
};

const TypeWords& words_of(Product product) {
  static const TypeWords kSqlServer{
      "tinyint", "smallint", "int",          "bigint",       "real",           "float",
      "bit",     "bit",      "varchar(max)", "varchar(900)", "varbinary(max)", "decimal(38,%s)",
      "date",    "time",     "datetime2",    "datetime2"};
  static const TypeWords kSybase{"smallint", "smallint", "int",      "bigint",       "real",  "float",
                                 "bit",      "tinyint",  "text",     "varchar(512)", "image", "decimal(38,%s)",
                                 "date",     "time",     "datetime", "datetime"};
  static const TypeWords kOracle{"NUMBER(3,0)",    "NUMBER(5,0)",    "NUMBER(10,0)", "NUMBER(19,0)",
                                 "BINARY_FLOAT",   "BINARY_DOUBLE",  "NUMBER(1,0)",  "NUMBER(1,0)",
                                 "VARCHAR2(4000)", "VARCHAR2(4000)", "BLOB",         "NUMBER(*,%s)",
                                 "DATE",           "DATE",           "TIMESTAMP",    "TIMESTAMP(%p)"};
  static const TypeWords kDb2{
      "SMALLINT",       "SMALLINT",       "INTEGER",     "BIGINT",         "FLOAT", "DOUBLE", "SMALLINT",  "SMALLINT",
      "VARCHAR(32672)", "VARCHAR(32672)", "BLOB(64000)", "DECIMAL(31,%s)", "DATE",  "TIME",   "TIMESTAMP", "TIMESTAMP"};
  static const TypeWords kSapHana{"TINYINT", "SMALLINT", "INTEGER",       "BIGINT",        "REAL", "DOUBLE",
                                  "BOOLEAN", "BOOLEAN",  "VARCHAR(1000)", "VARCHAR(1000)", "BLOB", "DECIMAL",
                                  "DATE",    "DATE",     "TIMESTAMP",     "TIMESTAMP"};
  static const TypeWords kVertica{
      "INT",     "INT",     "INT",           "INT",           "FLOAT",           "FLOAT",
      "BOOLEAN", "BOOLEAN", "VARCHAR(1024)", "VARCHAR(1024)", "VARBINARY(1024)", "DECIMAL(18,%s)",
      "DATE",    "TIME",    "TIMESTAMP",     "TIMESTAMP"};
  static const TypeWords kGeneric{"SMALLINT",         "SMALLINT",       "INTEGER",  "BIGINT",        "REAL",
                                  "DOUBLE PRECISION", "SMALLINT",       "SMALLINT", "VARCHAR(4000)", "VARCHAR(4000)",
                                  "VARBINARY(4000)",  "DECIMAL(31,%s)", "DATE",     "TIME",          "TIMESTAMP",
                                  "TIMESTAMP"};
  switch (product) {
    case Product::kSqlServer: return kSqlServer;
    case Product::kSybase: return kSybase;
    case Product::kOracle: return kOracle;
    case Product::kDb2: return kDb2;
    case Product::kSapHana: return kSapHana;
    case Product::kVertica: return kVertica;
    default: return kGeneric;
  }
}

std::string replaced(std::string text, std::string_view mark, const std::string& by) {
  if (const std::size_t at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), by);
  return text;
}

}  // namespace

std::string OdbcDialect::name() const {
  switch (product_) {
    case Product::kSqlServer: return "SqlServerDatabaseDialect";
    case Product::kSybase: return "SybaseDatabaseDialect";
    case Product::kOracle: return "OracleDatabaseDialect";
    case Product::kDb2: return "Db2DatabaseDialect";
    case Product::kSapHana: return "SapHanaDatabaseDialect";
    case Product::kVertica: return "VerticaDatabaseDialect";
    default: return "GenericDatabaseDialect";
  }
}

IdentifierRules OdbcDialect::identifiers() const { return {}; }

std::unique_ptr<Connection> OdbcDialect::connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                                 Logger& log) const {
  return std::make_unique<OdbcConnection>(settings, product_, interrupt, log);
}

bool OdbcDialect::has_catalog_in_name() const {
  return product_ == Product::kSqlServer || product_ == Product::kSybase;
}

TableId OdbcDialect::table_id(const std::vector<std::string>& parts, QuoteMethod quote) const {
  TableId id = Dialect::table_id(parts, quote);
  if (product_ == Product::kSqlServer && !id.schema) id.schema = "dbo";
  if (product_ == Product::kOracle && quote == QuoteMethod::kNever) id.table = upper(id.table);
  return id;
}

std::string OdbcDialect::column_type(const SinkColumn& column) const {
  const TypeWords& words = words_of(product_);
  switch (column.type) {
    case WriteType::kInteger:
      switch (column.schema->type()) {
        case Type::kInt8: return words.int8;
        case Type::kInt16: return words.int16;
        case Type::kInt32: return words.int32;
        default: return words.int64;
      }
    case WriteType::kFloat32: return words.float32;
    case WriteType::kFloat64: return words.float64;
    case WriteType::kBoolean: return column.is_optional() ? words.nullable_boolean : words.boolean;
    case WriteType::kJson: return words.string;
    case WriteType::kString: return column.is_key ? words.key_string : words.string;
    case WriteType::kBytes: return words.bytes;
    case WriteType::kDecimal: return replaced(words.decimal, "%s", std::to_string(decimal_scale(*column.schema)));
    case WriteType::kDate: return words.date;
    case WriteType::kTime: return words.time;
    case WriteType::kTimestamp: return words.timestamp;
    case WriteType::kEpoch: return replaced(words.micros, "%p", column.epoch_is_nanos ? "9" : "6");
    default: refuse_type(column);
  }
}

std::string OdbcDialect::create_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                      const WriteOptions& options) const {
  std::string sql = Dialect::create_table(table, columns, options);
  return product_ == Product::kSapHana ? replaced(std::move(sql), "CREATE TABLE", "CREATE COLUMN TABLE") : sql;
}

std::vector<std::string> OdbcDialect::alter_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                                  const WriteOptions& options) const {
  std::string list;
  for (const SinkColumn* column : columns) list += (list.empty() ? "\n" : ",\n") + column_definition(*column, options);
  const std::string head = "ALTER TABLE " + table.quoted(identifiers(), options.quote) + " ADD";
  switch (product_) {
    case Product::kSqlServer:
    case Product::kSybase: return {head + list};
    case Product::kOracle:
    case Product::kSapHana: return {head + "(" + list + ")"};
    default: break;
  }
  // A statement for each column is understood everywhere.
  std::vector<std::string> statements;
  for (const SinkColumn* column : columns) statements.push_back(head + " " + column_definition(*column, options));
  return statements;
}

}  // namespace millrace::jdbc::odbc
