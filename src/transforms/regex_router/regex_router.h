#pragma once

#include <optional>
#include <string>

#include "millrace/regex.h"
#include "millrace/transform.h"

namespace millrace::transforms {

struct RegexRouterConfig {
  std::optional<Regex> regex;
  std::string replacement;
  static const ConfigTable<RegexRouterConfig>& table();
};

class RegexRouter : public Transformation {
 public:
  static const ConfigDef& definitions() { return RegexRouterConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override;
  bool apply(ConnectRecord& record) override;

 private:
  std::string last_topic_;  ///< and what became of it: topics are few
  std::string last_result_;
  RegexRouterConfig config_;
};

}  // namespace millrace::transforms
