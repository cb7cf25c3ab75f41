#include "transforms/hoist_field/hoist_field.h"

#include <utility>

#include "millrace/errors.h"

namespace millrace::transforms {

const ConfigTable<HoistFieldConfig>& HoistFieldConfig::table() {
  using C = HoistFieldConfig;
  static const ConfigTable<C> kTable{
      option("field", &C::field)
          .required()
          .importance(Importance::kMedium)
          .doc("Name of the one field of the struct or map that is made."),
  };
  return kTable;
}

bool HoistField::apply(ConnectRecord& record) {
  Value& value = value_of(record);
  SchemaPtr& schema = schema_of(record);
  if (schema == nullptr) {
    Map map;
    map.append(Value(config_.field), std::move(value));
    value = Value(std::move(map));
    return true;
  }
  const SchemaPtr hoisted = schemas_.get(
      schema, [this](const SchemaPtr& from) { return SchemaBuilder::structure().field(config_.field, from).build(); });
  const Field& field = hoisted->fields().front();
  fill_null(value, field, field, false);
  std::vector<Value> values;
  values.push_back(std::move(value));
  value = Value(Struct(hoisted, std::move(values)));
  schema = hoisted;
  return true;
}

}  // namespace millrace::transforms
