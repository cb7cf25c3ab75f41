#include "apps/connector_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/atomic_file.h"
#include "base/properties.h"
#include "json/node.h"
#include "json/reader.h"

namespace millrace::apps {
namespace {

Error invalid(std::string text) {
  Error error;
  error.code = Errc::kInvalid;
  error.text = std::move(text);
  return error;
}

Error no_name(const std::string& path) {
  return invalid(fmt::format("Connector configuration at '{}' is missing the mandatory 'name' configuration", path));
}

std::optional<json::Node> as_json_object(const std::string& bytes) {
  try {
    // Behaviour: what follows the object is not read, as with Jackson.
    std::optional<json::Node> node = json::parse(bytes, json::Trailing::kIgnore);
    if (node && node->is_object()) return node;
  } catch (const json::ParseError&) {
    // then it is a properties file
  }
  return std::nullopt;
}

/// A scalar as Connect takes it into a config; nullopt: an array or object.
std::optional<std::optional<std::string>> as_text(const json::Node& node) {
  if (node.is_null()) return std::optional<std::string>();
  if (node.is_string()) return node.string();
  if (node.is_bool()) return std::optional<std::string>(node.boolean() ? "true" : "false");
  if (node.is_number()) return std::optional<std::string>(node.number().text);
  return std::nullopt;
}

std::optional<runtime::RawConfig> as_flat_config(const json::Node& object) {
  runtime::RawConfig config;
  for (const auto& [key, value] : object.members()) {
    auto text = as_text(value);
    if (!text) return std::nullopt;
    config[key] = std::move(*text);
  }
  return config;
}

Result<std::optional<runtime::TargetState>> initial_state(const json::Node& object, const std::string& path) {
  const json::Node* state = object.find("initial_state");
  if (state == nullptr || state->is_null()) return std::optional<runtime::TargetState>();
  std::string word = state->is_string() ? state->string() : state->dump();
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (word == "RUNNING") return std::optional(runtime::TargetState::kStarted);
  if (word == "PAUSED") return std::optional(runtime::TargetState::kPaused);
  if (word == "STOPPED") return std::optional(runtime::TargetState::kStopped);
  return invalid(
      fmt::format("Connector configuration at '{}': initial_state is {}; it must be RUNNING, PAUSED or STOPPED", path,
                  state->dump()));
}

Result<ConnectorFile> from_json(const json::Node& object, const std::string& path) {
  ConnectorFile file;
  if (auto flat = as_flat_config(object)) {
    const auto name = flat->find("name");
    if (name == flat->end() || !name->second) return no_name(path);
    file.name = *name->second;
    file.config = std::move(*flat);
    return file;
  }
  const json::Node* name = object.find("name");
  const json::Node* config = object.find("config");
  if (name == nullptr || !name->is_string()) return no_name(path);
  if (config == nullptr || !config->is_object()) {
    return invalid(
        fmt::format("Connector configuration at '{}' holds neither only texts nor an object 'config'", path));
  }
  auto flat = as_flat_config(*config);
  if (!flat)
    return invalid(fmt::format("Connector configuration at '{}': a value in 'config' is an array or an object", path));
  file.name = name->string();
  file.config = std::move(*flat);
  const auto inner = file.config.find("name");
  if (inner != file.config.end() && inner->second != file.name) {
    return invalid(fmt::format(
        "Connector name configuration in 'config' doesn't match the one specified in 'name' at '{}'", path));
  }
  file.config["name"] = file.name;
  Result<std::optional<runtime::TargetState>> state = initial_state(object, path);
  if (!state) return std::move(state).error();
  file.initial_state = *state;
  return file;
}

}  // namespace

Result<ConnectorFile> read_connector_file(const std::string& path) {
  Result<std::string> bytes = base::read_file(path, "connector file");
  if (!bytes) return std::move(bytes).error();
  if (const auto object = as_json_object(*bytes)) return from_json(*object, path);
  Result<base::Properties> properties = base::parse_properties(*bytes);
  if (!properties) return invalid(fmt::format("connector file {}: {}", path, properties.error().text));
  ConnectorFile file;
  for (const auto& [key, value] : properties->entries()) file.config[key] = value;
  const auto name = file.config.find("name");
  if (name == file.config.end()) return no_name(path);
  file.name = *name->second;
  return file;
}

}  // namespace millrace::apps
