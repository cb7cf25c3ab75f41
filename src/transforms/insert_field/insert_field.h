#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct InsertFieldConfig {
  /// A field to add: its name and whether it is optional.
  struct Target {
    std::string name;
    bool is_optional = true;
  };
  std::optional<Target> topic, partition, offset, timestamp, fixed;
  std::optional<std::string> fixed_value;
  bool replace_null_with_default = true;
  static const ConfigTable<InsertFieldConfig>& table();
};

class InsertField : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return InsertFieldConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = InsertFieldConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;
  bool apply_to_source(SourceRecord& record) override;
  bool apply_to_sink(SinkRecord& record) override;

 private:
  SchemaPtr schema_with_fields(const SchemaPtr& from) const;
  bool insert(ConnectRecord& record, std::optional<std::int64_t> kafka_offset, const char* record_class);
  /// Calls `put(field, value)` for each field to add, in the order in which they are added; null: not known.
  template <class Put>
  void each_field(const ConnectRecord& record, std::optional<std::int64_t> kafka_offset, Put&& put) const;
  SchemaCache<SchemaPtr> schemas_;
  InsertFieldConfig config_;
};

}  // namespace millrace::transforms
