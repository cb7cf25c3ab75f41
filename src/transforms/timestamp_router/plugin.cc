#include "transforms/common/part.h"
#include "transforms/timestamp_router/timestamp_router.h"

namespace millrace {

void register_timestamp_router(PluginRegistry& plugins);
void register_timestamp_router(PluginRegistry& plugins) {
  transforms::register_transformation<transforms::TimestampRouter>(plugins, "TimestampRouter",
                                                                   "Puts the record's timestamp into the topic name.");
}

}  // namespace millrace
