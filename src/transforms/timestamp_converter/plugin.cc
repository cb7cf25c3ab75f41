#include "transforms/common/part.h"
#include "transforms/timestamp_converter/timestamp_converter.h"

namespace millrace {

void register_timestamp_converter(PluginRegistry& plugins);
void register_timestamp_converter(PluginRegistry& plugins) {
  transforms::register_parts<transforms::TimestampConverter>(
      plugins, "TimestampConverter", "Converts between texts, Unix times and the types Date, Time and Timestamp.");
}

}  // namespace millrace
