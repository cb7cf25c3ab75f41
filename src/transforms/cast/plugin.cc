#include "transforms/cast/cast.h"
#include "transforms/common/part.h"

namespace millrace {

void register_cast(PluginRegistry& plugins);
void register_cast(PluginRegistry& plugins) {
  transforms::register_parts<transforms::Cast>(plugins, "Cast",
                                               "Casts fields, or the whole key or value, to another primitive type.");
}

}  // namespace millrace
