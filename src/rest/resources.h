#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/client.h"
#include "http/message.h"
#include "runtime/herder.h"

namespace millrace::rest {

/// Which resources a listener serves.
enum class Scope : std::uint8_t { kAll, kWithoutAdmin, kAdminOnly };

struct ResourceOptions {
  bool topic_tracking_enable = true;
  bool topic_tracking_allow_reset = true;
  /// Sends a request to another worker; tests hand in a fake.
  std::function<Result<http::Response>(const http::ClientRequest&)> send = http::send;
  const http::Tls* forward_tls = nullptr;
  /// How long a request that only lacks somebody to do it (no leader is known, the leader has just gone) is tried again.
  std::chrono::milliseconds patience{20'000};
  const std::atomic<bool>* stopping = nullptr;  ///< this worker ends: no more such tries
};

/// The REST resources over a herder. Thread-safe: one call per request, each may block as long as the
/// herder does.
class Resources {
 public:
  Resources(runtime::Herder& herder, ResourceOptions options) : herder_(herder), options_(std::move(options)) {}

  http::Response handle(const http::Request& request, Scope scope);

  struct Call;
  using Handler = http::Response (Resources::*)(const Call&);

  http::Response root(const Call&);
  http::Response health(const Call&);
  http::Response metrics(const Call&);
  http::Response list_connectors(const Call&);
  http::Response create_connector(const Call&);
  http::Response get_connector(const Call&);
  http::Response delete_connector(const Call&);
  http::Response get_config(const Call&);
  http::Response put_config(const Call&);
  http::Response patch_config(const Call&);
  http::Response connector_status(const Call&);
  http::Response list_tasks(const Call&);
  http::Response put_task_configs(const Call&);
  http::Response fence(const Call&);
  http::Response task_status(const Call&);
  http::Response restart_task(const Call&);
  http::Response restart_connector(const Call&);
  http::Response pause(const Call&);
  http::Response resume(const Call&);
  http::Response stop(const Call&);
  http::Response topics(const Call&);
  http::Response reset_topics(const Call&);
  http::Response get_offsets(const Call&);
  http::Response alter_offsets(const Call&);
  http::Response reset_offsets(const Call&);
  http::Response list_plugins(const Call&);
  http::Response plugin_config(const Call&);
  http::Response validate(const Call&);
  http::Response list_loggers(const Call&);
  http::Response get_logger(const Call&);
  http::Response set_logger(const Call&);

 private:
  struct Forward;
  /// The answer to a failed call that another worker may be able to do.
  http::Response forward_or_error(const Call& call, const Error& error, const Forward& forward);
  http::Response modify_offsets(const Call& call, const std::optional<std::vector<runtime::PartitionOffset>>& offsets);

  runtime::Herder& herder_;
  const ResourceOptions options_;
};

/// `{"error_code":...,"message":...}` with that status.
http::Response error_response(int status, const std::string& message);
/// "HTTP 404 Not Found" and its likes.
http::Response framework_error(int status);
/// The one table from failures to statuses.
int status_of(const Error& error);

}  // namespace millrace::rest
