#include "converters/bytearray/byte_array_converter.h"

#include "millrace/errors.h"
#include "millrace/plugin.h"

namespace millrace {

namespace {

const ConfigDef& definition() {
  static const ConfigDef kDefinition = [] {
    ConfigDef def;
    def.define(converter_type_key());
    return def;
  }();
  return kDefinition;
}

}  // namespace

const ConfigDef& ByteArrayConverter::config() const { return definition(); }

void ByteArrayConverter::configure(const Props&, ConverterType) {}

bool ByteArrayConverter::from_connect_data(std::string_view, const SchemaPtr& schema, const Value& value,
                                           std::string& out) {
  if (schema != nullptr && schema->type() != Type::kBytes) {
    throw DataError(std::string("Invalid schema type for ByteArrayConverter: ") + name_of(schema->type()));
  }
  if (value.is_null()) return false;
  if (value.kind() != ValueKind::kBytes) {
    throw DataError(std::string("ByteArrayConverter is not compatible with objects of type class ") +
                    value.java_class());
  }
  const Bytes& bytes = value.as_bytes();
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return true;
}

SchemaAndValue ByteArrayConverter::to_connect_data(std::string_view, std::optional<BytesView> bytes) {
  if (!bytes) return {Schema::optional_bytes(), nullptr};
  return {Schema::optional_bytes(), Bytes(bytes->begin(), bytes->end())};
}

void register_byte_array_converter(PluginRegistry& plugins) {
  static constexpr const char* kClass = "org.apache.kafka.connect.converters.ByteArrayConverter";
  static constexpr const char* kSummary = "Bytes as they are.";
  plugins.converter<ByteArrayConverter>(kClass).config(definition()).summary(kSummary);
  plugins.header_converter<AsHeaderConverter<ByteArrayConverter>>(kClass).config(definition()).summary(kSummary);
}

}  // namespace millrace
