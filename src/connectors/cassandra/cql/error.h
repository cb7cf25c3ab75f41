#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "connectors/cassandra/cql/message.h"

namespace millrace::cassandra::cql {

/// What went wrong with a request or a connection.
class CqlError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    kServer,          ///< an ERROR message; see server()
    kConnect,         ///< no connection could be made
    kLost,            ///< the connection broke while the request was under way
    kTimeout,         ///< no answer in time
    kProtocol,        ///< bytes that do not parse, or an answer that does not fit
    kVersion,         ///< the server does not speak this protocol version
    kAuthentication,  ///< user or password refused, or wanted and not given
    kNoHost,          ///< every node was tried
    kStopped,         ///< the session was closed
  };

  CqlError(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  CqlError(ServerError error, const std::string& message)
      : std::runtime_error(message), kind_(Kind::kServer), server_(std::move(error)) {}

  Kind kind() const noexcept { return kind_; }
  /// Precondition: kind() is kServer.
  const ServerError& server() const noexcept { return server_; }
  bool is_server(std::int32_t code) const noexcept { return kind_ == Kind::kServer && server_.code == code; }

  /// The same request may succeed later: nothing about it is wrong.
  bool transient() const noexcept {
    switch (kind_) {
      case Kind::kConnect:
      case Kind::kLost:
      case Kind::kTimeout:
      case Kind::kNoHost: return true;
      case Kind::kServer: break;
      default: return false;
    }
    switch (server_.code) {
      case error_code::kServerError:
      case error_code::kUnavailable:
      case error_code::kOverloaded:
      case error_code::kBootstrapping:
      case error_code::kTruncateError:
      case error_code::kWriteTimeout:
      case error_code::kReadTimeout:
      case error_code::kReadFailure:
      case error_code::kWriteFailure:
      case error_code::kCdcWriteFailure: return true;
      default: return false;
    }
  }

 private:
  Kind kind_;
  ServerError server_;
};

}  // namespace millrace::cassandra::cql
