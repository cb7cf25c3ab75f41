#include "http/server.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/thread.h"
#include "http/handler_pool.h"
#include "http/tls_context.h"

namespace millrace::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return std::string(text, size);
}

/// Open connections, so that `stop` can close the idle ones.
class Connection {
 public:
  virtual ~Connection() = default;
  // Runs on: io thread.
  virtual void close_if_idle() = 0;
  virtual void close() = 0;
};

struct Shared {
  Shared(Server::Options o, Server::Handler h)
      : options(std::move(o)), handler(std::move(h)), pool(options.max_handler_threads) {}
  Server::Options options;
  Server::Handler handler;
  asio::io_context io{1};
  // While only handlers are at work nothing waits in `io`; it must be there for their answers all the same.
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  HandlerPool pool;
  // Io thread only.
  std::set<Connection*> connections;
  bool stopping = false;
  std::mutex mutex;
  std::condition_variable drained;
  std::size_t open_requests = 0;  // guarded by mutex
};

/// One connection: reads a request, hands it to the pool, writes the answer, and again. Keeps itself alive by its callbacks.
template <class Stream>
class Session final : public Connection, public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <class... A>
  Session(std::shared_ptr<Shared> shared, std::size_t listener, A&&... stream)
      : shared_(std::move(shared)), listener_(listener), stream_(std::forward<A>(stream)...) {
    shared_->connections.insert(this);
  }
  ~Session() override { shared_->connections.erase(this); }

  void start() {
    error_code ignored;
    const auto peer = beast::get_lowest_layer(stream_).socket().remote_endpoint(ignored);
    remote_ = peer.address().to_string(ignored);
    if constexpr (kTls) {
      set_timeout();
      stream_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](error_code error) {
        if (!error) self->read_header();
      });
    } else {
      read_header();
    }
  }

  void close_if_idle() override {
    if (idle_) close();
  }
  void close() override {
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  void set_timeout() { beast::get_lowest_layer(stream_).expires_after(shared_->options.idle_timeout); }

  void read_header() {
    parser_.emplace();
    parser_->body_limit(shared_->options.max_body_bytes);
    parser_->header_limit(static_cast<std::uint32_t>(shared_->options.max_header_bytes));
    idle_ = true;
    set_timeout();
    bhttp::async_read_header(stream_, buffer_, *parser_,
                             [self = this->shared_from_this()](error_code error, std::size_t) {
                               self->idle_ = false;
                               if (error) return self->failed(error);
                               self->header_done();
                             });
  }

  void header_done() {
    const auto expect = parser_->get().find(bhttp::field::expect);
    if (expect == parser_->get().end() || !beast::iequals(expect->value(), "100-continue") || parser_->is_done())
      return read_body();
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    set_timeout();
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = this->shared_from_this()](error_code error, std::size_t) {
                        if (!error) self->read_body();
                      });
  }

  void read_body() {
    set_timeout();
    bhttp::async_read(stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return self->failed(error);
      self->handle();
    });
  }

  void failed(error_code error) {
    if (error == bhttp::error::end_of_stream) return shut_down();
    int status = 0;
    if (error == bhttp::error::body_limit) {
      status = 413;
    } else if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow) {
      status = 431;
    } else if (error.category() == make_error_code(bhttp::error::bad_method).category() &&
               error != bhttp::error::partial_message) {
      status = 400;
    }
    if (status == 0) return;  // the client went away
    keep_alive_ = false;
    head_ = false;
    drain_ = true;
    write(shared_->options.refuse ? shared_->options.refuse(status)
                                  : Response{.status = status, .headers = {}, .body = {}});
  }

  void handle() {
    bhttp::request<bhttp::string_body> message = parser_->release();
    keep_alive_ = message.keep_alive();
    head_ = message.method() == bhttp::verb::head;
    version_ = message.version();
    auto request = std::make_shared<Request>();
    request->method = std::string(message.method_string());
    request->target = std::string(message.target());
    for (const auto& field : message)
      request->headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    request->body = std::move(message.body());
    request->remote = remote_;
    request->listener = listener_;
    request->https = kTls;
    beast::get_lowest_layer(stream_).expires_never();
    {
      const std::lock_guard lock(shared_->mutex);
      ++shared_->open_requests;
    }
    counted_ = true;
    // The last reference must be dropped on the io thread, so it moves back with the answer.
    shared_->pool.run([self = this->shared_from_this(), request]() mutable {
      asio::io_context& io = self->shared_->io;
      auto response = std::make_shared<Response>(self->shared_->handler(*request));
      asio::post(io, [self = std::move(self), response] { self->write(std::move(*response)); });
    });
  }

  void write(Response response) {
    response_.emplace();
    response_->version(version_);
    response_->result(static_cast<unsigned>(response.status));
    if (bhttp::int_to_status(static_cast<unsigned>(response.status)) == bhttp::status::unknown) {
      response_->reason(reason_of(response.status));
    }
    response_->set(bhttp::field::date, date_now());
    for (const auto& [name, value] : response.headers) response_->insert(name, value);
    response_->keep_alive(keep_alive_ && !shared_->stopping);
    const std::size_t size = response.body.size();
    if (!head_) response_->body() = std::move(response.body);
    if (response.status != 204) response_->content_length(size);
    set_timeout();
    bhttp::async_write(stream_, *response_, [self = this->shared_from_this()](error_code error, std::size_t) {
      const bool again = !error && self->response_->keep_alive();
      self->response_.reset();
      self->finish_request();
      if (error) return;
      if (again) return self->read_header();
      if (self->drain_) return self->drain();
      self->shut_down();
    });
  }

  void finish_request() {
    if (!counted_) return;
    counted_ = false;
    const std::lock_guard lock(shared_->mutex);
    if (--shared_->open_requests == 0) shared_->drained.notify_all();
  }

  /// Reads what the client still sends for a while: closing at once would reset the connection before it read the answer.
  void drain() {
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().shutdown(tcp::socket::shutdown_send, ignored);
    beast::get_lowest_layer(stream_).expires_after(std::chrono::seconds(5));
    drain_more();
  }
  void drain_more() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(16384), [self = this->shared_from_this()](error_code error, std::size_t) {
      if (!error) self->drain_more();
    });
  }

  void shut_down() {
    if constexpr (kTls) {
      beast::get_lowest_layer(stream_).expires_after(std::chrono::seconds(2));
      stream_.async_shutdown([self = this->shared_from_this()](error_code) {});
    } else {
      error_code ignored;
      stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }
  }

  std::shared_ptr<Shared> shared_;
  const std::size_t listener_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<bhttp::request_parser<bhttp::string_body>> parser_;
  std::optional<bhttp::response<bhttp::string_body>> response_;
  std::string remote_;
  unsigned version_ = 11;
  bool idle_ = false;
  bool keep_alive_ = true;
  bool head_ = false;
  bool drain_ = false;
  bool counted_ = false;
};

struct Acceptor {
  Acceptor(asio::io_context& io, std::size_t i) : acceptor(io), index(i) {}
  tcp::acceptor acceptor;
  std::shared_ptr<asio::ssl::context> tls;
  std::size_t index;
};

error_code open_acceptor(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool dual_stack) {
  error_code error;
  error_code ignored;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(asio::socket_base::reuse_address(true), ignored);
  if (dual_stack) acceptor.set_option(asio::ip::v6_only(false), ignored);
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) acceptor.close(ignored);
  return error;
}

error_code bind_listener(asio::io_context& io, tcp::acceptor& acceptor, const Server::Listener& listener) {
  const auto port = static_cast<std::uint16_t>(std::max(0, listener.port));
  if (listener.host.empty()) {
    const error_code error = open_acceptor(acceptor, tcp::endpoint(tcp::v6(), port), true);
    if (!error || error == asio::error::address_in_use) return error;
    return open_acceptor(acceptor, tcp::endpoint(tcp::v4(), port), false);
  }
  error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(listener.host, std::to_string(port), tcp::resolver::passive, error);
  if (error) return error;
  for (const auto& entry : found) {
    error = open_acceptor(acceptor, entry.endpoint(), false);
    if (!error) break;
  }
  return error;
}

}  // namespace

class Server::Impl {
 public:
  Impl(Options options, Handler handler) : shared_(std::make_shared<Shared>(std::move(options), std::move(handler))) {}

  Result<void> bind(const std::vector<Listener>& listeners) {
    for (const Listener& listener : listeners) {
      auto acceptor = std::make_unique<Acceptor>(shared_->io, acceptors_.size());
      if (listener.tls) {
        auto context = make_tls_context(*listener.tls, TlsRole::kServer);
        if (!context) return std::move(context).error();
        acceptor->tls = std::move(context).value();
      }
      if (const error_code error = bind_listener(shared_->io, acceptor->acceptor, listener)) {
        return Error{.code = Errc::kUnavailable,
                     .text = fmt::format("cannot listen on {}:{}: {}", listener.host.empty() ? "*" : listener.host,
                                         listener.port, error.message())};
      }
      ports_.push_back(acceptor->acceptor.local_endpoint().port());
      acceptors_.push_back(std::move(acceptor));
    }
    return {};
  }

  void run() {
    for (auto& acceptor : acceptors_) accept(*acceptor);
    thread_ = base::Thread("http-io", [this](std::stop_token) { shared_->io.run(); });
  }

  const std::vector<std::int32_t>& ports() const { return ports_; }

  void stop(std::chrono::milliseconds grace) {
    if (!thread_.joinable()) return;
    asio::post(shared_->io, [this] {
      shared_->stopping = true;
      error_code ignored;
      for (auto& acceptor : acceptors_) acceptor->acceptor.close(ignored);
      for (Connection* connection : shared_->connections) connection->close_if_idle();
    });
    {
      std::unique_lock lock(shared_->mutex);
      shared_->drained.wait_for(lock, grace, [&] { return shared_->open_requests == 0; });
    }
    shared_->pool.stop(std::chrono::milliseconds(200));
    asio::post(shared_->io, [this] {
      for (Connection* connection : shared_->connections) connection->close();
      shared_->io.stop();
    });
    thread_.join();
    thread_ = {};
  }

 private:
  void accept(Acceptor& acceptor) {
    acceptor.acceptor.async_accept([this, &acceptor](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || shared_->stopping) return;
      if (error) return accept_later(acceptor);
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      if (acceptor.tls) {
        std::make_shared<Session<beast::ssl_stream<beast::tcp_stream>>>(shared_, acceptor.index, std::move(socket),
                                                                        *acceptor.tls)
            ->start();
      } else {
        std::make_shared<Session<beast::tcp_stream>>(shared_, acceptor.index, std::move(socket))->start();
      }
      accept(acceptor);
    });
  }

  /// Out of file descriptors, most likely: try again when some may have been closed.
  void accept_later(Acceptor& acceptor) {
    auto timer = std::make_shared<asio::steady_timer>(shared_->io, std::chrono::milliseconds(100));
    timer->async_wait([this, timer, &acceptor](error_code error) {
      if (!error && !shared_->stopping) accept(acceptor);
    });
  }

  std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<std::int32_t> ports_;
  base::Thread thread_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<Server>> Server::start(const std::vector<Listener>& listeners, Options options,
                                              Handler handler) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
  if (auto bound = impl->bind(listeners); !bound) return std::move(bound).error();
  impl->run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const std::vector<std::int32_t>& Server::ports() const noexcept { return impl_->ports(); }

void Server::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

}  // namespace millrace::http
