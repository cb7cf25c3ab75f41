#include "rest/http_leader_client.h"

#include <fmt/core.h>

#include "http/client.h"
#include "json/node.h"
#include "json/reader.h"
#include "rest/entities.h"

namespace millrace::rest {
namespace {

/// The herder waits for it when it stops, and SIGTERM must not take longer than a minute.
constexpr std::chrono::seconds kConfigsTimeout{30};
constexpr std::chrono::seconds kFencingTimeout{90};

/// `message` of an error body, or the body itself.
std::string message_of(const http::Response& response) {
  try {
    const auto parsed = json::parse(response.body);
    const json::Node* message = parsed ? parsed->find("message") : nullptr;
    if (message != nullptr && message->is_string()) return message->string();
  } catch (const json::ParseError&) {
    // a body from somebody else than a worker is shown as it is
  }
  return response.body;
}

}  // namespace

std::string HttpLeaderClient::task_configs_body(const std::vector<runtime::RawConfig>& configs) {
  std::string body = "[";
  for (const runtime::RawConfig& config : configs) {
    if (body.size() > 1) body += ',';
    body += to_json(config);
  }
  return body + "]";
}

Result<void> HttpLeaderClient::post_task_configs(const std::string& url, const std::string& connector,
                                                 const runtime::RequestSignature& signature) {
  return send("POST", url + "connectors/" + http::percent_encode(connector) + "/tasks", signature, kConfigsTimeout);
}

Result<void> HttpLeaderClient::fence(const std::string& url, const std::string& connector,
                                     const runtime::RequestSignature& signature) {
  return send("PUT", url + "connectors/" + http::percent_encode(connector) + "/fence", signature, kFencingTimeout);
}

Result<void> HttpLeaderClient::send(const char* method, std::string url, const runtime::RequestSignature& signature,
                                    std::chrono::milliseconds timeout) {
  http::ClientRequest request;
  request.method = method;
  request.url = std::move(url);
  request.headers = {{"Accept", "application/json"}, {"User-Agent", "kafka-connect"}};
  if (!signature.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (signature.authorization && signature.algorithm) {
    request.headers.emplace_back("X-Connect-Authorization", *signature.authorization);
    request.headers.emplace_back("X-Connect-Request-Signature-Algorithm", *signature.algorithm);
  }
  request.body = signature.body;
  request.tls = tls_;
  request.timeout = timeout;
  Result<http::Response> answer = http::send(request);
  if (!answer.ok()) {
    Error error = std::move(answer).error();
    error.text = "IO Error trying to forward REST request: " + error.text;
    return error;
  }
  if (answer->status < 400) return {};
  return Error{
      .code = Errc::kUnavailable, .text = message_of(*answer), .retriable = true, .http_status = answer->status};
}

}  // namespace millrace::rest
