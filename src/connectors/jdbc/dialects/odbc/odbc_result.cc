#include <array>
#include <charconv>
#include <cstdio>

#include "connectors/jdbc/dialects/odbc/odbc_handles.h"
#include "connectors/jdbc/type_mapping.h"

namespace millrace::jdbc::odbc {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

// SQL Server's own types (msodbcsql.h).
constexpr SQLSMALLINT kSqlServerTime = -154;
constexpr SQLSMALLINT kSqlServerDatetimeoffset = -155;
constexpr SQLSMALLINT kSqlServerXml = -152;

JdbcType jdbc_type(SQLSMALLINT type) {
  switch (type) {
    case SQL_BIT: return JdbcType::kBit;
    case SQL_TINYINT: return JdbcType::kTinyint;
    case SQL_SMALLINT: return JdbcType::kSmallint;
    case SQL_INTEGER: return JdbcType::kInteger;
    case SQL_BIGINT: return JdbcType::kBigint;
    case SQL_REAL: return JdbcType::kReal;
    case SQL_FLOAT: return JdbcType::kFloat;
    case SQL_DOUBLE: return JdbcType::kDouble;
    case SQL_NUMERIC: return JdbcType::kNumeric;
    case SQL_DECIMAL: return JdbcType::kDecimal;
    case SQL_CHAR: return JdbcType::kChar;
    case SQL_VARCHAR: return JdbcType::kVarchar;
    case SQL_LONGVARCHAR: return JdbcType::kLongVarchar;
    case SQL_WCHAR: return JdbcType::kNChar;
    case SQL_WVARCHAR: return JdbcType::kNVarchar;
    case SQL_WLONGVARCHAR: return JdbcType::kLongNVarchar;
    case SQL_BINARY: return JdbcType::kBinary;
    case SQL_VARBINARY: return JdbcType::kVarbinary;
    case SQL_LONGVARBINARY: return JdbcType::kLongVarbinary;
    case SQL_TYPE_DATE: return JdbcType::kDate;
    case SQL_TYPE_TIME:
    case kSqlServerTime: return JdbcType::kTime;
    case SQL_TYPE_TIMESTAMP:
    case kSqlServerDatetimeoffset: return JdbcType::kTimestamp;
    case kSqlServerXml: return JdbcType::kSqlXml;
    case SQL_GUID: return JdbcType::kVarchar;
    default: return JdbcType::kOther;
  }
}

class OdbcResultSet final : public ResultSet {
 public:
  explicit OdbcResultSet(std::unique_ptr<OdbcStatement> statement) : statement_(std::move(statement)) {
    SQLSMALLINT count = 0;
    statement_->check(SQLNumResultCols(statement_->raw(), &count));
    if (count == 0) throw SqlError(SqlErrorKind::kStatement, "The statement returns no rows", "02000");
    for (SQLSMALLINT i = 1; i <= count; ++i) columns_.push_back(describe(static_cast<SQLUSMALLINT>(i)));
    cells_.resize(columns_.size());
  }

  const std::vector<ResultColumn>& columns() const override { return columns_; }

  void plan(const std::vector<FieldPlan>& fields, const ReadOptions& options) override {
    fields_ = fields;
    options_ = &options;
  }

  bool next() override {
    if (!statement_->fetch()) return false;
    // In column order, once each: what every driver allows.
    for (const FieldPlan& field : fields_)
      cells_[field.column] = statement_->text(static_cast<SQLUSMALLINT>(field.column + 1));
    return true;
  }

  void read(std::vector<Value>& values) override {
    for (const FieldPlan& field : fields_) {
      const auto& cell = cells_[field.column];
      values.push_back(cell ? value_of(field, *cell) : Value());
    }
  }

  std::optional<Instant> instant(std::size_t planned_field) override {
    const FieldPlan& field = fields_[planned_field];
    const auto& cell = cells_[field.column];
    if (!cell) return std::nullopt;
    if (field.target == Target::kTimestamp || field.target == Target::kDate) return instant_of(*cell, *options_->zone);
    return instant_of_value(value_of(field, *cell), *options_);
  }

 private:
  SQLLEN attribute(SQLUSMALLINT column, SQLUSMALLINT which) {
    SQLLEN value = 0;
    statement_->check(SQLColAttribute(statement_->raw(), column, which, nullptr, 0, nullptr, &value));
    return value;
  }

  std::string text_attribute(SQLUSMALLINT column, SQLUSMALLINT which) {
    std::array<char, 512> buffer{};
    SQLSMALLINT length = 0;
    if (!SQL_SUCCEEDED(SQLColAttribute(statement_->raw(), column, which, buffer.data(),
                                       static_cast<SQLSMALLINT>(buffer.size()), &length, nullptr)))
      return "";
    return buffer.data();
  }

  ResultColumn describe(SQLUSMALLINT i) {
    ResultColumn column;
    column.label = text_attribute(i, SQL_DESC_LABEL);
    if (column.label.empty()) column.label = text_attribute(i, SQL_DESC_NAME);
    column.type_name = text_attribute(i, SQL_DESC_TYPE_NAME);
    column.table = text_attribute(i, SQL_DESC_BASE_TABLE_NAME);
    column.type = jdbc_type(static_cast<SQLSMALLINT>(attribute(i, SQL_DESC_CONCISE_TYPE)));
    column.precision = static_cast<std::int32_t>(attribute(i, SQL_DESC_PRECISION));
    column.scale = static_cast<std::int32_t>(attribute(i, SQL_DESC_SCALE));
    column.is_signed = attribute(i, SQL_DESC_UNSIGNED) == SQL_FALSE;
    const SQLLEN nullable = attribute(i, SQL_DESC_NULLABLE);
    column.nullable = nullable == SQL_NO_NULLS   ? Nullability::kNo
                      : nullable == SQL_NULLABLE ? Nullability::kYes
                                                 : Nullability::kUnknown;
    return column;
  }

  Instant instant_of(const std::string& text, const TimeZone& zone) const {
    // A zone at the end, as SQL Server's datetimeoffset prints it, is applied; without one db.timezone holds.
    std::string wall_text = text;
    std::int64_t offset = 0;
    bool zoned = false;
    const std::size_t sign = text.find_last_of("+-");
    if (sign != std::string::npos && sign > 10) {
      int hours = 0;
      int minutes = 0;
      std::sscanf(text.c_str() + sign + 1, "%d:%d", &hours, &minutes);
      offset = (text[sign] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
      zoned = true;
      wall_text = text.substr(0, sign);
      while (!wall_text.empty() && wall_text.back() == ' ') wall_text.pop_back();
    }
    const auto wall = parse_wall(wall_text);
    if (!wall) throw SqlDataError("Bad value for type timestamp : " + text);
    Instant instant = from_wall(*wall, zoned ? *TimeZone::utc() : zone, options_->calendar);
    instant.seconds -= offset;
    return instant;
  }

  Value value_of(const FieldPlan& field, const std::string& text) const {
    switch (field.target) {
      case Target::kBoolean: return text == "1" || text == "t" || text == "true" || text == "TRUE";
      case Target::kInt8:
      case Target::kInt16:
      case Target::kInt32:
      case Target::kInt64:
      case Target::kFloat32:
      case Target::kFloat64:
      case Target::kDecimal: return number_from_text(text, field.target, field.scale);
      case Target::kDate: {
        const Instant instant = instant_of(text, *TimeZone::utc());
        return Date{(instant.seconds - ((instant.seconds % kSecondsPerDay) + kSecondsPerDay) % kSecondsPerDay) * 1000};
      }
      case Target::kTime: {
        const auto wall = parse_wall("1970-01-01 " + text);
        if (!wall) throw SqlDataError("Bad value for type time : " + text);
        return Date{wall->millis() - options_->zone->offset_at(0) * 1000};
      }
      case Target::kTimestamp: return timestamp_value(instant_of(text, *options_->zone), *options_);
      case Target::kBytes: {
        Bytes bytes;
        for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
          std::uint8_t byte = 0;
          std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
          bytes.push_back(byte);
        }
        return bytes;
      }
      default: return text;
    }
  }

  std::unique_ptr<OdbcStatement> statement_;
  std::vector<ResultColumn> columns_;
  std::vector<FieldPlan> fields_;
  std::vector<std::optional<std::string>> cells_;
  const ReadOptions* options_ = nullptr;
};

}  // namespace

std::unique_ptr<ResultSet> make_result(std::unique_ptr<OdbcStatement> statement) {
  return std::make_unique<OdbcResultSet>(std::move(statement));
}

}  // namespace millrace::jdbc::odbc
