#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct CastConfig {
  /// From the option spec: one type for the whole value, or a type for each field.
  struct Spec {
    std::optional<Type> whole;
    std::map<std::string, Type, std::less<>> fields;
  };
  Spec spec;
  bool replace_null_with_default = true;

  static const ConfigTable<CastConfig>& table();
};

class Cast : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return CastConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = CastConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  struct Plan {
    SchemaPtr schema;
    std::vector<std::optional<Type>> targets;  ///< by field; empty for a whole value
  };
  Plan plan_for(const SchemaPtr& schema) const;
  Value cast_default(const Schema& schema, const Plan& plan, const SchemaPtr& cast_schema) const;
  void apply_schemaless(Value& value) const;
  CastConfig config_;
  SchemaCache<Plan> plans_;
};

}  // namespace millrace::transforms
