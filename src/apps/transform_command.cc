#include "apps/transform_command.h"

#include <cstddef>
#include <cstdio>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/transform_session.h"
#include "base/atomic_file.h"
#include "base/properties.h"
#include "json/node.h"
#include "json/reader.h"
#include "millrace/errors.h"
#include "runtime/config/config_providers.h"
#include "runtime/plugin_path.h"

namespace millrace::runtime {
void register_builtin_plugins(PluginRegistry& plugins);  // generated
}

namespace millrace::apps {
namespace {

constexpr const char* kUsage =
    "usage: millrace transform CONNECTOR.properties [--schemaless] [--steps] [--worker WORKER.properties] "
    "[--plugin-path FOLDERS] < in.jsonl > "
    "out.jsonl\n"
    "\n"
    "Runs the transforms of a connector's configuration on records, one JSON object a line:\n"
    "  "
    "{\"topic\":\"t\",\"partition\":0,\"timestamp\":123,\"key\":ENV,\"value\":ENV,\"headers\":[{\"key\":\"h\","
    "\"schema\":...,\"payload\":...}]}\n"
    "ENV is {\"schema\":...,\"payload\":...} or null.\n"
    "\n"
    "  --schemaless   keys and values are plain JSON\n"
    "  --steps        show the record after each transform\n"
    "  --worker       the worker whose config.providers resolve ${provider:path:key} in the connector's file, and "
    "whose\n"
    "                 plugin.path holds; without it the names file, dir and env mean Kafka's own providers\n"
    "  --plugin-path  folders with plugins of your own, instead of the worker's plugin.path\n";

struct CommandLine {
  std::string file;
  std::optional<std::string> worker;
  TransformSession::Options options;
  std::optional<std::string> plugin_path;
  bool help = false;
};

/// nullopt and a sentence on stderr: wrong usage.
std::optional<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine out;
  const auto refuse = [](const std::string& text) {
    std::fprintf(stderr, "millrace transform: %s\n%s", text.c_str(), kUsage);
    return std::nullopt;
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word == "--schemaless") {
      out.options.schemaless = true;
    } else if (word == "--steps") {
      out.options.steps = true;
    } else if (word == "--help" || word == "-h") {
      out.help = true;
    } else if (word == "--worker") {
      if (i + 1 == arguments.size()) return refuse("--worker needs the worker's properties file");
      out.worker = arguments[++i];
    } else if (word == "--plugin-path") {
      if (i + 1 == arguments.size()) return refuse("--plugin-path needs a list of folders");
      out.plugin_path = arguments[++i];
    } else if (word.starts_with("-")) {
      return refuse("there is no option " + std::string(word));
    } else if (!out.file.empty()) {
      return refuse("one connector file is enough: " + out.file + ", " + std::string(word));
    } else {
      out.file = word;
    }
  }
  if (out.file.empty() && !out.help) return refuse("the connector's properties file is missing");
  return out;
}

Error invalid(std::string text) {
  Error error;
  error.code = Errc::kInvalid;
  error.text = std::move(text);
  return error;
}

/// A connector file as `connect-standalone` takes it: a JSON object of settings, one with "config", or properties.
Result<Props> read_connector(const std::string& path) {
  Result<std::string> bytes = base::read_file(path, "connector file");
  if (!bytes) return std::move(bytes).error();
  const std::string& text = *bytes;
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string::npos && (text[start] == '{' || text[start] == '[')) {
    try {
      const auto document = json::parse(text);
      if (!document->is_object()) return invalid(path + ": a connector in JSON is an object, not an array");
      const json::Node* config = document->find("config");
      if (config == nullptr || !config->is_object()) config = &*document;
      Props props;
      for (const auto& [name, value] : config->members()) {
        if (!value.is_null()) props[name] = value.is_string() ? value.string() : value.dump();
      }
      return props;
    } catch (const json::ParseError& e) {
      return invalid(path + ": " + e.what());
    }
  }
  auto properties = base::parse_properties(text);
  if (!properties) return invalid(path + ": " + properties.error().text);
  return properties->to_map();
}

/// The worker's settings that matter here; those of a worker with Kafka's own providers when no file is named.
Result<Props> worker_settings(const std::optional<std::string>& file) {
  if (!file) {
    return Props{{"config.providers", "file,dir,env"},
                 {"config.providers.file.class", "FileConfigProvider"},
                 {"config.providers.dir.class", "DirectoryConfigProvider"},
                 {"config.providers.env.class", "EnvVarConfigProvider"}};
  }
  auto properties = base::read_properties_file(*file);
  if (!properties) return std::move(properties).error();
  return properties->to_map();
}

std::vector<std::string> folders_of(const std::string& list) {
  std::vector<std::string> out;
  std::stringstream folders(list);
  for (std::string folder; std::getline(folders, folder, ',');) out.push_back(folder);
  return out;
}

/// The connector's settings with the values that its variables stand for.
Result<Props> resolved(const Props& connector, const Props& settings) {
  auto providers = runtime::ConfigProviders::create(settings);
  if (!providers) return std::move(providers).error();
  return providers->resolve(connector);
}

int wrong_configuration(const std::string& text) {
  std::string sentence = text;
  for (char& c : sentence) {
    if (c == '\n') c = ' ';
  }
  std::fprintf(stderr, "millrace transform: %s\n", sentence.c_str());
  return 2;
}

}  // namespace

int run_transform(const std::vector<std::string>& arguments) {
  const auto command = parse_command_line(arguments);
  if (!command) return 1;
  if (command->help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  PluginRegistry plugins;
  runtime::register_builtin_plugins(plugins);
  auto worker = worker_settings(command->worker);
  if (!worker) return wrong_configuration(worker.error().text);
  const auto theirs = worker->find("plugin.path");
  const std::string plugin_path = command->plugin_path.value_or(theirs == worker->end() ? "" : theirs->second);
  for (const std::string& problem : runtime::load_plugin_path(folders_of(plugin_path), plugins).problems) {
    std::fprintf(stderr, "millrace transform: %s\n", problem.c_str());
  }
  auto connector = read_connector(command->file);
  if (connector) connector = resolved(*connector, *worker);
  if (!connector) return wrong_configuration(connector.error().text);
  auto session = TransformSession::open(*connector, plugins, command->options);
  if (!session) return wrong_configuration(session.error().text);

  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::cout << session->run(line) << '\n';
    if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();  // somebody may wait for the answer to this line
  }
  std::cout.flush();
  if (!std::cout) {
    std::fputs("millrace transform: the output could not be written\n", stderr);
    return 1;
  }
  return 0;
}

}  // namespace millrace::apps
