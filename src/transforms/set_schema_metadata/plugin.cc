#include "transforms/common/part.h"
#include "transforms/set_schema_metadata/set_schema_metadata.h"

namespace millrace {

void register_set_schema_metadata(PluginRegistry& plugins);
void register_set_schema_metadata(PluginRegistry& plugins) {
  transforms::register_parts<transforms::SetSchemaMetadata>(plugins, "SetSchemaMetadata",
                                                            "Sets the name and version of a schema.");
}

}  // namespace millrace
