#include "transforms/common/part.h"
#include "transforms/hoist_field/hoist_field.h"

namespace millrace {

void register_hoist_field(PluginRegistry& plugins);
void register_hoist_field(PluginRegistry& plugins) {
  transforms::register_parts<transforms::HoistField>(plugins, "HoistField",
                                                     "Wraps the key or value into a struct or map with one field.");
}

}  // namespace millrace
