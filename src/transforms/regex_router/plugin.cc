#include "transforms/common/part.h"
#include "transforms/regex_router/regex_router.h"

namespace millrace {

void register_regex_router(PluginRegistry& plugins);
void register_regex_router(PluginRegistry& plugins) {
  transforms::register_transformation<transforms::RegexRouter>(plugins, "RegexRouter",
                                                               "Rewrites the topic name with a regular expression.");
}

}  // namespace millrace
