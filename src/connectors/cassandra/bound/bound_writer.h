#pragma once

#include <string>
#include <vector>

#include "connectors/cassandra/bound/mapping.h"
#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/sink/write_queue.h"
#include "millrace/record.h"

namespace millrace::cassandra {

/// One KCQL statement of the bound-column sink, prepared: turns records into INSERTs (UPDATEs of counters) with a value per column, or into
/// DELETEs where a record has nothing but keys.
///
/// Differs: the original's DELETE has no write time of its own, so one that is replayed can hide newer rows; here it carries the record's, like
/// the INSERT.
class BoundWriter {
 public:
  /// Throws ConfigError: columns that do not exist, keys that are not mapped, a query the node refuses; CqlError when it is not reached.
  BoundWriter(cql::Session& session, BoundStatement statement, const cql::TableInfo& table);

  /// Throws DataError.
  Write write(const SinkRecord& record) const;
  const std::string& table() const noexcept { return table_name_; }
  const std::string& cql() const noexcept { return main_.prepared->cql(); }

 private:
  static constexpr std::size_t kWriteTimeMark = static_cast<std::size_t>(-1);
  static constexpr std::size_t kTtlMark = static_cast<std::size_t>(-2);
  struct Target {
    ColumnMapping mapping;
    bool key = false;  // of the primary key
    bool partition_key = false;
    bool from_star = false;  // may be absent
  };
  struct Bound {
    cql::PreparedPtr prepared;
    std::vector<std::size_t> targets;  // for each marker: the target's place, or a mark
  };
  struct Found;

  void map_columns(const cql::TableInfo& table);
  Bound prepare(cql::Session& session, const std::string& cql) const;
  Found find(const ColumnSource& source, const SinkRecord& record) const;
  cql::BoundValue write_time(const SinkRecord& record) const;
  cql::BoundValue ttl(const SinkRecord& record) const;
  void bind(const Bound& bound, const std::vector<Found>& values, const SinkRecord& record, Write& out) const;

  BoundStatement statement_;
  std::string table_name_;
  std::vector<Target> targets_;
  bool counters_ = false;
  bool has_plain_columns_ = false;
  bool all_mapped_ = false;
  Bound main_;
  Bound delete_;  // without statement where records never delete
};

}  // namespace millrace::cassandra
