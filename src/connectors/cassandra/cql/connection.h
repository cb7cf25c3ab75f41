#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "connectors/cassandra/cql/error.h"
#include "connectors/cassandra/cql/message.h"
#include "connectors/cassandra/cql/net.h"

namespace millrace::cassandra::cql {

struct ConnectionOptions {
  std::uint8_t version = 5;
  Compression compression = Compression::kNone;  ///< where the node offers it
  std::string user;
  std::string password;
  TransportTls tls;
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds heartbeat_interval{30000};
  std::chrono::milliseconds heartbeat_timeout{12000};
  std::int32_t max_requests = 1024;
};

using Outcome = std::variant<Response, CqlError>;

/// One connection to one node, shaken hands with and authenticated. Everything runs on the loop's thread.
///
/// A request that timed out keeps its stream id until its answer comes ("orphan"), so that a late answer cannot be taken
/// for another's; past 256 of them the connection closes itself.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Callbacks {
    /// Once: nullptr when the connection is ready, the reason otherwise (then `closed` does not come).
    std::function<void(const CqlError* failure)> opened;
    std::function<void(const std::string& reason)> closed;
    std::function<void(const Event&)> event;
    std::function<void(const std::string& text)> warning;
  };

  static std::shared_ptr<Connection> open(Loop& loop, const Endpoint& endpoint, const ConnectionOptions& options,
                                          Callbacks callbacks);

  /// Sends; `done` runs exactly once, never before this returns.
  void request(Opcode opcode, const std::string& body, std::chrono::milliseconds timeout,
               std::function<void(Outcome)> done);

  /// Fails what is under way; no callback but theirs comes after it.
  void close(const std::string& reason);

  bool ready() const noexcept { return state_ == State::kReady; }
  bool has_room() const noexcept {
    return ready() && pending_.size() < static_cast<std::size_t>(options_.max_requests);
  }
  std::size_t in_flight() const noexcept { return pending_.size(); }
  std::uint8_t version() const noexcept { return options_.version; }
  bool compressed() const noexcept { return compression_ != Compression::kNone; }
  const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  enum class State : std::uint8_t { kConnecting, kHandshake, kReady, kClosed };
  using Clock = std::chrono::steady_clock;
  struct Pending {
    std::function<void(Outcome)> done;  // empty: an orphan
    std::multimap<Clock::time_point, std::int16_t>::iterator deadline;
    std::chrono::milliseconds timeout;
  };

  Connection(Loop& loop, Endpoint endpoint, ConnectionOptions options, Callbacks callbacks);
  void start();
  void send_startup(const Supported& supported);
  void handshake_answer(Outcome outcome);
  void became_ready();
  void received(std::string_view bytes);
  void handle(Frame frame);
  void lost(const std::string& reason);
  void fail_open(const CqlError& error);
  void fail_pending(const std::string& reason);
  void arm_deadline();
  void expire();
  void arm_heartbeat();
  std::int16_t take_stream();

  Loop& loop_;
  Endpoint endpoint_;
  ConnectionOptions options_;
  Callbacks callbacks_;
  State state_ = State::kConnecting;
  Compression compression_ = Compression::kNone;
  bool auth_sent_ = false;
  FrameEncoder encoder_;
  FrameDecoder decoder_;
  std::shared_ptr<Transport> transport_;
  std::unordered_map<std::int16_t, Pending> pending_;
  std::multimap<Clock::time_point, std::int16_t> deadlines_;
  std::vector<std::int16_t> free_streams_;
  std::int16_t next_stream_ = 0;
  std::size_t orphans_ = 0;
  Clock::time_point last_read_;
  std::unique_ptr<Loop::Timer> deadline_timer_;
  Clock::time_point armed_for_{};
  std::unique_ptr<Loop::Timer> heartbeat_timer_;
};

}  // namespace millrace::cassandra::cql
