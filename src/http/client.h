#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "http/tls.h"

namespace millrace::http {

/// One request over a connection of its own. Redirects are not followed. Blocks up to `timeout`.
/// Errors: kIo with the reason ("Connection refused"), kTimeout, kInvalid for a URL that is none. Retriable: there was no
/// connection, so the other side knows nothing of the request.
struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< http or https, percent-encoded
  std::vector<Header> headers{};
  std::string body{};
  std::chrono::milliseconds timeout{90000};
  const Tls* tls = nullptr;  ///< for https; nullptr: the system's authorities
};
Result<Response> send(const ClientRequest& request);

}  // namespace millrace::http
