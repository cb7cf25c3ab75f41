#include "transforms/common/part.h"
#include "transforms/value_to_key/value_to_key.h"

namespace millrace {

void register_value_to_key(PluginRegistry& plugins);
void register_value_to_key(PluginRegistry& plugins) {
  transforms::register_transformation<transforms::ValueToKey>(plugins, "ValueToKey",
                                                              "Makes the key out of fields of the value.");
}

}  // namespace millrace
