#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct ReplaceFieldConfig {
  std::set<std::string, std::less<>> exclude;
  std::set<std::string, std::less<>> include;
  /// Old and new name, as written.
  std::vector<std::pair<std::string, std::string>> renames;
  bool replace_null_with_default = true;
  static const ConfigTable<ReplaceFieldConfig>& table();
};

class ReplaceField : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return ReplaceFieldConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = ReplaceFieldConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  struct Plan {
    SchemaPtr schema;
    std::vector<std::size_t> sources;  ///< by new field: the old one that it is read from
    bool in_order = true;              ///< sources ascend under their own schemas: values move up in place
  };
  bool keeps(std::string_view field) const;
  const std::string& renamed(const std::string& field) const;
  Plan plan_for(const SchemaPtr& schema) const;
  SchemaCache<Plan> plans_;
  ReplaceFieldConfig config_;
};

}  // namespace millrace::transforms
