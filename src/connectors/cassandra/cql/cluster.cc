#include "connectors/cassandra/cql/cluster.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "connectors/cassandra/cql/values.h"

namespace millrace::cassandra::cql {

namespace {

constexpr std::uint8_t kMinVersion = 4;
constexpr std::chrono::milliseconds kKickInterval{250};
constexpr std::chrono::milliseconds kEventDelay{1000};

/// Named access to the cells of a row of a system table.
class SystemRow {
 public:
  SystemRow(const Rows& rows, const std::vector<Cell>& cells) : rows_(rows), cells_(cells) {}

  std::optional<std::string_view> bytes(std::string_view column) const {
    const auto index = rows_.index_of(column);
    if (index == Rows::npos || cells_[index].is_null()) return std::nullopt;
    return cells_[index].bytes();
  }
  std::string text(std::string_view column) const { return std::string(bytes(column).value_or("")); }
  std::string inet(std::string_view column) const {
    const auto value = bytes(column);
    return value ? inet_text(*value).value_or("") : "";
  }
  std::uint16_t port(std::string_view column) const {
    const auto value = bytes(column);
    return value && value->size() == 4 ? static_cast<std::uint16_t>(decode_i64(*value)) : 0;
  }
  std::vector<std::int64_t> tokens() const {
    std::vector<std::int64_t> out;
    const auto value = bytes("tokens");
    if (!value) return out;
    Reader in(*value);
    for (std::int32_t n = in.i32(); n > 0; --n) {
      const auto text = in.bytes().value_or("");
      std::int64_t token = 0;
      if (std::from_chars(text.data(), text.data() + text.size(), token).ec == std::errc{}) out.push_back(token);
    }
    return out;
  }

 private:
  const Rows& rows_;
  const std::vector<Cell>& cells_;
};

std::string query(const std::string& cql, std::uint8_t version) {
  QueryParams params;
  params.consistency = Consistency::kOne;
  return query_body(version, cql, params);
}

std::string quoted_text(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

}  // namespace

struct Cluster::Refresh {
  std::shared_ptr<Connection> connection;
  Done done;
  std::vector<NodePtr> found;
  std::optional<Replication> replication;
  bool murmur3 = true;
};

Cluster::Cluster(Loop& loop, const SessionConfig& config, std::vector<Endpoint> contacts, TransportTls tls)
    : loop_(loop),
      config_(config),
      contacts_(std::move(contacts)),
      local_datacenter_(config.local_datacenter),
      // v5 has no Snappy.
      version_(config.compression == Compression::kSnappy ? std::min<std::uint8_t>(config.max_version, 4)
                                                          : config.max_version) {
  options_.compression = config.compression;
  options_.user = config.user;
  options_.password = config.password;
  options_.tls = std::move(tls);
  options_.connect_timeout = config.connect_timeout;
  options_.heartbeat_interval = config.heartbeat_interval;
  options_.heartbeat_timeout = config.request_timeout;
}

void Cluster::log_info(const std::string& text) const {
  if (config_.log_info) config_.log_info(text);
}
void Cluster::log_warn(const std::string& text) const {
  if (config_.log_warn) config_.log_warn(text);
}

void Cluster::start(Done done) {
  started_ = std::move(done);
  try_contact(0);
}

void Cluster::close() {
  closed_ = true;
  refresh_timer_.reset();
  if (opening_) opening_->close("the session is closed");
  opening_.reset();
  control_.reset();
  for (const auto& node : nodes_) {
    node->reconnect.reset();
    if (node->opening) node->opening->close("the session is closed");
    if (node->connection) node->connection->close("the session is closed");
    node->opening.reset();
    node->connection.reset();
  }
  wake(false);
}

void Cluster::try_contact(std::size_t index) {
  if (index >= contacts_.size()) {
    const CqlError error(CqlError::Kind::kConnect, "no contact point can be reached: " + contact_errors_);
    return started_(&error);
  }
  options_.version = version_;
  const auto owner = std::make_shared<std::weak_ptr<Node>>();
  auto callbacks = callbacks_for(owner);
  callbacks.opened = [this, index, owner](const CqlError* failure) {
    auto connection = std::exchange(opening_, nullptr);
    if (failure == nullptr) {
      return refresh(connection, [this, index, connection, owner](const CqlError* problem) {
        if (problem != nullptr) {
          connection->close("another contact point is tried");
          contact_errors_ += (contact_errors_.empty() ? "" : "; ") + std::string(problem->what());
          return try_contact(index + 1);
        }
        for (const auto& node : nodes_) {
          if (node->connection == connection) *owner = node;
        }
        become_control(connection);
        for (const auto& node : nodes_) {
          if (!node->connection && is_local(*node)) connect(node);
        }
        started_(nullptr);
      });
    }
    using Kind = CqlError::Kind;
    if (failure->kind() == Kind::kAuthentication) return started_(failure);
    const bool step_down =
        failure->kind() == Kind::kVersion || (failure->kind() == Kind::kLost && version_ > kMinVersion);
    if (step_down && version_ > kMinVersion) {
      --version_;
      return try_contact(index);
    }
    contact_errors_ += (contact_errors_.empty() ? "" : "; ") + std::string(failure->what());
    try_contact(index + 1);
  };
  opening_ = Connection::open(loop_, contacts_[index], options_, std::move(callbacks));
}

/// `owner` is filled in when the node is known; the contact connection exists before its node does.
Connection::Callbacks Cluster::callbacks_for(const std::shared_ptr<std::weak_ptr<Node>>& owner) {
  Connection::Callbacks callbacks;
  callbacks.closed = [this, owner](const std::string& reason) {
    if (auto node = owner->lock()) node_lost(node, reason);
  };
  callbacks.event = [this](const Event& event) { on_event(event); };
  callbacks.warning = [this](const std::string& text) { log_warn("Cassandra warns: " + text); };
  return callbacks;
}

void Cluster::refresh(const std::shared_ptr<Connection>& connection, Done done) {
  auto refresh = std::make_shared<Refresh>();
  refresh->connection = connection;
  refresh->done = std::move(done);
  connection->request(Opcode::kQuery, query("SELECT * FROM system.local WHERE key='local'", version_),
                      config_.request_timeout, [this, refresh](Outcome outcome) {
                        if (closed_) return;
                        if (auto* error = std::get_if<CqlError>(&outcome)) return refresh->done(error);
                        auto* rows = std::get_if<Rows>(&std::get<Response>(outcome));
                        std::vector<Cell> cells;
                        if (rows == nullptr || !rows->next(cells)) {
                          const CqlError error(CqlError::Kind::kProtocol,
                                               "node " + refresh->connection->endpoint().text() +
                                                   " does not tell about itself (system.local)");
                          return refresh->done(&error);
                        }
                        const SystemRow row(*rows, cells);
                        auto node = std::make_shared<Node>();
                        node->host_id = row.text("host_id");
                        node->endpoint = refresh->connection->endpoint();
                        node->datacenter = row.text("data_center");
                        node->rack = row.text("rack");
                        node->tokens = row.tokens();
                        refresh->murmur3 = row.text("partitioner").ends_with("Murmur3Partitioner");
                        refresh->found.push_back(std::move(node));
                        read_peers(refresh, peers_v2_);
                      });
}

void Cluster::read_peers(const std::shared_ptr<Refresh>& refresh, bool v2) {
  refresh->connection->request(
      Opcode::kQuery, query(v2 ? "SELECT * FROM system.peers_v2" : "SELECT * FROM system.peers", version_),
      config_.request_timeout, [this, refresh, v2](Outcome outcome) {
        if (closed_) return;
        if (auto* error = std::get_if<CqlError>(&outcome)) return refresh->done(error);
        auto& response = std::get<Response>(outcome);
        if (std::holds_alternative<ServerError>(response) && v2) {
          peers_v2_ = false;
          return read_peers(refresh, false);
        }
        if (auto* rows = std::get_if<Rows>(&response)) {
          std::vector<Cell> cells;
          while (rows->next(cells)) {
            const SystemRow row(*rows, cells);
            auto node = std::make_shared<Node>();
            node->host_id = row.text("host_id");
            std::string address;
            std::uint16_t port = 0;
            for (const auto& [address_column, port_column] :
                 {std::pair{"native_address", "native_port"},
                  std::pair{"native_transport_address", "native_transport_port"}, std::pair{"rpc_address", "rpc_port"},
                  std::pair{"peer", ""}}) {
              address = row.inet(address_column);
              port = row.port(port_column);
              if (!address.empty()) break;
            }
            if (address == "0.0.0.0" || address == "::") address = row.inet("peer");
            node->endpoint = {address, port != 0 ? port : refresh->connection->endpoint().port, {}};
            node->datacenter = row.text("data_center");
            node->rack = row.text("rack");
            node->tokens = row.tokens();
            if (node->host_id.empty() || address.empty() || node->datacenter.empty() || node->rack.empty() ||
                node->tokens.empty())
              continue;
            if (node->host_id == refresh->found.front()->host_id || node->endpoint == refresh->found.front()->endpoint)
              continue;
            refresh->found.push_back(std::move(node));
          }
        }
        read_replication(refresh);
      });
}

void Cluster::read_replication(const std::shared_ptr<Refresh>& refresh) {
  if (config_.keyspace.empty()) return adopt(refresh);
  refresh->connection->request(
      Opcode::kQuery,
      query("SELECT * FROM system_schema.keyspaces WHERE keyspace_name=" + quoted_text(config_.keyspace), version_),
      config_.request_timeout, [this, refresh](Outcome outcome) {
        if (closed_) return;
        if (auto* error = std::get_if<CqlError>(&outcome)) return refresh->done(error);
        std::vector<Cell> cells;
        if (auto* rows = std::get_if<Rows>(&std::get<Response>(outcome)); rows != nullptr && rows->next(cells)) {
          std::vector<std::pair<std::string, std::string>> options;
          if (const auto map = SystemRow(*rows, cells).bytes("replication")) {
            Reader in(*map);
            for (std::int32_t n = in.i32(); n > 0; --n) {
              std::string key(in.bytes().value_or(""));
              options.emplace_back(std::move(key), in.bytes().value_or(""));
            }
          }
          refresh->replication = Replication::from(options);
        }
        adopt(refresh);
      });
}

/// Takes over what a refresh found; nodes that were known keep their connections.
void Cluster::adopt(const std::shared_ptr<Refresh>& refresh) {
  std::vector<NodePtr> nodes;
  for (std::size_t i = 0; i < refresh->found.size(); ++i) {
    auto& fresh = refresh->found[i];
    const auto known = std::find_if(nodes_.begin(), nodes_.end(), [&](const NodePtr& node) {
      return node->host_id == fresh->host_id && (i == 0 || node->endpoint == fresh->endpoint);
    });
    if (known != nodes_.end()) {
      (*known)->tokens = std::move(fresh->tokens);
      (*known)->datacenter = fresh->datacenter;
      (*known)->rack = fresh->rack;
      nodes.push_back(*known);
    } else {
      if (i == 0) {
        fresh->connection = refresh->connection;
        fresh->ever_connected = true;
      }
      nodes.push_back(fresh);
    }
  }
  for (const auto& node : nodes_) {
    if (std::find(nodes.begin(), nodes.end(), node) != nodes.end()) continue;
    node->reconnect.reset();
    if (node->opening) node->opening->close("the node left the cluster");
    if (node->connection) node->connection->close("the node left the cluster");
    node->connection.reset();
  }
  const bool first = nodes_.empty();
  nodes_ = std::move(nodes);
  murmur3_ = refresh->murmur3;
  if (refresh->replication) replication_ = *refresh->replication;
  if (local_datacenter_.empty()) local_datacenter_ = nodes_.front()->datacenter;
  ring_ = TokenRing();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (const auto token : nodes_[i]->tokens) ring_.add(token, i);
    ring_.set_place(i, {nodes_[i]->datacenter, nodes_[i]->rack});
  }
  ring_.finish();
  if (!first) {
    for (const auto& node : nodes_) {
      if (!node->connection && !node->opening && !node->reconnect && is_local(*node)) connect(node);
    }
  }
  refresh->done(nullptr);
}

bool Cluster::is_local(const Node& node) const {
  return config_.load_balancing == LoadBalancing::kRoundRobin || node.datacenter == local_datacenter_;
}

void Cluster::become_control(const std::shared_ptr<Connection>& connection) {
  control_ = connection;
  connection->request(Opcode::kRegister, register_body(), config_.request_timeout, [](Outcome) {});
}

void Cluster::find_control() {
  control_.reset();
  for (const auto& node : nodes_) {
    if (!node->ready()) continue;
    become_control(node->connection);
    return refresh_soon();
  }
}

void Cluster::connect(const NodePtr& node) {
  if (closed_ || node->opening || node->ready()) return;
  node->reconnect.reset();
  node->last_attempt = std::chrono::steady_clock::now();
  options_.version = version_;
  auto callbacks = callbacks_for(std::make_shared<std::weak_ptr<Node>>(node));
  std::weak_ptr<Node> weak = node;
  callbacks.opened = [this, weak](const CqlError* failure) {
    auto self = weak.lock();
    if (!self || closed_) return;
    auto connection = std::exchange(self->opening, nullptr);
    if (failure == nullptr) return connected(self, std::move(connection));
    self->last_error = failure->what();
    schedule_reconnect(self);
    const bool still_trying =
        std::any_of(nodes_.begin(), nodes_.end(), [](const NodePtr& n) { return n->opening != nullptr || n->ready(); });
    if (!still_trying) wake(false);
  };
  node->opening = Connection::open(loop_, node->endpoint, options_, std::move(callbacks));
}

void Cluster::connected(const NodePtr& node, std::shared_ptr<Connection> connection) {
  node->connection = std::move(connection);
  node->backoff = std::chrono::milliseconds(0);
  node->last_error.clear();
  if (node->ever_connected) {
    ++reconnections_;
    log_info("Connection to Cassandra node " + node->endpoint.text() + " is back.");
  }
  node->ever_connected = true;
  if (!control_ || !control_->ready()) find_control();
  wake(true);
}

void Cluster::node_lost(const NodePtr& node, const std::string& reason) {
  if (closed_) return;
  const auto lost = std::exchange(node->connection, nullptr);
  node->last_error = "node " + node->endpoint.text() + ": " + reason;
  log_warn("Connection to Cassandra node " + node->endpoint.text() + " is lost: " + reason);
  schedule_reconnect(node);
  if (lost == control_) find_control();
}

void Cluster::schedule_reconnect(const NodePtr& node) {
  node->backoff =
      node->backoff.count() == 0 ? config_.reconnect_base : std::min(node->backoff * 2, config_.reconnect_max);
  std::weak_ptr<Node> weak = node;
  node->reconnect = loop_.after(node->backoff, [this, weak] {
    if (auto self = weak.lock()) connect(self);
  });
}

void Cluster::on_event(const Event& event) {
  if (event.type == "SCHEMA_CHANGE" && (event.schema.target != "KEYSPACE" || event.schema.keyspace != config_.keyspace))
    return;
  refresh_soon();
}

/// Bursts of events become one refresh; a node just reported is given the same second to get ready.
void Cluster::refresh_soon() {
  if (refresh_timer_) return;
  refresh_timer_ = loop_.after(kEventDelay, [this] {
    refresh_timer_.reset();
    if (closed_ || !control_ || !control_->ready()) return;
    refresh(control_, [this](const CqlError* failure) {
      if (failure != nullptr)
        log_warn(std::string("The nodes of the cluster could not be read again: ") + failure->what());
    });
  });
}

std::vector<NodePtr> Cluster::plan(std::optional<std::int64_t> token) {
  std::vector<NodePtr> out;
  if (token && murmur3_ && config_.load_balancing == LoadBalancing::kTokenAware) {
    for (const auto index : ring_.replicas(*token, replication_)) {
      if (is_local(*nodes_[index])) out.push_back(nodes_[index]);
    }
    if (out.size() > 1)
      std::rotate(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(turn_ % out.size()), out.end());
  }
  const std::size_t start = turn_++;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto& node = nodes_[(start + i) % nodes_.size()];
    if (is_local(*node) && std::find(out.begin(), out.end(), node) == out.end()) out.push_back(node);
  }
  return out;
}

void Cluster::await_connection(std::function<void(bool)> ready) {
  bool hope = false;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& node : nodes_) {
    if (node->ready()) {
      loop_.post([ready = std::move(ready)] { ready(true); });
      return;
    }
    if (!node->opening && is_local(*node) && now - node->last_attempt >= kKickInterval) connect(node);
    hope = hope || node->opening != nullptr;
  }
  if (closed_ || !hope) {
    loop_.post([ready = std::move(ready)] { ready(false); });
    return;
  }
  waiters_.push_back(std::move(ready));
}

void Cluster::wake(bool ok) {
  auto waiters = std::exchange(waiters_, {});
  for (auto& waiter : waiters) waiter(ok);
}

std::string Cluster::errors() const {
  std::string out;
  for (const auto& node : nodes_) {
    if (!is_local(*node) || node->last_error.empty()) continue;
    out += (out.empty() ? "" : "; ") + node->last_error;
  }
  return out.empty() ? "no node of the local data centre has a connection" : out;
}

}  // namespace millrace::cassandra::cql
