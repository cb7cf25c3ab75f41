#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct HeaderFromConfig {
  enum class Operation : std::uint8_t { kMove, kCopy };
  std::vector<std::string> fields;
  std::vector<std::string> headers;
  Operation operation = Operation::kCopy;
  bool replace_null_with_default = true;
  static const ConfigTable<HeaderFromConfig>& table();
};

class HeaderFrom : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return HeaderFromConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = HeaderFromConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  struct Plan {
    std::vector<const Field*> fields;  ///< as configured; null: no such field
    SchemaPtr kept_schema;             ///< move: without the fields
    std::vector<std::size_t> kept;     ///< move: their indexes in the old schema
  };
  Plan plan_for(const SchemaPtr& schema) const;
  void apply_schemaless(ConnectRecord& record);
  SchemaCache<Plan> plans_;
  HeaderFromConfig config_;
};

}  // namespace millrace::transforms
