#include "transforms/common/part.h"
#include "transforms/replace_field/replace_field.h"

namespace millrace {

void register_replace_field(PluginRegistry& plugins);
void register_replace_field(PluginRegistry& plugins) {
  transforms::register_parts<transforms::ReplaceField>(plugins, "ReplaceField", "Keeps, drops and renames fields.");
}

}  // namespace millrace
