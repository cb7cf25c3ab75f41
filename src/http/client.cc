#include "http/client.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <utility>

#include "http/tls_context.h"

namespace millrace::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

struct Url {
  bool https = false;
  std::string host;
  std::string port;
  std::string target;
};

std::optional<Url> parse_url(std::string_view text) {
  Url out;
  if (text.starts_with("https://")) {
    out.https = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  const std::size_t slash = text.find_first_of("/?");
  std::string_view authority = text.substr(0, slash);
  out.target = slash == std::string_view::npos ? "/" : std::string(text.substr(slash));
  if (out.target.starts_with('?')) out.target.insert(0, "/");
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    const std::size_t colon = authority.rfind(':');
    out.host = authority.substr(0, colon);
    authority.remove_prefix(std::min(colon, authority.size()));
  }
  out.port = authority.size() > 1 ? std::string(authority.substr(1)) : out.https ? "443" : "80";
  if (out.host.empty()) return std::nullopt;
  return out;
}

/// Runs asynchronous steps on this thread so that every one of them has the deadline.
class Exchange {
 public:
  Exchange(const ClientRequest& request, const Url& url) : request_(request), url_(url) {
    message_.method_string(request.method);
    message_.target(url.target);
    message_.version(11);
    message_.set(bhttp::field::host, url.host.find(':') == std::string::npos ? url.host + ":" + url.port
                                                                             : "[" + url.host + "]:" + url.port);
    for (const auto& [name, value] : request.headers) message_.insert(name, value);
    message_.keep_alive(false);
    message_.body() = request.body;
    message_.prepare_payload();
    parser_.body_limit(256u << 20);
  }

  Result<Response> plain() {
    beast::tcp_stream stream(io_);
    if (auto connected = connect(stream); !connected) return std::move(connected).error();
    return talk(stream);
  }

  Result<Response> tls() {
    auto context = make_tls_context(request_.tls == nullptr ? Tls{} : *request_.tls, TlsRole::kClient);
    if (!context) return std::move(context).error();
    beast::ssl_stream<beast::tcp_stream> stream(io_, **context);
    ::SSL_set_tlsext_host_name(stream.native_handle(), url_.host.c_str());
    if (request_.tls == nullptr || request_.tls->verify_host) {
      stream.set_verify_callback(asio::ssl::host_name_verification(url_.host));
    }
    if (auto connected = connect(beast::get_lowest_layer(stream)); !connected) return std::move(connected).error();
    if (const error_code error = wait([&](auto done) {
          stream.async_handshake(asio::ssl::stream_base::client, [done](error_code e) { done(e); });
        })) {
      return failure(error);
    }
    return talk(stream);
  }

 private:
  /// Starts one step and runs until it called back.
  template <class Start>
  error_code wait(Start start) {
    error_code result = asio::error::would_block;
    start([&result](error_code error) { result = error; });
    io_.restart();
    io_.run();
    return result;
  }

  Error failure(error_code error) const {
    if (error == beast::error::timeout) return Error{.code = Errc::kTimeout, .text = "Request timed out"};
    return Error{.code = Errc::kIo, .text = error.message()};
  }

  Result<void> connect(beast::tcp_stream& stream) {
    const auto not_there = [this](error_code error) {
      Error why = failure(error);
      why.retriable = why.code != Errc::kTimeout;
      return why;
    };
    tcp::resolver resolver(io_);
    error_code error;
    const auto found = resolver.resolve(url_.host, url_.port, error);
    if (error) return not_there(error);
    stream.expires_after(request_.timeout);
    error =
        wait([&](auto done) { stream.async_connect(found, [done](error_code e, const tcp::endpoint&) { done(e); }); });
    if (error) return not_there(error);
    return {};
  }

  template <class Stream>
  Result<Response> talk(Stream& stream) {
    if (const error_code error = wait(
            [&](auto done) { bhttp::async_write(stream, message_, [done](error_code e, std::size_t) { done(e); }); })) {
      return failure(error);
    }
    if (request_.method == "HEAD") parser_.skip(true);
    if (const error_code error = wait([&](auto done) {
          bhttp::async_read(stream, buffer_, parser_, [done](error_code e, std::size_t) { done(e); });
        })) {
      return failure(error);
    }
    bhttp::response<bhttp::string_body> message = parser_.release();
    Response out;
    out.status = static_cast<int>(message.result_int());
    for (const auto& field : message)
      out.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    out.body = std::move(message.body());
    return out;
  }

  const ClientRequest& request_;
  const Url& url_;
  asio::io_context io_{1};
  bhttp::request<bhttp::string_body> message_;
  bhttp::response_parser<bhttp::string_body> parser_;
  beast::flat_buffer buffer_;
};

}  // namespace

Result<Response> send(const ClientRequest& request) {
  const std::optional<Url> url = parse_url(request.url);
  if (!url) return Error{.code = Errc::kInvalid, .text = fmt::format("{} is no http or https URL", request.url)};
  Exchange exchange(request, *url);
  return url->https ? exchange.tls() : exchange.plain();
}

}  // namespace millrace::http
