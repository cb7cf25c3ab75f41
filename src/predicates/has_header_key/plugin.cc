#include "predicates/has_header_key/has_header_key.h"
#include "transforms/common/part.h"

namespace millrace {

void register_has_header_key(PluginRegistry& plugins);
void register_has_header_key(PluginRegistry& plugins) {
  transforms::register_predicate<transforms::HasHeaderKey>(plugins, "HasHeaderKey",
                                                           "True for records with a header of that name.");
}

}  // namespace millrace
