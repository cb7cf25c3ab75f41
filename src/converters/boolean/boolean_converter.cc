#include "converters/boolean/boolean_converter.h"

#include "millrace/errors.h"
#include "millrace/plugin.h"

namespace millrace {

namespace {

class SerializationError final : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "org.apache.kafka.common.errors.SerializationException"; }
};

const ConfigDef& definition() {
  static const ConfigDef kDefinition = [] {
    ConfigDef def;
    def.define(converter_type_key());
    return def;
  }();
  return kDefinition;
}

DataError failed(const std::string& why) { return {"Failed to deserialize boolean: ", SerializationError(why)}; }

}  // namespace

const ConfigDef& BooleanConverter::config() const { return definition(); }

void BooleanConverter::configure(const Props&, ConverterType) {}

bool BooleanConverter::from_connect_data(std::string_view, const SchemaPtr& schema, const Value& value,
                                         std::string& out) {
  if (schema != nullptr && schema->type() != Type::kBoolean) {
    throw DataError(std::string("Invalid schema type for BooleanConverter: ") + name_of(schema->type()));
  }
  if (value.is_null()) return false;
  if (value.kind() != ValueKind::kBool) {
    throw DataError(std::string("BooleanConverter is not compatible with objects of type class ") + value.java_class());
  }
  out += value.as_bool() ? '\1' : '\0';
  return true;
}

SchemaAndValue BooleanConverter::to_connect_data(std::string_view, std::optional<BytesView> bytes) {
  if (!bytes) return {Schema::optional_boolean(), nullptr};
  if (bytes->size() != 1) throw failed("Size of data received by BooleanDeserializer is not 1");
  const auto byte = static_cast<signed char>(bytes->front());
  if (byte != 0 && byte != 1) throw failed("Unexpected byte received by BooleanDeserializer: " + std::to_string(byte));
  return {Schema::optional_boolean(), byte == 1};
}

void register_boolean_converter(PluginRegistry& plugins) {
  static constexpr const char* kClass = "org.apache.kafka.connect.converters.BooleanConverter";
  static constexpr const char* kSummary = "BOOLEAN as one byte.";
  plugins.converter<BooleanConverter>(kClass).config(definition()).summary(kSummary);
  plugins.header_converter<AsHeaderConverter<BooleanConverter>>(kClass).config(definition()).summary(kSummary);
}

}  // namespace millrace
