#include "transforms/common/part.h"
#include "transforms/filter/filter.h"

namespace millrace {

void register_filter(PluginRegistry& plugins);
void register_filter(PluginRegistry& plugins) {
  transforms::register_transformation<transforms::Filter>(plugins, "Filter",
                                                          "Drops every record; used with a predicate.");
}

}  // namespace millrace
