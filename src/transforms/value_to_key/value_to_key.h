#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "millrace/transform.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct ValueToKeyConfig {
  std::vector<std::string> fields;
  bool replace_null_with_default = true;
  static const ConfigTable<ValueToKeyConfig>& table();
};

class ValueToKey : public Transformation {
 public:
  static const ConfigDef& definitions() { return ValueToKeyConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = ValueToKeyConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  struct Plan {
    SchemaPtr schema;
    std::vector<std::size_t> sources;
  };
  Plan plan_for(const Schema& value_schema) const;
  SchemaCache<Plan> plans_;
  ValueToKeyConfig config_;
};

}  // namespace millrace::transforms
