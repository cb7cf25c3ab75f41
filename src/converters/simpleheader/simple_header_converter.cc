#include "converters/simpleheader/simple_header_converter.h"

#include "millrace/connector.h"
#include "millrace/plugin.h"
#include "millrace/text.h"
#include "millrace/values.h"

namespace millrace {

namespace {

const ConfigDef& definition() {
  static const ConfigDef kDefinition;
  return kDefinition;
}

}  // namespace

const ConfigDef& SimpleHeaderConverter::config() const { return definition(); }

void SimpleHeaderConverter::configure(const Props&) {}

bool SimpleHeaderConverter::from_connect_header(std::string_view, std::string_view, const SchemaPtr&,
                                                const Value& value, std::string& out) {
  const auto text = values::convert_to_string(value);
  if (!text) return false;
  out += *text;
  return true;
}

SchemaAndValue SimpleHeaderConverter::to_connect_header(std::string_view topic, std::string_view key,
                                                        std::optional<BytesView> bytes) {
  if (!bytes) return {};
  try {
    return is_valid_utf8(*bytes) ? values::parse_string(*bytes) : values::parse_string(to_utf8(*bytes));
  } catch (const std::exception& e) {
    logger("converters.simpleheader")
        .warn("Failed to deserialize value for header '" + std::string(key) + "' on topic '" + std::string(topic) +
              "', so using byte array: " + e.what());
    return {Schema::bytes(), Bytes(bytes->begin(), bytes->end())};
  }
}

void register_simple_header_converter(PluginRegistry& plugins) {
  plugins.header_converter<SimpleHeaderConverter>("org.apache.kafka.connect.storage.SimpleHeaderConverter")
      .config(definition())
      .summary("Values as text; reading guesses the type from the text.");
}

}  // namespace millrace
