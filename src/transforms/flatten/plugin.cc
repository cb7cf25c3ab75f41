#include "transforms/common/part.h"
#include "transforms/flatten/flatten.h"

namespace millrace {

void register_flatten(PluginRegistry& plugins);
void register_flatten(PluginRegistry& plugins) {
  transforms::register_parts<transforms::Flatten>(plugins, "Flatten",
                                                  "Turns nested structs and maps into one level of fields.");
}

}  // namespace millrace
