#include "runtime/config/rest_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace millrace::runtime {
namespace {

constexpr const char* kNoListener =
    "Invalid value for listeners, at least one URL is expected, ex: http://localhost:8080,https://localhost:8443.";
constexpr const char* kBlanks = " \t\r\n\f\v";

Error invalid(std::string text) { return Error{.code = Errc::kInvalid, .text = std::move(text)}; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Result<std::vector<RestListener>> parse_listeners(const char* key, const std::vector<std::string>& urls) {
  std::vector<RestListener> out;
  for (const std::string& url : urls) {
    if (trimmed(url).empty()) return invalid(fmt::format("Empty URL found when parsing {} list.", key));
    Result<RestListener> listener = parse_listener(url);
    if (!listener) return std::move(listener).error();
    out.push_back(std::move(listener).value());
  }
  return out;
}

/// The keys below `prefix` when there is at least one, else the plain `ssl.*` ones: all or nothing, as Kafka Connect
/// has it.
Props tls_settings(const Props& originals, const std::string& prefix) {
  Props prefixed;
  Props plain;
  for (const auto& [key, value] : originals) {
    if (key.starts_with(prefix)) prefixed.emplace(key.substr(prefix.size()), value);
    if (key.starts_with("ssl.")) plain.emplace(key, value);
  }
  return prefixed.empty() ? plain : prefixed;
}

Result<TlsClientAuth> client_auth_of(const Props& tls) {
  const auto found = tls.find("ssl.client.auth");
  const std::string word = found == tls.end() ? "none" : trimmed(found->second);
  if (word == "none") return TlsClientAuth::kNone;
  if (word == "requested") return TlsClientAuth::kRequested;
  if (word == "required") return TlsClientAuth::kRequired;
  return invalid(invalid_value("ssl.client.auth", word, "String must be one of: required, requested, none"));
}

/// Splits at commas outside of double quotes; the quotes around a rule are dropped.
std::vector<std::string> split_header_rules(const std::string& text) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

Result<ResponseHeaderRule> parse_header_rule(const std::string& rule) {
  const std::string text = trimmed(rule);
  const std::size_t blank = text.find_first_of(kBlanks);
  if (blank == std::string::npos) {
    return invalid(
        fmt::format("Invalid format of header config '{}'. Expected: '[action] [header name]:[header value]'", rule));
  }
  const std::string word = text.substr(0, blank);
  ResponseHeaderRule out;
  if (lower(word) == "set") {
    out.action = ResponseHeaderRule::Action::kSet;
  } else if (lower(word) == "add") {
    out.action = ResponseHeaderRule::Action::kAdd;
  } else if (lower(word) == "setdate") {
    out.action = ResponseHeaderRule::Action::kSetDate;
  } else if (lower(word) == "adddate") {
    out.action = ResponseHeaderRule::Action::kAddDate;
  } else {
    return invalid(
        fmt::format("Invalid header config action: '{}'. Expected one of [set, add, setDate, addDate]", word));
  }
  const std::string pair = trimmed(text.substr(blank));
  const std::size_t colon = pair.find(':');
  if (colon == std::string::npos || pair.find(':', colon + 1) != std::string::npos) {
    return invalid(fmt::format(
        "Invalid format of header name and header value pair '{}'. Expected: '[header name]:[header value]'", pair));
  }
  out.name = trimmed(pair.substr(0, colon));
  out.value = trimmed(pair.substr(colon + 1));
  if (out.name.empty() || out.name.find_first_of(kBlanks) != std::string::npos) {
    return invalid(fmt::format("Invalid header name '{}'. The '[header name]' cannot contain whitespace", out.name));
  }
  return out;
}

}  // namespace

Result<RestListener> parse_listener(const std::string& url) {
  const Error malformed = invalid("Listener doesn't have the right format (protocol://hostname:port).");
  const std::size_t scheme_end = url.rfind("://");
  if (scheme_end == std::string::npos) return malformed;
  const std::string scheme = lower(trimmed(url.substr(0, scheme_end)));
  std::string rest = trimmed(url.substr(scheme_end + 3));
  while (rest.ends_with('/')) rest.pop_back();
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos) return malformed;
  RestListener out;
  const char* first = rest.data() + colon + 1;
  const char* last = rest.data() + rest.size();
  const auto [end, error] = std::from_chars(first, last, out.port);
  if (error != std::errc() || end != last) return malformed;
  out.host = rest.substr(0, colon);
  if (out.host.starts_with('[')) out.host.erase(0, 1);
  if (out.host.ends_with(']')) out.host.pop_back();
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string("-%._:").find(c) != std::string::npos;
  };
  if (!std::all_of(out.host.begin(), out.host.end(), allowed)) return malformed;
  if (scheme != "http" && scheme != "https") return invalid("Listener protocol must be either \"http\" or \"https\".");
  if (out.port < 0 || out.port > 65535) {
    return invalid(fmt::format("Unable to initialize REST server: listener {}: port out of range:{}", url, out.port));
  }
  out.https = scheme == "https";
  return out;
}

Result<std::vector<ResponseHeaderRule>> parse_response_headers(const std::string& text) {
  std::vector<ResponseHeaderRule> out;
  if (trimmed(text).empty()) return out;
  for (const std::string& rule : split_header_rules(text)) {
    Result<ResponseHeaderRule> parsed = parse_header_rule(rule);
    if (!parsed) return std::move(parsed).error();
    out.push_back(std::move(parsed).value());
  }
  return out;
}

Result<RestConfig> rest_config_of(const Props& originals, const ParsedConfig& parsed) {
  RestConfig out;
  if (parsed.is_null("listeners") || parsed.list("listeners").empty()) return invalid(kNoListener);
  Result<std::vector<RestListener>> listeners = parse_listeners("listeners", parsed.list("listeners"));
  if (!listeners) return std::move(listeners).error();
  out.listeners = std::move(listeners).value();
  if (!parsed.is_null("admin.listeners")) {
    Result<std::vector<RestListener>> admin = parse_listeners("admin.listeners", parsed.list("admin.listeners"));
    if (!admin) return std::move(admin).error();
    out.admin_listeners = std::move(admin).value();
  }
  Result<std::vector<ResponseHeaderRule>> headers =
      parse_response_headers(parsed.string("response.http.headers.config"));
  if (!headers) return std::move(headers).error();
  out.response_headers = std::move(headers).value();

  out.advertised_host = parsed.optional_string("rest.advertised.host.name");
  if (out.advertised_host && out.advertised_host->empty()) out.advertised_host.reset();
  if (!parsed.is_null("rest.advertised.port")) {
    out.advertised_port = static_cast<std::int32_t>(parsed.integer("rest.advertised.port"));
  }
  if (const auto word = parsed.optional_string("rest.advertised.listener"); word && !word->empty()) {
    out.advertised_listener = lower(*word);
    if (*out.advertised_listener != "http" && *out.advertised_listener != "https") {
      return invalid(invalid_value("rest.advertised.listener", *word, "expected http or https"));
    }
  }
  out.allow_origin = parsed.string("access.control.allow.origin");
  out.allow_methods = parsed.string("access.control.allow.methods");
  out.extensions = parsed.list("rest.extension.classes");
  std::erase(out.extensions, "");

  out.tls = tls_settings(originals, "listeners.https.");
  out.admin_tls = tls_settings(originals, "admin.listeners.https.");
  Result<TlsClientAuth> auth = client_auth_of(out.tls);
  if (!auth) return std::move(auth).error();
  out.client_auth = *auth;
  Result<TlsClientAuth> admin_auth = client_auth_of(out.admin_tls);
  if (!admin_auth) return std::move(admin_auth).error();
  out.admin_client_auth = *admin_auth;
  return out;
}

}  // namespace millrace::runtime
