#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "kafka/security.h"
#include "kafka/wire/messages.h"
#include "kafka/wire/socket.h"

namespace millrace::kafka::wire {

/// An authenticated connection to one broker, one request at a time.
///
/// Errors: kForbidden when the broker refuses us (TLS, SASL), kCancelled, kTimeout, kIo; after any of them the connection is
/// of no more use.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const Address& address, const Security& security,
                                                  const std::string& client_id, Deadline deadline,
                                                  const Cancel& cancel);

  /// The newest version that both sides know; an Error when there is none.
  Result<std::int16_t> version_of(Api api) const;
  /// Sends one request; its answer is awaited with `answered` and read with `finish`, before the next request.
  Result<void> begin(Api api, std::int16_t version, const std::string& body, Deadline deadline);
  /// Whether the answer has begun to arrive; waits for it up to `deadline`.
  Result<bool> answered(Deadline deadline);
  Result<std::string> finish(Deadline deadline);
  /// The three in one.
  Result<std::string> call(Api api, std::int16_t version, const std::string& body, Deadline deadline);
  /// The broker wants us to authenticate again soon, which a new connection does.
  bool expired() const { return expires_ && std::chrono::steady_clock::now() >= *expires_; }
  const Address& address() const noexcept { return address_; }
  /// For somebody else who speaks Kafka's protocol over it; this object is of no more use then.
  std::unique_ptr<Socket> release() { return std::move(socket_); }

 private:
  Connection(std::unique_ptr<Socket> socket, Address address, std::string client_id);
  Result<void> negotiate(Deadline deadline);
  Result<void> authenticate(const Security& security, Deadline deadline);
  Result<std::string> exchange(std::string_view token, Deadline deadline);

  std::unique_ptr<Socket> socket_;
  Address address_;
  std::string client_id_;
  std::int32_t correlation_ = 0;
  bool flexible_answer_ = false;
  std::map<std::int16_t, VersionRange> apis_;
  std::optional<Deadline> expires_;
};

}  // namespace millrace::kafka::wire
