#include "transforms/common/part.h"
#include "transforms/extract_field/extract_field.h"

namespace millrace {

void register_extract_field(PluginRegistry& plugins);
void register_extract_field(PluginRegistry& plugins) {
  transforms::register_parts<transforms::ExtractField>(plugins, "ExtractField",
                                                       "Replaces the key or value by one of its fields.");
}

}  // namespace millrace
