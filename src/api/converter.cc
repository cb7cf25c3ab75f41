#include "millrace/converter.h"

namespace millrace {

ConfigKey converter_type_key() {
  ConfigKey key;
  key.name = "converter.type";
  key.type = ConfigType::kString;
  key.required = true;
  key.check = one_of({"key", "value", "header"});
  key.importance = Importance::kLow;
  key.documentation = "How this converter will be used.";
  return key;
}

}  // namespace millrace
