#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "http/tls.h"
#include "runtime/leader_client.h"

namespace millrace::rest {

/// A herder's own requests to other workers, over HTTP. Threads: any.
class HttpLeaderClient : public runtime::LeaderClient {
 public:
  /// `tls` is used for https URLs and must outlive this; nullptr: the system's authorities.
  explicit HttpLeaderClient(const http::Tls* tls) : tls_(tls) {}

  Result<void> post_task_configs(const std::string& url, const std::string& connector,
                                 const runtime::RequestSignature& signature) override;
  Result<void> fence(const std::string& url, const std::string& connector,
                     const runtime::RequestSignature& signature) override;
  std::string task_configs_body(const std::vector<runtime::RawConfig>& configs) override;

 private:
  Result<void> send(const char* method, std::string url, const runtime::RequestSignature& signature,
                    std::chrono::milliseconds timeout);
  const http::Tls* tls_;
};

}  // namespace millrace::rest
