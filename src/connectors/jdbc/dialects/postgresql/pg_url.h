#pragma once

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
  std::vector<std::string> unknown;  ///< parameters that mean nothing here, to be named in the log
};

/// Behaviour: pgjdbc's grammar; URL parameters win over properties. Throws ConfigError for a URL that pgjdbc refuses.
PgTarget parse_pg_url(const ConnectionSettings& settings);

}  // namespace millrace::jdbc::postgresql
