#include "transforms/header_from/header_from.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "millrace/errors.h"
#include "transforms/common/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {

const char* purpose(HeaderFromConfig::Operation operation) {
  return operation == HeaderFromConfig::Operation::kMove ? "header move" : "header copy";
}

}  // namespace

const ConfigTable<HeaderFromConfig>& HeaderFromConfig::table() {
  using C = HeaderFromConfig;
  static const ConfigTable<C> kTable =
      ConfigTable<C>{
          option("fields", &C::fields)
              .required()
              .check(non_empty_list())
              .importance(Importance::kHigh)
              .doc("Fields whose values go into headers."),
          option("headers", &C::headers)
              .required()
              .check(non_empty_list())
              .importance(Importance::kHigh)
              .doc("Names of the headers, one for each entry of fields, in the same order."),
          option("operation", &C::operation, ConfigType::kString,
                 [](const ConfigObject& value) {
                   return std::get<std::string>(value) == "move" ? Operation::kMove : Operation::kCopy;
                 })
              .required()
              .check(one_of({"move", "copy"}))
              .importance(Importance::kHigh)
              .doc("move: the fields go away; copy: they stay."),
          replace_null_option(&C::replace_null_with_default),
      }
          .rule([](const C& config) {
            if (config.fields.size() != config.headers.size()) {
              throw ConfigError("'fields' config must have the same number of elements as 'headers' config.");
            }
          });
  return kTable;
}

HeaderFrom::Plan HeaderFrom::plan_for(const SchemaPtr& schema) const {
  Plan plan;
  for (const std::string& name : config_.fields) plan.fields.push_back(schema->field(name));
  if (config_.operation == HeaderFromConfig::Operation::kCopy) return plan;
  SchemaBuilder builder = SchemaBuilder::structure();
  copy_basics(*schema, builder);
  for (const Field& field : schema->fields()) {
    if (std::find(config_.fields.begin(), config_.fields.end(), field.name) != config_.fields.end()) continue;
    builder.field(field.name, field.schema);
    plan.kept.push_back(static_cast<std::size_t>(field.index));
  }
  plan.kept_schema = builder.build();
  return plan;
}

void HeaderFrom::apply_schemaless(ConnectRecord& record) {
  Value& value = value_of(record);
  require_map(value, purpose(config_.operation));
  for (std::size_t i = 0; i < config_.fields.size(); ++i) {
    const Value* found = value.as_map().find(std::string_view(config_.fields[i]));
    record.headers.add(config_.headers[i], found == nullptr ? Value() : *found, nullptr);
  }
  if (config_.operation == HeaderFromConfig::Operation::kCopy) return;
  Map& map = value.mutable_map();
  for (const std::string& name : config_.fields) map.erase(Value(name));
}

bool HeaderFrom::apply(ConnectRecord& record) {
  SchemaPtr& schema = schema_of(record);
  Value& value = value_of(record);
  if (schema == nullptr) {
    apply_schemaless(record);
    return true;
  }
  require_struct_of(value, schema, purpose(config_.operation));
  const Plan& plan = plans_.get(schema, [this](const SchemaPtr& s) { return plan_for(s); });
  for (std::size_t i = 0; i < plan.fields.size(); ++i) {
    const Field* field = plan.fields[i];
    if (field == nullptr) {
      throw NullPointerError("The schema has no field \"" + config_.fields[i] + "\" that could become header \"" +
                             config_.headers[i] + "\"");
    }
    Value header = value.as_struct().at(static_cast<std::size_t>(field->index));
    if (header.is_null() && config_.replace_null_with_default && field->schema->default_value()) {
      header = *field->schema->default_value();
    }
    record.headers.add(config_.headers[i], std::move(header), field->schema);
  }
  if (config_.operation == HeaderFromConfig::Operation::kCopy) return true;
  Struct& edited = value.mutable_struct();
  std::vector<Value> kept;
  kept.reserve(plan.kept.size());
  for (const std::size_t index : plan.kept) kept.push_back(std::move(edited.mutable_values()[index]));
  fill_nulls(kept, *plan.kept_schema, config_.replace_null_with_default);
  edited.reset(plan.kept_schema, std::move(kept));
  schema = plan.kept_schema;
  return true;
}

}  // namespace millrace::transforms
