#include "connectors/cassandra/cql/net.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <thread>

namespace millrace::cassandra::cql {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Loop::Impl {
  asio::io_context io{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work{asio::make_work_guard(io)};
  std::thread thread;  // last: runs code that uses the rest
};

Loop::Loop(const std::string& thread_name) : impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([this, name = thread_name.substr(0, 15)] {
    pthread_setname_np(pthread_self(), name.c_str());
    impl_->io.run();
  });
}

Loop::~Loop() {
  impl_->work.reset();
  impl_->io.stop();
  impl_->thread.join();
}

void Loop::post(std::function<void()> function) { asio::post(impl_->io, std::move(function)); }

namespace {

class AsioTimer : public Loop::Timer {
 public:
  AsioTimer(asio::io_context& io, std::chrono::milliseconds delay, std::function<void()> function)
      : timer_(io, delay), alive_(std::make_shared<bool>(true)) {
    timer_.async_wait([alive = alive_, function = std::move(function)](const error_code& error) {
      if (!error && *alive) function();
    });
  }
  ~AsioTimer() override { *alive_ = false; }
  void cancel() override {
    *alive_ = false;
    timer_.cancel();
  }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<bool> alive_;
};

std::string reason_of(const error_code& error) {
  if (error == asio::error::eof) return "the server closed the connection";
  if (error == asio::ssl::error::stream_truncated) return "the server closed the TLS connection";
  return error.message();
}

class AsioTransport : public Transport, public std::enable_shared_from_this<AsioTransport> {
 public:
  AsioTransport(Loop& loop, Endpoint endpoint, const TransportTls& tls, Callbacks callbacks)
      : loop_(loop), endpoint_(std::move(endpoint)), socket_(loop.impl().io), callbacks_(std::move(callbacks)) {
    if (tls.context) {
      SSL_CTX_up_ref(tls.context.get());
      context_.emplace(tls.context.get());
      tls_.emplace(socket_, *context_);
      prepare_tls(tls.verify_hostname);
    }
  }

  void start(std::chrono::milliseconds timeout) {
    error_code error;
    const auto address = asio::ip::make_address(endpoint_.address, error);
    if (error) {
      auto self = shared_from_this();
      loop_.post([self, error] { self->fail("address is not valid: " + error.message()); });
      return;
    }
    timer_ = loop_.after(timeout,
                         [this, timeout] { fail("no connection within " + std::to_string(timeout.count()) + " ms"); });
    socket_.async_connect(
        tcp::endpoint(address, endpoint_.port), [self = shared_from_this()](const error_code& failed) {
          if (self->closed_) return;
          if (failed) return self->fail(reason_of(failed));
          error_code ignored;
          self->socket_.set_option(tcp::no_delay(true), ignored);
          if (!self->tls_) return self->opened();
          self->tls_->async_handshake(asio::ssl::stream_base::client, [self](const error_code& refused) {
            if (self->closed_) return;
            if (refused) return self->fail("TLS handshake failed: " + self->tls_reason(refused));
            self->opened();
          });
        });
  }

  void write(std::string bytes) override {
    if (closed_) return;
    queued_ += bytes;
    if (!writing_) flush();
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    timer_.reset();
    error_code ignored;
    socket_.close(ignored);
    callbacks_ = {};
  }

 private:
  void prepare_tls(bool verify_hostname) {
    SSL* ssl = tls_->native_handle();
    const std::string name = endpoint_.name.empty() ? endpoint_.address : endpoint_.name;
    std::array<unsigned char, 16> scratch{};
    const bool is_address =
        inet_pton(AF_INET, name.c_str(), scratch.data()) == 1 || inet_pton(AF_INET6, name.c_str(), scratch.data()) == 1;
    if (!is_address) SSL_set_tlsext_host_name(ssl, name.c_str());
    if (!verify_hostname) return;
    if (is_address) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
    } else {
      SSL_set1_host(ssl, name.c_str());
    }
  }

  std::string tls_reason(const error_code& error) {
    const long verified = SSL_get_verify_result(tls_->native_handle());
    if (verified == X509_V_OK) return error.message();
    return std::string(X509_verify_cert_error_string(verified)) + " (checked for " +
           (endpoint_.name.empty() ? endpoint_.address : endpoint_.name) + ")";
  }

  void opened() {
    timer_.reset();
    auto self = shared_from_this();
    if (callbacks_.connected) callbacks_.connected();
    if (!closed_) read();
  }

  void read() {
    const auto received = [self = shared_from_this()](const error_code& error, std::size_t size) {
      if (self->closed_) return;
      if (error) return self->fail(reason_of(error));
      // The callback may close this transport, which drops the callbacks.
      const auto deliver = self->callbacks_.received;
      if (deliver) deliver({self->input_.data(), size});
      if (!self->closed_) self->read();
    };
    if (tls_) {
      tls_->async_read_some(asio::buffer(input_), received);
    } else {
      socket_.async_read_some(asio::buffer(input_), received);
    }
  }

  void flush() {
    writing_ = true;
    output_.swap(queued_);
    queued_.clear();
    const auto written = [self = shared_from_this()](const error_code& error, std::size_t) {
      if (self->closed_) return;
      if (error) return self->fail(reason_of(error));
      self->writing_ = false;
      if (!self->queued_.empty()) self->flush();
    };
    if (tls_) {
      asio::async_write(*tls_, asio::buffer(output_), written);
    } else {
      asio::async_write(socket_, asio::buffer(output_), written);
    }
  }

  void fail(const std::string& reason) {
    if (closed_) return;
    const auto tell = callbacks_.closed;
    auto self = shared_from_this();
    close();
    if (tell) tell(reason);
  }

  Loop& loop_;
  Endpoint endpoint_;
  tcp::socket socket_;
  std::optional<asio::ssl::context> context_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  Callbacks callbacks_;
  std::unique_ptr<Loop::Timer> timer_;
  std::array<char, 64 * 1024> input_{};
  std::string output_;
  std::string queued_;
  bool writing_ = false;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<Loop::Timer> Loop::after(std::chrono::milliseconds delay, std::function<void()> function) {
  return std::make_unique<AsioTimer>(impl_->io, delay, std::move(function));
}

std::string Endpoint::text() const {
  const bool v6 = address.find(':') != std::string::npos;
  std::string out = (v6 ? "[" : "") + address + (v6 ? "]:" : ":") + std::to_string(port);
  if (!name.empty() && name != address) out = name + " (" + out + ")";
  return out;
}

std::vector<std::string> resolve_host(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<std::string> out;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return out;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
      out.emplace_back(text.data());
  }
  freeaddrinfo(found);
  return out;
}

std::shared_ptr<Transport> connect_transport(Loop& loop, const Endpoint& endpoint, const TransportTls& tls,
                                             std::chrono::milliseconds timeout, Transport::Callbacks callbacks) {
  auto transport = std::make_shared<AsioTransport>(loop, endpoint, tls, std::move(callbacks));
  transport->start(timeout);
  return transport;
}

}  // namespace millrace::cassandra::cql
