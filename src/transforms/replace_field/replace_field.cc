#include "transforms/replace_field/replace_field.h"

#include <string>

#include "millrace/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {

constexpr std::string_view kPurpose = "field replacement";

std::vector<std::pair<std::string, std::string>> parse_renames(const std::vector<std::string>& entries) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& entry : entries) {
    const std::size_t colon = entry.find(':');
    if (colon == std::string::npos || colon + 1 == entry.size() || entry.find(':', colon + 1) != std::string::npos) {
      std::string list = "[";
      for (const std::string& e : entries) list += (list.size() > 1 ? ", " : "") + e;
      throw ConfigError(invalid_value("renames", list + "]", "Invalid rename mapping: " + entry));
    }
    out.emplace_back(entry.substr(0, colon), entry.substr(colon + 1));
  }
  return out;
}

std::set<std::string, std::less<>> set_of(const ConfigObject& value) {
  const auto& list = std::get<std::vector<std::string>>(value);
  return {list.begin(), list.end()};
}

}  // namespace

const ConfigTable<ReplaceFieldConfig>& ReplaceFieldConfig::table() {
  using C = ReplaceFieldConfig;
  static const ConfigTable<C> kTable{
      option("exclude", &C::exclude, ConfigType::kList, set_of)
          .default_to("")
          .importance(Importance::kMedium)
          .doc("Fields to drop. This takes precedence over the fields to include."),
      option("include", &C::include, ConfigType::kList, set_of)
          .default_to("")
          .importance(Importance::kMedium)
          .doc("Fields to keep; all when empty."),
      option("renames", &C::renames, ConfigType::kList,
             [](const ConfigObject& value) { return parse_renames(std::get<std::vector<std::string>>(value)); })
          .default_to("")
          .check([](const ConfigObject& value) -> std::optional<std::string> {
            if (const auto* list = std::get_if<std::vector<std::string>>(&value)) parse_renames(*list);
            return std::nullopt;
          })
          .importance(Importance::kMedium)
          .doc("Fields to rename, as old1:new1,old2:new2."),
      replace_null_option(&C::replace_null_with_default),
  };
  return kTable;
}

bool ReplaceField::keeps(std::string_view field) const {
  return !config_.exclude.contains(field) && (config_.include.empty() || config_.include.contains(field));
}

const std::string& ReplaceField::renamed(const std::string& field) const {
  const std::string* name = &field;
  for (const auto& [from, to] : config_.renames) {
    if (from == field) name = &to;  // the last one counts
  }
  return *name;
}

ReplaceField::Plan ReplaceField::plan_for(const SchemaPtr& schema) const {
  Plan plan;
  SchemaBuilder builder = SchemaBuilder::structure();
  copy_basics(*schema, builder);
  for (const Field& field : schema->fields()) {
    if (keeps(field.name)) builder.field(renamed(field.name), field.schema);
  }
  plan.schema = builder.build();
  for (const Field& field : plan.schema->fields()) {
    // A field is read by the name that the renames lead back to, whichever field got its name and schema here.
    const std::string* source = &field.name;
    for (const auto& [from, to] : config_.renames) {
      if (to == field.name) source = &from;
    }
    const Field* old = schema->field(*source);
    if (old == nullptr) throw DataError(*source + " is not a valid field name");
    const auto index = static_cast<std::size_t>(old->index);
    if ((!plan.sources.empty() && index <= plan.sources.back()) || old->schema != field.schema) plan.in_order = false;
    plan.sources.push_back(index);
  }
  return plan;
}

bool ReplaceField::apply(ConnectRecord& record) {
  Value& value = value_of(record);
  SchemaPtr& schema = schema_of(record);
  if (value.is_null()) return true;
  if (schema == nullptr) {
    require_map(value, kPurpose);
    Map kept;
    for (const auto& [key, field] : value.as_map()) {
      if (key.kind() != ValueKind::kString) {
        kept.put(key, field);
      } else if (keeps(key.as_string())) {
        kept.put(Value(renamed(key.as_string())), field);
      }
    }
    value = Value(std::move(kept));
    return true;
  }
  require_struct_of(value, schema, kPurpose);
  const Plan& plan = plans_.get(schema, [this](const SchemaPtr& s) { return plan_for(s); });
  Struct& edited = value.mutable_struct();
  std::vector<Value>& values = edited.mutable_values();
  const std::vector<Field>& from = schema->fields();
  const std::vector<Field>& to = plan.schema->fields();
  if (plan.in_order) {
    for (std::size_t i = 0; i < plan.sources.size(); ++i) {
      const std::size_t source = plan.sources[i];
      if (source != i) values[i] = std::move(values[source]);
      fill_null(values[i], from[source], to[i], config_.replace_null_with_default);
    }
    values.resize(plan.sources.size());
    edited.reset(plan.schema);
  } else {
    std::vector<Value> kept;
    kept.reserve(plan.sources.size());
    for (std::size_t i = 0; i < plan.sources.size(); ++i) {
      kept.push_back(values[plan.sources[i]]);
      fill_null(kept[i], from[plan.sources[i]], to[i], config_.replace_null_with_default);
      // Renames may put one field's value under the schema of another.
      if (from[plan.sources[i]].schema != to[i].schema)
        to[i].schema->validate(kept[i], "field: \"" + to[i].name + "\"");
    }
    edited.reset(plan.schema, std::move(kept));
  }
  schema = plan.schema;
  return true;
}

}  // namespace millrace::transforms
