#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/cassandra/cql/page_stream.h"
#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/source/row_converter.h"
#include "connectors/cassandra/source/seen_rows.h"
#include "connectors/cassandra/source/select_text.h"
#include "connectors/cassandra/source/settings.h"
#include "connectors/cassandra/source/time_window.h"
#include "millrace/connector.h"

namespace millrace::cassandra {

/// Reads one table for one route: starts its queries when they are due, streams their pages, turns rows into records, and
/// gives each record the offset to go on from.
///
/// Offsets: what the original writes ({pk column: time of the row}) and beside it `lo`, the instant to resume after. It stays
/// at the window's start until the window's last record, so a crash in the middle of a window reads the whole window again
/// (rows come in partition order, not in time order). TOKEN mode does the same with `token` and partitions.
///
/// Threads: the task's only.
class TableReader {
 public:
  using Clock = std::chrono::steady_clock;

  /// `stored` may be null. `wake` is called from other threads when a page arrived. Throws ConnectError.
  TableReader(cql::Session& session, const SourceSettings& settings, const Route& route, const cql::TableInfo& table,
              std::string connector, OffsetMap stored, std::function<void()> wake);

  static OffsetMap partition_of(const std::string& table);

  /// Starts what is due, takes pages that arrived. Throws ConnectError when the task cannot go on.
  void advance(Clock::time_point now);
  /// Appends up to `max` records of rows that have arrived.
  void drain(std::vector<SourceRecord>& out, std::size_t max, Clock::time_point now);
  /// When `advance` wants to be called even if nothing arrives.
  Clock::time_point next_action() const;

  const std::string& generated_cql() const noexcept { return statement_text_; }
  /// "<keyspace>.<topic>", for the log.
  std::string place() const { return table_.keyspace + "." + route_.kcql.target; }

 private:
  struct Lane {
    std::unique_ptr<cql::PageStream> stream;
    std::optional<cql::Rows> page;
    std::optional<Clock::time_point> retry_at;
    std::int32_t page_size = 0;
    bool has_rows() const { return page && page->rows_left() > 0; }
  };
  struct Held {
    SourceRecord record;
    std::int64_t time_ms = 0;
    std::int64_t token = 0;
    std::string uuid;  // TOKEN: the mode column's text, where it is a uuid
  };

  void prepare();
  void restore(const OffsetMap& stored);
  void start_window(std::int64_t lo);
  bool begin(Clock::time_point now);
  std::optional<cql::Statement> next_statement();
  cql::Statement statement(const cql::PreparedPtr& prepared, std::vector<std::string> values) const;
  void start_lane(Lane& lane, cql::Statement statement);
  void failed(Lane& lane, const cql::CqlError& error, Clock::time_point now);
  void take_row(Lane& lane, std::vector<SourceRecord>& out);
  void emit(SourceRecord record, const std::vector<cql::Cell>& cells, std::vector<SourceRecord>& out);
  bool is_new(std::int64_t time_ms);
  std::int64_t row_time(const std::vector<cql::Cell>& cells) const;
  std::string pk_uuid(const std::vector<cql::Cell>& cells) const;
  std::int64_t query_lo() const;
  std::string bindings() const;
  enum class Position : std::uint8_t { kMiddle, kLast };
  void release(Position position, std::vector<SourceRecord>& out);
  bool all_lanes_done() const;
  void finish(Clock::time_point now);
  void find_key_cells(const cql::Rows& page);
  std::vector<std::string> buckets() const;
  std::string name() const { return table_.keyspace + "." + table_.name; }

  cql::Session& session_;
  const SourceSettings& settings_;
  const Route& route_;
  cql::TableInfo table_;
  std::string connector_;
  Logger& log_;
  SelectText text_;
  std::string statement_text_;
  cql::PreparedPtr prepared_;        // the mode's statement
  cql::PreparedPtr prepared_range_;  // the mode's statement in one token range, TOKEN with a bound
  std::int32_t parallelism_ = 1;     // token ranges read at the same time; 1: no ranges
  RowConverter converter_;
  OffsetMap partition_;
  OffsetMap bulk_offset_;
  OffsetMap bulk_done_offset_;
  std::string offset_key_;
  std::vector<Lane> lanes_;
  std::vector<cql::Cell> cells_;

  bool running_ = false;
  bool exhausted_ = false;  // bulk.once and done
  Clock::time_point due_{};
  Clock::time_point started_{};
  std::vector<cql::TokenRange> ranges_;
  std::size_t next_range_ = 0;
  bool single_given_ = false;
  std::optional<TimeWindow> window_;
  std::int64_t earliest_ = 0;     // overlaps do not reach behind it
  SeenRows seen_;                 // of the overlap
  bool seen_is_complete_ = true;  // false: after a restart it lacks the rows before it
  std::uint64_t late_rows_ = 0;
  std::optional<std::int64_t> token_;  // TOKEN: everything up to it was read
  std::optional<std::int64_t> complete_token_;
  std::shared_ptr<const cql::Columns> key_columns_;  // what key_cells_ are places in
  std::vector<std::size_t> key_cells_;               // TOKEN: the partition key's cells; time modes: the mode column's
  std::optional<Held> held_;
  std::uint64_t rows_ = 0;
  std::int64_t failures_ = 0;
};

}  // namespace millrace::cassandra
