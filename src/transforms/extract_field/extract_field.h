#pragma once

#include <optional>
#include <string>

#include "transforms/common/field_path.h"
#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct ExtractFieldConfig {
  enum class Syntax : std::uint8_t { kV1, kV2 };
  std::string field;
  bool replace_null_with_default = true;
  Syntax syntax = Syntax::kV1;
  static const ConfigTable<ExtractFieldConfig>& table();
};

class ExtractField : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return ExtractFieldConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override;
  bool apply(ConnectRecord& record) override;

 private:
  ExtractFieldConfig config_;
  std::optional<FieldPath> path_;  ///< set by configure
};

}  // namespace millrace::transforms
