#include "transforms/common/schema_util.h"

#include <optional>

#include "millrace/errors.h"

namespace millrace::transforms {

SchemaBuilder& copy_basics(const Schema& from, SchemaBuilder& to) {
  if (from.name()) to.name(*from.name());
  if (from.version()) to.version(*from.version());
  if (from.doc()) to.doc(*from.doc());
  if (!from.parameters().empty()) to.parameters(from.parameters());
  return to;
}

void replace_null(Value& value, const Field& from, const Field& to, bool replace) {
  if (replace && from.schema->default_value()) {
    value = *from.schema->default_value();
  } else if (!to.schema->is_optional()) {
    throw DataError("Invalid value: null used for required field: \"" + to.name +
                    "\", schema type: " + name_of(to.schema->type()));
  }
}

std::string field_place(const Field& field) {
  return "field \"" + field.name + "\" (" +
         (field.schema->name() ? *field.schema->name() : name_of(field.schema->type())) + ")";
}

std::string field_place(const std::string& field, const Value& value) {
  return "field \"" + field + "\" (" + value.java_class() + ")";
}

ConfigCheck non_empty_list() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const auto* list = std::get_if<std::vector<std::string>>(&value);
    if (list == nullptr || list->empty()) return "Empty list";
    return std::nullopt;
  };
}

ConfigCheck non_null() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    if (std::holds_alternative<std::monostate>(value)) return "entry must be non null";
    return std::nullopt;
  };
}

}  // namespace millrace::transforms
