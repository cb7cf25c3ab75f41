#include "kafka/wire/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace millrace::kafka::wire {
namespace {

Error failure(Errc code, std::string text, bool retriable) {
  return Error{code, std::move(text), retriable, {}, {}, 0};
}

std::string ssl_reason(SSL* ssl) {
  if (ssl != nullptr) {
    if (long verify = SSL_get_verify_result(ssl); verify != X509_V_OK) return X509_verify_cert_error_string(verify);
  }
  std::array<char, 256> text{};
  unsigned long code = ERR_peek_last_error();
  if (code == 0) return "the peer closed the connection";
  ERR_error_string_n(code, text.data(), text.size());
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : text.data();
}

bool is_ip(const std::string& host) {
  std::array<unsigned char, 16> buffer{};
  return inet_pton(AF_INET, host.c_str(), buffer.data()) == 1 || inet_pton(AF_INET6, host.c_str(), buffer.data()) == 1;
}

}  // namespace

Cancel::Cancel() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
Cancel::~Cancel() { close(fd_); }
void Cancel::set() noexcept {
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = write(fd_, &one, sizeof one);
}
bool Cancel::is_set() const noexcept {
  pollfd entry{fd_, POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

std::string to_string(const Address& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<Address> parse_address(std::string_view text) {
  const std::string whole(text);
  if (auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  const auto colon = text.rfind(':');
  Address out;
  bool good = colon != std::string_view::npos && colon > 0;
  if (good) {
    auto port = text.substr(colon + 1);
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    good = error == std::errc() && end == port.data() + port.size() && out.port > 0 && out.port < 65536;
    text = text.substr(0, colon);
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    out.host = std::string(text);
  }
  if (!good || out.host.empty()) return failure(Errc::kInvalid, "Invalid url in bootstrap.servers: " + whole, false);
  return out;
}

class Socket::Tls {
 public:
  ~Tls() {
    if (ssl != nullptr) SSL_free(ssl);
    if (context != nullptr) SSL_CTX_free(context);
  }
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
};

Socket::Socket(int fd, Address address, const Cancel& cancel)
    : fd_(fd), address_(std::move(address)), cancel_(&cancel) {}

Socket::~Socket() {
  tls_.reset();
  if (fd_ >= 0) close(fd_);
}

Error Socket::broken(const std::string& what) const {
  return failure(Errc::kIo, "connection to " + to_string(address_) + ": " + what, true);
}

Result<void> Socket::wait(short events, Deadline deadline) const {
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left < 0) left = 0;
    std::array<pollfd, 2> entries{{{fd_, events, 0}, {cancel_->fd(), POLLIN, 0}}};
    const int ready = ::poll(entries.data(), entries.size(), static_cast<int>(std::min<long long>(left, 2147483647)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return broken(std::strerror(errno));
    if (entries[1].revents != 0) return failure(Errc::kCancelled, "cancelled", false);
    if (entries[0].revents != 0) return {};
    if (std::chrono::steady_clock::now() >= deadline) {
      return failure(Errc::kTimeout, "connection to " + to_string(address_) + ": no answer in time", true);
    }
  }
}

Result<std::unique_ptr<Socket>> Socket::connect(const Address& address, const Security& security, Deadline deadline,
                                                const Cancel& cancel) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (int code = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found); code != 0) {
    return failure(Errc::kIo, "connection to " + to_string(address) + ": " + gai_strerror(code), true);
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  Error last = failure(Errc::kIo, "connection to " + to_string(address) + ": no address", true);
  for (addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const int fd = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) continue;
    std::unique_ptr<Socket> socket(new Socket(fd, address, cancel));
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (::connect(fd, one->ai_addr, one->ai_addrlen) != 0) {
      if (errno != EINPROGRESS) {
        last = socket->broken(std::strerror(errno));
        continue;
      }
      if (auto ready = socket->wait(POLLOUT, deadline); !ready) {
        if (ready.error().code == Errc::kCancelled) return ready.error();
        last = ready.error();
        continue;
      }
      int code = 0;
      socklen_t size = sizeof code;
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
      if (code != 0) {
        last = socket->broken(std::strerror(code));
        continue;
      }
    }
    if (security.tls) {
      if (auto done = socket->start_tls(security, deadline); !done) return done.error();
    }
    return socket;
  }
  return last;
}

Result<void> Socket::start_tls(const Security& security, Deadline deadline) {
  ERR_clear_error();
  tls_ = std::make_unique<Tls>();
  tls_->context = SSL_CTX_new(TLS_client_method());
  SSL_CTX* context = tls_->context;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  auto bio_of = [](const std::string& text) { return BIO_new_mem_buf(text.data(), static_cast<int>(text.size())); };
  if (security.ca_pem.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else {
    BIO* bio = bio_of(security.ca_pem);
    while (X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
      X509_free(certificate);
    }
    BIO_free(bio);
    ERR_clear_error();
  }
  if (!security.private_key_pem.empty()) {
    BIO* bio = bio_of(security.certificate_chain_pem);
    for (bool first = true; X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr); first = false) {
      if (first)
        SSL_CTX_use_certificate(context, certificate);
      else
        SSL_CTX_add1_chain_cert(context, certificate);
      X509_free(certificate);
    }
    BIO_free(bio);
    ERR_clear_error();
    bio = bio_of(security.private_key_pem);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    const bool fits = key != nullptr && SSL_CTX_use_PrivateKey(context, key) == 1;
    EVP_PKEY_free(key);
    if (!fits) return failure(Errc::kInvalid, "the private key of the key store does not fit its certificate", false);
  }
  tls_->ssl = SSL_new(context);
  SSL* ssl = tls_->ssl;
  if (!is_ip(address_.host)) SSL_set_tlsext_host_name(ssl, address_.host.c_str());
  if (security.verify_host) SSL_set1_host(ssl, address_.host.c_str());
  SSL_set_fd(ssl, fd_);
  for (;;) {
    ERR_clear_error();
    const int done = SSL_connect(ssl);
    if (done == 1) return {};
    const int why = SSL_get_error(ssl, done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      // A certificate that is refused will be refused again.
      return failure(Errc::kForbidden,
                     "connection to " + to_string(address_) + ": TLS handshake failed: " + ssl_reason(ssl), false);
    }
    if (auto ready = wait(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline); !ready) return ready;
  }
}

Result<bool> Socket::readable(Deadline deadline) {
  if (tls_ && SSL_pending(tls_->ssl) > 0) return true;
  auto ready = wait(POLLIN, deadline);
  if (ready) return true;
  if (ready.error().code == Errc::kTimeout) return false;
  return ready.error();
}

Result<void> Socket::write_all(std::string_view data, Deadline deadline) {
  while (!data.empty()) {
    if (tls_) {
      ERR_clear_error();
      const int done = SSL_write(tls_->ssl, data.data(), static_cast<int>(std::min<std::size_t>(data.size(), 1 << 20)));
      if (done > 0) {
        data.remove_prefix(static_cast<std::size_t>(done));
        continue;
      }
      const int why = SSL_get_error(tls_->ssl, done);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return broken(ssl_reason(nullptr));
      if (auto ready = wait(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline); !ready) return ready;
      continue;
    }
    const ssize_t done = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
    if (done > 0) {
      data.remove_prefix(static_cast<std::size_t>(done));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return broken(std::strerror(errno));
    if (auto ready = wait(POLLOUT, deadline); !ready) return ready;
  }
  return {};
}

Result<std::string> Socket::read_some(std::size_t size) {
  std::string out(size, '\0');
  if (tls_) {
    ERR_clear_error();
    const int done = SSL_read(tls_->ssl, out.data(), static_cast<int>(size));
    if (done <= 0) {
      const int why = SSL_get_error(tls_->ssl, done);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return broken(ssl_reason(nullptr));
    }
    out.resize(static_cast<std::size_t>(std::max(done, 0)));
    return out;
  }
  const ssize_t done = ::recv(fd_, out.data(), size, 0);
  if (done == 0) return broken("closed by the broker");
  if (done < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return broken(std::strerror(errno));
  out.resize(static_cast<std::size_t>(std::max<ssize_t>(done, 0)));
  return out;
}

Result<std::string> Socket::read_exactly(std::size_t size, Deadline deadline) {
  std::string out(size, '\0');
  std::size_t at = 0;
  while (at < size) {
    if (tls_) {
      ERR_clear_error();
      const int done =
          SSL_read(tls_->ssl, out.data() + at, static_cast<int>(std::min<std::size_t>(size - at, 1 << 20)));
      if (done > 0) {
        at += static_cast<std::size_t>(done);
        continue;
      }
      const int why = SSL_get_error(tls_->ssl, done);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return broken(ssl_reason(nullptr));
      if (auto ready = wait(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline); !ready) return ready.error();
      continue;
    }
    const ssize_t done = ::recv(fd_, out.data() + at, size - at, 0);
    if (done > 0) {
      at += static_cast<std::size_t>(done);
      continue;
    }
    if (done == 0) return broken("closed by the broker");
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return broken(std::strerror(errno));
    if (auto ready = wait(POLLIN, deadline); !ready) return ready.error();
  }
  return out;
}

}  // namespace millrace::kafka::wire
