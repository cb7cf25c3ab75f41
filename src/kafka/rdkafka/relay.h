#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "base/thread.h"
#include "kafka/security.h"
#include "kafka/wire/socket.h"

namespace millrace::kafka {

/// Logs in to brokers for a librdkafka whose own SCRAM they refuse, and passes the bytes on.
///
/// librdkafka speaks plain text on one end of a socket pair; the other end belongs to a thread that connects to the broker with
/// our own TLS and SASL (kafka/wire) and then copies both ways. A failed login ends the pair, so librdkafka tries again with its
/// usual back-off; `on_error` hears why. Costs a thread and a copy per connection, only with SCRAM and an old librdkafka.
class Relay {
 public:
  Relay(std::shared_ptr<const Security> security, std::string client_id, std::function<void(const Error&)> on_error);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// librdkafka's socket callback: its end, or -1.
  int make_socket();
  /// librdkafka's connect callback; `name` is its name for the broker ("plaintext://host:port/id"). Returns an errno.
  int connect(int socket, const char* name);

 private:
  struct Line {
    base::Thread thread;
    bool ended = false;
  };
  void run(int socket, const wire::Address& address);
  void copy(int socket, wire::Socket& broker);

  const std::shared_ptr<const Security> security_;
  const std::string client_id_;
  const std::function<void(const Error&)> on_error_;
  wire::Cancel cancel_;
  std::mutex mutex_;
  std::map<int, int> ends_;  ///< librdkafka's end → ours, until connect
  std::list<Line> lines_;
};

}  // namespace millrace::kafka
