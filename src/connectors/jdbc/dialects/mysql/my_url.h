#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/jdbc/database.h"

namespace millrace::jdbc::mysql {

/// Whose types a URL promises: the two drivers map some columns differently.
enum class Flavor : std::uint8_t { kMysql, kMariadb };

enum class TlsMode : std::uint8_t { kDisabled, kPreferred, kRequired, kVerifyCa, kVerifyFull };
enum class ZeroDates : std::uint8_t { kNull, kRefuse, kRound };

struct MyTarget {
  Flavor flavor = Flavor::kMariadb;
  std::vector<std::pair<std::string, unsigned>> hosts;  ///< tried in order
  std::string user;
  std::string password;
  /// What to log in with when that is refused: the URL's %xx and + in their other reading.
  std::optional<std::pair<std::string, std::string>> other_login;
  std::string database;
  std::string unix_socket;
  TlsMode tls = TlsMode::kPreferred;
  std::string tls_ca;
  std::string tls_certificate;
  std::string tls_key;
  std::string session_variables;
  unsigned connect_timeout_seconds = 10;
  unsigned socket_timeout_seconds = 0;  ///< longest wait for the server's next bytes; 0: for ever
  bool tiny1_is_bit = true;
  bool bit_is_boolean = true;
  bool year_is_date = true;
  bool uuid_as_string = false;
  ZeroDates zero_dates = ZeroDates::kNull;
  std::vector<std::string> unknown;
};

/// Behaviour: the grammars of MySQL Connector/J and MariaDB Connector/J. Throws ConfigError.
MyTarget parse_my_url(const ConnectionSettings& settings);

}  // namespace millrace::jdbc::mysql
