#pragma once

#include <string>
#include <vector>

#include "millrace/transform.h"

namespace millrace::transforms {

struct DropHeadersConfig {
  std::vector<std::string> headers;
  static const ConfigTable<DropHeadersConfig>& table();
};

class DropHeaders : public Transformation {
 public:
  static const ConfigDef& definitions() { return DropHeadersConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = DropHeadersConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  DropHeadersConfig config_;
};

}  // namespace millrace::transforms
