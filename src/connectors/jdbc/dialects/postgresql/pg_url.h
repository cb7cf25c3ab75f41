#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "connectors/jdbc/database.h"

namespace millrace::jdbc::postgresql {

/// What a `jdbc:postgresql:` URL and the `connection.*` properties mean to libpq.
struct PgTarget {
  std::vector<std::pair<std::string, std::string>> parameters;  ///< libpq keywords
  std::string search_path;                                      ///< currentSchema; empty: the server's
  bool read_only = false;
  bool shuffle_hosts = false;
  std::chrono::seconds connect_timeout{10};  ///< for each host; 0: none but the one of all together
  std::chrono::seconds login_timeout{0};     ///< for all hosts together; 0: the caller's
  std::chrono::seconds socket_timeout{0};    ///< longest wait for the server's next bytes; 0: for ever
  std::vector<std::string> unknown;          ///< parameters that mean nothing here, to be named in the log
};

/// Behaviour: pgjdbc's grammar; URL parameters win over properties. Throws ConfigError for a URL that pgjdbc refuses.
PgTarget parse_pg_url(const ConnectionSettings& settings);

}  // namespace millrace::jdbc::postgresql
