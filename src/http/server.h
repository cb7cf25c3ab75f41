#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "http/tls.h"

namespace millrace::http {

/// An HTTP/1.1 server on any number of listeners, plain or TLS.
///
/// One thread does all reading and writing, so slow clients cost no thread; each request then runs its handler on a thread of a
/// pool that grows, so handlers may wait for minutes without blocking others. Keep-alive; chunked bodies; Expect: 100-continue.
class Server {
 public:
  struct Listener {
    std::string host;       ///< empty: all interfaces
    std::int32_t port = 0;  ///< 0 or less: any free port
    std::optional<Tls> tls{};
  };
  struct Options {
    std::size_t max_body_bytes = 32u << 20;
    std::size_t max_header_bytes = 64u << 10;
    std::chrono::milliseconds idle_timeout{30000};
    std::size_t max_handler_threads = 256;
    /// The answer to what is no request that a handler could see: 400 malformed, 413 too large, 431 headers too large.
    std::function<Response(int status)> refuse{};
  };
  using Handler = std::function<Response(const Request&)>;

  /// Binds all listeners and answers from then on, with `handler`. Errors: kUnavailable, one sentence that names the address;
  /// kInvalid for TLS material that cannot be used.
  static Result<std::unique_ptr<Server>> start(const std::vector<Listener>& listeners, Options options,
                                               Handler handler);

  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The ports in use, in the order of the listeners.
  const std::vector<std::int32_t>& ports() const noexcept;

  /// Refuses new connections, waits up to `grace` for open requests, then closes. Twice is harmless. Not from a handler.
  void stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::http
