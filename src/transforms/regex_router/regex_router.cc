#include "transforms/regex_router/regex_router.h"

namespace millrace::transforms {

const ConfigTable<RegexRouterConfig>& RegexRouterConfig::table() {
  using C = RegexRouterConfig;
  static const ConfigTable<C> kTable{
      option("regex", &C::regex, ConfigType::kString,
             [](const ConfigObject& value) { return Regex(std::get<std::string>(value)); })
          .required()
          .check(valid_regex())
          .importance(Importance::kHigh)
          .doc("Regular expression that the whole topic name must match."),
      option("replacement", &C::replacement)
          .required()
          .importance(Importance::kHigh)
          .doc("The new topic name; $1 and ${name} stand for groups of the expression."),
  };
  return kTable;
}

void RegexRouter::configure(const Props& config) {
  config_ = RegexRouterConfig::table().parse(config);
  last_topic_.clear();
  last_result_.clear();
}

bool RegexRouter::apply(ConnectRecord& record) {
  if (record.topic == last_topic_ && !last_topic_.empty()) {
    record.topic = last_result_;
    return true;
  }
  const std::string before = record.topic;
  if (config_.regex->matches(record.topic))
    record.topic = config_.regex->replace_first(record.topic, config_.replacement);
  last_topic_ = before;
  last_result_ = record.topic;
  return true;
}

}  // namespace millrace::transforms
