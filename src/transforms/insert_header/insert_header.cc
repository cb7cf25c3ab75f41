#include "transforms/insert_header/insert_header.h"

#include "millrace/values.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

const ConfigTable<InsertHeaderConfig>& InsertHeaderConfig::table() {
  using C = InsertHeaderConfig;
  static const ConfigTable<C> kTable{
      option("header", &C::header)
          .required()
          .check(non_null())
          .importance(Importance::kHigh)
          .doc("Name of the header."),
      option("value.literal", &C::value_literal)
          .required()
          .check(non_null())
          .importance(Importance::kHigh)
          .doc("Its value. The schema follows from the text, as in the header converter: 1 is an int8, true a boolean, "
               "[1,2] an "
               "array."),
  };
  return kTable;
}

void InsertHeader::configure(const Props& config) {
  config_ = InsertHeaderConfig::table().parse(config);
  value_ = values::parse_string(config_.value_literal);
}

bool InsertHeader::apply(ConnectRecord& record) {
  record.headers.add(config_.header, value_.value, value_.schema);
  return true;
}

}  // namespace millrace::transforms
