#pragma once

#include <optional>

#include "millrace/regex.h"
#include "millrace/transform.h"

namespace millrace::transforms {

struct TopicNameMatchesConfig {
  std::optional<Regex> pattern;
  static const ConfigTable<TopicNameMatchesConfig>& table();
};

class TopicNameMatches : public Predicate {
 public:
  static const ConfigDef& definitions() { return TopicNameMatchesConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = TopicNameMatchesConfig::table().parse(config); }
  bool test(const ConnectRecord& record) override;

 private:
  TopicNameMatchesConfig config_;
};

}  // namespace millrace::transforms
