#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;

namespace millrace::cassandra::cql {

/// One thread that runs everything a session does: sockets, timers, posted functions. Functions run one after the other, so
/// what only they touch needs no lock.
class Loop {
 public:
  explicit Loop(const std::string& thread_name);
  /// Stops and joins. What was posted and did not run yet is dropped.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Any thread.
  void post(std::function<void()> function);

  /// Runs `function` after `delay` unless `cancel` or the handle's end came first. Loop thread only.
  class Timer {
   public:
    virtual ~Timer() = default;
    virtual void cancel() = 0;
  };
  [[nodiscard]] std::unique_ptr<Timer> after(std::chrono::milliseconds delay, std::function<void()> function);

  struct Impl;
  Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Where a node listens.
struct Endpoint {
  std::string address;  ///< "127.0.0.1", "::1"
  std::uint16_t port = 9042;
  std::string name;  ///< what the user wrote, for certificates; empty: the address
  bool operator==(const Endpoint& other) const { return address == other.address && port == other.port; }
  /// "127.0.0.1:9042", "[::1]:9042"
  std::string text() const;
};

/// The addresses of a host name. Blocks. Empty when it does not resolve.
std::vector<std::string> resolve_host(const std::string& name);

/// TLS for one connection; a null context means plain text.
struct TransportTls {
  std::shared_ptr<ssl_ctx_st> context;
  bool verify_hostname = false;
};

/// A byte stream to one endpoint. All calls and callbacks on the loop's thread.
class Transport {
 public:
  struct Callbacks {
    std::function<void()> connected;
    std::function<void(std::string_view bytes)> received;
    std::function<void(const std::string& reason)> closed;  ///< once at most, and never after close()
  };

  virtual ~Transport() = default;
  /// Queues bytes; what is queued while a write is under way goes out together.
  virtual void write(std::string bytes) = 0;
  /// No callback comes after this.
  virtual void close() = 0;
};

std::shared_ptr<Transport> connect_transport(Loop& loop, const Endpoint& endpoint, const TransportTls& tls,
                                             std::chrono::milliseconds timeout, Transport::Callbacks callbacks);

}  // namespace millrace::cassandra::cql
