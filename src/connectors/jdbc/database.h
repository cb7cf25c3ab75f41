#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/jdbc/calendar.h"
#include "connectors/jdbc/interrupt.h"
#include "connectors/jdbc/sink_batch.h"
#include "connectors/jdbc/table_id.h"
#include "millrace/record.h"

namespace millrace {
class Logger;
}

/// What a dialect folder implements: a Dialect (how the database writes SQL, no state), a Connection, a ResultSet.
namespace millrace::jdbc {

/// java.sql.Types.
enum class JdbcType : std::int16_t {
  kBit = -7,
  kTinyint = -6,
  kSmallint = 5,
  kInteger = 4,
  kBigint = -5,
  kFloat = 6,
  kReal = 7,
  kDouble = 8,
  kNumeric = 2,
  kDecimal = 3,
  kChar = 1,
  kVarchar = 12,
  kLongVarchar = -1,
  kDate = 91,
  kTime = 92,
  kTimestamp = 93,
  kBinary = -2,
  kVarbinary = -3,
  kLongVarbinary = -4,
  kNull = 0,
  kOther = 1111,
  kDistinct = 2001,
  kStruct = 2002,
  kArray = 2003,
  kBlob = 2004,
  kClob = 2005,
  kBoolean = 16,
  kRowId = -8,
  kNChar = -15,
  kNVarchar = -9,
  kLongNVarchar = -16,
  kNClob = 2011,
  kSqlXml = 2009,
};

enum class Nullability : std::uint8_t { kNo, kYes, kUnknown };

/// One column of a result.
struct ResultColumn {
  std::string label;
  JdbcType type = JdbcType::kOther;
  std::string type_name;  ///< the database's own word
  std::int32_t precision = 0;
  std::int32_t scale = 0;
  bool is_signed = true;
  Nullability nullable = Nullability::kUnknown;
  std::string table;  ///< something that tells tables apart, empty for expressions: for the error on equal labels
  bool operator==(const ResultColumn&) const = default;
};

enum class NumericMapping : std::uint8_t { kNone, kPrecisionOnly, kBestFit, kBestFitEagerDouble };
enum class TimestampGranularity : std::uint8_t {
  kConnectLogical,
  kMicrosLong,
  kMicrosString,
  kMicrosIsoDatetimeString,
  kNanosLong,
  kNanosString,
  kNanosIsoDatetimeString,
};

/// How values are read, the same for all columns of a task.
struct ReadOptions {
  NumericMapping numeric_mapping = NumericMapping::kNone;
  bool decimal_as_numeric = false;  ///< numeric_mapping holds for the JDBC type DECIMAL as well
  TimestampGranularity granularity = TimestampGranularity::kConnectLogical;
  CalendarSystem calendar = CalendarSystem::kLegacy;
  std::shared_ptr<const TimeZone> zone = TimeZone::utc();
};

/// Which Connect value a column becomes.
enum class Target : std::uint8_t {
  kBoolean,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat32,
  kFloat64,
  kDecimal,
  kString,
  kBytes,
  kDate,
  kTime,
  kTimestamp,
};

/// One column that is read. Columns without a Connect type have none.
struct FieldPlan {
  std::size_t column = 0;
  Target target = Target::kString;
  std::int32_t scale = 0;  ///< of a Decimal
  SchemaPtr schema;
};

/// The rows of a running query, one at a time, never all in memory. Lives on its connection: one result at a time, and gone
/// before the connection. All calls throw SqlError, or Interrupted.
class ResultSet {
 public:
  virtual ~ResultSet() = default;
  /// Valid from the start. SQLite decides on types with the first row.
  virtual const std::vector<ResultColumn>& columns() const = 0;
  /// Chooses one decoder per planned column. Called once, before the first `read`.
  virtual void plan(const std::vector<FieldPlan>& fields, const ReadOptions& options) = 0;
  /// Goes to the next row; false at the end.
  virtual bool next() = 0;
  /// The planned columns of the current row, appended to `values`. DataError when a value does not fit its type.
  virtual void read(std::vector<Value>& values) = 0;
  /// The full precision of a planned TIMESTAMP or DATE column of the current row; nullopt for NULL.
  virtual std::optional<Instant> instant(std::size_t planned_field) = 0;
};

/// One table as the catalogue lists it.
struct TableInfo {
  TableId id;
  std::string type;  ///< "TABLE", "VIEW", ...
};

struct TableColumn {
  std::string name;
  std::string type_name;  ///< lower case, as the database calls it
  Nullability nullable = Nullability::kUnknown;
  bool auto_increment = false;
  bool primary_key = false;
  bool is_instant = false;  ///< a timestamp column that means a point in time, not a wall clock reading
  std::int32_t size = 0;
};

struct TableFilter {
  std::optional<std::string> catalog_pattern;  ///< SQL LIKE patterns; nullopt: any
  std::optional<std::string> schema_pattern;
  std::vector<std::string> types{"TABLE"};
  /// Without a catalog pattern: databases of the server other than the connected one, where a session sees several.
  bool other_databases = false;
};

/// A timestamp bound of a query.
struct TimestampBound {
  Instant instant;
  bool column_is_instant = false;
  std::string column;  ///< as written in the statement; empty when there are several
};

/// A place in a growing column, and when everything before it can be seen.
struct IdMark {
  std::string last_id;                 ///< the greatest id there was; empty in an empty table
  std::uint64_t next_transaction = 0;  ///< transactions numbered below this may have taken lower ids
};

/// A session with a database. One thread at a time, except that `Interrupt` may be triggered from any.
class Connection {
 public:
  virtual ~Connection() = default;

  /// Starts a transaction when none is open. The text carries its values as literals (Dialect::timestamp_literal).
  virtual std::unique_ptr<ResultSet> query(const std::string& sql) = 0;
  virtual void execute(const std::string& sql) = 0;
  /// From now on `query` gives columns of types without a Connect type as the database prints them.
  virtual void set_text_for_unsupported() {}
  /// Finds syntax and permission errors without running `sql`. The result's columns: name and `is_instant`, no more.
  virtual std::vector<TableColumn> prepare(const std::string& sql) = 0;
  virtual void commit() = 0;
  virtual void rollback() = 0;
  /// One round trip; false when the connection is of no more use.
  virtual bool is_valid() = 0;

  virtual std::vector<TableInfo> tables(const TableFilter& filter) = 0;
  /// Empty when there is no such table.
  virtual std::vector<TableColumn> columns(const TableId& table) = 0;
  /// "TABLE", "VIEW", "PARTITIONED TABLE"; nullopt when there is no such table.
  virtual std::optional<TableInfo> find_table(const TableId& table, const std::vector<std::string>& types) = 0;
  /// The server's clock as a point in time.
  virtual Instant current_time() = 0;
  /// READ_COMMITTED and so on; false when the database has no such mode.
  virtual bool set_isolation(const std::string& mode) = 0;
  /// The database's name, for messages.
  virtual std::string database_name() = 0;
  /// Whether `mark_ids` and `oldest_transaction` can be asked.
  virtual bool knows_transactions() const { return false; }
  /// `table` and `column` as they stand in SQL.
  virtual IdMark mark_ids(const std::string& /*table*/, const std::string& /*column*/) { return {}; }
  /// Transactions numbered below this have ended.
  virtual std::uint64_t oldest_transaction() { return 0; }

  /// A timestamp column as it is compared and ordered by. SQLite keeps times as text or as numbers.
  virtual std::string timestamp_expression(const std::string& column) { return column; }
  /// A bound in the form that compares with `timestamp_expression`.
  virtual std::string timestamp_literal(const TimestampBound& bound, const ReadOptions& options) = 0;

  /// Writes the rows, within the open transaction or a new one. All or, when it throws, any number of them until rollback.
  /// Throws RowError where the database told which row it refused.
  virtual void write(const WriteBatch& batch) = 0;
  /// The same and a commit, in fewer round trips where the database can.
  virtual void write_and_commit(const WriteBatch& batch) {
    write(batch);
    commit();
  }
  /// The same, and where the database can, returns before its answer is there: `has_unfinished_write` then, and nothing else
  /// may be asked before `finish_write`.
  virtual void write_and_commit_unanswered(const WriteBatch& batch) { write_and_commit(batch); }
  virtual bool has_unfinished_write() const { return false; }
  /// Waits for the answer, for a while even when interrupted: a batch that is on its way had better be known to have
  /// arrived. Throws what `write_and_commit` does.
  virtual void finish_write() {}
};

/// Where to connect, as configured.
struct ConnectionSettings {
  std::string url;
  /// `connection.user`, `connection.password` and every other `connection.*` key, without the prefix.
  std::map<std::string, std::string> properties;
  std::chrono::milliseconds login_timeout{40'000};
};

/// A database product. Immutable; shared by all threads.
class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual std::string name() const = 0;  ///< "PostgreSqlDatabaseDialect"
  virtual IdentifierRules identifiers() const = 0;
  /// Throws ConfigError for a URL that does not read, SqlError when the database refuses.
  virtual std::unique_ptr<Connection> connect(const ConnectionSettings& settings, Interrupt& interrupt,
                                              Logger& log) const = 0;
  /// The parts of a name, as written in `tables` or made by `table.name.format`, in this database's own parts.
  virtual TableId table_id(const std::vector<std::string>& parts, QuoteMethod quote) const;
  /// Two parts of a name are database and table, not schema and table.
  virtual bool has_catalog_in_name() const { return false; }

  /// Arrays of simple values are values of columns.
  virtual bool has_arrays() const { return false; }

  // DDL of the sink.
  /// "BIGINT"; throws ConnectError naming the field when the type has no column type.
  virtual std::string column_type(const SinkColumn& column) const = 0;
  virtual std::string boolean_word(bool value) const { return value ? "1" : "0"; }
  virtual std::string bytes_literal(const std::string& hex) const { return "x'" + hex + "'"; }
  virtual std::string string_literal(const std::string& text) const;
  virtual std::string create_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                   const WriteOptions& options) const;
  virtual std::vector<std::string> alter_table(const TableId& table, const std::vector<const SinkColumn*>& columns,
                                               const WriteOptions& options) const;

 protected:
  std::string column_definition(const SinkColumn& column, const WriteOptions& options) const;
  [[noreturn]] static void refuse_type(const SinkColumn& column);
};

/// The dialect by `dialect.name`, or by URL when that is empty. Throws ConfigError naming what there is.
const Dialect& find_dialect(const std::string& dialect_name, const std::string& url);

/// "jdbc:postgresql://..." split at the second colon: ("postgresql", "//..."). `odbc:` URLs count as subprotocol "odbc".
/// Throws ConfigError "Not a valid JDBC URL: X".
std::pair<std::string, std::string> split_jdbc_url(const std::string& url);

/// The URL with its passwords hidden.
std::string redact_url(const std::string& url);

}  // namespace millrace::jdbc
