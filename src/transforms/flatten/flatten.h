#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

struct FlattenConfig {
  std::string delimiter;
  static const ConfigTable<FlattenConfig>& table();
};

class Flatten : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return FlattenConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = FlattenConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  std::string join(std::string_view prefix, std::string_view name) const;
  void flatten_map(const Map& from, std::string_view prefix, Map& to) const;
  void flatten_schema(const Schema& from, std::string_view prefix, bool optional, const Struct* defaults,
                      SchemaBuilder& to) const;
  void flatten_struct(const Struct& from, std::vector<Value>& to) const;

  FlattenConfig config_;
  SchemaCache<SchemaPtr> schemas_;
};

}  // namespace millrace::transforms
