#include "connectors/jdbc/table_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "connectors/jdbc/source_checks.h"
#include "connectors/jdbc/sql_error.h"
#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

std::int64_t incrementing_value(const Value& value, const SchemaPtr& schema) {
  if (value.is_null()) {
    throw ConnectError(std::string("Null value for incrementing column of type: ") + name_of(schema->type()));
  }
  if (value.is_integer()) return value.integer();
  if (value.kind() != ValueKind::kDecimal) {
    throw ConnectError(std::string("Invalid type for incrementing column: ") + name_of(schema->type()));
  }
  const Decimal& decimal = value.as_decimal();
  if (decimal.scale() != 0) throw ConnectError("Scale of Decimal value for incrementing column must be 0");
  const auto exact = decimal.to_int64_exact();
  if (!exact) throw ConnectError("Decimal value for incrementing column exceeded Long.MAX_VALUE");
  return *exact;
}

}  // namespace

TableReader::TableReader(ReadTarget target, const SourceConfig& config, const Dialect& dialect,
                         const SourceOffset& offset, OffsetMap partition, Logger& log)
    : target_(std::move(target)),
      config_(config),
      dialect_(dialect),
      options_(config.read_options()),
      offset_(offset),
      partition_(std::move(partition)),
      log_(log),
      offset_map_(offset.to_map()) {}

std::string TableReader::describe() const {
  if (target_.table) return "table: " + target_.table->full_name(dialect_.identifiers());
  return config_.plain_query.empty() ? "query: (masked)" : "query: " + target_.query;
}

std::string TableReader::statement(Connection& connection) {
  const IdentifierRules rules = dialect_.identifiers();
  const std::string table = target_.table ? target_.table->quoted(rules, config_.quote) : "";
  const auto column = [&](const std::string& name) {
    const std::string quoted = rules.quote(name, config_.quote);
    return target_.table ? table + rules.separator + quoted : quoted;
  };
  // The line end closes a comment that the query may end in: without bounds, all rows would come again at each poll.
  std::string sql =
      target_.table ? "SELECT * FROM " + table : (nested_ ? nested_query(target_.query) : target_.query) + "\n";

  std::string timestamp;
  for (const std::string& name : target_.timestamp_columns) timestamp += (timestamp.empty() ? "" : ",") + column(name);
  if (target_.timestamp_columns.size() > 1) timestamp = "COALESCE(" + timestamp + ")";
  const std::string timestamp_column = timestamp;
  if (!timestamp.empty()) timestamp = connection.timestamp_expression(timestamp);
  const std::string id = target_.incrementing_column.empty() ? "" : column(target_.incrementing_column);

  const auto bound = [&](const Instant& instant) {
    return connection.timestamp_literal({instant, target_.timestamp_is_instant, timestamp_column}, options_);
  };
  std::string begin;
  std::string end;
  if (uses_timestamp(target_.mode) && !timestamp.empty()) {
    // Cut to milliseconds; rows of the running millisecond wait for the next poll.
    const Instant now = connection.current_time();
    end = bound(Instant::of_millis(now.millis() - config_.timestamp_delay_ms));
    begin = bound(offset_.timestamp.value_or(Instant{}));
  }
  const std::string last_id = std::to_string(offset_.incrementing.value_or(-1));
  switch (target_.mode) {
    case SourceMode::kIncrementing:
      sql += " WHERE " + id + " > " + last_id;
      if (target_.awaits_transactions) sql += " AND " + id + " <= " + settled_id_;
      sql += " ORDER BY " + id + " ASC";
      break;
    case SourceMode::kTimestamp:
      if (timestamp.empty()) break;
      sql +=
          " WHERE " + timestamp + " > " + begin + " AND " + timestamp + " < " + end + " ORDER BY " + timestamp + " ASC";
      break;
    case SourceMode::kTimestampIncrementing:
      sql += " WHERE " + timestamp + " < " + end + " AND ((" + timestamp + " = " + begin + " AND " + id + " > " +
             last_id + ") OR " + timestamp + " > " + begin + ") ORDER BY " + timestamp + "," + id + " ASC";
      break;
    default: break;
  }
  if (!config_.query_suffix.empty()) sql += " " + config_.query_suffix;
  return sql;
}

std::string nested_query(const std::string& query) {
  return "SELECT * FROM (" + query + "\n) q";  // the line end closes a comment
}

void TableReader::adopt_query_columns(const std::vector<TableColumn>& columns) {
  TrackingColumns tracking{target_.incrementing_column, target_.timestamp_columns};
  adopt_case(tracking, columns);
  target_.incrementing_column = tracking.incrementing;
  target_.timestamp_columns = tracking.timestamps;
  if (!tracking.timestamps.empty()) {
    target_.timestamp_is_instant = std::any_of(columns.begin(), columns.end(), [&](const TableColumn& column) {
      return column.name == tracking.timestamps.front() && column.is_instant;
    });
  }
}

void TableReader::choose_form(Connection& connection) {
  nested_ = false;
  if (!target_.table && target_.mode != SourceMode::kBulk) {
    adopt_query_columns(connection.prepare(target_.query));
    try {
      connection.prepare(statement(connection));
    } catch (const SqlError& plain) {
      if (plain.kind() != SqlErrorKind::kStatement) throw;
      connection.rollback();
      nested_ = true;
      try {
        connection.prepare(statement(connection));
      } catch (const SqlError& nested) {
        if (nested.kind() != SqlErrorKind::kStatement) throw;
        throw plain;  // it is the one that says what is wrong
      }
      log_.info("The query has a WHERE or another clause at its end; it is asked as SELECT * FROM (query)");
    }
  }
  form_chosen_ = true;
}

bool TableReader::settle_ids(Connection& connection) {
  const IdentifierRules rules = dialect_.identifiers();
  const std::string table = target_.table->quoted(rules, config_.quote);
  const auto take_if_settled = [&] {
    if (!mark_.last_id.empty() && connection.oldest_transaction() >= mark_.next_transaction)
      settled_id_ = std::exchange(mark_, {}).last_id;
  };
  // A mark that waits is not replaced: under load the next one would wait again. One of now is often good at once.
  take_if_settled();
  if (mark_.last_id.empty()) {
    mark_ = connection.mark_ids(table, rules.quote(target_.incrementing_column, config_.quote));
    take_if_settled();
  }
  return !settled_id_.empty();
}

void TableReader::start(Connection& connection) {
  if (!form_chosen_) choose_form(connection);
  if (target_.awaits_transactions && !settle_ids(connection)) return;
  const std::string sql = statement(connection);
  if (log_.enabled(Logger::Level::kDebug) && !(target_.query.size() > 0 && config_.plain_query.empty()))
    log_.debug("Running " + sql);
  begin_ = offset_.timestamp;
  result_ = connection.query(sql);
  if (row_schema_ == nullptr || row_schema_->columns != result_->columns()) {
    const std::optional<std::string> name = target_.table ? std::optional(target_.table->table) : std::nullopt;
    auto fresh = make_row_schema(name, result_->columns(), options_, log_);
    // An equal schema keeps its identity, so that converters keep their plans.
    if (row_schema_ != nullptr && *row_schema_->schema == *fresh->schema) {
      auto same = std::make_shared<RowSchema>(*fresh);
      same->schema = row_schema_->schema;
      fresh = std::move(same);
    }
    row_schema_ = std::move(fresh);
    make_key_schema();
  }
  resolve_fields();
  values_per_row_ = row_schema_->fields.size();
  result_->plan(row_schema_->fields, options_);
  held_.reset();
}

void TableReader::make_key_schema() {
  key_schema_ = nullptr;
  key_fields_.clear();
  if (target_.key_columns.empty()) return;
  SchemaBuilder builder = SchemaBuilder::structure();
  builder.name(target_.table->table + ".Key");
  for (const std::string& column : target_.key_columns) {
    const int field = row_schema_->field(column);
    if (field < 0) {
      throw ConnectError("key.from.primary.key: the column \"" + column + "\" of " + describe() +
                         " has no Connect type, so no key can be made of it");
    }
    key_fields_.push_back(static_cast<std::size_t>(field));
    builder.field(column, row_schema_->fields[key_fields_.back()].schema);
  }
  key_schema_ = builder.build();
}

void TableReader::resolve_fields() {
  incrementing_field_ = -1;
  timestamp_fields_.clear();
  if (uses_incrementing(target_.mode)) {
    incrementing_field_ = row_schema_->field(target_.incrementing_column);
    if (incrementing_field_ < 0) {
      // Differs: the Java connector asks for the exact case here.
      for (const Field& one : row_schema_->schema->fields()) {
        if (equals_ignoring_case(one.name, target_.incrementing_column)) incrementing_field_ = one.index;
      }
    }
    if (incrementing_field_ < 0) {
      throw DataError("Incrementing column " + target_.incrementing_column + " not found in " +
                      row_schema_->field_names());
    }
  }
  if (uses_timestamp(target_.mode)) {
    for (const std::string& name : target_.timestamp_columns)
      timestamp_fields_.push_back(row_schema_->timestamp_field(name));
  }
}

SourceOffset TableReader::extract(const std::vector<Value>& values) {
  SourceOffset offset;
  if (incrementing_field_ >= 0) {
    const auto index = static_cast<std::size_t>(incrementing_field_);
    offset.incrementing = incrementing_value(values[index], row_schema_->fields[index].schema);
  }
  for (const std::size_t index : timestamp_fields_) {
    offset.timestamp = result_->instant(index);
    if (!values[index].is_null()) check_order(index, offset.timestamp, values[index]);
    if (offset.timestamp) break;
  }
  return offset;
}

void TableReader::check_order(std::size_t field, const std::optional<Instant>& timestamp, const Value& value) const {
  const JdbcType type = row_schema_->columns[row_schema_->fields[field].column].type;
  if (type == JdbcType::kDate || type == JdbcType::kTimestamp) return;
  const bool after =
      !begin_ || (timestamp && (*timestamp > *begin_ || (*timestamp == *begin_ && incrementing_field_ >= 0)));
  if (timestamp && after) return;
  throw DataError("Timestamp column " + row_schema_->schema->fields()[field].name + " of " + describe() + ": " +
                  (value.kind() == ValueKind::kString ? "\"" + value.as_string() + "\"" : "a value") +
                  " cannot be followed as a timestamp, since the database orders it otherwise; use a column of a "
                  "timestamp type, or a query that casts it");
}

bool TableReader::fetch(Row& row) {
  if (!result_->next()) return false;
  std::vector<Value> values;
  values.reserve(values_per_row_);
  result_->read(values);
  row.offset = extract(values);
  row.value = std::make_shared<const Struct>(row_schema_->schema, std::move(values));
  return true;
}

void TableReader::emit(Row row, OffsetMap offset, std::vector<SourceRecord>& records) {
  SourceRecord& record = records.emplace_back();
  record.topic = target_.topic;
  if (key_schema_ != nullptr) {
    std::vector<Value> key;
    for (const std::size_t field : key_fields_) key.push_back(row.value->at(field));
    record.key_schema = key_schema_;
    record.key = Value(std::make_shared<const Struct>(key_schema_, std::move(key)));
  }
  record.value_schema = row_schema_->schema;
  record.value = Value(std::move(row.value));
  record.source_partition = partition_;
  record.source_offset = std::move(offset);
}

bool TableReader::read(std::vector<SourceRecord>& records, std::size_t most) {
  const bool keeps_offset =
      target_.mode != SourceMode::kBulk && !(timestamp_fields_.empty() && incrementing_field_ < 0);
  while (records.size() < most) {
    if (target_.mode != SourceMode::kTimestamp || !keeps_offset) {
      Row row;
      if (!fetch(row)) {
        result_.reset();
        return false;
      }
      if (keeps_offset) {
        offset_ = row.offset;
        offset_map_ = offset_.to_map();
        emit(std::move(row), offset_map_, records);
      } else {
        emit(std::move(row), nullptr, records);
      }
      continue;
    }
    // Timestamp mode: one row of look-ahead.
    if (!held_) {
      Row first;
      if (!fetch(first)) {
        result_.reset();
        return false;
      }
      held_ = std::move(first);
    }
    Row next;
    const bool more = fetch(next);
    Row row = std::move(*held_);
    held_.reset();
    const bool moved =
        row.offset.timestamp && (!more || (next.offset.timestamp && *next.offset.timestamp > *row.offset.timestamp));
    if (moved) {
      offset_ = row.offset;
      offset_map_ = offset_.to_map();
    }
    emit(std::move(row), offset_map_, records);
    if (!more) {
      result_.reset();
      return false;
    }
    held_ = std::move(next);
  }
  return true;
}

void TableReader::abandon() {
  result_.reset();
  held_.reset();
}

}  // namespace millrace::jdbc
