#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kafka/security.h"

namespace millrace::kafka::wire {

using Deadline = std::chrono::steady_clock::time_point;

/// Ends waits on sockets from another thread, for good.
class Cancel {
 public:
  Cancel();
  ~Cancel();
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;
  void set() noexcept;
  bool is_set() const noexcept;
  int fd() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

struct Address {
  std::string host;
  std::int32_t port = 0;
  bool operator==(const Address&) const = default;
};
std::string to_string(const Address& address);
/// "host:port", "[v6]:port", with an optional "PROTOCOL://".
Result<Address> parse_address(std::string_view text);

/// A TCP connection, with TLS on top where `security` says so. One thread at a time; every call ends at its deadline or when
/// `cancel` is set.
class Socket {
 public:
  static Result<std::unique_ptr<Socket>> connect(const Address& address, const Security& security, Deadline deadline,
                                                 const Cancel& cancel);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Waits until there is something to read; false at the deadline.
  Result<bool> readable(Deadline deadline);
  Result<void> write_all(std::string_view data, Deadline deadline);
  /// What is there, at most `size` bytes; empty: nothing yet. The end of the connection is an Error.
  Result<std::string> read_some(std::size_t size);
  int fd() const noexcept { return fd_; }
  Result<std::string> read_exactly(std::size_t size, Deadline deadline);

 private:
  class Tls;
  Socket(int fd, Address address, const Cancel& cancel);
  Result<void> start_tls(const Security& security, Deadline deadline);
  Result<void> wait(short events, Deadline deadline) const;
  Error broken(const std::string& what) const;

  int fd_;
  Address address_;
  const Cancel* cancel_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace millrace::kafka::wire
