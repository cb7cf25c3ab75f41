#include "predicates/topic_name_matches/topic_name_matches.h"
#include "transforms/common/part.h"

namespace millrace {

void register_topic_name_matches(PluginRegistry& plugins);
void register_topic_name_matches(PluginRegistry& plugins) {
  transforms::register_predicate<transforms::TopicNameMatches>(
      plugins, "TopicNameMatches", "True for records whose topic matches a regular expression.");
}

}  // namespace millrace
