#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "millrace/config.h"

namespace millrace::runtime {

/// One URL of `listeners` or `admin.listeners`.
struct RestListener {
  bool https = false;
  std::string host;       ///< empty: all interfaces
  std::int32_t port = 0;  ///< 0: any free port
};

/// One rule of `response.http.headers.config`.
struct ResponseHeaderRule {
  enum class Action : std::uint8_t { kSet, kAdd, kSetDate, kAddDate };
  Action action = Action::kSet;
  std::string name;
  std::string value;  ///< of the date forms: milliseconds from now
};

enum class TlsClientAuth : std::uint8_t { kNone, kRequested, kRequired };

/// The worker's REST settings.
struct RestConfig {
  std::vector<RestListener> listeners;
  /// nullopt: the admin resources are on `listeners`; empty: nowhere.
  std::optional<std::vector<RestListener>> admin_listeners;
  std::optional<std::string> advertised_host;
  std::optional<std::int32_t> advertised_port;
  std::optional<std::string> advertised_listener;  ///< "http" or "https"
  std::string allow_origin;                        ///< blank: no CORS
  std::string allow_methods;
  std::vector<ResponseHeaderRule> response_headers;
  std::vector<std::string> extensions;

  /// `ssl.*` keys without prefix, for https listeners and for the client between workers; likewise for the admin
  /// listeners.
  Props tls;
  Props admin_tls;
  TlsClientAuth client_auth = TlsClientAuth::kNone;
  TlsClientAuth admin_client_auth = TlsClientAuth::kNone;
};

/// Reads the settings out of a worker's properties. `parsed` holds the values of the worker's definition.
/// Errors: one sentence.
Result<RestConfig> rest_config_of(const Props& originals, const ParsedConfig& parsed);

/// "scheme://host:port". Errors: Java's sentences.
Result<RestListener> parse_listener(const std::string& url);
Result<std::vector<ResponseHeaderRule>> parse_response_headers(const std::string& text);

}  // namespace millrace::runtime
