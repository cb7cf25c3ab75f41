#include "predicates/record_is_tombstone/record_is_tombstone.h"
#include "transforms/common/part.h"

namespace millrace {

void register_record_is_tombstone(PluginRegistry& plugins);
void register_record_is_tombstone(PluginRegistry& plugins) {
  transforms::register_predicate<transforms::RecordIsTombstone>(plugins, "RecordIsTombstone",
                                                                "True for records whose value is null.");
}

}  // namespace millrace
