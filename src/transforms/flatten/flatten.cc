#include "transforms/flatten/flatten.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "millrace/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {

constexpr std::string_view kPurpose = "flattening";

SchemaPtr leaf_schema(const Schema& from, bool optional, const std::optional<Value>& fallback) {
  SchemaBuilder builder =
      from.type() == Type::kArray ? SchemaBuilder::array(from.value_schema()) : SchemaBuilder(from.type());
  copy_basics(from, builder);
  if (optional) builder.optional();
  if (fallback) builder.default_value(*fallback);
  return builder.build();
}

std::size_t leaves(const Schema& schema) {
  std::size_t count = 0;
  for (const Field& field : schema.fields()) count += field.schema->type() == Type::kStruct ? leaves(*field.schema) : 1;
  return count;
}

}  // namespace

const ConfigTable<FlattenConfig>& FlattenConfig::table() {
  using C = FlattenConfig;
  static const ConfigTable<C> kTable{
      option("delimiter", &C::delimiter)
          .default_to(".")
          .importance(Importance::kMedium)
          .doc("Text between the names of the outer and the inner field."),
  };
  return kTable;
}

std::string Flatten::join(std::string_view prefix, std::string_view name) const {
  if (prefix.empty()) return std::string(name);
  std::string out;
  out.reserve(prefix.size() + config_.delimiter.size() + name.size());
  out += prefix;
  out += config_.delimiter;
  out += name;
  return out;
}

void Flatten::flatten_map(const Map& from, std::string_view prefix, Map& to) const {
  for (const auto& [key, value] : from) {
    std::string name = join(prefix, key.kind() == ValueKind::kString ? key.as_string() : key.to_string());
    switch (value.kind()) {
      case ValueKind::kMap: flatten_map(value.as_map(), name, to); break;
      case ValueKind::kStruct:
        throw DataError("Flatten transformation does not support " + java_class_text(value) +
                        " for record without schemas (for field " + name + ").");
      case ValueKind::kDecimal:
      case ValueKind::kDate:
        throw DataError("Flatten transformation was passed a value of type " + java_class_text(value) +
                        " which is not supported by Connect's data API");
      default: to.put(Value(std::move(name)), value);
    }
  }
}

void Flatten::flatten_schema(const Schema& from, std::string_view prefix, bool optional, const Struct* defaults,
                             SchemaBuilder& to) const {
  for (const Field& field : from.fields()) {
    const std::string name = join(prefix, field.name);
    const bool is_optional = optional || field.schema->is_optional();
    std::optional<Value> fallback = field.schema->default_value();
    if (!fallback && defaults != nullptr) {
      fallback = defaults->get(field);
      if (fallback->is_null()) fallback.reset();
    }
    if (field.schema->type() == Type::kStruct) {
      flatten_schema(*field.schema, name, is_optional, fallback ? &fallback->as_struct() : nullptr, to);
    } else if (field.schema->type() == Type::kMap) {
      throw DataError("Flatten transformation does not support MAP for record with schemas (for field " + name + ").");
    } else {
      to.field(name, leaf_schema(*field.schema, is_optional, fallback));
    }
  }
}

void Flatten::flatten_struct(const Struct& from, std::vector<Value>& to) const {
  const std::vector<Field>& fields = from.schema()->fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Value& value = from.at(i);
    if (fields[i].schema->type() != Type::kStruct) {
      const auto& fallback = fields[i].schema->default_value();
      to.push_back(value.is_null() && fallback ? *fallback : value);
    } else if (value.is_null()) {
      to.resize(to.size() + leaves(*fields[i].schema));
    } else {
      flatten_struct(value.as_struct(), to);
    }
  }
}

bool Flatten::apply(ConnectRecord& record) {
  Value& value = value_of(record);
  SchemaPtr& schema = schema_of(record);
  if (value.is_null()) return true;
  if (schema == nullptr) {
    require_map(value, kPurpose);
    Map flat;
    flatten_map(value.as_map(), "", flat);
    value = Value(std::move(flat));
    return true;
  }
  require_struct_of(value, schema, kPurpose);
  const SchemaPtr flat_schema = schemas_.get(schema, [this](const SchemaPtr& from) {
    SchemaBuilder builder = SchemaBuilder::structure();
    copy_basics(*from, builder);
    const auto& fallback = from->default_value();
    flatten_schema(*from, "", from->is_optional(), fallback ? &fallback->as_struct() : nullptr, builder);
    return builder.build();
  });
  std::vector<Value> values;
  values.reserve(flat_schema->fields().size());
  flatten_struct(value.as_struct(), values);
  fill_nulls(values, *flat_schema, false);
  value = Value(Struct(flat_schema, std::move(values)));
  schema = flat_schema;
  return true;
}

}  // namespace millrace::transforms
