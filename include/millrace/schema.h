#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/value.h"

namespace millrace {

enum class Type : std::uint8_t {
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat32,
  kFloat64,
  kBoolean,
  kString,
  kBytes,
  kArray,
  kMap,
  kStruct,
};

/// "INT32": the name used in messages.
const char* name_of(Type type) noexcept;

/// "int32", "float", "double": the name used in JSON schemas. (Schema.Type.getName() is another: the lower-case
/// of name_of, "float32".)
const char* json_name_of(Type type) noexcept;

/// The first nine types.
bool is_primitive(Type type) noexcept;

namespace logical {
inline constexpr std::string_view kDecimal = "org.apache.kafka.connect.data.Decimal";
inline constexpr std::string_view kDate = "org.apache.kafka.connect.data.Date";
inline constexpr std::string_view kTime = "org.apache.kafka.connect.data.Time";
inline constexpr std::string_view kTimestamp = "org.apache.kafka.connect.data.Timestamp";
}  // namespace logical

/// Which logical type a schema's name stands for.
enum class LogicalType : std::uint8_t { kNone, kDecimal, kDate, kTime, kTimestamp };

struct Field {
  std::string name;
  std::int32_t index = 0;
  SchemaPtr schema;
};

/// A schema parameter list keeps the order in which parameters were added.
using SchemaParameters = std::vector<std::pair<std::string, std::string>>;

/// Describes values. Immutable; shared between threads and records. Built by SchemaBuilder.
class Schema {
 public:
  Type type() const noexcept { return type_; }
  bool is_optional() const noexcept { return optional_; }
  const std::optional<std::string>& name() const noexcept { return name_; }
  std::optional<std::int32_t> version() const noexcept { return version_; }
  const std::optional<std::string>& doc() const noexcept { return doc_; }
  LogicalType logical() const noexcept { return logical_; }

  /// nullopt when there is no default.
  const std::optional<Value>& default_value() const noexcept { return default_; }

  const SchemaParameters& parameters() const noexcept { return parameters_; }
  const std::string* parameter(std::string_view name) const noexcept;

  /// STRUCT only; DataError "Cannot list fields on non-struct type" otherwise.
  const std::vector<Field>& fields() const;

  /// STRUCT only; nullptr when there is no such field. DataError "Cannot look up fields on non-struct type" otherwise.
  const Field* field(std::string_view name) const;

  /// MAP only / MAP and ARRAY only; DataError otherwise.
  const SchemaPtr& key_schema() const;
  const SchemaPtr& value_schema() const;

  /// All attributes, deeply. Pointer equality is tried first.
  bool operator==(const Schema& other) const;

  /// "Schema{name:TYPE}" or "Schema{TYPE}".
  std::string to_string() const;

  /// Throws DataError unless `value` fits: see ConnectSchema.validateValue. `location` as in "field: \"f\"" or empty.
  void validate(const Value& value, std::string_view location = {}) const;

  // Shared schemas without name, version, doc or default.
  static const SchemaPtr& int8();
  static const SchemaPtr& int16();
  static const SchemaPtr& int32();
  static const SchemaPtr& int64();
  static const SchemaPtr& float32();
  static const SchemaPtr& float64();
  static const SchemaPtr& boolean();
  static const SchemaPtr& string();
  static const SchemaPtr& bytes();
  static const SchemaPtr& optional_int8();
  static const SchemaPtr& optional_int16();
  static const SchemaPtr& optional_int32();
  static const SchemaPtr& optional_int64();
  static const SchemaPtr& optional_float32();
  static const SchemaPtr& optional_float64();
  static const SchemaPtr& optional_boolean();
  static const SchemaPtr& optional_string();
  static const SchemaPtr& optional_bytes();

 private:
  friend class SchemaBuilder;
  Schema() = default;

  Type type_ = Type::kString;
  bool optional_ = false;
  LogicalType logical_ = LogicalType::kNone;
  std::optional<std::string> name_;
  std::optional<std::int32_t> version_;
  std::optional<std::string> doc_;
  std::optional<Value> default_;
  SchemaParameters parameters_;
  std::vector<Field> fields_;
  std::map<std::string, std::size_t, std::less<>> field_index_;
  SchemaPtr key_schema_;
  SchemaPtr value_schema_;
};

/// Equal schemas, null-safe: pointer first, then deep.
bool same_schema(const SchemaPtr& a, const SchemaPtr& b);

/// Builds a Schema. Each attribute can be set once; setting the identical value again is fine, another one throws
/// SchemaBuilderError "Invalid SchemaBuilder call: optional has already been set.".
class SchemaBuilder {
 public:
  explicit SchemaBuilder(Type type);
  static SchemaBuilder structure() { return SchemaBuilder(Type::kStruct); }
  static SchemaBuilder array(SchemaPtr element);
  static SchemaBuilder map(SchemaPtr key, SchemaPtr value);
  /// A map whose values have no schema. SchemaBuilder(Type::kArray) and SchemaBuilder(Type::kMap) are the collections of
  /// nothing known; `Values` makes such schemas for empty and mixed collections.
  static SchemaBuilder map_with_null_values(SchemaPtr key);

  // Logical types.
  static SchemaBuilder decimal(std::int32_t scale);
  static SchemaBuilder date();
  static SchemaBuilder time();
  static SchemaBuilder timestamp();

  SchemaBuilder& optional();
  SchemaBuilder& required();
  SchemaBuilder& name(std::string name);
  SchemaBuilder& version(std::int32_t version);
  SchemaBuilder& doc(std::string doc);
  SchemaBuilder& parameter(std::string name, std::string value);
  SchemaBuilder& parameters(const SchemaParameters& parameters);
  /// Must come after optional() and name(): the default is checked against the schema as built so far.
  SchemaBuilder& default_value(Value value);
  SchemaBuilder& field(std::string name, SchemaPtr schema);

  Type type() const noexcept { return schema_.type_; }
  const std::vector<Field>& fields() const noexcept { return schema_.fields_; }
  SchemaPtr build() const;

 private:
  Schema schema_;
  bool optional_set_ = false;
};

/// The scale of a Decimal schema; DataError "Invalid Decimal schema: scale parameter not found." etc. otherwise.
std::int32_t decimal_scale(const Schema& schema);

// The base-type wire values of logical types, with the checks of Connect's Date, Time, Timestamp and Decimal classes.
Value to_logical(const Schema& schema, const Value& base);     ///< int32/int64/bytes -> Date/Decimal
Value from_logical(const Schema& schema, const Value& value);  ///< Date/Decimal -> int32/int64/bytes

/// A record of named fields. Copying copies the vector of (cheap) values. Inside a Value it never changes.
class Struct {
 public:
  /// DataError "Not a struct schema: Schema{INT32}" unless `schema` is a STRUCT.
  explicit Struct(SchemaPtr schema);

  /// For decoders that know their values fit; no check. Precondition: one value per field.
  Struct(SchemaPtr schema, std::vector<Value> values) noexcept
      : schema_(std::move(schema)), values_(std::move(values)) {}

  const SchemaPtr& schema() const noexcept { return schema_; }
  const std::vector<Value>& values() const noexcept { return values_; }

  /// Checks `value` at once; DataError `x is not a valid field name` for an unknown field.
  Struct& put(std::string_view field, Value value);
  Struct& put(const Field& field, Value value);

  /// The value, or the field's default when it is null and has one.
  Value get(std::string_view field) const;
  Value get(const Field& field) const;
  const Value& get_without_default(std::string_view field) const;
  const Value& at(std::size_t index) const { return values_[index]; }

  /// Puts another schema and its values in place; no check. Precondition: one value per field of `schema`.
  void reset(SchemaPtr schema, std::vector<Value> values) noexcept {
    schema_ = std::move(schema);
    values_ = std::move(values);
  }
  /// The same when the values were changed through `mutable_values`.
  void reset(SchemaPtr schema) noexcept { schema_ = std::move(schema); }
  /// The values in field order, to be changed without a check by code that knows they fit.
  std::vector<Value>& mutable_values() noexcept { return values_; }

  /// Every field fits its schema; null is fine when optional or when a default exists. DataError otherwise.
  void validate() const;

  bool operator==(const Struct& other) const;
  std::string to_string() const;

 private:
  SchemaPtr schema_;
  std::vector<Value> values_;
};

/// SchemaProjector.project: `value` of `source` as a value of `target`; SchemaProjectorError otherwise.
Value project(const SchemaPtr& source, const Value& value, const SchemaPtr& target);

}  // namespace millrace
