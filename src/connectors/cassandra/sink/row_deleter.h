#pragma once

#include <string>
#include <vector>

#include "connectors/cassandra/sink/row_writer.h"
#include "connectors/cassandra/sink/sink_settings.h"
#include "connectors/cassandra/sink/write_queue.h"

namespace millrace::cassandra {

/// One statement for records without a value, prepared.
class RowDeleter {
 public:
  /// How the fields of `delete.struct_flds` find their markers: with one statement in their order, with several by the names of
  /// the columns.
  enum class Fields : std::uint8_t { kInOrder, kByName };

  /// Throws ConfigError when the server refuses the statement.
  RowDeleter(cql::Session& session, const SinkSettings& settings, const std::string& statement, Fields fields,
             const std::string& keyspace);
  /// Throws DataError.
  Write write(const SinkRecord& record) const;
  const std::string& statement() const noexcept { return text_; }

 private:
  std::vector<Json> key_values(const SinkRecord& record, const cql::Columns& markers) const;
  std::vector<Json> selected(const Json& key, const cql::Columns& markers) const;

  const SinkSettings& settings_;
  std::string text_;
  Fields fields_;
  cql::PreparedPtr prepared_;
  bool conditional_ = false;
};

}  // namespace millrace::cassandra
