#include "transforms/common/part.h"
#include "transforms/mask_field/mask_field.h"

namespace millrace {

void register_mask_field(PluginRegistry& plugins);
void register_mask_field(PluginRegistry& plugins) {
  transforms::register_parts<transforms::MaskField>(plugins, "MaskField",
                                                    "Replaces the values of fields by nothing or by a fixed text.");
}

}  // namespace millrace
