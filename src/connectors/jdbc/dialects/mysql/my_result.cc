#include "connectors/jdbc/dialects/mysql/my_result.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "connectors/jdbc/type_mapping.h"
#include "millrace/errors.h"

namespace millrace::jdbc::mysql {
namespace {

constexpr unsigned kBinaryCharset = 63;
constexpr std::int64_t kMillisPerDay = 86'400'000;

struct Cell {
  const char* data = nullptr;
  unsigned long size = 0;
  std::string_view text() const { return {data, size}; }
};

struct Decoder;
using Decode = void (*)(const Cell& cell, const Decoder& decoder, Value& value);
struct Decoder {
  std::size_t column = 0;
  Decode decode = nullptr;
  Target target = Target::kString;
  std::int32_t scale = 0;
  bool is_instant = false;
  const ReadOptions* options = nullptr;
  ZeroDates zero_dates = ZeroDates::kNull;
};

bool is_zero_date(std::string_view text) { return text.compare(0, 10, "0000-00-00") == 0; }

/// nullopt for a zero date that counts as NULL.
std::optional<Instant> wall_of(const Cell& cell, const Decoder& decoder) {
  std::string text(cell.text());
  if (text.size() == 4) text += "-01-01";  // YEAR
  if (is_zero_date(text)) {
    if (decoder.zero_dates == ZeroDates::kNull) return std::nullopt;
    if (decoder.zero_dates == ZeroDates::kRefuse) throw SqlDataError("Zero date value prohibited");
    text = "0001-01-01";
  }
  const auto wall = parse_wall(text);
  if (!wall) throw SqlDataError("Bad value for type timestamp : " + text);
  return wall;
}

std::optional<Instant> instant_of(const Cell& cell, const Decoder& decoder, const TimeZone& zone) {
  const auto wall = wall_of(cell, decoder);
  if (!wall) return std::nullopt;
  return from_wall(*wall, zone, decoder.options->calendar);
}

std::optional<Instant> instant_of(const Cell& cell, const Decoder& decoder) {
  return instant_of(cell, decoder, decoder.is_instant ? *TimeZone::utc() : *decoder.options->zone);
}

void decode_text(const Cell& cell, const Decoder&, Value& value) { value = std::string(cell.text()); }

void decode_bytes(const Cell& cell, const Decoder&, Value& value) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(cell.data);
  value = Bytes(begin, begin + cell.size);
}

void decode_integer(const Cell& cell, const Decoder& decoder, Value& value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(cell.data, cell.data + cell.size, number);
  if (error != std::errc{} || end != cell.data + cell.size) {
    throw SqlDataError("value '" + std::string(cell.text()) + "' cannot be decoded as Long");
  }
  value = integer_value(number, decoder.target, decoder.scale);
}

void decode_number(const Cell& cell, const Decoder& decoder, Value& value) {
  value = number_from_text(cell.text(), decoder.target, decoder.scale);
}

/// BIT values come as big-endian bytes. Behaviour: more than eight bits are cut to the last byte.
void decode_bit(const Cell& cell, const Decoder& decoder, Value& value) {
  const unsigned char last = cell.size == 0 ? 0 : static_cast<unsigned char>(cell.data[cell.size - 1]);
  if (decoder.target == Target::kBoolean) {
    value = last != 0;
  } else {
    value = static_cast<std::int8_t>(last);
  }
}

void decode_date(const Cell& cell, const Decoder& decoder, Value& value) {
  const auto instant = instant_of(cell, decoder, *TimeZone::utc());
  if (!instant) return;
  const std::int64_t millis = instant->millis();
  value = Date{millis - ((millis % kMillisPerDay) + kMillisPerDay) % kMillisPerDay};
}

void decode_time(const Cell& cell, const Decoder& decoder, Value& value) {
  // [-]HHH:MM:SS[.ffffff]; the converter refuses what is not within a day.
  const std::string text(cell.text());
  int hours = 0;
  int minutes = 0;
  double seconds = 0;
  const char* start = text[0] == '-' ? text.c_str() + 1 : text.c_str();
  if (std::sscanf(start, "%d:%d:%lf", &hours, &minutes, &seconds) != 3)
    throw SqlDataError("Bad value for type time : " + text);
  std::int64_t millis =
      (std::int64_t{hours} * 60 + minutes) * 60'000 + static_cast<std::int64_t>(seconds * 1000 + 1e-6);
  if (text[0] == '-') millis = -millis;
  if (!decoder.options->zone->is_utc()) millis -= decoder.options->zone->offset_at(0) * 1000;
  value = Date{millis};
}

void decode_timestamp(const Cell& cell, const Decoder& decoder, Value& value) {
  if (const auto instant = instant_of(cell, decoder)) value = timestamp_value(*instant, *decoder.options);
}

std::string type_name(const MYSQL_FIELD& field) {
  MARIADB_CONST_STRING name{};
  if (mariadb_field_attr(&name, &field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME) == 0 && name.length > 0)
    return {name.str, name.length};
  return "";
}

void describe_text(const MYSQL_FIELD& field, const MyTarget& target, ResultColumn& column) {
  if (column.type_name == "uuid") {
    column.type = target.uuid_as_string ? JdbcType::kVarchar : JdbcType::kOther;
  } else if (column.type_name == "inet6" || column.type_name == "inet4" ||
             (field.flags & (ENUM_FLAG | SET_FLAG)) != 0) {
    column.type = JdbcType::kVarchar;
  } else {
    column.type = field.charsetnr == kBinaryCharset ? JdbcType::kVarbinary : JdbcType::kVarchar;
  }
}

ResultColumn describe(const MYSQL_FIELD& field, const MyTarget& target) {
  ResultColumn column;
  column.label = field.name;
  if (field.org_table != nullptr && *field.org_table != '\0')
    column.table = std::string(field.db) + "." + field.org_table;
  column.nullable = (field.flags & NOT_NULL_FLAG) != 0 ? Nullability::kNo : Nullability::kYes;
  column.is_signed = (field.flags & UNSIGNED_FLAG) == 0;
  column.type_name = type_name(field);
  const bool mariadb = target.flavor == Flavor::kMariadb;
  const JdbcType bit = target.bit_is_boolean ? JdbcType::kBoolean : JdbcType::kBit;
  switch (field.type) {
    case MYSQL_TYPE_TINY:
      if (field.length == 1 && target.tiny1_is_bit) {
        column.type = bit;
      } else {
        // MariaDB's driver gives unsigned types the next larger signed one, and the connector widens once more.
        column.type = mariadb && !column.is_signed ? JdbcType::kSmallint : JdbcType::kTinyint;
      }
      break;
    case MYSQL_TYPE_SHORT: column.type = mariadb && !column.is_signed ? JdbcType::kInteger : JdbcType::kSmallint; break;
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG: column.type = JdbcType::kInteger; break;
    case MYSQL_TYPE_LONGLONG: column.type = JdbcType::kBigint; break;
    case MYSQL_TYPE_FLOAT: column.type = JdbcType::kReal; break;
    case MYSQL_TYPE_DOUBLE: column.type = JdbcType::kDouble; break;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      column.type = JdbcType::kDecimal;
      column.scale = static_cast<std::int32_t>(field.decimals);
      column.precision =
          static_cast<std::int32_t>(field.length) - (field.decimals > 0 ? 1 : 0) - (column.is_signed ? 1 : 0);
      break;
    case MYSQL_TYPE_BIT: column.type = field.length == 1 ? bit : JdbcType::kBit; break;
    case MYSQL_TYPE_YEAR:
      column.type = target.year_is_date ? JdbcType::kDate : JdbcType::kSmallint;
      column.is_signed = true;
      break;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE: column.type = JdbcType::kDate; break;
    case MYSQL_TYPE_TIME: column.type = JdbcType::kTime; break;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP: column.type = JdbcType::kTimestamp; break;
    case MYSQL_TYPE_GEOMETRY: column.type = JdbcType::kVarbinary; break;
    case MYSQL_TYPE_JSON: column.type = JdbcType::kVarchar; break;
    case MYSQL_TYPE_NULL: column.type = JdbcType::kNull; break;
    default: describe_text(field, target, column);
  }
  return column;
}

class MyResultSet final : public ResultSet {
 public:
  MyResultSet(MyConnection& connection, MYSQL_RES* result) : connection_(connection), result_(result) {
    const unsigned count = mysql_num_fields(result);
    const MYSQL_FIELD* fields = mysql_fetch_fields(result);
    for (unsigned i = 0; i < count; ++i) {
      columns_.push_back(describe(fields[i], connection.target()));
      types_.push_back(fields[i].type);
    }
  }

  ~MyResultSet() override {
    // Freeing a result reads it to its end; a rest that nobody wants is cut off instead.
    if (!done_) connection_.shut_down();
    mysql_free_result(result_);
  }

  const std::vector<ResultColumn>& columns() const override { return columns_; }

  void plan(const std::vector<FieldPlan>& fields, const ReadOptions& options) override {
    decoders_.clear();
    options_ = &options;
    for (const FieldPlan& field : fields) {
      const enum_field_types type = types_[field.column];
      decoders_.push_back({field.column, decode_of(type, field.target), field.target, field.scale,
                           type == MYSQL_TYPE_TIMESTAMP, &options, connection_.target().zero_dates});
    }
  }

  bool next() override {
    if (done_) return false;
    row_ = mysql_fetch_row(result_);
    if (row_ == nullptr) {
      done_ = true;
      if (mysql_errno(connection_.raw()) != 0) connection_.fail();
      return false;
    }
    lengths_ = mysql_fetch_lengths(result_);
    return true;
  }

  void read(std::vector<Value>& values) override {
    for (const Decoder& decoder : decoders_) {
      Value& value = values.emplace_back();
      const Cell cell{row_[decoder.column], lengths_[decoder.column]};
      if (cell.data != nullptr) decoder.decode(cell, decoder, value);
    }
  }

  std::optional<Instant> instant(std::size_t planned_field) override {
    const Decoder& decoder = decoders_[planned_field];
    const Cell cell{row_[decoder.column], lengths_[decoder.column]};
    if (cell.data == nullptr) return std::nullopt;
    if (decoder.target == Target::kTimestamp || decoder.target == Target::kDate) return instant_of(cell, decoder);
    Value value;
    decoder.decode(cell, decoder, value);
    return instant_of_value(value, *options_);
  }

 private:
  static Decode decode_of(enum_field_types type, Target target) {
    if (type == MYSQL_TYPE_BIT) return decode_bit;
    switch (target) {
      case Target::kBoolean:
      case Target::kInt8:
      case Target::kInt16:
      case Target::kInt32:
      case Target::kInt64: return decode_integer;
      case Target::kFloat32:
      case Target::kFloat64:
      case Target::kDecimal: return decode_number;
      case Target::kBytes: return decode_bytes;
      case Target::kDate: return decode_date;
      case Target::kTime: return decode_time;
      case Target::kTimestamp: return decode_timestamp;
      default: return decode_text;
    }
  }

  MyConnection& connection_;
  MYSQL_RES* result_;
  MYSQL_ROW row_ = nullptr;
  const unsigned long* lengths_ = nullptr;
  std::vector<ResultColumn> columns_;
  std::vector<enum_field_types> types_;
  std::vector<Decoder> decoders_;
  const ReadOptions* options_ = nullptr;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<ResultSet> make_result(MyConnection& connection) {
  MYSQL_RES* result = mysql_use_result(connection.raw());
  if (result == nullptr) {
    if (mysql_errno(connection.raw()) != 0) connection.fail();
    throw SqlError(SqlErrorKind::kStatement, "The statement returns no rows", "02000");
  }
  return std::make_unique<MyResultSet>(connection, result);
}

}  // namespace millrace::jdbc::mysql
