#pragma once

#include <string>

#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct HoistFieldConfig {
  std::string field;
  static const ConfigTable<HoistFieldConfig>& table();
};

class HoistField : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return HoistFieldConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = HoistFieldConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  SchemaCache<SchemaPtr> schemas_;
  HoistFieldConfig config_;
};

}  // namespace millrace::transforms
