#include "millrace/schema.h"

#include <charconv>

#include "millrace/errors.h"

namespace millrace {

const char* name_of(Type type) noexcept {
  static constexpr const char* kNames[] = {"INT8",    "INT16",  "INT32", "INT64", "FLOAT32", "FLOAT64",
                                           "BOOLEAN", "STRING", "BYTES", "ARRAY", "MAP",     "STRUCT"};
  return kNames[static_cast<std::size_t>(type)];
}

const char* json_name_of(Type type) noexcept {
  static constexpr const char* kNames[] = {"int8",    "int16",  "int32", "int64", "float", "double",
                                           "boolean", "string", "bytes", "array", "map",   "struct"};
  return kNames[static_cast<std::size_t>(type)];
}

bool is_primitive(Type type) noexcept { return type <= Type::kBytes; }

// ---------------------------------------------------------------------------------------------------------------------
// Schema

const std::string* Schema::parameter(std::string_view name) const noexcept {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return &value;
  }
  return nullptr;
}

const std::vector<Field>& Schema::fields() const {
  if (type_ != Type::kStruct) throw DataError("Cannot list fields on non-struct type");
  return fields_;
}

const Field* Schema::field(std::string_view name) const {
  if (type_ != Type::kStruct) throw DataError("Cannot look up fields on non-struct type");
  const auto found = field_index_.find(name);
  return found == field_index_.end() ? nullptr : &fields_[found->second];
}

const SchemaPtr& Schema::key_schema() const {
  if (type_ != Type::kMap) throw DataError("Cannot look up key schema on non-map type");
  return key_schema_;
}

const SchemaPtr& Schema::value_schema() const {
  if (type_ != Type::kMap && type_ != Type::kArray) {
    throw DataError("Cannot look up value schema on non-array and non-map type");
  }
  return value_schema_;
}

namespace {

bool same_parameters(const SchemaParameters& a, const SchemaParameters& b) {
  if (a.size() != b.size()) return false;
  if (a == b) return true;
  for (const auto& parameter : a) {
    bool found = false;
    for (const auto& other : b) found = found || other == parameter;
    if (!found) return false;
  }
  return true;
}

}  // namespace

bool Schema::operator==(const Schema& other) const {
  if (this == &other) return true;
  if (type_ != other.type_ || optional_ != other.optional_ || version_ != other.version_ || name_ != other.name_ ||
      doc_ != other.doc_ || fields_.size() != other.fields_.size() || !(default_ == other.default_) ||
      !same_parameters(parameters_, other.parameters_)) {
    return false;
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name != other.fields_[i].name || !same_schema(fields_[i].schema, other.fields_[i].schema))
      return false;
  }
  return same_schema(key_schema_, other.key_schema_) && same_schema(value_schema_, other.value_schema_);
}

bool same_schema(const SchemaPtr& a, const SchemaPtr& b) {
  if (a == b) return true;
  return a != nullptr && b != nullptr && *a == *b;
}

std::string Schema::to_string() const {
  std::string out = "Schema{";
  if (name_) {
    out += *name_;
    out += ':';
  }
  out += name_of(type_);
  out += '}';
  return out;
}

namespace {

/// Where a value stands, kept as a chain so that nothing is written out unless it is wrong.
struct Location {
  const char* prefix = nullptr;     // "element of array "
  const Location* outer = nullptr;  // what the prefix is put before
  std::string_view text;            // outermost: as given

  std::string to_string() const {
    if (outer == nullptr) return std::string(text);
    return prefix + outer->to_string();
  }
};

bool has_expected_class(const Schema& schema, const Value& value) {
  switch (schema.logical()) {
    case LogicalType::kDecimal: return value.kind() == ValueKind::kDecimal;
    case LogicalType::kDate:
    case LogicalType::kTime:
    case LogicalType::kTimestamp: return value.kind() == ValueKind::kDate;
    case LogicalType::kNone: break;
  }
  switch (schema.type()) {
    case Type::kInt8: return value.kind() == ValueKind::kInt8;
    case Type::kInt16: return value.kind() == ValueKind::kInt16;
    case Type::kInt32: return value.kind() == ValueKind::kInt32;
    case Type::kInt64: return value.kind() == ValueKind::kInt64;
    case Type::kFloat32: return value.kind() == ValueKind::kFloat32;
    case Type::kFloat64: return value.kind() == ValueKind::kFloat64;
    case Type::kBoolean: return value.kind() == ValueKind::kBool;
    case Type::kString: return value.kind() == ValueKind::kString;
    case Type::kBytes: return value.kind() == ValueKind::kBytes;
    case Type::kArray: return value.kind() == ValueKind::kArray;
    case Type::kMap: return value.kind() == ValueKind::kMap;
    case Type::kStruct: return value.kind() == ValueKind::kStruct;
  }
  return false;
}

[[noreturn]] void throw_wrong_class(const Schema& schema, const Value& value, const Location& location) {
  std::string message = "Invalid Java object for schema";
  if (schema.name()) message += " \"" + *schema.name() + "\"";
  message += " with type ";
  message += name_of(schema.type());
  message += ": class ";
  message += value.java_class();
  message += " for " + location.to_string();
  throw DataError(message);
}

void validate_value(const Schema& schema, const Value& value, const Location& location);

void validate_element(const SchemaPtr& schema, const Value& value, const Location& location) {
  if (schema == nullptr) throw DataError("No schema defined for " + location.to_string());
  validate_value(*schema, value, location);
}

void validate_value(const Schema& schema, const Value& value, const Location& location) {
  if (value.is_null()) {
    if (schema.is_optional()) return;
    throw DataError("Invalid value: null used for required " + location.to_string() +
                    ", schema type: " + name_of(schema.type()));
  }
  if (!has_expected_class(schema, value)) throw_wrong_class(schema, value, location);
  if (schema.logical() != LogicalType::kNone) return;
  switch (schema.type()) {
    case Type::kStruct: {
      const Struct& record = value.as_struct();
      if (!(*record.schema() == schema)) throw DataError("Struct schemas do not match.");
      record.validate();
      break;
    }
    case Type::kArray: {
      const Location element{"element of array ", &location, {}};
      for (const Value& entry : value.as_array()) validate_element(schema.value_schema(), entry, element);
      break;
    }
    case Type::kMap: {
      const Location keys{"key of map ", &location, {}};
      const Location values{"value of map ", &location, {}};
      for (const auto& [key, entry] : value.as_map()) {
        validate_element(schema.key_schema(), key, keys);
        validate_element(schema.value_schema(), entry, values);
      }
      break;
    }
    default: break;
  }
}

}  // namespace

void Schema::validate(const Value& value, std::string_view location) const {
  validate_value(*this, value, Location{nullptr, nullptr, location.empty() ? std::string_view("value") : location});
}

// ---------------------------------------------------------------------------------------------------------------------
// Shared schemas

#define MILLRACE_SHARED_SCHEMA(function, type)                               \
  const SchemaPtr& Schema::function() {                                      \
    static const SchemaPtr kSchema = SchemaBuilder(type).build();            \
    return kSchema;                                                          \
  }                                                                          \
  const SchemaPtr& Schema::optional_##function() {                           \
    static const SchemaPtr kSchema = SchemaBuilder(type).optional().build(); \
    return kSchema;                                                          \
  }

MILLRACE_SHARED_SCHEMA(int8, Type::kInt8)
MILLRACE_SHARED_SCHEMA(int16, Type::kInt16)
MILLRACE_SHARED_SCHEMA(int32, Type::kInt32)
MILLRACE_SHARED_SCHEMA(int64, Type::kInt64)
MILLRACE_SHARED_SCHEMA(float32, Type::kFloat32)
MILLRACE_SHARED_SCHEMA(float64, Type::kFloat64)
MILLRACE_SHARED_SCHEMA(boolean, Type::kBoolean)
MILLRACE_SHARED_SCHEMA(string, Type::kString)
MILLRACE_SHARED_SCHEMA(bytes, Type::kBytes)
#undef MILLRACE_SHARED_SCHEMA

// ---------------------------------------------------------------------------------------------------------------------
// SchemaBuilder

namespace {

void check_can_update(bool can_update, const char* attribute) {
  if (!can_update) {
    throw SchemaBuilderError(std::string("Invalid SchemaBuilder call: ") + attribute + " has already been set.");
  }
}

LogicalType logical_of(std::string_view name) {
  if (name == logical::kDecimal) return LogicalType::kDecimal;
  if (name == logical::kDate) return LogicalType::kDate;
  if (name == logical::kTime) return LogicalType::kTime;
  if (name == logical::kTimestamp) return LogicalType::kTimestamp;
  return LogicalType::kNone;
}

}  // namespace

SchemaBuilder::SchemaBuilder(Type type) { schema_.type_ = type; }

SchemaBuilder SchemaBuilder::array(SchemaPtr element) {
  if (element == nullptr) throw SchemaBuilderError("valueSchema cannot be null.");
  SchemaBuilder builder(Type::kArray);
  builder.schema_.value_schema_ = std::move(element);
  return builder;
}

SchemaBuilder SchemaBuilder::map(SchemaPtr key, SchemaPtr value) {
  if (key == nullptr) throw SchemaBuilderError("keySchema cannot be null.");
  if (value == nullptr) throw SchemaBuilderError("valueSchema cannot be null.");
  SchemaBuilder builder(Type::kMap);
  builder.schema_.key_schema_ = std::move(key);
  builder.schema_.value_schema_ = std::move(value);
  return builder;
}

SchemaBuilder SchemaBuilder::map_with_null_values(SchemaPtr key) {
  if (key == nullptr) throw SchemaBuilderError("keySchema cannot be null.");
  SchemaBuilder builder(Type::kMap);
  builder.schema_.key_schema_ = std::move(key);
  return builder;
}

SchemaBuilder SchemaBuilder::decimal(std::int32_t scale) {
  SchemaBuilder builder(Type::kBytes);
  builder.name(std::string(logical::kDecimal)).parameter("scale", std::to_string(scale)).version(1);
  return builder;
}

SchemaBuilder SchemaBuilder::date() {
  SchemaBuilder builder(Type::kInt32);
  builder.name(std::string(logical::kDate)).version(1);
  return builder;
}

SchemaBuilder SchemaBuilder::time() {
  SchemaBuilder builder(Type::kInt32);
  builder.name(std::string(logical::kTime)).version(1);
  return builder;
}

SchemaBuilder SchemaBuilder::timestamp() {
  SchemaBuilder builder(Type::kInt64);
  builder.name(std::string(logical::kTimestamp)).version(1);
  return builder;
}

SchemaBuilder& SchemaBuilder::optional() {
  check_can_update(!optional_set_ || schema_.optional_, "optional");
  optional_set_ = true;
  schema_.optional_ = true;
  return *this;
}

SchemaBuilder& SchemaBuilder::required() {
  check_can_update(!optional_set_ || !schema_.optional_, "optional");
  optional_set_ = true;
  schema_.optional_ = false;
  return *this;
}

SchemaBuilder& SchemaBuilder::name(std::string name) {
  check_can_update(!schema_.name_ || *schema_.name_ == name, "name");
  schema_.logical_ = logical_of(name);
  schema_.name_ = std::move(name);
  return *this;
}

SchemaBuilder& SchemaBuilder::version(std::int32_t version) {
  check_can_update(!schema_.version_ || *schema_.version_ == version, "version");
  schema_.version_ = version;
  return *this;
}

SchemaBuilder& SchemaBuilder::doc(std::string doc) {
  check_can_update(!schema_.doc_ || *schema_.doc_ == doc, "doc");
  schema_.doc_ = std::move(doc);
  return *this;
}

SchemaBuilder& SchemaBuilder::parameter(std::string name, std::string value) {
  for (auto& [key, old] : schema_.parameters_) {
    if (key == name) {
      old = std::move(value);
      return *this;
    }
  }
  schema_.parameters_.emplace_back(std::move(name), std::move(value));
  return *this;
}

SchemaBuilder& SchemaBuilder::parameters(const SchemaParameters& parameters) {
  for (const auto& [name, value] : parameters) parameter(name, value);
  return *this;
}

SchemaBuilder& SchemaBuilder::default_value(Value value) {
  check_can_update(!schema_.default_ || *schema_.default_ == value, "default");
  try {
    schema_.validate(value);
    // Behaviour: a struct carries a finished schema, which is never the unfinished one that its default would be for.
    if (schema_.type_ == Type::kStruct && !value.is_null()) throw DataError("Struct schemas do not match.");
  } catch (const DataError& e) {
    throw SchemaBuilderError("Invalid default value", e);
  }
  if (!value.is_null()) schema_.default_ = std::move(value);
  return *this;
}

SchemaBuilder& SchemaBuilder::field(std::string name, SchemaPtr schema) {
  if (schema_.type_ != Type::kStruct) {
    throw SchemaBuilderError(std::string("Cannot create fields on type ") + name_of(schema_.type_));
  }
  if (name.empty()) throw SchemaBuilderError("fieldName cannot be null.");
  if (schema == nullptr) throw SchemaBuilderError("fieldSchema for field " + name + " cannot be null.");
  const std::size_t index = schema_.fields_.size();
  if (!schema_.field_index_.emplace(name, index).second) {
    throw SchemaBuilderError("Cannot create field because of field name duplication " + name);
  }
  schema_.fields_.push_back(Field{std::move(name), static_cast<std::int32_t>(index), std::move(schema)});
  return *this;
}

SchemaPtr SchemaBuilder::build() const { return std::make_shared<const Schema>(schema_); }

// ---------------------------------------------------------------------------------------------------------------------
// Logical types

namespace {

constexpr std::int64_t kMillisPerDay = 86'400'000;

/// The cause that Java's parser would give.
class NumberFormatError : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "java.lang.NumberFormatException"; }
};

}  // namespace

std::int32_t decimal_scale(const Schema& schema) {
  const std::string* text = schema.parameter("scale");
  if (text == nullptr) throw DataError("Invalid Decimal schema: scale parameter not found.");
  std::int32_t scale = 0;
  const char* begin = text->data();
  const char* const end = begin + text->size();
  if (end - begin > 1 && *begin == '+' && begin[1] != '-') ++begin;
  const auto [rest, error] = std::from_chars(begin, end, scale);
  if (error != std::errc() || rest != end) {
    throw DataError("Invalid scale parameter found in Decimal schema: ",
                    NumberFormatError("For input string: \"" + *text + "\""));
  }
  return scale;
}

Value to_logical(const Schema& schema, const Value& base) {
  if (base.is_null()) return base;
  switch (schema.logical()) {
    case LogicalType::kNone: return base;
    case LogicalType::kDecimal: {
      auto decimal = Decimal::from_unscaled_bytes(base.as_bytes(), decimal_scale(schema));
      if (!decimal) throw NumberFormatError("Zero length BigInteger");
      return Value(*std::move(decimal));
    }
    case LogicalType::kDate: return Date{base.integer() * kMillisPerDay};
    case LogicalType::kTime:
      if (base.integer() < 0 || base.integer() > kMillisPerDay) {
        throw DataError("Time values must use number of milliseconds greater than 0 and less than 86400000");
      }
      return Date{base.integer()};
    case LogicalType::kTimestamp: return Date{base.integer()};
  }
  return base;
}

Value from_logical(const Schema& schema, const Value& value) {
  if (value.is_null()) return value;
  switch (schema.logical()) {
    case LogicalType::kNone: return value;
    case LogicalType::kDecimal: {
      const std::int32_t scale = decimal_scale(schema);
      const Decimal& decimal = value.as_decimal();
      if (decimal.scale() != scale) {
        throw DataError("Decimal value has mismatching scale for given Decimal schema. Schema has scale " +
                        std::to_string(scale) + ", value has scale " + std::to_string(decimal.scale()) + ".");
      }
      return Value(decimal.unscaled_bytes());
    }
    case LogicalType::kDate: {
      const std::int64_t ms = value.as_date().epoch_ms;
      if (ms % kMillisPerDay != 0) {
        throw DataError("Kafka Connect Date type should not have any time fields set to non-zero values.");
      }
      return static_cast<std::int32_t>(ms / kMillisPerDay);
    }
    case LogicalType::kTime: {
      const std::int64_t ms = value.as_date().epoch_ms;
      if (ms < 0 || ms > kMillisPerDay) {
        throw DataError("Kafka Connect Time type should not have any date fields set to non-zero values.");
      }
      return static_cast<std::int32_t>(ms);
    }
    case LogicalType::kTimestamp: return value.as_date().epoch_ms;
  }
  return value;
}

}  // namespace millrace
