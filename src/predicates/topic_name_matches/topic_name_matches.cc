#include "predicates/topic_name_matches/topic_name_matches.h"

#include <string>

namespace millrace::transforms {

const ConfigTable<TopicNameMatchesConfig>& TopicNameMatchesConfig::table() {
  using C = TopicNameMatchesConfig;
  static const ConfigTable<C> kTable{
      option("pattern", &C::pattern, ConfigType::kString,
             [](const ConfigObject& value) { return Regex(std::get<std::string>(value)); })
          .required()
          .check(all_of({non_empty(), valid_regex()}))
          .importance(Importance::kMedium)
          .doc("Regular expression that the whole topic name must match."),
  };
  return kTable;
}

bool TopicNameMatches::test(const ConnectRecord& record) { return config_.pattern->matches(record.topic); }

}  // namespace millrace::transforms
