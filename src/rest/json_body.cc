#include "rest/json_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "json/node.h"
#include "json/reader.h"

// GCC 12 takes the inactive alternatives of the variants in Result<Node> for uninitialized.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace millrace::rest {
namespace {

using json::Node;

constexpr const char* kSource = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)]";
constexpr const char* kMapType = "java.util.LinkedHashMap<java.lang.String,java.lang.String>";
constexpr const char* kEntities = "org.apache.kafka.connect.runtime.rest.entities.";

Error unreadable(std::string text) {
  return Error{.code = Errc::kInvalid, .text = std::move(text), .http_status = 500};
}

/// What Jackson says of a value of the wrong shape.
Error wrong_shape(const std::string& type, const Node& node) {
  switch (node.kind()) {
    case Node::Kind::kArray:
      return unreadable(
          fmt::format("Cannot deserialize value of type `{}` from Array value (token `JsonToken.START_ARRAY`)\n at {}",
                      type, kSource));
    case Node::Kind::kObject:
      return unreadable(fmt::format(
          "Cannot deserialize value of type `{}` from Object value (token `JsonToken.START_OBJECT`)\n at {}", type,
          kSource));
    default: break;
  }
  const bool text = node.is_string();
  // A list is made of no scalar at all, a map at most of a text.
  const bool list = type.starts_with("java.util.ArrayList");
  if (list || (type.starts_with("java.util.") && !text)) {
    const bool whole = node.is_number() && node.integer();
    return unreadable(fmt::format("Cannot deserialize value of type `{}` from {} value (token `JsonToken.{}`)\n at {}",
                                  type,
                                  text             ? "String"
                                  : node.is_bool() ? "Boolean"
                                  : whole          ? "Integer"
                                                   : "Floating-point",
                                  text             ? "VALUE_STRING"
                                  : node.is_bool() ? (node.boolean() ? "VALUE_TRUE" : "VALUE_FALSE")
                                  : whole          ? "VALUE_NUMBER_INT"
                                                   : "VALUE_NUMBER_FLOAT",
                                  kSource));
  }
  return unreadable(
      fmt::format("Cannot construct instance of `{}` (although at least one Creator exists): no {} constructor/factory "
                  "method to deserialize from "
                  "{} value ({})\n at {}",
                  type.substr(0, type.find('<')),
                  text             ? "String-argument"
                  : node.is_bool() ? "boolean/Boolean-argument"
                                   : "int/Int-argument",
                  text             ? "String"
                  : node.is_bool() ? "Boolean"
                                   : "Number",
                  text ? "'" + node.string() + "'" : node.dump(), kSource));
}

Error unknown_field(const std::string& field, const char* entity, const char* known) {
  return unreadable(fmt::format("Unrecognized field \"{}\" (class {}{}), not marked as ignorable ({})\n at {}", field,
                                kEntities, entity, known, kSource));
}

Result<Node> parse_body(std::string_view body) {
  try {
    std::optional<Node> node = json::parse(body);
    if (!node || node->is_null()) return unreadable("The request body must be a JSON value, but it was empty or null");
    return std::move(*node);
  } catch (const json::ParseError& error) {
    return unreadable(error.what());
  }
}

Result<std::optional<std::string>> scalar_text(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::kNull: return std::optional<std::string>();
    case Node::Kind::kString: return std::optional<std::string>(node.string());
    case Node::Kind::kNumber: return std::optional<std::string>(node.number().text);
    case Node::Kind::kBool: return std::optional<std::string>(node.boolean() ? "true" : "false");
    case Node::Kind::kArray:
    case Node::Kind::kObject: break;
  }
  return wrong_shape("java.lang.String", node);
}

Result<runtime::RawConfig> config_of(const Node& node) {
  if (!node.is_object()) return wrong_shape(kMapType, node);
  runtime::RawConfig out;
  for (const auto& [key, value] : node.members()) {
    Result<std::optional<std::string>> text = scalar_text(value);
    if (!text) return std::move(text).error();
    out[key] = std::move(text).value();
  }
  return out;
}

Result<runtime::TargetState> initial_state_of(const Node& node) {
  std::string word = node.is_string() ? node.string() : node.dump();
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
  if (word == "RUNNING") return runtime::TargetState::kStarted;
  if (word == "PAUSED") return runtime::TargetState::kPaused;
  if (word == "STOPPED") return runtime::TargetState::kStopped;
  return unreadable(
      fmt::format("Cannot construct instance of `{}CreateConnectorRequest$InitialState`, problem: No enum constant "
                  "{}CreateConnectorRequest.InitialState.{}\n at {}",
                  kEntities, kEntities, word, kSource));
}

Value value_of(const Node& node);

Map map_of(const Node& node) {
  Map out;
  for (const auto& [key, value] : node.members()) out.put(Value(key), value_of(value));
  return out;
}

Value value_of(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::kNull: break;
    case Node::Kind::kBool: return Value(node.boolean());
    case Node::Kind::kString: return Value(node.string());
    case Node::Kind::kNumber:
      if (const auto integer = node.integer()) return Value(*integer);
      return Value(node.real());
    case Node::Kind::kArray: {
      Array items;
      for (const Node& item : node.items()) items.push_back(value_of(item));
      return Value(std::move(items));
    }
    case Node::Kind::kObject: return Value(map_of(node));
  }
  return Value();
}

Result<OffsetMap> offset_map_of(const Node& node) {
  if (node.is_null()) return OffsetMap();
  if (!node.is_object()) return wrong_shape("java.util.LinkedHashMap<java.lang.String,java.lang.Object>", node);
  return OffsetMap(std::make_shared<const Map>(map_of(node)));
}

Result<runtime::PartitionOffset> partition_offset_of(const Node& node) {
  if (node.is_null()) return unreadable("An element of \"offsets\" is null; each needs a partition and an offset");
  if (!node.is_object()) return wrong_shape(std::string(kEntities) + "ConnectorOffset", node);
  runtime::PartitionOffset out;
  for (const auto& [key, value] : node.members()) {
    if (key != "partition" && key != "offset") {
      return unknown_field(key, "ConnectorOffset", "2 known properties: \"partition\", \"offset\"]");
    }
    Result<OffsetMap> map = offset_map_of(value);
    if (!map) return std::move(map).error();
    (key == "partition" ? out.partition : out.offset) = std::move(map).value();
  }
  return out;
}

}  // namespace

Result<runtime::RawConfig> parse_config(std::string_view body) {
  Result<Node> node = parse_body(body);
  if (!node) return std::move(node).error();
  return config_of(*node);
}

Result<std::vector<runtime::RawConfig>> parse_configs(std::string_view body) {
  Result<Node> node = parse_body(body);
  if (!node) return std::move(node).error();
  if (!node->is_array())
    return wrong_shape("java.util.ArrayList<java.util.Map<java.lang.String,java.lang.String>>", *node);
  std::vector<runtime::RawConfig> out;
  for (const Node& item : node->items()) {
    Result<runtime::RawConfig> config = config_of(item);
    if (!config) return std::move(config).error();
    out.push_back(std::move(config).value());
  }
  return out;
}

Result<CreateConnectorRequest> parse_create_request(std::string_view body) {
  Result<Node> node = parse_body(body);
  if (!node) return std::move(node).error();
  if (!node->is_object()) return wrong_shape(std::string(kEntities) + "CreateConnectorRequest", *node);
  CreateConnectorRequest out;
  for (const auto& [key, value] : node->members()) {
    if (key == "name") {
      Result<std::optional<std::string>> name = scalar_text(value);
      if (!name) return std::move(name).error();
      out.name = std::move(name).value();
    } else if (key == "config") {
      if (value.is_null()) continue;
      Result<runtime::RawConfig> config = config_of(value);
      if (!config) return std::move(config).error();
      out.config = std::move(config).value();
    } else if (key == "initial_state" || key == "initialState") {
      if (value.is_null()) continue;
      Result<runtime::TargetState> state = initial_state_of(value);
      if (!state) return std::move(state).error();
      out.initial_state = *state;
    } else {
      return unknown_field(key, "CreateConnectorRequest",
                           "3 known properties: \"initial_state\", \"config\", \"name\"]");
    }
  }
  return out;
}

Result<std::optional<std::vector<runtime::PartitionOffset>>> parse_offsets(std::string_view body) {
  using Offsets = std::optional<std::vector<runtime::PartitionOffset>>;
  Result<Node> node = parse_body(body);
  if (!node) return std::move(node).error();
  if (!node->is_object()) return wrong_shape(std::string(kEntities) + "ConnectorOffsets", *node);
  Offsets out;
  for (const auto& [key, value] : node->members()) {
    if (key != "offsets") return unknown_field(key, "ConnectorOffsets", "one known property: \"offsets\"]");
    if (value.is_null()) continue;
    if (!value.is_array()) return wrong_shape(fmt::format("java.util.ArrayList<{}ConnectorOffset>", kEntities), value);
    out.emplace();
    for (const Node& item : value.items()) {
      Result<runtime::PartitionOffset> offset = partition_offset_of(item);
      if (!offset) return std::move(offset).error();
      out->push_back(std::move(offset).value());
    }
  }
  return out;
}

}  // namespace millrace::rest
