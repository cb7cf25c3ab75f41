#include "millrace/errors.h"
#include "millrace/schema.h"

namespace millrace {

namespace {

const Field& lookup(const Schema& schema, std::string_view name) {
  const Field* field = schema.field(name);
  if (field == nullptr) throw DataError(std::string(name) + " is not a valid field name");
  return *field;
}

/// The common case, a primitive of the right class, costs one comparison; all else goes the long way.
bool fits_at_a_glance(const Schema& schema, const Value& value) {
  static constexpr ValueKind kKinds[] = {ValueKind::kInt8,  ValueKind::kInt16,   ValueKind::kInt32,
                                         ValueKind::kInt64, ValueKind::kFloat32, ValueKind::kFloat64,
                                         ValueKind::kBool,  ValueKind::kString,  ValueKind::kBytes};
  if (schema.logical() != LogicalType::kNone || !is_primitive(schema.type())) return false;
  return value.kind() == kKinds[static_cast<std::size_t>(schema.type())];
}

void validate_field(const Field& field, const Value& value) {
  if (fits_at_a_glance(*field.schema, value)) return;
  if (value.is_null() && field.schema->is_optional()) return;
  field.schema->validate(value, "field: \"" + field.name + "\"");
}

}  // namespace

Struct::Struct(SchemaPtr schema) : schema_(std::move(schema)) {
  if (schema_ == nullptr || schema_->type() != Type::kStruct) {
    throw DataError("Not a struct schema: " + (schema_ == nullptr ? std::string("null") : schema_->to_string()));
  }
  values_.resize(schema_->fields().size());
}

Struct& Struct::put(std::string_view field, Value value) { return put(lookup(*schema_, field), std::move(value)); }

Struct& Struct::put(const Field& field, Value value) {
  validate_field(field, value);
  values_[static_cast<std::size_t>(field.index)] = std::move(value);
  return *this;
}

Value Struct::get(std::string_view field) const { return get(lookup(*schema_, field)); }

Value Struct::get(const Field& field) const {
  const Value& value = values_[static_cast<std::size_t>(field.index)];
  if (value.is_null() && field.schema->default_value()) return *field.schema->default_value();
  return value;
}

const Value& Struct::get_without_default(std::string_view field) const {
  return values_[static_cast<std::size_t>(lookup(*schema_, field).index)];
}

void Struct::validate() const {
  for (const Field& field : schema_->fields()) {
    const Value& value = values_[static_cast<std::size_t>(field.index)];
    if (value.is_null() && (field.schema->is_optional() || field.schema->default_value())) continue;
    validate_field(field, value);
  }
}

bool Struct::operator==(const Struct& other) const {
  return this == &other || (same_schema(schema_, other.schema_) && values_ == other.values_);
}

std::string Struct::to_string() const {
  std::string out = "Struct{";
  bool first = true;
  for (const Field& field : schema_->fields()) {
    const Value& value = values_[static_cast<std::size_t>(field.index)];
    if (value.is_null()) continue;
    if (!first) out += ',';
    first = false;
    out += field.name;
    out += '=';
    out += value.to_string();
  }
  out += '}';
  return out;
}

}  // namespace millrace
