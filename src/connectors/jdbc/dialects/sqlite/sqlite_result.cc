#include "connectors/jdbc/dialects/sqlite/sqlite_result.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "connectors/jdbc/type_mapping.h"
#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc::sqlite {
namespace {

constexpr int kRowsLookedAt = 1000;
constexpr std::int64_t kMillisPerDay = 86'400'000;

/// "DECIMAL(10,2)" as its name in upper case, precision and scale.
struct DeclaredType {
  std::string name;
  std::int32_t precision = 0;
  std::int32_t scale = 0;
};

DeclaredType parse_declared(const char* text) {
  DeclaredType type;
  if (text == nullptr) return type;
  const std::string whole = text;
  const std::size_t open = whole.find('(');
  type.name = trim(whole.substr(0, open));
  std::transform(type.name.begin(), type.name.end(), type.name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (open != std::string::npos) std::sscanf(whole.c_str() + open, "(%d ,%d", &type.precision, &type.scale);
  return type;
}

bool is_one_of(const std::string& name, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), name) != words.end();
}

bool fits_int32(std::int64_t value) {
  return value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max();
}

/// Behaviour: sqlite-jdbc decides by declared type and the first row's storage class. Where that driver fails (BLOB, DECIMAL
/// with a fraction, DATETIME with a time) the natural type is given.
JdbcType jdbc_type(const DeclaredType& declared, int storage, std::int64_t integer, bool wide, bool has_time) {
  const std::string& name = declared.name;
  const bool null = storage == SQLITE_NULL;
  if (storage == SQLITE_INTEGER || null) {
    if (name == "BOOLEAN") return JdbcType::kBoolean;
    if (name == "TINYINT") return JdbcType::kTinyint;
    if (is_one_of(name, {"SMALLINT", "INT2"})) return JdbcType::kSmallint;
    if (is_one_of(name, {"BIGINT", "INT8", "UNSIGNED BIG INT"})) return JdbcType::kBigint;
    if (name == "DATE" || (name == "DATETIME" && !has_time)) return JdbcType::kDate;
    if (is_one_of(name, {"TIMESTAMP", "DATETIME"})) return JdbcType::kTimestamp;
    if (!null || is_one_of(name, {"INT", "INTEGER", "MEDIUMINT"}))
      return wide || !fits_int32(integer) ? JdbcType::kBigint : JdbcType::kInteger;
  }
  if (storage == SQLITE_FLOAT || null) {
    if (name == "DECIMAL") return declared.precision > 0 ? JdbcType::kDecimal : JdbcType::kDouble;
    if (name == "NUMERIC") return declared.precision > 0 ? JdbcType::kNumeric : JdbcType::kDouble;
    if (is_one_of(name, {"DOUBLE", "DOUBLE PRECISION"})) return JdbcType::kDouble;
    if (name == "REAL") return JdbcType::kReal;
    if (!null || name == "FLOAT") return JdbcType::kFloat;
  }
  if (storage == SQLITE_TEXT || null) {
    if (is_one_of(name, {"CHARACTER", "NCHAR", "NATIVE CHARACTER", "CHAR"})) return JdbcType::kChar;
    if (name == "CLOB") return JdbcType::kClob;
    if (name == "DATE" || (name == "DATETIME" && !has_time)) return JdbcType::kDate;
    if (is_one_of(name, {"TIMESTAMP", "DATETIME"})) return JdbcType::kTimestamp;
    if (!null || is_one_of(name, {"VARCHAR", "VARYING CHARACTER", "NVARCHAR", "TEXT"})) return JdbcType::kVarchar;
  }
  if (storage == SQLITE_BLOB || is_one_of(name, {"BLOB", "BINARY"})) return JdbcType::kBlob;
  return JdbcType::kVarchar;
}

class SqliteResultSet final : public ResultSet {
 public:
  SqliteResultSet(SqliteConnection& connection, Statement statement)
      : connection_(connection), statement_(std::move(statement)) {
    if (sqlite3_column_count(statement_.get()) == 0)
      throw SqlError(SqlErrorKind::kStatement, "The statement returns no rows", "02000");
    std::vector<bool> wide = look_ahead();
    has_row_ = connection_.step(statement_.get());
    // Only now: a step compiles the statement again when the table was altered by someone else.
    const int count = sqlite3_column_count(statement_.get());
    wide.resize(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) columns_.push_back(describe(i, wide[static_cast<std::size_t>(i)]));
  }

  const std::vector<ResultColumn>& columns() const override { return columns_; }

  void plan(const std::vector<FieldPlan>& fields, const ReadOptions& options) override {
    fields_ = fields;
    options_ = &options;
  }

  bool next() override {
    if (!has_row_) return false;
    if (first_) {
      first_ = false;
      return true;
    }
    has_row_ = connection_.step(statement_.get());
    return has_row_;
  }

  void read(std::vector<Value>& values) override {
    for (const FieldPlan& field : fields_) values.push_back(cell(field));
  }

  std::optional<Instant> instant(std::size_t planned_field) override {
    const FieldPlan& field = fields_[planned_field];
    const int column = static_cast<int>(field.column);
    if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
    // Milliseconds: what `timestamp_expression` compares.
    return Instant::of_millis(instant_of(column).millis());
  }

 private:
  /// Which INTEGER columns hold more than 32 bits in the first rows. The Java driver looks at one row and cuts the rest.
  std::vector<bool> look_ahead() {
    std::vector<bool> wide;
    for (int row = 0; row < kRowsLookedAt && connection_.step(statement_.get()); ++row) {
      const int count = sqlite3_column_count(statement_.get());
      wide.resize(static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) {
        if (sqlite3_column_type(statement_.get(), i) == SQLITE_INTEGER &&
            !fits_int32(sqlite3_column_int64(statement_.get(), i))) {
          wide[static_cast<std::size_t>(i)] = true;
        }
      }
    }
    sqlite3_reset(statement_.get());
    return wide;
  }

  std::string_view text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return {data == nullptr ? "" : data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
  }

  bool has_time_of_day(int column, int storage) const {
    if (storage == SQLITE_INTEGER) return sqlite3_column_int64(statement_.get(), column) % kMillisPerDay != 0;
    if (storage != SQLITE_TEXT) return false;
    const auto wall = parse_wall(text(column));
    return wall && (wall->seconds % 86'400 != 0 || wall->nanos != 0);
  }

  ResultColumn describe(int i, bool wide) {
    ResultColumn column;
    column.label = sqlite3_column_name(statement_.get(), i);
    const DeclaredType declared = parse_declared(sqlite3_column_decltype(statement_.get(), i));
    const int storage = has_row_ ? sqlite3_column_type(statement_.get(), i) : SQLITE_NULL;
    const std::int64_t integer = storage == SQLITE_INTEGER ? sqlite3_column_int64(statement_.get(), i) : 0;
    column.type = jdbc_type(declared, storage, integer, wide, has_time_of_day(i, storage));
    column.type_name = declared.name;
    column.precision = declared.precision;
    column.scale = declared.scale;
    // sqlite-jdbc calls only these signed; a column without a type has the type of its value.
    column.is_signed = is_one_of(declared.name, {"INTEGER", "REAL", "NUMERIC", ""});
    column.nullable = Nullability::kUnknown;
    const char* table = sqlite3_column_table_name(statement_.get(), i);
    const char* origin = sqlite3_column_origin_name(statement_.get(), i);
    if (table != nullptr && origin != nullptr) {
      column.table = table;
      int not_null = 0;
      const char* database = sqlite3_column_database_name(statement_.get(), i);
      if (sqlite3_table_column_metadata(connection_.raw(), database, table, origin, nullptr, nullptr, &not_null,
                                        nullptr, nullptr) == SQLITE_OK) {
        column.nullable = not_null != 0 ? Nullability::kNo : Nullability::kYes;
      }
    }
    return column;
  }

  Instant instant_of(int column) const {
    const int storage = sqlite3_column_type(statement_.get(), column);
    if (storage == SQLITE_INTEGER) return Instant::of_millis(sqlite3_column_int64(statement_.get(), column));
    if (storage == SQLITE_FLOAT) {  // a Julian day
      return Instant::of_millis(
          static_cast<std::int64_t>((sqlite3_column_double(statement_.get(), column) - 2440587.5) * 86400000.0 + 0.5));
    }
    const auto wall = parse_wall(text(column));
    if (!wall) refuse(column, "a time");
    return from_wall(*wall, *options_->zone, options_->calendar);
  }

  [[noreturn]] void refuse(int column, const char* what) const {
    throw SqlDataError(
        "column \"" + columns_[static_cast<std::size_t>(column)].label + "\": the value '" +
        std::string(text(column).substr(0, 100)) + "' is not " + what +
        "; SQLite columns hold any type, and this column's was decided by its declaration and first row");
  }

  Value integer(const FieldPlan& field) const {
    const int column = static_cast<int>(field.column);
    if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) refuse(column, "an integer");
    const std::int64_t value = sqlite3_column_int64(statement_.get(), column);
    if (field.target == Target::kInt32 && !fits_int32(value))
      refuse(column, "a 32-bit integer; declare the column BIGINT");
    return integer_value(value, field.target, field.scale);
  }

  Value cell(const FieldPlan& field) const {
    const int column = static_cast<int>(field.column);
    const int storage = sqlite3_column_type(statement_.get(), column);
    if (storage == SQLITE_NULL) return {};
    switch (field.target) {
      case Target::kBoolean:
      case Target::kInt8:
      case Target::kInt16:
      case Target::kInt32:
      case Target::kInt64: return integer(field);
      case Target::kFloat32:
      case Target::kFloat64: {
        if (storage != SQLITE_INTEGER && storage != SQLITE_FLOAT) refuse(column, "a number");
        const double value = sqlite3_column_double(statement_.get(), column);
        if (field.target == Target::kFloat32) return static_cast<float>(value);
        return value;
      }
      case Target::kDecimal:
        if (storage == SQLITE_BLOB) refuse(column, "a number");
        return number_from_text(text(column), field.target, field.scale);
      case Target::kDate: {
        if (storage == SQLITE_INTEGER) return Date{sqlite3_column_int64(statement_.get(), column)};
        const auto wall = parse_wall(text(column));
        if (!wall) refuse(column, "a date");
        return Date{from_wall(*wall, *TimeZone::utc(), options_->calendar).millis()};
      }
      case Target::kTime:
      case Target::kTimestamp: return timestamp_value(instant_of(column), *options_);
      case Target::kBytes: {
        const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
        return Bytes(data, data + sqlite3_column_bytes(statement_.get(), column));
      }
      default: return std::string(text(column));
    }
  }

  SqliteConnection& connection_;
  Statement statement_;
  std::vector<ResultColumn> columns_;
  std::vector<FieldPlan> fields_;
  const ReadOptions* options_ = nullptr;
  bool has_row_ = false;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<ResultSet> make_result(SqliteConnection& connection, Statement statement) {
  return std::make_unique<SqliteResultSet>(connection, std::move(statement));
}

}  // namespace millrace::jdbc::sqlite
