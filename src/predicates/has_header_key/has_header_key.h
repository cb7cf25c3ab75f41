#pragma once

#include <string>

#include "millrace/transform.h"

namespace millrace::transforms {

struct HasHeaderKeyConfig {
  std::string name;
  static const ConfigTable<HasHeaderKeyConfig>& table();
};

class HasHeaderKey : public Predicate {
 public:
  static const ConfigDef& definitions() { return HasHeaderKeyConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = HasHeaderKeyConfig::table().parse(config); }
  bool test(const ConnectRecord& record) override;

 private:
  HasHeaderKeyConfig config_;
};

}  // namespace millrace::transforms
