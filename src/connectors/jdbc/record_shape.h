#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "connectors/jdbc/sink_batch.h"
#include "connectors/jdbc/sink_config.h"
#include "millrace/record.h"

namespace millrace::jdbc {

/// The columns that records of one key schema and one value schema fill in a table, and where each value comes from.
class RecordShape {
 public:
  /// Whether arrays of simple values have a column type.
  enum class Arrays : std::uint8_t { kNone, kNative };
  /// Throws ConnectError when pk.mode and pk.fields do not fit the schemas. `table` is for messages.
  RecordShape(const SinkConfig& config, Arrays arrays, const SchemaPtr& key_schema, const SchemaPtr& value_schema,
              const std::string& table);

  /// In statement order: keys first.
  const std::vector<SinkColumn>& columns() const { return columns_; }
  std::size_t key_count() const { return key_count_; }
  /// In the order of CREATE TABLE.
  std::vector<const SinkColumn*> ddl_columns() const;

  /// Appends the cells of `record`, of the keys alone for a delete. Values that the record does not hold itself are put into
  /// `storage`, which must outlive the cells.
  void append_cells(const SinkRecord& record, bool keys_only, std::vector<const Value*>& cells,
                    std::deque<Value>& storage) const;

 private:
  enum class Origin : std::uint8_t { kTopic, kPartition, kOffset, kKey, kKeyField, kValueField, kValue };
  struct Source {
    Origin origin = Origin::kValueField;
    std::size_t index = 0;
    const Value* fallback = nullptr;  ///< the default for a null
  };

  void add(const std::string& name, SchemaPtr schema, bool is_key, Source source);
  void add_kafka_keys(const std::string& table);
  void add_record_keys(const SchemaPtr& key_schema, const std::string& table);
  void add_value_keys(const SchemaPtr& value_schema, const std::string& table);
  void add_values(const SchemaPtr& value_schema);

  const SinkConfig& config_;
  Arrays arrays_;
  std::vector<SinkColumn> columns_;
  std::vector<Source> sources_;
  std::size_t key_count_ = 0;
  SchemaPtr value_schema_;
};

/// Throws ConnectError when the record has not the key or value that the configuration needs.
void check_record(const SinkConfig& config, const std::string& connector, const SinkRecord& record);

}  // namespace millrace::jdbc
