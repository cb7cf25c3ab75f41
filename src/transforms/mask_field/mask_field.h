#pragma once

#include <optional>
#include <string>
#include <vector>

#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct MaskFieldConfig {
  std::vector<std::string> fields;
  std::optional<std::string> replacement;
  bool replace_null_with_default = true;
  static const ConfigTable<MaskFieldConfig>& table();
};

class MaskField : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return MaskFieldConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = MaskFieldConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  void mask(Value& value) const;
  SchemaCache<std::vector<bool>> masked_;  ///< by field
  MaskFieldConfig config_;
};

}  // namespace millrace::transforms
