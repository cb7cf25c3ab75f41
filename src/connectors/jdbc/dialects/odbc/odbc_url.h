#pragma once

#include <string>
#include <vector>

#include "connectors/jdbc/database.h"

namespace millrace::jdbc::odbc {

struct OdbcTarget {
  std::string text;                  ///< the ODBC connection string
  std::vector<std::string> unknown;  ///< parameters that have no effect, to be warned about
};

/// The connection string of a URL: `odbc:DSN=x;...` as it is, with user and password of the properties where it names none;
/// `jdbc:sqlserver:`, `jdbc:jtds:sqlserver:` and `jdbc:oracle:thin:` URLs with the driver that `connection.odbc.driver`
/// names, or the usual one. Throws ConfigError for a URL that does not read.
OdbcTarget parse_odbc_url(const ConnectionSettings& settings);

/// "SQLite3" of "DRIVER={SQLite3};..."; empty when the string names a data source instead.
std::string driver_named_in(const std::string& connection_string);

}  // namespace millrace::jdbc::odbc
