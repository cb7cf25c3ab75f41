#pragma once

#include <functional>
#include <memory>
#include <string>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/sql_error.h"
#include "millrace/connector.h"

namespace millrace::jdbc {

/// One connection that is made when needed and made again when it broke.
///
/// A database that cannot be reached is a SqlError of kind kConnection at every call, to be tried again after `backoff`;
/// a refused login (password, database, TLS) is one of kind kLogin until `attempts` of them in a row, then a ConnectError
/// that says what to change.
class ConnectionKeeper {
 public:
  using OnConnect = std::function<void(Connection&)>;
  ConnectionKeeper(const Dialect& dialect, ConnectionSettings settings, std::int32_t attempts, Interrupt& interrupt,
                   Logger& log, OnConnect on_connect = {});

  /// The connection, checked when it was idle.
  Connection& get();
  /// The connection as it is, or a new one: for callers who find out by using it.
  Connection& get_unchecked();
  /// Precondition: `get` succeeded and nothing was dropped since.
  Connection& current() { return *connection_; }
  bool connected() const { return connection_ != nullptr; }
  void drop() noexcept;

 private:
  const Dialect& dialect_;
  ConnectionSettings settings_;
  std::int32_t attempts_;
  Interrupt& interrupt_;
  Logger& log_;
  OnConnect on_connect_;
  std::unique_ptr<Connection> connection_;
  std::int32_t refused_ = 0;
};

/// "Could not connect to <url without passwords>: <the database's words>", with what to do about it.
std::string connection_failure(const ConnectionSettings& settings, const SqlError& error);

}  // namespace millrace::jdbc
