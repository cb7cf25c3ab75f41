#include "transforms/common/part.h"
#include "transforms/header_from/header_from.h"

namespace millrace {

void register_header_from(PluginRegistry& plugins);
void register_header_from(PluginRegistry& plugins) {
  transforms::register_parts<transforms::HeaderFrom>(plugins, "HeaderFrom", "Moves or copies fields into headers.");
}

}  // namespace millrace
