#include <algorithm>
#include <cmath>
#include <limits>

#include "millrace/errors.h"
#include "millrace/schema.h"

namespace millrace {

namespace {

bool is_promotable(Type from, Type to) { return to <= Type::kFloat64 && from <= to; }

std::string text_of(const std::optional<std::string>& name) { return name ? *name : "null"; }

std::string text_of(const SchemaParameters& parameters) {
  if (parameters.empty()) return "null";
  std::string out = "{";
  for (const auto& [name, value] : parameters) {
    if (out.size() > 1) out += ", ";
    out += name + "=" + value;
  }
  return out + "}";
}

bool equal_parameters(const SchemaParameters& a, const SchemaParameters& b) {
  return a.size() == b.size() &&
         std::all_of(a.begin(), a.end(), [&](const auto& p) { return std::find(b.begin(), b.end(), p) != b.end(); });
}

void check_maybe_compatible(const Schema& source, const Schema& target) {
  if (source.type() != target.type() && !is_promotable(source.type(), target.type())) {
    throw SchemaProjectorError(std::string("Schema type mismatch. source type: ") + name_of(source.type()) +
                               " and target type: " + name_of(target.type()));
  }
  if (source.name() != target.name()) {
    throw SchemaProjectorError("Schema name mismatch. source name: " + text_of(source.name()) +
                               " and target name: " + text_of(target.name()));
  }
  if (!equal_parameters(source.parameters(), target.parameters())) {
    throw SchemaProjectorError("Schema parameters not equal. source parameters: " + text_of(source.parameters()) +
                               " and target parameters: " + text_of(target.parameters()));
  }
}

double as_double(const Value& value) {
  if (value.kind() == ValueKind::kFloat32) return value.as_float32();
  if (value.kind() == ValueKind::kFloat64) return value.as_float64();
  return static_cast<double>(value.integer());
}

Value project_primitive(const Schema& source, const Value& value, const Schema& target) {
  if (!value.is_integer() && value.kind() != ValueKind::kFloat32 && value.kind() != ValueKind::kFloat64) return value;
  if (source.type() == target.type()) return value;
  switch (target.type()) {
    case Type::kInt8: return static_cast<std::int8_t>(value.integer());
    case Type::kInt16: return static_cast<std::int16_t>(value.integer());
    case Type::kInt32: return static_cast<std::int32_t>(value.integer());
    case Type::kInt64: return value.integer();
    case Type::kFloat32:
      return value.is_integer() ? static_cast<float>(value.integer()) : static_cast<float>(as_double(value));
    case Type::kFloat64: return as_double(value);
    default: return value;
  }
}

Value project_struct(const Struct& source, const Schema& target, const SchemaPtr& target_schema) {
  Struct out(target_schema);
  for (const Field& field : target.fields()) {
    if (const Field* source_field = source.schema()->field(field.name)) {
      try {
        out.put(field, project(source_field->schema, source.get(*source_field), field.schema));
      } catch (const SchemaProjectorError& e) {
        throw SchemaProjectorError("Error projecting " + source_field->name, e);
      }
    } else if (field.schema->is_optional()) {
      continue;
    } else if (field.schema->default_value()) {
      out.put(field, *field.schema->default_value());
    } else {
      throw SchemaProjectorError("Required field `" + field.name +
                                 "` is missing from source schema: " + source.schema()->to_string());
    }
  }
  return out;
}

Value project_required(const SchemaPtr& source, const Value& value, const SchemaPtr& target) {
  switch (target->type()) {
    case Type::kStruct: return project_struct(value.as_struct(), *target, target);
    case Type::kArray: {
      Array out;
      out.reserve(value.as_array().size());
      for (const Value& element : value.as_array()) {
        out.push_back(project(source->value_schema(), element, target->value_schema()));
      }
      return out;
    }
    case Type::kMap: {
      Map out;
      for (const auto& [key, entry] : value.as_map()) {
        out.put(project(source->key_schema(), key, target->key_schema()),
                project(source->value_schema(), entry, target->value_schema()));
      }
      return out;
    }
    default: return project_primitive(*source, value, *target);
  }
}

}  // namespace

Value project(const SchemaPtr& source, const Value& value, const SchemaPtr& target) {
  if (source == nullptr || target == nullptr) {
    if (source == target) return value;
    throw SchemaProjectorError(std::string("Cannot project a value when its ") +
                               (source == nullptr ? "source" : "target") + " schema is unknown");
  }
  check_maybe_compatible(*source, *target);
  if (source->is_optional() && !target->is_optional()) {
    if (!target->default_value()) {
      throw SchemaProjectorError("Writer schema is optional, however, target schema does not provide a default value.");
    }
    return value.is_null() ? *target->default_value() : project_required(source, value, target);
  }
  return value.is_null() ? value : project_required(source, value, target);
}

}  // namespace millrace
