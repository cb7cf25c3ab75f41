#include "rest/rest_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/server.h"
#include "kafka/security.h"
#include "rest/basic_auth.h"
#include "rest/filters.h"
#include "rest/resources.h"
#include "runtime/config/worker_config.h"

namespace millrace::rest {
namespace {

const base::Log& log() {
  static const base::Log& kLog = base::log_named("org.apache.kafka.connect.runtime.rest.RestServer");
  return kLog;
}

/// The first address of this machine that is no loopback, IPv4 before IPv6.
std::string local_address() {
  std::string v6;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return "127.0.0.1";
  std::string found;
  for (const ifaddrs* entry = list; entry != nullptr && found.empty(); entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_LOOPBACK) != 0 || (entry->ifa_flags & IFF_UP) == 0)
      continue;
    char text[INET6_ADDRSTRLEN] = {};
    if (entry->ifa_addr->sa_family == AF_INET) {
      const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
      ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
      found = text;
    } else if (entry->ifa_addr->sa_family == AF_INET6 && v6.empty()) {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr);
      if (IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr)) continue;
      ::inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text);
      v6 = text;
    }
  }
  ::freeifaddrs(list);
  return !found.empty() ? found : !v6.empty() ? v6 : "127.0.0.1";
}

std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

/// The items of a comma list; none when the key is not there.
std::vector<std::string> list_of(const Props& settings, const std::string& key) {
  std::vector<std::string> out(1);
  if (const auto found = settings.find(key); found != settings.end()) {
    for (const char c : found->second) {
      if (c == ',') {
        out.emplace_back();
      } else if (c != ' ' && c != '\t') {
        out.back() += c;
      }
    }
  }
  std::erase(out, "");
  return out;
}

Result<http::Tls> read_tls(const Props& settings, runtime::TlsClientAuth auth) {
  kafka::ClientConfig config(settings.begin(), settings.end());
  config["security.protocol"] = "SSL";
  Result<kafka::Security> security = kafka::read_security(config);
  if (!security) return std::move(security).error();
  http::Tls out;
  out.certificate_chain = std::move(security->certificate_chain_pem);
  out.private_key = std::move(security->private_key_pem);
  out.authorities = std::move(security->ca_pem);
  out.verify_host = security->verify_host;
  out.protocols = list_of(settings, "ssl.enabled.protocols");
  out.cipher_suites = list_of(settings, "ssl.cipher.suites");
  out.client_certificate = auth == runtime::TlsClientAuth::kRequired    ? http::ClientCertificate::kRequired
                           : auth == runtime::TlsClientAuth::kRequested ? http::ClientCertificate::kRequested
                                                                        : http::ClientCertificate::kNone;
  return out;
}

}  // namespace

class RestServer::Impl {
 public:
  explicit Impl(const runtime::WorkerConfig& worker)
      : config_(worker.rest), cors_(worker.rest.allow_origin, worker.rest.allow_methods) {
    options_.topic_tracking_enable = worker.topic_tracking_enable;
    options_.topic_tracking_allow_reset = worker.topic_tracking_allow_reset;
  }

  Result<void> bind() {
    for (const std::string& extension : config_.extensions) {
      if (!BasicAuth::is_extension(extension)) {
        return Error{
            .code = Errc::kInvalid,
            .text = fmt::format("Failed to find any class that implements interface "
                                "org.apache.kafka.connect.rest.ConnectRestExtension and which name matches {}; "
                                "rest.extension.classes takes only {}",
                                extension, BasicAuth::kClass)};
      }
      Result<BasicAuth> auth = BasicAuth::from_environment();
      if (!auth) return std::move(auth).error();
      auth_ = std::move(auth).value();
    }
    std::vector<http::Server::Listener> listeners;
    if (auto added = add_listeners(config_.listeners, config_.tls, config_.client_auth, listeners); !added)
      return added;
    scopes_.assign(listeners.size(), config_.admin_listeners ? Scope::kWithoutAdmin : Scope::kAll);
    if (config_.admin_listeners) {
      if (auto added = add_listeners(*config_.admin_listeners, config_.admin_tls, config_.admin_client_auth, listeners);
          !added) {
        return added;
      }
      scopes_.resize(listeners.size(), Scope::kAdminOnly);
    }
    // Other workers may speak HTTPS even if this one does not.
    if (Result<http::Tls> forward = read_tls(config_.tls, runtime::TlsClientAuth::kNone)) {
      forward_tls_ = std::move(forward).value();
    } else {
      log().warn("Requests cannot be forwarded to workers with HTTPS listeners: {}", forward.error().text);
    }
    http::Server::Options options;
    options.refuse = [](int status) { return framework_error(status); };
    Result<std::unique_ptr<http::Server>> server = http::Server::start(
        listeners, std::move(options), [this](const http::Request& request) { return handle(request); });
    if (!server) return std::move(server).error();
    server_ = std::move(server).value();
    make_urls();
    return {};
  }

  void install(runtime::Herder& herder) {
    ResourceOptions options = options_;
    if (forward_tls_) options.forward_tls = &*forward_tls_;
    options.stopping = &stopping_;
    std::atomic_store(&resources_, std::make_shared<Resources>(herder, std::move(options)));
    log().info("REST resources initialized; server is started and ready to handle requests");
  }

  void stop(std::chrono::milliseconds grace) {
    stopping_ = true;
    if (server_) server_->stop(grace);
  }

  const http::Tls* client_tls() const noexcept { return forward_tls_ ? &*forward_tls_ : nullptr; }

  std::string advertised_url;
  std::string worker_id;
  std::string local_url;

 private:
  static Result<void> add_listeners(const std::vector<runtime::RestListener>& urls, const Props& tls,
                                    runtime::TlsClientAuth auth, std::vector<http::Server::Listener>& out) {
    for (const runtime::RestListener& url : urls) {
      http::Server::Listener listener{.host = url.host, .port = url.port};
      if (url.https) {
        Result<http::Tls> material = read_tls(tls, auth);
        if (!material) return std::move(material).error();
        listener.tls = std::move(material).value();
      }
      out.push_back(std::move(listener));
    }
    return {};
  }

  void make_urls() {
    const runtime::RestListener* chosen = &config_.listeners.front();
    const bool any_http =
        std::any_of(config_.listeners.begin(), config_.listeners.end(), [](const auto& l) { return !l.https; });
    const bool https = config_.advertised_listener ? *config_.advertised_listener == "https" : !any_http;
    std::size_t index = 0;
    for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
      if (config_.listeners[i].https != https) continue;
      chosen = &config_.listeners[i];
      index = i;
      break;
    }
    const std::int32_t bound = server_->ports()[index];
    const bool any_address = chosen->host.empty() || chosen->host == "0.0.0.0" || chosen->host == "::";
    const std::string host = bracketed(config_.advertised_host ? *config_.advertised_host
                                       : any_address           ? local_address()
                                                               : chosen->host);
    worker_id = fmt::format("{}:{}", host, config_.advertised_port ? *config_.advertised_port : bound);
    advertised_url = fmt::format("{}://{}/", https ? "https" : "http", worker_id);
    local_url = fmt::format("{}://{}:{}/", chosen->https ? "https" : "http",
                            any_address ? "localhost" : bracketed(chosen->host), bound);
    log().info("REST server listening at {}, advertising URL {}", local_url, advertised_url);
  }

  http::Response handle(const http::Request& request) {
    const auto start = std::chrono::steady_clock::now();
    http::Response response = answer(request);
    cors_.apply(request, response);
    apply_header_rules(config_.response_headers, response);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    log().info("{}", log_line(request, response, took.count()));
    return response;
  }

  http::Response answer(const http::Request& request) {
    const std::shared_ptr<Resources> resources = std::atomic_load(&resources_);
    if (!resources) return framework_error(404);
    if (auth_) {
      if (auto refused = auth_->refuse(request)) return std::move(*refused);
    }
    try {
      return resources->handle(request, scopes_[request.listener]);
    } catch (const std::exception& error) {  // our own bug: the client gets an answer, the log gets the text
      log().error("Uncaught exception in REST call to {}: {}", request.target, error.what());
      return error_response(500, error.what());
    }
  }

  const runtime::RestConfig config_;
  const Cors cors_;
  ResourceOptions options_;
  std::optional<BasicAuth> auth_;
  std::optional<http::Tls> forward_tls_;
  std::vector<Scope> scopes_;
  std::atomic<bool> stopping_{false};
  std::shared_ptr<Resources> resources_;  // atomic
  std::unique_ptr<http::Server> server_;  // last: its threads use the rest
};

RestServer::RestServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RestServer::~RestServer() { stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<RestServer>> RestServer::bind(const runtime::WorkerConfig& worker) {
  auto impl = std::make_unique<Impl>(worker);
  if (auto bound = impl->bind(); !bound) return std::move(bound).error();
  return std::unique_ptr<RestServer>(new RestServer(std::move(impl)));
}

const std::string& RestServer::advertised_url() const noexcept { return impl_->advertised_url; }
const std::string& RestServer::worker_id() const noexcept { return impl_->worker_id; }
const std::string& RestServer::local_url() const noexcept { return impl_->local_url; }
const http::Tls* RestServer::client_tls() const noexcept { return impl_->client_tls(); }
void RestServer::install(runtime::Herder& herder) { impl_->install(herder); }
void RestServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

}  // namespace millrace::rest
