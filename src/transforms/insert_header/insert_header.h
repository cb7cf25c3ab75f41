#pragma once

#include <string>

#include "millrace/converter.h"
#include "millrace/transform.h"

namespace millrace::transforms {

struct InsertHeaderConfig {
  std::string header;
  std::string value_literal;
  static const ConfigTable<InsertHeaderConfig>& table();
};

class InsertHeader : public Transformation {
 public:
  static const ConfigDef& definitions() { return InsertHeaderConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override;
  bool apply(ConnectRecord& record) override;

 private:
  SchemaAndValue value_;
  InsertHeaderConfig config_;
};

}  // namespace millrace::transforms
