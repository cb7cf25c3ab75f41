#include "transforms/cast/cast.h"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "millrace/errors.h"
#include "transforms/cast/cast_value.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {

constexpr std::string_view kPurpose = "cast types";

std::string trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return std::string(text);
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

/// nullopt: no such type.
std::optional<Type> type_named(const std::string& upper_name) {
  for (int i = 0; i <= static_cast<int>(Type::kStruct); ++i) {
    const auto type = static_cast<Type>(i);
    if (upper_name == name_of(type)) return type;
  }
  return std::nullopt;
}

Type target_of(const std::string& written) {
  const std::string name = upper(written);
  const auto type = type_named(name);
  if (!type) {
    throw ConfigError(invalid_value("Invalid type found in casting spec: " + written,
                                    "java.lang.IllegalArgumentException: No enum constant "
                                    "org.apache.kafka.connect.data.Schema.Type." +
                                        name,
                                    ""));
  }
  if (*type > Type::kString) {
    throw ConfigError("Cast transformation does not support casting to " + name +
                      "; supported types are [INT8, INT16, INT32, INT64, FLOAT32, FLOAT64, BOOLEAN, STRING]");
  }
  return *type;
}

std::string list_text(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& entry : list) out += (out.size() > 1 ? ", " : "") + entry;
  return out + "]";
}

CastConfig::Spec parse_spec(const std::vector<std::string>& entries) {
  if (entries.empty()) throw ConfigError("Must specify at least one field to cast.");
  CastConfig::Spec spec;
  for (const std::string& entry : entries) {
    // Colons at the end count for nothing, as in Java's split.
    std::string_view text = entry;
    while (!text.empty() && text.back() == ':') text.remove_suffix(1);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
      spec.whole = target_of(trimmed(text));
    } else if (text.find(':', colon + 1) != std::string_view::npos) {
      throw ConfigError(invalid_value("renames", list_text(entries), "Invalid rename mapping: " + entry));
    } else {
      spec.fields[trimmed(text.substr(0, colon))] = target_of(trimmed(text.substr(colon + 1)));
    }
  }
  if (spec.whole && entries.size() > 1) {
    throw ConfigError(
        "Cast transformations that specify a type to cast the entire value to may only specify a single cast in "
        "their spec");
  }
  return spec;
}

}  // namespace

const ConfigTable<CastConfig>& CastConfig::table() {
  using C = CastConfig;
  static const ConfigTable<C> kTable{
      option("spec", &C::spec, ConfigType::kList,
             [](const ConfigObject& value) { return parse_spec(std::get<std::vector<std::string>>(value)); })
          .required()
          .check([](const ConfigObject& value) -> std::optional<std::string> {
            const auto* list = std::get_if<std::vector<std::string>>(&value);
            parse_spec(list == nullptr ? std::vector<std::string>() : *list);
            return std::nullopt;
          })
          .importance(Importance::kHigh)
          .doc("Fields and the types to cast them to, as field1:type,field2:type, or one type for the whole key or "
               "value. Types: "
               "int8, int16, int32, int64, float32, float64, boolean, string."),
      replace_null_option(&C::replace_null_with_default),
  };
  return kTable;
}

/// The default of `schema`, cast like a value of it.
Value Cast::cast_default(const Schema& schema, const Plan& plan, const SchemaPtr& cast_schema) const {
  const Value& fallback = *schema.default_value();
  if (config_.spec.whole) return cast_value(&schema, fallback, *config_.spec.whole);
  Struct out = fallback.as_struct();
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    Value& value = out.mutable_values()[i];
    if (plan.targets[i]) value = cast_value(schema.fields()[i].schema.get(), value, *plan.targets[i]);
  }
  out.reset(cast_schema);
  return Value(std::move(out));
}

Cast::Plan Cast::plan_for(const SchemaPtr& schema) const {
  Plan plan;
  SchemaBuilder builder(config_.spec.whole.value_or(Type::kStruct));
  copy_basics(*schema, builder);
  if (!config_.spec.whole) {
    for (const Field& field : schema->fields()) {
      const auto cast = config_.spec.fields.find(field.name);
      if (cast == config_.spec.fields.end()) {
        plan.targets.emplace_back();
        builder.field(field.name, field.schema);
        continue;
      }
      SchemaBuilder target(cast->second);
      if (field.schema->is_optional()) target.optional();
      if (const auto& fallback = field.schema->default_value()) {
        target.default_value(cast_value(field.schema.get(), *fallback, cast->second));
      }
      plan.targets.emplace_back(cast->second);
      builder.field(field.name, target.build());
    }
  }
  if (schema->is_optional()) builder.optional();
  if (schema->default_value()) builder.default_value(cast_default(*schema, plan, builder.build()));
  plan.schema = builder.build();
  return plan;
}

void Cast::apply_schemaless(Value& value) const {
  if (config_.spec.whole) {
    value = cast_value(nullptr, value, *config_.spec.whole);
    return;
  }
  require_map(value, kPurpose);
  Map& map = value.mutable_map();
  for (const auto& [name, type] : config_.spec.fields) {
    const Value* old = map.find(std::string_view(name));
    try {
      map.put(Value(name), old == nullptr ? Value() : cast_value(nullptr, *old, type));
    } catch (ConnectError& e) {
      e.set_place(field_place(name, *old));
      throw;
    }
  }
}

bool Cast::apply(ConnectRecord& record) {
  Value& value = value_of(record);
  SchemaPtr& schema = schema_of(record);
  if (value.is_null()) return true;
  if (schema == nullptr) {
    apply_schemaless(value);
    return true;
  }
  const Plan& plan = plans_.get(schema, [this](const SchemaPtr& s) { return plan_for(s); });
  if (config_.spec.whole) {
    value = cast_value(schema.get(), value, *config_.spec.whole);
    schema = plan.schema;
    return true;
  }
  require_struct_of(value, schema, kPurpose);
  Struct& edited = value.mutable_struct();
  std::vector<Value>& values = edited.mutable_values();
  const std::vector<Field>& from = schema->fields();
  const std::vector<Field>& to = plan.schema->fields();
  for (std::size_t i = 0; i < values.size(); ++i) {
    Value& field = values[i];
    if (const auto target = plan.targets[i]) {
      if (field.is_null() && config_.replace_null_with_default && from[i].schema->default_value()) {
        field = *from[i].schema->default_value();
      }
      try {
        field = cast_value(from[i].schema.get(), field, *target);
      } catch (ConnectError& e) {
        e.set_place(field_place(from[i]));
        throw;
      }
      fill_null(field, to[i], to[i], false);
    } else {
      fill_null(field, from[i], to[i], config_.replace_null_with_default);
    }
  }
  edited.reset(plan.schema);
  schema = plan.schema;
  return true;
}

}  // namespace millrace::transforms
