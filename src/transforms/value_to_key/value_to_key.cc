#include "transforms/value_to_key/value_to_key.h"

#include <string_view>
#include <utility>

#include "millrace/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {
constexpr std::string_view kPurpose = "copying fields from value to key";
}

const ConfigTable<ValueToKeyConfig>& ValueToKeyConfig::table() {
  using C = ValueToKeyConfig;
  static const ConfigTable<C> kTable{
      option("fields", &C::fields)
          .required()
          .check(non_empty_list())
          .importance(Importance::kHigh)
          .doc("Fields of the value that make the key."),
      replace_null_option(&C::replace_null_with_default),
  };
  return kTable;
}

ValueToKey::Plan ValueToKey::plan_for(const Schema& value_schema) const {
  Plan plan;
  SchemaBuilder builder = SchemaBuilder::structure();
  for (const std::string& name : config_.fields) {
    const Field* field = value_schema.field(name);
    if (field == nullptr) throw DataError("Field does not exist: " + name);
    builder.field(name, field->schema);
    plan.sources.push_back(static_cast<std::size_t>(field->index));
  }
  plan.schema = builder.build();
  return plan;
}

bool ValueToKey::apply(ConnectRecord& record) {
  if (record.value_schema == nullptr) {
    require_map(record.value, kPurpose);
    Map key;
    for (const std::string& name : config_.fields) {
      const Value* found = record.value.as_map().find(std::string_view(name));
      key.put(Value(name), found == nullptr ? Value() : *found);
    }
    record.key = Value(std::move(key));
    record.key_schema = nullptr;
    return true;
  }
  require_struct_of(record.value, record.value_schema, kPurpose);
  const Plan& plan = plans_.get(record.value_schema, [this](const SchemaPtr& s) { return plan_for(*s); });
  std::vector<Value> values;
  values.reserve(plan.sources.size());
  for (const std::size_t source : plan.sources) values.push_back(record.value.as_struct().at(source));
  fill_nulls(values, *plan.schema, config_.replace_null_with_default);
  record.key = Value(Struct(plan.schema, std::move(values)));
  record.key_schema = plan.schema;
  return true;
}

}  // namespace millrace::transforms
