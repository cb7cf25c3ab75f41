#include "transforms/common/part.h"
#include "transforms/insert_field/insert_field.h"

namespace millrace {

void register_insert_field(PluginRegistry& plugins);
void register_insert_field(PluginRegistry& plugins) {
  transforms::register_parts<transforms::InsertField>(
      plugins, "InsertField", "Adds fields with the topic, partition, offset, timestamp or a fixed text.");
}

}  // namespace millrace
