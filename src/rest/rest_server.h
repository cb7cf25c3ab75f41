#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "runtime/config/rest_config.h"

namespace millrace::http {
struct Tls;
}  // namespace millrace::http

namespace millrace::runtime {
class Herder;
struct WorkerConfig;
}  // namespace millrace::runtime

namespace millrace::rest {

/// The worker's REST API on its listeners.
///
/// Life: `bind` (requests get 404 from then on), `install` when the herder can answer, `stop` before the herder stops.
class RestServer {
 public:
  /// Takes the ports. Errors: kUnavailable "cannot listen on *:8083: Address already in use"; kInvalid, kIo for TLS stores, REST
  /// extensions and header rules that cannot be used. One sentence each.
  static Result<std::unique_ptr<RestServer>> bind(const runtime::WorkerConfig& worker);

  ~RestServer();
  RestServer(const RestServer&) = delete;
  RestServer& operator=(const RestServer&) = delete;

  /// "http://host:port/": where other workers reach this one.
  const std::string& advertised_url() const noexcept;
  /// "host:port" of that URL.
  const std::string& worker_id() const noexcept;
  /// The URL of the first listener for this machine's own use and for the log.
  const std::string& local_url() const noexcept;

  /// For requests to other workers; nullptr when there is no https listener.
  const http::Tls* client_tls() const noexcept;

  /// Serves the resources from now on. `herder` must live until `stop` returned.
  void install(runtime::Herder& herder);

  /// Waits up to `grace` for open requests. Twice is harmless.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds(30));

 private:
  class Impl;
  explicit RestServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::rest
