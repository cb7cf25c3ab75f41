#include "transforms/common/part.h"
#include "transforms/insert_header/insert_header.h"

namespace millrace {

void register_insert_header(PluginRegistry& plugins);
void register_insert_header(PluginRegistry& plugins) {
  transforms::register_transformation<transforms::InsertHeader>(plugins, "InsertHeader",
                                                                "Adds a header with a fixed value.");
}

}  // namespace millrace
