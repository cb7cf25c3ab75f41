#include "converters/json/payload_reader.h"

#include <unordered_set>

#include "converters/json/numbers.h"
#include "millrace/base64.h"
#include "millrace/errors.h"

namespace millrace::json_converter {

namespace {

using json::Node;
using json::Token;

/// JsonNodeType.
const char* node_type(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::kNull: return "NULL";
    case Node::Kind::kBool: return "BOOLEAN";
    case Node::Kind::kNumber: return "NUMBER";
    case Node::Kind::kString: return "STRING";
    case Node::Kind::kArray: return "ARRAY";
    case Node::Kind::kObject: return "OBJECT";
  }
  return "MISSING";
}

/// Jackson's reading of base64: blanks are skipped where a group of four begins.
std::optional<Bytes> decode_base64(std::string_view text) {
  if (auto bytes = base64_decode(text)) return bytes;
  std::string packed;
  for (const char c : text) {
    if (packed.size() % 4 == 0 && static_cast<unsigned char>(c) <= ' ') continue;
    packed += c;
  }
  return base64_decode(packed);
}

bool is_text(const Node* node) { return node != nullptr && node->is_string(); }

Value scalar_integer(Type type, std::int64_t value) {
  switch (type) {
    case Type::kInt8: return static_cast<std::int8_t>(value);
    case Type::kInt16: return static_cast<std::int16_t>(value);
    case Type::kInt32: return static_cast<std::int32_t>(value);
    default: return value;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// From a document

Value logical_value(const Schema& schema, const Node& node) {
  const auto wrong = [&](const char* type, const char* rule) {
    return DataError(std::string("Invalid type for ") + type + ", underlying representation should be " + rule +
                     " but was " + node_type(node));
  };
  switch (schema.logical()) {
    case LogicalType::kDecimal:
      if (node.is_number()) {
        auto decimal = Decimal::parse(node.number().text);
        if (!decimal) throw DataError("Invalid number for Decimal field: " + node.number().text);
        return *std::move(decimal);
      }
      if (node.is_string()) {
        const auto bytes = decode_base64(node.string());
        if (!bytes) throw DataError("Invalid bytes for Decimal field");
        try {
          return to_logical(schema, *bytes);
        } catch (const ConnectError& e) {
          throw DataError("Invalid bytes for Decimal field", e);
        }
      }
      throw wrong("Decimal", "numeric or bytes");
    case LogicalType::kDate:
    case LogicalType::kTime: {
      const auto number = node.is_integer() ? to_exact_int(node.number().text) : std::nullopt;
      if (!number) throw wrong(schema.logical() == LogicalType::kDate ? "Date" : "Time", "integer");
      return to_logical(schema, *number);
    }
    case LogicalType::kTimestamp:
      if (!node.is_integer()) throw wrong("Timestamp", "integral");
      return to_logical(schema, to_long(node.number().text));
    case LogicalType::kNone: break;
  }
  return nullptr;
}

Value array_of(const Schema* schema, const Node& node, NullPolicy nulls) {
  const SchemaPtr element = schema == nullptr ? nullptr : schema->value_schema();
  Array out;
  if (node.is_array()) {
    out.reserve(node.items().size());
    for (const Node& item : node.items()) out.push_back(value_of(element.get(), element, &item, nulls));
  } else if (node.is_object()) {
    for (const auto& [name, item] : node.members()) out.push_back(value_of(element.get(), element, &item, nulls));
  }
  return out;
}

Value map_of(const Schema* schema, const Node& node, NullPolicy nulls) {
  const SchemaPtr keys = schema == nullptr ? nullptr : schema->key_schema();
  const SchemaPtr values = schema == nullptr ? nullptr : schema->value_schema();
  Map out;
  if (schema == nullptr || keys->type() == Type::kString) {
    if (!node.is_object()) {
      throw DataError(std::string("Maps with string fields should be encoded as JSON objects, but found ") +
                      node_type(node));
    }
    for (const auto& [name, entry] : node.members()) out.append(name, value_of(values.get(), values, &entry, nulls));
    return out;
  }
  if (!node.is_array()) {
    throw DataError(std::string("Maps with non-string fields should be encoded as JSON array of tuples, but found ") +
                    node_type(node));
  }
  for (const Node& entry : node.items()) {
    if (!entry.is_array())
      throw DataError(std::string("Found invalid map entry instead of array tuple: ") + node_type(entry));
    if (entry.items().size() != 2) {
      throw DataError("Found invalid map entry, expected length 2 but found :" + std::to_string(entry.items().size()));
    }
    Value key = value_of(keys.get(), keys, &entry.items()[0], nulls);
    out.put(std::move(key), value_of(values.get(), values, &entry.items()[1], nulls));
  }
  return out;
}

Value struct_of(const SchemaPtr& schema, const Node& node, NullPolicy nulls) {
  if (!node.is_object()) {
    throw DataError(std::string("Structs should be encoded as JSON objects, but found ") + node_type(node));
  }
  Struct out(schema);
  for (const Field& field : schema->fields()) {
    out.put(field, value_of(field.schema.get(), field.schema, node.find(field.name), nulls));
  }
  return out;
}

Value schemaless(const Node& node, NullPolicy nulls) {
  switch (node.kind()) {
    case Node::Kind::kNull: return nullptr;
    case Node::Kind::kBool: return node.boolean();
    case Node::Kind::kNumber:
      if (node.is_integer()) return to_long(node.number().text);
      return to_double(node.number().text);
    case Node::Kind::kString: return node.string();
    case Node::Kind::kArray: return array_of(nullptr, node, nulls);
    case Node::Kind::kObject: return map_of(nullptr, node, nulls);
  }
  return nullptr;
}

}  // namespace

Value value_of(const Schema* schema, const SchemaPtr& schema_ptr, const Node* node, NullPolicy nulls) {
  if (schema == nullptr) return node == nullptr ? Value() : schemaless(*node, nulls);
  if (node == nullptr || node->is_null()) {
    if (schema->default_value() && nulls == NullPolicy::kReplaceWithDefault) return *schema->default_value();
    if (schema->is_optional()) return nullptr;
    throw DataError(std::string("Invalid null value for required ") + name_of(schema->type()) + " field");
  }
  if (schema->logical() != LogicalType::kNone) return logical_value(*schema, *node);
  switch (schema->type()) {
    case Type::kInt8:
    case Type::kInt16:
    case Type::kInt32:
    case Type::kInt64: return scalar_integer(schema->type(), node->is_number() ? to_long(node->number().text) : 0);
    case Type::kFloat32: return node->is_number() ? to_float(node->number().text) : 0.0F;
    case Type::kFloat64: return node->is_number() ? to_double(node->number().text) : 0.0;
    case Type::kBoolean: return node->is_bool() && node->boolean();
    case Type::kString: return node->is_string() ? Value(node->string()) : Value();
    case Type::kBytes: {
      if (!node->is_string()) return nullptr;
      auto bytes = decode_base64(node->string());
      if (!bytes) throw DataError("Invalid bytes field");
      return *std::move(bytes);
    }
    case Type::kArray: return array_of(schema, *node, nulls);
    case Type::kMap: return map_of(schema, *node, nulls);
    case Type::kStruct: return struct_of(schema_ptr, *node, nulls);
  }
  return nullptr;
}

// ---------------------------------------------------------------------------------------------------------------------
// Schemas

namespace {

SchemaBuilder builder_of(const Node& node, NullPolicy nulls) {
  const Node* type = node.find("type");
  if (!is_text(type)) throw DataError("Schema must contain 'type' field");
  const std::string& word = type->string();
  if (word == "array") {
    const Node* items = node.find("items");
    if (items == nullptr || items->is_null()) throw DataError("Array schema did not specify the element type");
    return SchemaBuilder::array(schema_of(*items, nulls));
  }
  if (word == "map") {
    const Node* keys = node.find("keys");
    if (keys == nullptr) throw DataError("Map schema did not specify the key type");
    const Node* values = node.find("values");
    if (values == nullptr) throw DataError("Map schema did not specify the value type");
    SchemaPtr key_schema = schema_of(*keys, nulls);
    return SchemaBuilder::map(std::move(key_schema), schema_of(*values, nulls));
  }
  if (word == "struct") {
    SchemaBuilder builder = SchemaBuilder::structure();
    const Node* fields = node.find("fields");
    if (fields == nullptr || !fields->is_array())
      throw DataError("Struct schema's \"fields\" argument is not an array.");
    for (const Node& field : fields->items()) {
      const Node* name = field.find("field");
      if (!is_text(name)) throw DataError("Struct schema's field name not specified properly");
      builder.field(name->string(), schema_of(field, nulls));
    }
    return builder;
  }
  for (int i = 0; i <= static_cast<int>(Type::kBytes); ++i) {
    if (word == json_name_of(static_cast<Type>(i))) return SchemaBuilder(static_cast<Type>(i));
  }
  throw DataError("Unknown schema type: " + word);
}

}  // namespace

SchemaPtr schema_of(const Node& node, NullPolicy nulls) {
  if (node.is_null()) return nullptr;
  SchemaBuilder builder = builder_of(node, nulls);
  if (const Node* optional = node.find("optional"); optional != nullptr && optional->is_bool() && optional->boolean()) {
    builder.optional();
  } else {
    builder.required();
  }
  if (const Node* name = node.find("name"); is_text(name)) builder.name(name->string());
  if (const Node* version = node.find("version"); version != nullptr && version->is_integer()) {
    builder.version(static_cast<std::int32_t>(to_long(version->number().text)));
  }
  if (const Node* doc = node.find("doc"); is_text(doc)) builder.doc(doc->string());
  if (const Node* parameters = node.find("parameters"); parameters != nullptr && parameters->is_object()) {
    for (const auto& [name, value] : parameters->members()) {
      if (!value.is_string()) throw DataError("Schema parameters must have string values.");
      builder.parameter(name, value.string());
    }
  }
  if (const Node* standby = node.find("default")) {
    const SchemaPtr so_far = builder.build();
    builder.default_value(value_of(so_far.get(), so_far, standby, nulls));
  }
  return builder.build();
}

// ---------------------------------------------------------------------------------------------------------------------
// Straight from the text

namespace {

bool read_schemaless(json::Reader& reader, Token first, Value& out) {
  switch (first) {
    case Token::kEnd:
    case Token::kNull: out = Value(); return true;
    case Token::kTrue: out = true; return true;
    case Token::kFalse: out = false; return true;
    case Token::kInteger: out = to_long(reader.number()); return true;
    case Token::kReal: out = to_double(reader.number()); return true;
    case Token::kString: out = Value(reader.string()); return true;
    case Token::kBeginArray: {
      Array array;
      while (reader.next_element()) {
        if (!read_schemaless(reader, reader.next(), array.emplace_back())) return false;
      }
      out = std::move(array);
      return true;
    }
    case Token::kBeginObject: {
      Map map;
      std::unordered_set<std::string> seen;
      std::string_view name;
      constexpr std::size_t kFew = 16;
      while (reader.next_member(name)) {
        if (map.size() < kFew) {
          if (map.find(name) != nullptr) return false;
        } else {
          if (map.size() == kFew) {
            for (const auto& [key, value] : map) seen.insert(key.as_string());
          }
          if (!seen.emplace(name).second) return false;
        }
        std::string key(name);
        Value value;
        if (!read_schemaless(reader, reader.next(), value)) return false;
        map.append(std::move(key), std::move(value));
      }
      out = std::move(map);
      return true;
    }
  }
  return false;
}

bool read_null(const Schema& schema, NullPolicy nulls, Value& out) {
  if (schema.default_value() && nulls == NullPolicy::kReplaceWithDefault) {
    out = *schema.default_value();
    return true;
  }
  out = Value();
  return schema.is_optional();
}

bool read_logical(json::Reader& reader, Token first, const Schema& schema, Value& out) {
  switch (schema.logical()) {
    case LogicalType::kDecimal:
      if (first == Token::kString) {
        auto bytes = base64_decode(reader.string());
        if (!bytes || bytes->empty()) return false;
        out = to_logical(schema, *std::move(bytes));
        return true;
      }
      if (first == Token::kInteger || first == Token::kReal) {
        auto decimal = Decimal::parse(reader.number());
        if (!decimal) return false;
        out = *std::move(decimal);
        return true;
      }
      return false;
    case LogicalType::kDate:
    case LogicalType::kTime: {
      const auto number = first == Token::kInteger ? to_exact_int(reader.number()) : std::nullopt;
      if (!number) return false;
      out = to_logical(schema, *number);
      return true;
    }
    case LogicalType::kTimestamp:
      if (first != Token::kInteger) return false;
      out = to_logical(schema, to_long(reader.number()));
      return true;
    case LogicalType::kNone: break;
  }
  return false;
}

bool read_struct(json::Reader& reader, const SchemaPtr& schema, NullPolicy nulls, Value& out) {
  const std::vector<Field>& fields = schema->fields();
  std::vector<Value> values(fields.size());
  std::vector<bool> seen;  // filled only when members do not come in the order of the fields
  std::size_t in_order = 0;
  std::string_view name;
  while (reader.next_member(name)) {
    std::size_t index = in_order;
    if (seen.empty() && in_order < fields.size() && fields[in_order].name == name) {
      ++in_order;
    } else {
      const Field* field = schema->field(name);
      if (field == nullptr) {
        reader.skip(reader.next());
        continue;
      }
      if (seen.empty()) {
        seen.assign(fields.size(), false);
        for (std::size_t i = 0; i < in_order; ++i) seen[i] = true;
      }
      index = static_cast<std::size_t>(field->index);
      if (seen[index]) return false;
      seen[index] = true;
    }
    if (!read_value(reader, reader.next(), fields[index].schema, nulls, values[index])) return false;
  }
  for (std::size_t i = seen.empty() ? in_order : 0; i < fields.size(); ++i) {
    if (!seen.empty() && seen[i]) continue;
    if (!read_null(*fields[i].schema, nulls, values[i])) return false;
  }
  out = Struct(schema, std::move(values));
  return true;
}

bool read_map(json::Reader& reader, Token first, const Schema& schema, NullPolicy nulls, Value& out) {
  if (first != Token::kBeginObject || schema.key_schema()->type() != Type::kString) return false;
  constexpr std::size_t kFew = 64;
  Map map;
  std::string_view name;
  while (reader.next_member(name)) {
    if (map.size() >= kFew || map.find(name) != nullptr) return false;
    std::string key(name);
    Value value;
    if (!read_value(reader, reader.next(), schema.value_schema(), nulls, value)) return false;
    map.append(std::move(key), std::move(value));
  }
  out = std::move(map);
  return true;
}

}  // namespace

bool read_value(json::Reader& reader, Token first, const SchemaPtr& schema_ptr, NullPolicy nulls, Value& out) {
  if (schema_ptr == nullptr) return read_schemaless(reader, first, out);
  const Schema& schema = *schema_ptr;
  if (first == Token::kNull) return read_null(schema, nulls, out);
  if (schema.logical() != LogicalType::kNone) return read_logical(reader, first, schema, out);
  switch (schema.type()) {
    case Type::kInt8:
    case Type::kInt16:
    case Type::kInt32:
    case Type::kInt64: {
      if (first != Token::kInteger && first != Token::kReal) return false;
      std::int64_t value = 0;
      if (first != Token::kInteger || !reader.small_integer(value)) value = to_long(reader.number());
      out = scalar_integer(schema.type(), value);
      return true;
    }
    case Type::kFloat32:
      if (first != Token::kInteger && first != Token::kReal) return false;
      out = to_float(reader.number());
      return true;
    case Type::kFloat64:
      if (first != Token::kInteger && first != Token::kReal) return false;
      out = to_double(reader.number());
      return true;
    case Type::kBoolean:
      if (first != Token::kTrue && first != Token::kFalse) return false;
      out = first == Token::kTrue;
      return true;
    case Type::kString:
      if (first != Token::kString) return false;
      out = Value(reader.string());
      return true;
    case Type::kBytes: {
      if (first != Token::kString) return false;
      auto bytes = base64_decode(reader.string());
      if (!bytes) return false;
      out = *std::move(bytes);
      return true;
    }
    case Type::kArray: {
      if (first != Token::kBeginArray) return false;
      Array array;
      while (reader.next_element()) {
        if (!read_value(reader, reader.next(), schema.value_schema(), nulls, array.emplace_back())) return false;
      }
      out = std::move(array);
      return true;
    }
    case Type::kMap: return read_map(reader, first, schema, nulls, out);
    case Type::kStruct: return first == Token::kBeginObject && read_struct(reader, schema_ptr, nulls, out);
  }
  return false;
}

}  // namespace millrace::json_converter
