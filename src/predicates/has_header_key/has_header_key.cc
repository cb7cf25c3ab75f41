#include "predicates/has_header_key/has_header_key.h"

namespace millrace::transforms {

const ConfigTable<HasHeaderKeyConfig>& HasHeaderKeyConfig::table() {
  using C = HasHeaderKeyConfig;
  static const ConfigTable<C> kTable{
      option("name", &C::name).required().check(non_empty()).importance(Importance::kMedium).doc("Name of the header."),
  };
  return kTable;
}

bool HasHeaderKey::test(const ConnectRecord& record) { return record.headers.last_with_name(config_.name) != nullptr; }

}  // namespace millrace::transforms
