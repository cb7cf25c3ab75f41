#pragma once

#include <exception>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "connectors/jdbc/dialects/postgresql/pg_session.h"
#include "connectors/jdbc/sink_batch.h"

namespace millrace::jdbc::postgresql {

/// Writes batches: plain inserts with COPY, upserts with INSERTs of many rows, everything else with a statement per row; all
/// but COPY prepared and in pipeline mode, so one round trip for a batch. Values go as text of unknown type, so that they
/// fit uuid, json, enums, inet and the like. A commit travels with the last rows.
class PgWriter {
 public:
  explicit PgWriter(PgSession& session) : session_(session) {}
  /// Within the open transaction, or a new one.
  void write(const WriteBatch& batch, AfterWrite after);
  /// A COPY whose answer was not waited for.
  bool is_unfinished() const { return unfinished_.has_value(); }
  void finish();

 private:
  /// COPY passes by rules and overrides GENERATED ALWAYS columns, and refuses views and row level security: those tables
  /// get INSERTs.
  struct ColumnTraits {
    std::string type;  ///< as a cast writes it, without length or precision
    bool generated_always = false;
    bool integer = false;     ///< takes no text with a decimal point
    bool plain_text = false;  ///< equal only to the same characters
  };
  struct TableTraits {
    bool copy = false;
    std::map<std::string, ColumnTraits> columns;
    const ColumnTraits& of(const SinkColumn& column) const;
  };
  class Statements;
  const TableTraits& traits_of(const TableId& table);
  void copy(const WriteBatch& batch, AfterWrite after);
  /// The server's answer to a COPY that was ended. Throws RowError or SqlError.
  void take_copy_answer();
  class Grouper;
  void pipeline(const WriteBatch& batch, const TableTraits& traits, AfterWrite after);
  /// `statements`: rows → prepared statement.
  void run_chunk(const WriteBatch& batch, const std::map<std::size_t, std::string>& statements, std::size_t begin,
                 std::size_t end, AfterWrite after);
  /// What the refusal of a statement of `rows` rows means to the caller.
  std::exception_ptr refusal(const TableId& table, const SqlError& error, std::size_t first_row, std::size_t rows);
  std::string prepared(const std::string& sql);

  PgSession& session_;
  std::optional<TableId> unfinished_;  ///< the table of the COPY
  std::map<TableId, TableTraits> traits_;
  std::map<std::string, std::string> statements_;
  std::set<TableId> one_row_each_;  ///< tables whose equal keys cannot be told here
};

}  // namespace millrace::jdbc::postgresql
