#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/row_schema.h"
#include "connectors/jdbc/source_config.h"
#include "connectors/jdbc/source_offset.h"
#include "millrace/connector.h"

namespace millrace::jdbc {

/// What one reader reads: a table, or the configured query.
struct ReadTarget {
  std::optional<TableId> table;
  std::string query;  ///< when there is no table
  std::string topic;
  SourceMode mode = SourceMode::kBulk;
  std::string incrementing_column;
  std::vector<std::string> timestamp_columns;
  std::vector<std::string> key_columns;  ///< what the records' keys are made of; empty: no keys
  bool awaits_transactions = false;      ///< mode incrementing: ids are read up to `IdMark`s only
  bool timestamp_is_instant = false;     ///< what the (first) timestamp column of a table means
};

/// Reads one table or query: builds the statement, turns rows into records, and keeps the position.
///
/// `start` runs the query from the position, `read` hands out rows until the result ends. The position is that of the last
/// record handed out, so giving up a result anywhere (`abandon`) and starting again repeats rows, but never skips one.
/// In timestamp mode the position moves only once a greater timestamp, or the end of the result, was seen: rows of equal
/// timestamps are repeated together rather than lost in part.
class TableReader {
 public:
  TableReader(ReadTarget target, const SourceConfig& config, const Dialect& dialect, const SourceOffset& offset,
              OffsetMap partition, Logger& log);

  /// Precondition: not running. May find that nothing can be read yet, and be not running still.
  void start(Connection& connection);
  bool running() const { return result_ != nullptr; }
  /// Appends up to `most` records; false when the result ended (it is then closed).
  bool read(std::vector<SourceRecord>& records, std::size_t most);
  void abandon();

  /// "public.acc" or the query, for messages.
  std::string describe() const;
  const ReadTarget& target() const { return target_; }
  std::string statement(Connection& connection);

  // Book-keeping of the task's queue.
  std::chrono::steady_clock::time_point due{};
  std::int32_t failures = 0;

 private:
  struct Row {
    std::shared_ptr<const Struct> value;
    SourceOffset offset;
  };
  /// Whether the bounds can stand behind the query, or it must become a sub-select first.
  void choose_form(Connection& connection);
  /// The tracking columns in the case that the query's result has them in, and what the timestamp means.
  void adopt_query_columns(const std::vector<TableColumn>& columns);
  bool fetch(Row& row);
  SourceOffset extract(const std::vector<Value>& values);
  /// A text column is compared as text: a row that does not lie behind the bound would come again at each poll.
  void check_order(std::size_t field, const std::optional<Instant>& timestamp, const Value& value) const;
  void resolve_fields();
  void make_key_schema();
  /// Moves `settled_id_` on; false while there is none.
  bool settle_ids(Connection& connection);
  void emit(Row row, OffsetMap offset, std::vector<SourceRecord>& records);

  ReadTarget target_;
  const SourceConfig& config_;
  const Dialect& dialect_;
  ReadOptions options_;
  SourceOffset offset_;           ///< of the last record that was handed out
  std::optional<Instant> begin_;  ///< the running query's lower bound
  OffsetMap partition_;
  Logger& log_;

  bool form_chosen_ = false;
  bool nested_ = false;
  std::shared_ptr<const RowSchema> row_schema_;
  int incrementing_field_ = -1;
  std::vector<std::size_t> timestamp_fields_;
  std::unique_ptr<ResultSet> result_;
  std::optional<Row> held_;  ///< timestamp mode: the row that was read ahead
  OffsetMap offset_map_;     ///< offset_ as a map, shared by the records that carry it
  std::size_t values_per_row_ = 0;
  SchemaPtr key_schema_;  ///< null: no keys
  std::vector<std::size_t> key_fields_;
  IdMark mark_;             ///< waits for its transactions; no id: none waits
  std::string settled_id_;  ///< no row with a lower or equal id can appear any more
};

/// "SELECT * FROM (query) q": a form that a WHERE can follow, whatever the query ends in.
std::string nested_query(const std::string& query);

}  // namespace millrace::jdbc
