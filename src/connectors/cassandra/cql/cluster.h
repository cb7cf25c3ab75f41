#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/cassandra/cql/connection.h"
#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/cql/topology.h"

namespace millrace::cassandra::cql {

/// One node of the cluster and the connection to it.
struct Node {
  std::string host_id;
  Endpoint endpoint;
  std::string datacenter;
  std::string rack;
  std::vector<std::int64_t> tokens;
  std::shared_ptr<Connection> connection;
  std::shared_ptr<Connection> opening;
  std::string last_error;
  std::chrono::milliseconds backoff{0};
  std::chrono::steady_clock::time_point last_attempt{};
  std::unique_ptr<Loop::Timer> reconnect;
  bool ever_connected = false;

  bool ready() const { return connection && connection->ready(); }
};
using NodePtr = std::shared_ptr<Node>;

/// The nodes: finds them through one of them (the control connection), follows their events, reconnects with back-off, and
/// says in which order a request should try them. Runs on: the loop's thread.
class Cluster {
 public:
  Cluster(Loop& loop, const SessionConfig& config, std::vector<Endpoint> contacts, TransportTls tls);

  /// Tries the contact points one after the other; `done` with nullptr when one answered and the others are known.
  void start(std::function<void(const CqlError* failure)> done);
  void close();

  /// Replicas of the token first, then the other local nodes in turn.
  std::vector<NodePtr> plan(std::optional<std::int64_t> token);
  /// `ready(true)` once any node has a connection; false when each of them was tried now, in vain.
  void await_connection(std::function<void(bool ok)> ready);
  /// "127.0.0.1:9042: Connection refused; ..."
  std::string errors() const;

  std::vector<std::int64_t> tokens() const { return ring_.tokens(); }
  bool murmur3() const noexcept { return murmur3_; }
  std::uint8_t version() const noexcept { return version_; }
  std::shared_ptr<Connection> control() const { return control_; }
  std::uint64_t reconnections() const noexcept { return reconnections_; }
  const std::vector<NodePtr>& nodes() const noexcept { return nodes_; }

 private:
  using Done = std::function<void(const CqlError*)>;
  struct Refresh;

  void try_contact(std::size_t index);
  void refresh(const std::shared_ptr<Connection>& connection, Done done);
  void read_peers(const std::shared_ptr<Refresh>& refresh, bool v2);
  void read_replication(const std::shared_ptr<Refresh>& refresh);
  void adopt(const std::shared_ptr<Refresh>& refresh);
  void become_control(const std::shared_ptr<Connection>& connection);
  void find_control();
  void connect(const NodePtr& node);
  void connected(const NodePtr& node, std::shared_ptr<Connection> connection);
  void schedule_reconnect(const NodePtr& node);
  void on_event(const Event& event);
  void refresh_soon();
  void wake(bool ok);
  bool is_local(const Node& node) const;
  Connection::Callbacks callbacks_for(const std::shared_ptr<std::weak_ptr<Node>>& owner);
  void node_lost(const NodePtr& node, const std::string& reason);
  void log_info(const std::string& text) const;
  void log_warn(const std::string& text) const;

  Loop& loop_;
  const SessionConfig& config_;
  ConnectionOptions options_;
  std::vector<Endpoint> contacts_;
  Done started_;
  std::string contact_errors_;
  std::shared_ptr<Connection> opening_;
  std::shared_ptr<Connection> control_;
  std::vector<NodePtr> nodes_;
  TokenRing ring_;
  Replication replication_;
  std::string local_datacenter_;
  std::uint8_t version_ = 5;
  bool murmur3_ = true;
  bool peers_v2_ = true;
  bool closed_ = false;
  std::size_t turn_ = 0;
  std::uint64_t reconnections_ = 0;
  std::vector<std::function<void(bool)>> waiters_;
  std::unique_ptr<Loop::Timer> refresh_timer_;
};

}  // namespace millrace::cassandra::cql
