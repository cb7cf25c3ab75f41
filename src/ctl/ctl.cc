#include "ctl/ctl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "base/properties.h"
#include "json/node.h"
#include "json/reader.h"

namespace millrace::ctl {
namespace {

using json::Node;

struct Command {
  const char* name;
  const char* arguments;
  const char* summary;
  std::size_t least;
  std::size_t most;
};

constexpr Command kCommands[] = {
    {"list", "", "names of the connectors", 0, 0},
    {"status", "[NAME]", "state of all connectors and tasks, or of one", 0, 1},
    {"plugins", "", "connectors, converters, transforms and predicates", 0, 0},
    {"validate", "FILE", "what is wrong with a connector file (properties or JSON)", 1, 1},
    {"pause", "NAME", "pause a connector and its tasks", 1, 1},
    {"resume", "NAME", "resume it", 1, 1},
    {"stop", "NAME", "stop its tasks; offsets may then be changed", 1, 1},
    {"restart", "NAME", "restart the connector and its tasks", 1, 1},
    {"delete", "NAME", "delete it", 1, 1},
    {"offsets", "NAME [--reset]", "show its offsets, or reset them", 1, 1},
};

const Command* find_command(const std::string& verb) {
  const auto* found =
      std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& c) { return verb == c.name; });
  return found == std::end(kCommands) ? nullptr : found;
}

std::string text_of(const Node* node) {
  if (node == nullptr || node->is_null()) return "";
  return node->is_string() ? node->string() : node->dump();
}

/// A conversation with one worker.
class Session {
 public:
  Session(std::string url, const Environment& environment) : url_(std::move(url)), environment_(environment) {
    while (url_.ends_with('/')) url_.pop_back();
  }

  /// The answer's body (null when empty), or nullopt after the error was printed.
  std::optional<Node> request(const std::string& method, const std::string& path, const std::string& body = "") const {
    http::ClientRequest out;
    out.method = method;
    out.url = url_ + path;
    out.headers = {{"Accept", "application/json"}};
    if (!body.empty()) out.headers.emplace_back("Content-Type", "application/json");
    out.body = body;
    const Result<http::Response> response = environment_.send(out);
    if (!response) {
      environment_.err(
          fmt::format("cannot reach the worker at {}: {} (--url names another one)", url_, response.error().text));
      return std::nullopt;
    }
    std::optional<Node> node;
    try {
      node = json::parse(response->body);
    } catch (const json::ParseError&) {
      environment_.err(fmt::format("{} answered {}: that is no Kafka Connect worker", url_, response->status));
      return std::nullopt;
    }
    if (response->status >= 400) {
      const std::string message = node ? text_of(node->find("message")) : "";
      environment_.err(message.empty() ? fmt::format("the worker answered {}", response->status) : message);
      return std::nullopt;
    }
    return node ? std::move(*node) : Node();
  }

  void print(const std::string& line) const { environment_.out(line); }
  void error(const std::string& line) const { environment_.err(line); }

 private:
  std::string url_;
  const Environment& environment_;
};

std::string connector_path(const std::string& name) { return "/connectors/" + http::percent_encode(name); }

void print_state(const Session& session, const std::string& label, const Node& state) {
  session.print(fmt::format("{:<40} {:<11} {}", label, text_of(state.find("state")), text_of(state.find("worker_id"))));
  const std::string trace = text_of(state.find("trace"));
  if (!trace.empty()) session.print("    " + trace.substr(0, trace.find('\n')));
}

void print_status(const Session& session, const Node& status) {
  const std::string name = text_of(status.find("name"));
  if (const Node* connector = status.find("connector")) print_state(session, name, *connector);
  const Node* tasks = status.find("tasks");
  if (tasks == nullptr || !tasks->is_array()) return;
  for (const Node& task : tasks->items())
    print_state(session, fmt::format("  task {}", text_of(task.find("id"))), task);
}

int show_status(const Session& session, const std::vector<std::string>& names) {
  if (!names.empty()) {
    const auto status = session.request("GET", connector_path(names.front()) + "/status");
    if (!status) return 1;
    print_status(session, *status);
    return 0;
  }
  const auto all = session.request("GET", "/connectors?expand=status");
  if (!all || !all->is_object()) return 1;
  for (const auto& [name, entry] : all->members()) {
    if (const Node* status = entry.find("status")) print_status(session, *status);
  }
  return 0;
}

int list(const Session& session) {
  const auto names = session.request("GET", "/connectors");
  if (!names || !names->is_array()) return 1;
  std::vector<std::string> sorted;
  for (const Node& name : names->items()) sorted.push_back(text_of(&name));
  std::sort(sorted.begin(), sorted.end());
  for (const std::string& name : sorted) session.print(name);
  return 0;
}

int plugins(const Session& session) {
  const auto all = session.request("GET", "/connector-plugins?connectorsOnly=false");
  if (!all || !all->is_array()) return 1;
  for (const Node& plugin : all->items()) {
    session.print(fmt::format("{:<17} {:<8} {}", text_of(plugin.find("type")), text_of(plugin.find("version")),
                              text_of(plugin.find("class"))));
  }
  return 0;
}

/// A connector file as the flat object that REST takes: JSON (flat, or with "config" inside) or properties.
Result<Node> read_connector(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{.code = Errc::kIo, .text = fmt::format("cannot read {}", path)};
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  try {
    if (std::optional<Node> node = json::parse(text); node && node->is_object()) {
      const Node* config = node->find("config");
      if (config == nullptr || !config->is_object()) return std::move(*node);
      Node out = *config;
      if (const Node* name = node->find("name"); name != nullptr && out.find("name") == nullptr) out.set("name", *name);
      return out;
    }
  } catch (const json::ParseError&) {
    // Not JSON, so it is a properties file.
  }
  Result<base::Properties> properties = base::parse_properties(text);
  if (!properties) return Error{.code = Errc::kInvalid, .text = fmt::format("{}, {}", path, properties.error().text)};
  Node out = Node::object();
  for (const auto& [key, value] : properties->entries()) out.set(key, Node(value));
  return out;
}

int validate(const Session& session, const std::string& path) {
  const Result<Node> config = read_connector(path);
  if (!config) {
    session.error(config.error().text);
    return 1;
  }
  const std::string class_name = text_of(config->find("connector.class"));
  if (class_name.empty()) {
    session.error(path + " has no connector.class");
    return 1;
  }
  const auto infos = session.request(
      "PUT", "/connector-plugins/" + http::percent_encode(class_name) + "/config/validate", config->dump());
  if (!infos) return 1;
  std::size_t count = 0;
  const Node* entries = infos->find("configs");
  if (entries == nullptr || !entries->is_array()) return 1;
  for (const Node& entry : entries->items()) {
    const Node* value = entry.find("value");
    const Node* errors = value == nullptr ? nullptr : value->find("errors");
    if (errors == nullptr || !errors->is_array()) continue;
    for (const Node& error : errors->items()) {
      session.print(text_of(value->find("name")) + ": " + text_of(&error));
      ++count;
    }
  }
  if (count != 0) return 1;
  session.print(path + " is valid");
  return 0;
}

int offsets(const Session& session, const std::string& name, bool reset) {
  const auto answer = session.request(reset ? "DELETE" : "GET", connector_path(name) + "/offsets");
  if (!answer) return 1;
  if (reset) {
    session.print(text_of(answer->find("message")));
    return 0;
  }
  const Node* entries = answer->find("offsets");
  if (entries == nullptr || !entries->is_array()) return 1;
  for (const Node& entry : entries->items())
    session.print(text_of(entry.find("partition")) + "  " + text_of(entry.find("offset")));
  return 0;
}

int change(const Session& session, const std::string& method, const std::string& path, const std::string& done) {
  if (!session.request(method, path)) return 1;
  session.print(done);
  return 0;
}

}  // namespace

bool is_command(const std::string& verb) { return find_command(verb) != nullptr; }

std::string command_usage() {
  std::string out;
  for (const Command& command : kCommands) {
    out += fmt::format("       millrace {:<24} {}\n", fmt::format("{} {}", command.name, command.arguments),
                       command.summary);
  }
  return out + "  The worker is the one at --url URL, http://localhost:8083 by default.\n";
}

Environment real_environment() {
  Environment out;
  out.out = [](const std::string& line) { std::fprintf(stdout, "%s\n", line.c_str()); };
  out.err = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  return out;
}

int run(const std::string& verb, const std::vector<std::string>& arguments, const Environment& environment) {
  const Command* command = find_command(verb);
  std::string url = "http://localhost:8083";
  bool reset = false;
  bool usable = command != nullptr;
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--url" && i + 1 < arguments.size()) {
      url = arguments[++i];
    } else if (arguments[i].starts_with("--url=")) {
      url = arguments[i].substr(6);
    } else if (arguments[i] == "--reset" && verb == "offsets") {
      reset = true;
    } else if (arguments[i].starts_with("--")) {
      usable = false;
    } else {
      rest.push_back(arguments[i]);
    }
  }
  if (!usable || rest.size() < command->least || rest.size() > command->most) {
    environment.err(command == nullptr
                        ? "unknown command " + verb
                        : fmt::format("Usage: millrace {} {} [--url URL]", command->name, command->arguments));
    return 1;
  }
  const Session session(url, environment);
  if (verb == "list") return list(session);
  if (verb == "status") return show_status(session, rest);
  if (verb == "plugins") return plugins(session);
  if (verb == "validate") return validate(session, rest.front());
  if (verb == "offsets") return offsets(session, rest.front(), reset);
  const std::string path = connector_path(rest.front());
  if (verb == "delete") return change(session, "DELETE", path, rest.front() + " deleted");
  if (verb == "restart")
    return change(session, "POST", path + "/restart?includeTasks=true", rest.front() + " restarting");
  if (verb == "stop") return change(session, "PUT", path + "/stop", rest.front() + " stopped");
  return change(session, "PUT", path + "/" + verb,
                fmt::format("{} {}", rest.front(), verb == "pause" ? "pausing" : "resuming"));
}

}  // namespace millrace::ctl
