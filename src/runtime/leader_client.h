#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/herder.h"

namespace millrace::runtime {

/// Worker-to-worker requests that a herder makes by itself. rest/ implements it. Threads: any; calls block, bounded by the
/// client's timeouts. Errors carry the other worker's status in `http_status`.
class LeaderClient {
 public:
  virtual ~LeaderClient() = default;
  /// POST <url>connectors/<name>/tasks with `signature.body`; the signature headers only when they are set.
  virtual Result<void> post_task_configs(const std::string& url, const std::string& connector,
                                         const RequestSignature& signature) = 0;
  /// PUT <url>connectors/<name>/fence
  virtual Result<void> fence(const std::string& url, const std::string& connector,
                             const RequestSignature& signature) = 0;
  /// The body of `post_task_configs`: a JSON array of flat objects.
  virtual std::string task_configs_body(const std::vector<RawConfig>& configs) = 0;
};

}  // namespace millrace::runtime
