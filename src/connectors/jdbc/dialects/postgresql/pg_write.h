#pragma once

#include <map>
#include <set>
#include <string>

#include "connectors/jdbc/dialects/postgresql/pg_session.h"
#include "connectors/jdbc/sink_batch.h"

namespace millrace::jdbc::postgresql {

/// Writes batches: plain inserts with COPY, everything else with a prepared statement in pipeline mode (one round trip for
/// many rows). Values go as text of unknown type, so that they fit uuid, json, enums, inet and the like.
class PgWriter {
 public:
  explicit PgWriter(PgSession& session) : session_(session) {}
  /// Precondition: a transaction is open.
  void write(const WriteBatch& batch);

 private:
  /// COPY passes by rules and overrides GENERATED ALWAYS columns, and does not go into views: those tables get INSERTs.
  struct TableTraits {
    bool copy = false;
    std::set<std::string> generated_always;
  };
  const TableTraits& traits_of(const TableId& table);
  void copy(const WriteBatch& batch);
  void pipeline(const WriteBatch& batch, const std::string& sql);
  void run_chunk(const WriteBatch& batch, const std::string& name, std::size_t begin, std::size_t end);
  std::string prepared(const std::string& sql);

  PgSession& session_;
  std::map<TableId, TableTraits> traits_;
  std::map<std::string, std::string> statements_;
};

}  // namespace millrace::jdbc::postgresql
