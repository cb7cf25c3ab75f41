#include "rest/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/log.h"
#include "json/node.h"
#include "json/reader.h"
#include "millrace/text.h"
#include "rest/entities.h"
#include "rest/json_body.h"

namespace millrace::rest {
namespace {

using http::Request;
using http::Response;

const base::Log& log() {
  static const base::Log& kLog = base::log_named("org.apache.kafka.connect.runtime.rest");
  return kLog;
}

Response json(int status, std::string body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

Response empty(int status) { return {.status = status, .headers = {}, .body = {}}; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Java's String.trim: control characters and blanks at both ends.
std::string java_trim(const std::string& text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  const auto first = std::find_if_not(text.begin(), text.end(), blank);
  const auto last = std::find_if_not(text.rbegin(), std::make_reverse_iterator(first), blank).base();
  return std::string(first, last);
}

/// A path segment as Java's UriBuilder writes it.
std::string encode_segment(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("!$&'()*+,;=:@").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += http::percent_encode(std::string_view(&c, 1));
    }
  }
  return out;
}

std::optional<std::int32_t> to_task(const std::string& text) {
  std::int32_t value = 0;
  const char* first = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool accepts_json(const Request& request) {
  const std::string* accept = http::find_header(request.headers, "Accept");
  if (accept == nullptr || trimmed(*accept).empty()) return true;
  std::string_view rest = *accept;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string range = lower(trimmed(rest.substr(0, comma)));
    const std::string type(trimmed(std::string_view(range).substr(0, range.find(';'))));
    const std::size_t quality = range.find("q=");
    const bool refused =
        quality != std::string::npos && range.find_first_not_of("0.", quality + 2) == std::string::npos;
    if (!refused && (type == "*/*" || type == "*" || type == "application/*" || type == "application/json"))
      return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 1);
  }
}

bool has_json_type(const Request& request) {
  const std::string* type = http::find_header(request.headers, "Content-Type");
  if (type == nullptr) return request.body.empty();
  const std::string media = lower(trimmed(std::string_view(*type).substr(0, type->find(';'))));
  if (media.empty()) return request.body.empty();
  return media == "application/json" || media == "*/*" || media == "application/*";
}

// Answers that only say that nobody is there to do it at the moment.
constexpr const char* kStaleConfiguration =
    "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)";
constexpr const char* kConflictingOperation =
    "Cannot complete request because of a conflicting operation (e.g. worker rebalance)";
constexpr const char* kNoLeader =
    "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.";

constexpr std::chrono::milliseconds kFirstRetry{50};
constexpr std::chrono::milliseconds kLongestRetry{500};

enum class Body : std::uint8_t { kIgnored, kJson };

enum class Answer : std::uint8_t { kJson, kText };

struct Route {
  const char* method;
  std::vector<std::string_view> path;  ///< "{}" takes any segment, "{#}" a number
  Resources::Handler handler;
  Body body = Body::kJson;
  Answer answer = Answer::kJson;

  bool admin() const { return !path.empty() && path.front() == "admin"; }
  bool about_connectors() const { return !path.empty() && path.front() == "connectors"; }
};

const std::vector<Route>& routes() {
  using R = Resources;
  static const std::vector<Route> kRoutes = {
      {"GET", {}, &R::root, Body::kIgnored},
      {"GET", {"health"}, &R::health, Body::kIgnored},
      {"GET", {"metrics"}, &R::metrics, Body::kIgnored, Answer::kText},
      {"GET", {"connectors"}, &R::list_connectors},
      {"POST", {"connectors"}, &R::create_connector},
      {"GET", {"connectors", "{}"}, &R::get_connector},
      {"DELETE", {"connectors", "{}"}, &R::delete_connector},
      {"GET", {"connectors", "{}", "config"}, &R::get_config},
      {"PUT", {"connectors", "{}", "config"}, &R::put_config},
      {"PATCH", {"connectors", "{}", "config"}, &R::patch_config},
      {"GET", {"connectors", "{}", "status"}, &R::connector_status},
      {"GET", {"connectors", "{}", "tasks"}, &R::list_tasks},
      {"POST", {"connectors", "{}", "tasks"}, &R::put_task_configs},
      {"PUT", {"connectors", "{}", "fence"}, &R::fence},
      {"GET", {"connectors", "{}", "tasks", "{#}", "status"}, &R::task_status},
      {"POST", {"connectors", "{}", "tasks", "{#}", "restart"}, &R::restart_task},
      {"POST", {"connectors", "{}", "restart"}, &R::restart_connector},
      {"PUT", {"connectors", "{}", "pause"}, &R::pause},
      {"PUT", {"connectors", "{}", "resume"}, &R::resume},
      {"PUT", {"connectors", "{}", "stop"}, &R::stop},
      {"GET", {"connectors", "{}", "topics"}, &R::topics},
      {"PUT", {"connectors", "{}", "topics", "reset"}, &R::reset_topics},
      {"GET", {"connectors", "{}", "offsets"}, &R::get_offsets},
      {"PATCH", {"connectors", "{}", "offsets"}, &R::alter_offsets},
      {"DELETE", {"connectors", "{}", "offsets"}, &R::reset_offsets},
      {"GET", {"connector-plugins"}, &R::list_plugins},
      {"GET", {"connector-plugins", "{}", "config"}, &R::plugin_config},
      {"PUT", {"connector-plugins", "{}", "config", "validate"}, &R::validate},
      {"GET", {"admin", "loggers"}, &R::list_loggers},
      {"GET", {"admin", "loggers", "{}"}, &R::get_logger},
      {"PUT", {"admin", "loggers", "{}"}, &R::set_logger},
  };
  return kRoutes;
}

bool matches(const Route& route, const std::vector<std::string>& segments) {
  return std::equal(route.path.begin(), route.path.end(), segments.begin(), segments.end(),
                    [](std::string_view pattern, const std::string& segment) {
                      if (pattern == "{}") return true;
                      return pattern == "{#}" ? to_task(segment).has_value() : pattern == segment;
                    });
}

}  // namespace

struct Resources::Call {
  const Request& request;
  http::Target target;
  mutable bool nobody_there = false;  ///< the answer only says so; another try may find somebody
  const std::string& name() const { return target.segments[1]; }
  runtime::ConnectorTaskId task() const { return {target.segments[1], *to_task(target.segments[3])}; }
  bool flag(const char* parameter, bool absent = false) const {
    const auto text = target.parameter(parameter);
    return text ? lower(*text) == "true" : absent;
  }
};

struct Resources::Forward {
  std::string path;  ///< "/connectors/c/config"
  std::string body{};
  std::vector<http::Header> query{};
};

int status_of(const Error& error) {
  if (error.http_status != 0) return error.http_status;
  switch (error.code) {
    case Errc::kInvalid: return 400;
    case Errc::kNotFound: return 404;
    case Errc::kConflict: return 409;
    case Errc::kForbidden: return 403;
    case Errc::kUnavailable: return 503;
    case Errc::kNotLeader:
    case Errc::kNotAssigned: return 409;
    case Errc::kRebalanceNeeded:
    case Errc::kTimeout:
    case Errc::kIo:
    case Errc::kKafka:
    case Errc::kFenced:
    case Errc::kPluginFailed:
    case Errc::kCancelled:
    case Errc::kInternal: break;
  }
  return 500;
}

Response error_response(int status, const std::string& message) { return json(status, error_json(status, message)); }

Response framework_error(int status) {
  return error_response(status, fmt::format("HTTP {} {}", status, http::reason_of(status)));
}

namespace {
Response failed(const Error& error) {
  const int status = status_of(error);
  if (status >= 500) log().debug("Request failed: {}", error.text);
  return error_response(status, error.text);
}
}  // namespace

Response Resources::handle(const Request& request, Scope scope) {
  Call call{.request = request, .target = http::parse_target(request.target)};
  std::set<std::string> allowed;
  const Route* chosen = nullptr;
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  for (const Route& route : routes()) {
    const bool served = scope == Scope::kAll || route.admin() == (scope == Scope::kAdminOnly);
    if (!served || !matches(route, call.target.segments)) continue;
    allowed.insert(route.method);
    if (route.method == method) chosen = &route;
  }
  if (allowed.empty()) return framework_error(404);
  if (allowed.contains("GET")) allowed.insert("HEAD");
  allowed.insert("OPTIONS");
  std::string allow;
  for (const std::string& word : allowed) allow += (allow.empty() ? "" : ",") + word;
  if (method == "OPTIONS") {
    return {.status = 200, .headers = {{"Content-Type", "application/json"}, {"Allow", allow}}, .body = {}};
  }
  if (chosen == nullptr) {
    Response response = framework_error(405);
    response.headers.emplace_back("Allow", allow);
    return response;
  }
  if (chosen->body == Body::kJson && !has_json_type(request)) return framework_error(415);
  if (chosen->answer == Answer::kJson && !accepts_json(request)) return framework_error(406);
  if (chosen->about_connectors()) {
    if (const Result<void> serving = herder_.await_serving(); !serving.ok()) return failed(serving.error());
  }
  const bool first_hop = !call.target.parameter("forward");
  const auto deadline = std::chrono::steady_clock::now() + options_.patience;
  for (auto pause = kFirstRetry;; pause = std::min(2 * pause, kLongestRetry)) {
    call.nobody_there = false;
    Response response = (this->*chosen->handler)(call);
    const bool ends = options_.stopping != nullptr && *options_.stopping;
    if (!call.nobody_there || !first_hop || ends || std::chrono::steady_clock::now() + pause >= deadline) {
      return response;
    }
    std::this_thread::sleep_for(pause);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Forwarding

Response Resources::forward_or_error(const Call& call, const Error& error, const Forward& forward) {
  const auto momentarily = [&call](const char* text) {
    call.nobody_there = true;
    return error_response(409, text);
  };
  if (error.code == Errc::kRebalanceNeeded) return momentarily(kStaleConfiguration);
  if (error.code != Errc::kNotLeader && error.code != Errc::kNotAssigned) return failed(error);
  const auto parameter = call.target.parameter("forward");
  if (parameter && lower(*parameter) != "true") {
    return momentarily(kConflictingOperation);
  }
  if (!error.target_url) return momentarily(kNoLeader);
  http::ClientRequest out;
  out.method = call.request.method;
  out.url = *error.target_url;
  while (out.url.ends_with('/')) out.url.pop_back();
  out.url += forward.path + (parameter ? "?forward=false" : "?forward=true");
  for (const auto& [key, value] : forward.query)
    out.url += "&" + http::percent_encode(key) + "=" + http::percent_encode(value);
  out.headers = {{"Accept", "application/json"}, {"User-Agent", "kafka-connect"}};
  // Differs: the signature of internal requests travels on too; without it the other worker would refuse them.
  for (const char* copied : {"Authorization", "X-Connect-Authorization", "X-Connect-Request-Signature-Algorithm"}) {
    if (const std::string* value = http::find_header(call.request.headers, copied))
      out.headers.emplace_back(copied, *value);
  }
  if (!forward.body.empty()) out.headers.emplace_back("Content-Type", "application/json");
  out.body = forward.body;
  out.tls = options_.forward_tls;
  log().debug("Forwarding {} {} to {}", out.method, forward.path, out.url);
  const Result<Response> answer = options_.send(out);
  if (!answer) {
    call.nobody_there = answer.error().retriable;  // it never got there: the leader is gone, another one will follow
    return error_response(500, "IO Error trying to forward REST request: " + answer.error().text);
  }
  if (answer->status >= 400) {
    try {
      const auto node = json::parse(answer->body);
      const json::Node* message = node ? node->find("message") : nullptr;
      if (message != nullptr) {
        const std::string text = message->is_string() ? message->string() : "";
        for (const char* passing : {kStaleConfiguration, kConflictingOperation, kNoLeader}) {
          if (answer->status == 409 && text == passing) call.nobody_there = true;
        }
        return json(answer->status, error_json(answer->status, text));
      }
    } catch (const json::ParseError&) {
      // No worker's answer: a proxy's, perhaps. Fall through.
    }
    return error_response(500, fmt::format("Error trying to forward REST request: the other worker answered {} {}",
                                           answer->status, http::reason_of(answer->status)));
  }
  if (answer->status >= 200 && answer->status < 300) {
    herder_.catch_up();  // who has changed something here may look at it here
    return answer->body.empty() ? empty(answer->status) : json(answer->status, answer->body);
  }
  return error_response(500, fmt::format("Unexpected status code when handling forwarded request: {}", answer->status));
}

namespace {

std::string connector_path(const std::string& name, const char* rest = "") {
  return "/connectors/" + http::percent_encode(name) + rest;
}

void add_location(Response& response, const Request& request, const std::string& name) {
  if (response.status != 201) return;
  const std::string* host = http::find_header(request.headers, "Host");
  response.headers.emplace_back("Location", fmt::format("{}://{}/connectors/{}", request.https ? "https" : "http",
                                                        host == nullptr ? "localhost" : *host, encode_segment(name)));
}

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Root and connectors

Response Resources::root(const Call&) { return json(200, to_json(herder_.server_info())); }

Response Resources::health(const Call&) {
  const runtime::Health health = herder_.health();
  const int status = health.status == runtime::Health::Status::kHealthy    ? 200
                     : health.status == runtime::Health::Status::kStarting ? 503
                                                                           : 500;
  return json(status, to_json(health));
}

/// Not of Kafka Connect, whose figures come by JMX.
Response Resources::metrics(const Call&) {
  return {.status = 200,
          .headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
          .body = to_utf8(herder_.metrics())};
}

Response Resources::list_connectors(const Call& call) {
  bool expand = false;
  bool with_status = false;
  bool with_info = false;
  for (const auto& [key, value] : call.target.query) {
    if (key != "expand") continue;
    expand = true;
    if (value == "status") {
      with_status = true;
    } else if (value == "info") {
      with_info = true;
    } else {
      log().info("Ignoring unknown expansion type {}", value);
    }
  }
  const std::vector<std::string> names = herder_.connectors();
  if (!expand) return json(200, to_json(names));
  std::string out = "{";
  for (const std::string& name : names) {
    std::string entry;
    if (with_status) {
      const auto status = herder_.connector_status(name);
      if (!status) continue;  // its status is not known yet, or it was deleted meanwhile
      entry += "\"status\":" + to_json(*status);
    }
    if (with_info) {
      const auto info = herder_.connector_info(name);
      if (!info && status_of(info.error()) == 404) continue;
      if (!info) return failed(info.error());
      entry += (entry.empty() ? "\"info\":" : ",\"info\":") + to_json(*info);
    }
    if (out.size() > 1) out += ',';
    out += quoted(name) + ":{" + entry + "}";
  }
  return json(200, out + "}");
}

Response Resources::create_connector(const Call& call) {
  Result<CreateConnectorRequest> parsed = parse_create_request(call.request.body);
  if (!parsed) return failed(parsed.error());
  const std::string name = parsed->name ? java_trim(*parsed->name) : "";
  if (!parsed->config) return error_response(500, "The field \"config\" is missing in the request");
  runtime::RawConfig& config = *parsed->config;
  if (const auto given = config.find("name"); given == config.end() || !given->second) {
    config.insert_or_assign("name", name);
  } else if (*given->second != name) {
    return error_response(400,
                          fmt::format("Connector name configuration ({}) doesn't match connector name in the URL ({})",
                                      *given->second, name));
  }
  const auto created =
      herder_.put_connector_config(name, config, parsed->initial_state, runtime::Herder::Replace::kRefuse);
  Response response = created
                          ? json(201, to_json(created->info))
                          : forward_or_error(call, created.error(),
                                             {"/connectors", create_request_json(name, config, parsed->initial_state)});
  add_location(response, call.request, name);
  return response;
}

Response Resources::get_connector(const Call& call) {
  const auto info = herder_.connector_info(call.name());
  return info ? json(200, to_json(*info)) : failed(info.error());
}

Response Resources::get_config(const Call& call) {
  const auto info = herder_.connector_info(call.name());
  return info ? json(200, to_json(info->config)) : failed(info.error());
}

Response Resources::delete_connector(const Call& call) {
  const auto done = herder_.delete_connector(call.name());
  return done ? empty(204) : forward_or_error(call, done.error(), {connector_path(call.name())});
}

Response Resources::put_config(const Call& call) {
  Result<runtime::RawConfig> config = parse_config(call.request.body);
  if (!config) return failed(config.error());
  if (const auto given = config->find("name"); given == config->end() || !given->second) {
    config->insert_or_assign("name", call.name());
  } else if (*given->second != call.name()) {
    return error_response(400,
                          fmt::format("Connector name configuration ({}) doesn't match connector name in the URL ({})",
                                      *given->second, call.name()));
  }
  const auto stored =
      herder_.put_connector_config(call.name(), *config, std::nullopt, runtime::Herder::Replace::kAllow);
  Response response =
      stored ? json(stored->created ? 201 : 200, to_json(stored->info))
             : forward_or_error(call, stored.error(), {connector_path(call.name(), "/config"), to_json(*config)});
  add_location(response, call.request, call.name());
  return response;
}

Response Resources::patch_config(const Call& call) {
  const Result<runtime::RawConfig> patch = parse_config(call.request.body);
  if (!patch) return failed(patch.error());
  const auto stored = herder_.patch_connector_config(call.name(), *patch);
  if (stored) return json(200, to_json(stored->info));
  return forward_or_error(call, stored.error(), {connector_path(call.name(), "/config"), to_json(*patch)});
}

Response Resources::connector_status(const Call& call) {
  const auto status = herder_.connector_status(call.name());
  return status ? json(200, to_json(*status)) : failed(status.error());
}

Response Resources::list_tasks(const Call& call) {
  const auto tasks = herder_.task_configs(call.name());
  return tasks ? json(200, to_json(*tasks)) : failed(tasks.error());
}

Response Resources::task_status(const Call& call) {
  const auto status = herder_.task_status(call.task());
  return status ? json(200, task_status_json(call.task().task, *status)) : failed(status.error());
}

Response Resources::restart_task(const Call& call) {
  const auto done = herder_.restart_task(call.task());
  if (done) return empty(204);
  return forward_or_error(
      call, done.error(),
      {connector_path(call.name(), ("/tasks/" + std::to_string(call.task().task) + "/restart").c_str())});
}

Response Resources::restart_connector(const Call& call) {
  const runtime::RestartRequest request{call.name(), call.flag("onlyFailed"), call.flag("includeTasks")};
  const std::string path = connector_path(call.name(), "/restart");
  if (!request.only_failed && !request.include_tasks) {
    const auto done = herder_.restart_connector(call.name());
    return done ? empty(204) : forward_or_error(call, done.error(), {path});
  }
  const auto state = herder_.restart_connector_and_tasks(request);
  if (state) return json(202, to_json(*state));
  return forward_or_error(call, state.error(),
                          {path,
                           {},
                           {{"includeTasks", request.include_tasks ? "true" : "false"},
                            {"onlyFailed", request.only_failed ? "true" : "false"}}});
}

Response Resources::pause(const Call& call) {
  const auto done = herder_.pause_connector(call.name());
  return done ? empty(202) : failed(done.error());
}

Response Resources::resume(const Call& call) {
  const auto done = herder_.resume_connector(call.name());
  return done ? empty(202) : failed(done.error());
}

Response Resources::stop(const Call& call) {
  const auto done = herder_.stop_connector(call.name());
  return done ? empty(204) : forward_or_error(call, done.error(), {connector_path(call.name(), "/stop")});
}

// ---------------------------------------------------------------------------------------------------------------------
// Topics and offsets

Response Resources::topics(const Call& call) {
  if (!options_.topic_tracking_enable) return error_response(403, "Topic tracking is disabled.");
  const auto topics = herder_.active_topics(call.name());
  return topics ? json(200, topics_json(call.name(), *topics)) : failed(topics.error());
}

Response Resources::reset_topics(const Call& call) {
  if (!options_.topic_tracking_enable) return error_response(403, "Topic tracking is disabled.");
  if (!options_.topic_tracking_allow_reset) return error_response(403, "Topic tracking reset is disabled.");
  const auto done = herder_.reset_active_topics(call.name());
  return done ? empty(202) : failed(done.error());
}

Response Resources::get_offsets(const Call& call) {
  const auto offsets = herder_.connector_offsets(call.name());
  return offsets ? json(200, to_json(*offsets)) : failed(offsets.error());
}

Response Resources::modify_offsets(const Call& call,
                                   const std::optional<std::vector<runtime::PartitionOffset>>& offsets) {
  const auto message = herder_.alter_connector_offsets(call.name(), offsets);
  if (message) return json(200, message_json(*message));
  return forward_or_error(call, message.error(),
                          {connector_path(call.name(), "/offsets"), offsets ? call.request.body : ""});
}

Response Resources::alter_offsets(const Call& call) {
  const auto offsets = parse_offsets(call.request.body);
  if (!offsets) return failed(offsets.error());
  if (!*offsets || (*offsets)->empty()) {
    return error_response(400, "Partitions / offsets need to be provided for an alter offsets request");
  }
  return modify_offsets(call, *offsets);
}

Response Resources::reset_offsets(const Call& call) { return modify_offsets(call, std::nullopt); }

// ---------------------------------------------------------------------------------------------------------------------
// Plugins

Response Resources::list_plugins(const Call& call) {
  using Plugins = runtime::Herder::Plugins;
  return json(200,
              to_json(herder_.plugins(call.flag("connectorsOnly", true) ? Plugins::kConnectorsOnly : Plugins::kAll)));
}

Response Resources::plugin_config(const Call& call) {
  const auto keys = herder_.plugin_config(call.name(), call.target.parameter("version").value_or(""));
  return keys ? json(200, to_json(*keys)) : failed(keys.error());
}

Response Resources::validate(const Call& call) {
  const Result<runtime::RawConfig> config = parse_config(call.request.body);
  if (!config) return failed(config.error());
  const auto without_suffix = [](std::string_view text) {
    constexpr std::string_view kSuffix = "Connector";
    if (text.ends_with(kSuffix)) text.remove_suffix(kSuffix.size());
    return text;
  };
  if (const auto given = config->find("connector.class"); given != config->end() && given->second) {
    if (!without_suffix(*given->second).ends_with(without_suffix(call.name()))) {
      return error_response(
          400, fmt::format("Included connector type {} does not match request type {}", *given->second, call.name()));
    }
  }
  const auto infos = herder_.validate_connector_config(*config);
  if (infos) return json(200, to_json(*infos));
  const Error& error = infos.error();
  // Behaviour: this endpoint answers 500 for what creation refuses with 400, the Java class in front of the text.
  const std::string first_line = error.trace.substr(0, error.trace.find('\n'));
  return error_response(500, first_line.empty() ? error.text : error.trace.substr(0, error.trace.find("\n\tat ")));
}

// ---------------------------------------------------------------------------------------------------------------------
// Loggers

Response Resources::list_loggers(const Call&) { return json(200, to_json(herder_.loggers())); }

Response Resources::get_logger(const Call& call) {
  const std::string& name = call.target.segments[2];
  const auto level = herder_.logger_level(lower(name) == "root" ? "root" : name);
  return level ? json(200, to_json(*level)) : error_response(404, fmt::format("Logger {} not found.", name));
}

Response Resources::set_logger(const Call& call) {
  const std::string& given = call.target.segments[2];
  const std::string name = lower(given) == "root" ? "root" : given;
  const Result<runtime::RawConfig> body = parse_config(call.request.body);
  if (!body) return failed(body.error());
  const auto level = body->find("level");
  if (level == body->end() || !level->second)
    return error_response(400, "Desired 'level' parameter was not specified in request.");
  const auto known = base::level_from(*level->second);
  if (!known) return error_response(404, fmt::format("invalid log level '{}'.", *level->second));
  const std::string word = base::name_of(*known);
  const std::string scope = lower(call.target.parameter("scope").value_or("worker"));
  if (scope == "cluster") {
    const auto done = herder_.set_cluster_logger_level(name, word);
    return done ? empty(204) : failed(done.error());
  }
  if (scope != "worker")
    log().warn("Received invalid scope '{}' in request to set a log level; it is taken for 'worker'", scope);
  return json(200, to_json(herder_.set_worker_logger_level(name, word)));
}

// ---------------------------------------------------------------------------------------------------------------------
// Worker to worker

namespace {
runtime::RequestSignature signature_of(const Request& request) {
  runtime::RequestSignature out;
  if (const std::string* value = http::find_header(request.headers, "X-Connect-Authorization"))
    out.authorization = *value;
  if (const std::string* value = http::find_header(request.headers, "X-Connect-Request-Signature-Algorithm")) {
    out.algorithm = *value;
  }
  out.body = request.body;
  return out;
}
}  // namespace

Response Resources::put_task_configs(const Call& call) {
  const auto configs = parse_configs(call.request.body);
  if (!configs) return failed(configs.error());
  const auto done = herder_.put_task_configs(call.name(), *configs, signature_of(call.request));
  return done ? empty(204)
              : forward_or_error(call, done.error(), {connector_path(call.name(), "/tasks"), call.request.body});
}

Response Resources::fence(const Call& call) {
  const auto done = herder_.fence_zombie_source_tasks(call.name(), signature_of(call.request));
  return done ? empty(204)
              : forward_or_error(call, done.error(), {connector_path(call.name(), "/fence"), call.request.body});
}

}  // namespace millrace::rest
