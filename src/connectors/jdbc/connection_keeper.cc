#include "connectors/jdbc/connection_keeper.h"

#include <utility>

namespace millrace::jdbc {

std::string connection_failure(const ConnectionSettings& settings, const SqlError& error) {
  const std::string why = error.what();
  const auto speaks_of = [&why](const char* words) { return why.find(words) != std::string::npos; };
  std::string text = "Could not connect to " + redact_url(settings.url) + ": " + why;
  if (speaks_of("ODBC driver")) return text;
  if (settings.url.compare(0, 12, "jdbc:sqlite:") == 0)
    return text + " (check the file in connection.url, and that the worker may read and write it and its folder)";
  if (speaks_of("SSL") || speaks_of("certificate")) {
    text += " (check the ssl parameters in connection.url, and that the database offers TLS)";
  } else if (error.kind() == SqlErrorKind::kLogin) {
    text += " (check connection.user, connection.password and the database in connection.url)";
  } else if (error.kind() == SqlErrorKind::kConnection) {
    text += " (check host and port in connection.url, and that the database is running)";
  }
  return text;
}

ConnectionKeeper::ConnectionKeeper(const Dialect& dialect, ConnectionSettings settings, std::int32_t attempts,
                                   Interrupt& interrupt, Logger& log, OnConnect on_connect)
    : dialect_(dialect),
      settings_(std::move(settings)),
      attempts_(attempts),
      interrupt_(interrupt),
      log_(log),
      on_connect_(std::move(on_connect)) {}

Connection& ConnectionKeeper::get() {
  if (connection_ && !connection_->is_valid()) {
    log_.info("The database connection is invalid. Reconnecting...");
    drop();
  }
  return get_unchecked();
}

Connection& ConnectionKeeper::get_unchecked() {
  if (connection_) return *connection_;
  try {
    auto fresh = dialect_.connect(settings_, interrupt_, log_);
    if (on_connect_) on_connect_(*fresh);
    connection_ = std::move(fresh);
    refused_ = 0;
    return *connection_;
  } catch (const SqlError& error) {
    const std::string text = connection_failure(settings_, error);
    if (error.kind() == SqlErrorKind::kLogin && ++refused_ >= attempts_) throw ConnectError(text, error);
    throw SqlError(error.kind() == SqlErrorKind::kLogin ? SqlErrorKind::kLogin : SqlErrorKind::kConnection, text,
                   error.sql_state(), error.vendor_code());
  }
}

void ConnectionKeeper::drop() noexcept { connection_.reset(); }

}  // namespace millrace::jdbc
