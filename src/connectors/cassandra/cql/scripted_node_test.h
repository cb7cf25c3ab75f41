#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/cql/values.h"
#include "connectors/cassandra/cql/wire.h"

// Nodes that do what a test says: the faults that a real server won't produce on demand.

namespace millrace::cassandra::cql {

struct Request {
  std::uint8_t version = 0;
  std::int16_t stream = 0;
  Opcode opcode = Opcode::kQuery;
  std::string body;
  int connection = 0;  // counted from 1
};

struct Reply {
  std::string bytes;
  bool close = false;
};

inline std::string frame_for(const Request& request, Opcode opcode, const std::string& body) {
  return FrameEncoder(FramingOptions{static_cast<std::uint8_t>(request.version | 0x80), Compression::kNone})
      .encode(request.stream, opcode, body);
}
inline Reply reply(const Request& request, Opcode opcode, const std::string& body) {
  return {frame_for(request, opcode, body)};
}
inline Reply error(const Request& request, std::int32_t code, const std::string& message,
                   const std::string& extras = {}) {
  return reply(request, Opcode::kError, Writer().i32(code).string(message).raw(extras).take());
}
/// One page of ints in a column "id".
inline Reply page(const Request& request, const std::vector<std::int32_t>& ids, const std::string& state = {}) {
  Writer out;
  out.i32(2).i32(state.empty() ? 1 : 3).i32(1);
  if (!state.empty()) out.bytes(state);
  out.string("ks").string("t").string("id").u16(9).i32(static_cast<std::int32_t>(ids.size()));
  for (const auto id : ids) out.bytes(encode_i32(id));
  return reply(request, Opcode::kResult, out.take());
}
inline Reply prepared(const Request& request, const std::string& id) {
  Writer out;
  out.i32(4).string(id).i32(0).i32(0).i32(0).i32(1).i32(1).string("ks").string("t").string("id").u16(9);
  return reply(request, Opcode::kResult, out.take());
}

/// A node that shakes hands, describes itself and its peers, and hands every other request to the script.
class ScriptedNode {
 public:
  using Script = std::function<Reply(const Request&)>;
  struct Peer {
    std::string host_id;
    std::uint16_t port = 0;
    std::string token;
  };

  explicit ScriptedNode(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 16) != 0)
      throw std::runtime_error("no port");
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
  }
  ~ScriptedNode() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    ::close(listener_);
  }

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  // To be set before a session connects.
  std::string password;  // a login is wanted when it is not empty
  std::string host_id = "123e4567-e89b-12d3-a456-426655440000";
  std::string token;
  bool knows_itself = true;  // system.local has a row
  std::vector<Peer> peers;   // on this address; none: the node is too old for peers_v2

 private:
  void accept_loop() {
    while (!stopping_) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      const int number = ++connections_;
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket, number] { serve(socket, number); });
    }
  }

  static bool read_all(int socket, char* out, std::size_t size) {
    while (size > 0) {
      const auto got = ::recv(socket, out, size, 0);
      if (got <= 0) return false;
      out += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

  void serve(int socket, int number) {
    while (true) {
      std::string header(9, '\0');
      if (!read_all(socket, header.data(), 9)) break;
      Reader in(header);
      Request request;
      request.version = in.u8();
      in.u8();
      request.stream = static_cast<std::int16_t>(in.u16());
      request.opcode = static_cast<Opcode>(in.u8());
      request.body.resize(static_cast<std::size_t>(in.i32()));
      request.connection = number;
      if (!read_all(socket, request.body.data(), request.body.size())) break;
      const Reply out = answer(request);
      if (!out.bytes.empty() && ::send(socket, out.bytes.data(), out.bytes.size(), MSG_NOSIGNAL) < 0) break;
      if (out.close) break;
    }
    ::shutdown(socket, SHUT_RDWR);
  }

  Reply answer(const Request& request) {
    if (request.version > 4) {
      Request old = request;
      old.version = 4;
      return error(old, error_code::kProtocolError,
                   "Invalid or unsupported protocol version (5); supported versions are (3/v3, 4/v4)");
    }
    switch (request.opcode) {
      case Opcode::kOptions:
        if (handshaken_.load() >= request.connection) break;  // a heartbeat
        return reply(request, Opcode::kSupported, Writer().u16(0).take());
      case Opcode::kStartup:
        handshaken_ = request.connection;
        if (password.empty()) return reply(request, Opcode::kReady, "");
        return reply(request, Opcode::kAuthenticate,
                     Writer().string("org.apache.cassandra.auth.PasswordAuthenticator").take());
      case Opcode::kAuthResponse:
        if (request.body.ends_with(password)) return reply(request, Opcode::kAuthSuccess, Writer().null().take());
        return error(request, error_code::kBadCredentials, "Provided username u and/or password are incorrect");
      case Opcode::kRegister: return reply(request, Opcode::kReady, "");
      case Opcode::kQuery: {
        const std::string cql(Reader(request.body).long_string());
        if (cql.find("schema_version") != std::string::npos) break;
        if (cql.find("system.local") != std::string::npos) return local(request);
        if (cql.find("peers_v2") != std::string::npos) {
          if (peers.empty()) return error(request, error_code::kInvalid, "unconfigured table peers_v2");
          return peer_rows(request);
        }
        if (cql.find("system.peers") != std::string::npos) return page(request, {});
        if (cql.find("system_schema.keyspaces") != std::string::npos) return replication(request);
        break;
      }
      default: break;
    }
    return script_(request);
  }

  static std::string set_of(const std::string& item) { return Writer().i32(1).bytes(item).take(); }
  /// A result with all columns of one table; types by number, sets as 0x22.
  static Reply rows(const Request& request, const std::vector<std::pair<std::string, std::uint16_t>>& columns,
                    const std::vector<std::vector<std::string>>& cells) {
    Writer out;
    out.i32(2).i32(1).i32(static_cast<std::int32_t>(columns.size())).string("system").string("t");
    for (const auto& [name, type] : columns) {
      out.string(name).u16(type);
      if (type == 0x22) out.u16(0x0D);
      if (type == 0x21) out.u16(0x0D).u16(0x0D);
    }
    out.i32(static_cast<std::int32_t>(cells.size()));
    for (const auto& row : cells) {
      for (const auto& cell : row) out.bytes(cell);
    }
    return cassandra::cql::reply(request, Opcode::kResult, out.take());
  }
  Reply local(const Request& request) const {
    if (!knows_itself) return page(request, {});
    return rows(request,
                {{"host_id", 0x0C}, {"data_center", 0x0D}, {"rack", 0x0D}, {"partitioner", 0x0D}, {"tokens", 0x22}},
                {{*parse_uuid(host_id), "dc1", "r1", "org.apache.cassandra.dht.Murmur3Partitioner", set_of(token)}});
  }
  Reply peer_rows(const Request& request) const {
    std::vector<std::vector<std::string>> cells;
    for (const auto& peer : peers) {
      cells.push_back({*parse_uuid(peer.host_id), std::string("\x7f\0\0\1", 4), encode_i32(peer.port), "dc1", "r1",
                       set_of(peer.token)});
    }
    return rows(request,
                {{"host_id", 0x0C},
                 {"native_address", 0x10},
                 {"native_port", 0x09},
                 {"data_center", 0x0D},
                 {"rack", 0x0D},
                 {"tokens", 0x22}},
                cells);
  }
  static Reply replication(const Request& request) {
    return rows(request, {{"replication", 0x21}},
                {{Writer()
                      .i32(2)
                      .bytes("class")
                      .bytes("org.apache.cassandra.locator.SimpleStrategy")
                      .bytes("replication_factor")
                      .bytes("1")
                      .take()}});
  }

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> handshaken_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;  // last: uses the rest
};

inline SessionConfig config_for(const ScriptedNode& node) {
  SessionConfig config;
  config.contact_points = {"127.0.0.1"};
  config.port = node.port();
  config.keyspace = "ks";
  config.request_timeout = std::chrono::milliseconds(20000);
  config.reconnect_base = std::chrono::milliseconds(20);
  return config;
}

inline Statement query(const std::string& cql) {
  Statement st;
  st.cql = cql;
  return st;
}

inline std::optional<CqlError> failure_of(Session& session, Statement statement) {
  try {
    session.execute_blocking(std::move(statement));
  } catch (const CqlError& error) {
    return error;
  }
  return std::nullopt;
}

}  // namespace millrace::cassandra::cql
