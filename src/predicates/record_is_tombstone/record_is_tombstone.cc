#include "predicates/record_is_tombstone/record_is_tombstone.h"

namespace millrace::transforms {

const ConfigDef& RecordIsTombstone::definitions() {
  static const ConfigDef kNone;
  return kNone;
}

}  // namespace millrace::transforms
