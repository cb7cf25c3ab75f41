#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct SetSchemaMetadataConfig {
  std::optional<std::string> name;
  std::optional<std::int32_t> version;
  bool replace_null_with_default = true;
  static const ConfigTable<SetSchemaMetadataConfig>& table();
};

class SetSchemaMetadata : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return SetSchemaMetadataConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = SetSchemaMetadataConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  SchemaPtr with_metadata(const SchemaPtr& from) const;
  SchemaCache<SchemaPtr> schemas_;
  SetSchemaMetadataConfig config_;
};

}  // namespace millrace::transforms
