#include "transforms/filter/filter.h"

namespace millrace::transforms {

const ConfigDef& Filter::definitions() {
  static const ConfigDef kNone;
  return kNone;
}

}  // namespace millrace::transforms
