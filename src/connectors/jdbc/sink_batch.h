#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/jdbc/calendar.h"
#include "connectors/jdbc/table_id.h"
#include "millrace/schema.h"
#include "millrace/value.h"

namespace millrace::jdbc {

class Dialect;

enum class WriteKind : std::uint8_t { kInsert, kUpsert, kUpdate, kDelete };
/// Whether a write ends its transaction, and whether it waits for the answer (Connection::finish_write).
enum class AfterWrite : std::uint8_t { kStayOpen, kCommit, kCommitUnanswered };

/// How a column's values are written.
enum class WriteType : std::uint8_t {
  kInteger,
  kFloat32,
  kFloat64,
  kBoolean,
  kString,
  kBytes,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kEpoch,
  kArray,
  kJson,  ///< a nested value as text
  kUnsupported
};

/// One destination column as the records' schemas describe it.
struct SinkColumn {
  std::string name;
  SchemaPtr schema;
  WriteType type = WriteType::kString;
  bool is_key = false;
  bool epoch_is_nanos = false;  ///< the unit of kEpoch values

  /// A missing column of this kind can be added to a table that has rows.
  bool is_optional() const { return schema->is_optional(); }
};

struct WriteOptions {
  std::shared_ptr<const TimeZone> zone = TimeZone::utc();
  std::shared_ptr<const TimeZone> date_zone = TimeZone::utc();
  CalendarSystem calendar = CalendarSystem::kLegacy;
  QuoteMethod quote = QuoteMethod::kAlways;
  bool merge_holdlock = true;
};

/// Rows for one table by one kind of statement. Cells are row by row, key columns first; a null pointer or a null value is NULL.
/// For kDelete there are key columns only.
struct WriteBatch {
  WriteKind kind = WriteKind::kInsert;
  TableId table;
  std::vector<const SinkColumn*> columns;
  std::size_t key_count = 0;
  std::vector<const Value*> cells;
  const WriteOptions* options = nullptr;

  std::size_t rows() const { return columns.empty() ? 0 : cells.size() / columns.size(); }
  const Value* cell(std::size_t row, std::size_t column) const { return cells[row * columns.size() + column]; }
};

/// The write type of a schema; `in_timestamp_list` for fields of `timestamp.fields.list`.
WriteType write_type_of(const Schema& schema, bool in_timestamp_list);

/// The value as plain text without quotes: numbers, "2016-08-03", "07:26:07.516", timestamps with the offset of their zone
/// when `with_offset`. Strings and bytes are the caller's business; arrays are PostgreSQL's {..} form.
/// Throws DataError when the value does not fit the column's type.
void append_value_text(std::string& out, const Value& value, const SinkColumn& column, const WriteOptions& options,
                       bool with_offset);

/// A timestamp-like value as an instant: Timestamp, or a number of `timestamp.fields.list`.
Instant write_instant(const Value& value, const SinkColumn& column);

/// A default as it stands in DDL.
std::string default_literal(const SinkColumn& column, const WriteOptions& options, const Dialect& dialect);

/// 'it''s'
std::string sql_string(std::string_view text);

}  // namespace millrace::jdbc
