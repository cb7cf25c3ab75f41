#include "transforms/drop_headers/drop_headers.h"

#include "transforms/common/schema_util.h"

namespace millrace::transforms {

const ConfigTable<DropHeadersConfig>& DropHeadersConfig::table() {
  using C = DropHeadersConfig;
  static const ConfigTable<C> kTable{
      option("headers", &C::headers)
          .required()
          .check(non_empty_list())
          .importance(Importance::kHigh)
          .doc("Names of the headers to remove."),
  };
  return kTable;
}

bool DropHeaders::apply(ConnectRecord& record) {
  for (const std::string& name : config_.headers) record.headers.remove(name);
  return true;
}

}  // namespace millrace::transforms
