#include "transforms/common/part.h"
#include "transforms/drop_headers/drop_headers.h"

namespace millrace {

void register_drop_headers(PluginRegistry& plugins);
void register_drop_headers(PluginRegistry& plugins) {
  transforms::register_transformation<transforms::DropHeaders>(plugins, "DropHeaders", "Removes headers by name.");
}

}  // namespace millrace
