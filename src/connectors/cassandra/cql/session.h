#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/cassandra/cql/connection.h"
#include "connectors/cassandra/cql/error.h"
#include "connectors/cassandra/cql/message.h"
#include "connectors/cassandra/cql/tls.h"
#include "connectors/cassandra/cql/token.h"

namespace millrace::cassandra::cql {

enum class LoadBalancing : std::uint8_t { kTokenAware, kRoundRobin, kDcAwareRoundRobin };

struct SessionConfig {
  std::vector<std::string> contact_points{"localhost"};  ///< "host", "host:port", "[v6]:port"
  std::uint16_t port = 9042;
  std::string keyspace;  ///< whose replication routes requests; "" = none
  std::string user;
  std::string password;
  std::optional<TlsConfig> tls;
  Compression compression = Compression::kNone;
  LoadBalancing load_balancing = LoadBalancing::kTokenAware;
  std::string local_datacenter;  ///< empty: that of the first node reached
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds request_timeout{12000};
  std::chrono::milliseconds heartbeat_interval{30000};
  std::chrono::milliseconds reconnect_base{1000};
  std::chrono::milliseconds reconnect_max{60000};
  std::uint8_t max_version = 5;
  std::function<void(const std::string&)> log_info;
  std::function<void(const std::string&)> log_warn;
};

/// A statement that the server knows by an id. Shared; safe from any thread.
class PreparedStatement {
 public:
  PreparedStatement(std::string cql, std::shared_ptr<const Prepared> info)
      : cql_(std::move(cql)), info_(std::move(info)) {}
  const std::string& cql() const noexcept { return cql_; }
  std::shared_ptr<const Prepared> info() const {
    const std::lock_guard lock(mutex_);
    return info_;
  }
  /// After the server forgot it, or changed its columns.
  void set_info(std::shared_ptr<const Prepared> info) {
    const std::lock_guard lock(mutex_);
    info_ = std::move(info);
  }

 private:
  const std::string cql_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Prepared> info_;
};
using PreparedPtr = std::shared_ptr<PreparedStatement>;

enum class Idempotence : std::uint8_t { kIdempotent, kNotIdempotent };

/// One request: exactly one of `cql`, `prepared` and `batch` is given.
struct Statement {
  struct Entry {
    PreparedPtr prepared;
    std::vector<BoundValue> values;
  };
  std::string cql;
  PreparedPtr prepared;
  std::vector<Entry> batch;  ///< unlogged
  QueryParams params;
  Idempotence idempotence = Idempotence::kIdempotent;
  std::optional<std::int64_t> routing_token;
};

struct TableColumn {
  enum class Kind : std::uint8_t { kPartitionKey, kClustering, kStatic, kRegular };
  std::string name;
  Kind kind = Kind::kRegular;
  std::int32_t position = -1;
  std::string type;  ///< CQL text
  bool operator==(const TableColumn&) const = default;
};
struct TableInfo {
  std::string keyspace;
  std::string name;
  std::vector<TableColumn> columns;  ///< in the order of SELECT *
  std::vector<std::string> partition_key() const;
  std::vector<std::string> primary_key() const;
  const TableColumn* column(std::string_view name) const;
  bool operator==(const TableInfo&) const = default;
};

/// A client of one cluster: finds its nodes, keeps a connection to each, routes requests to replicas, repeats what may be
/// repeated, prepares again what a node forgot.
///
/// Threads: all calls from any thread; callbacks run on the session's own thread and must not block.
class Session {
 public:
  /// Blocks until one node is reached. Throws CqlError; TlsError for unreadable stores.
  static std::unique_ptr<Session> connect(SessionConfig config);
  /// Fails what is under way with kStopped.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// `done` runs exactly once, on the session's thread. The outcome's response is no ServerError: those come as CqlError.
  void execute(Statement statement, std::function<void(Outcome)> done);
  void execute(std::shared_ptr<const Statement> statement, std::function<void(Outcome)> done);

  // The same, blocking (up to the request timeout per attempt) and throwing CqlError. Not on the session's thread.
  Response execute_blocking(Statement statement);
  Rows query(const std::string& cql);
  PreparedPtr prepare(const std::string& cql);

  /// nullopt when the keyspace or table does not exist.
  std::optional<TableInfo> table(const std::string& keyspace, const std::string& table);
  std::vector<std::string> table_names(const std::string& keyspace);
  bool keyspace_exists(const std::string& keyspace);

  /// Waits until all live nodes have the same schema version; false when they do not agree in time.
  bool await_schema_agreement(std::chrono::milliseconds timeout = std::chrono::seconds(10));

  std::vector<std::int64_t> ring_tokens();
  std::uint8_t protocol_version() const;
  /// The cluster's partitioner is Murmur3Partitioner: tokens can be computed here.
  bool murmur3() const;
  /// How often a request was sent again, statements were prepared again, and connections were made again.
  struct Counters {
    std::uint64_t retries = 0;
    std::uint64_t repreparations = 0;
    std::uint64_t reconnections = 0;
  };
  Counters counters();

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// `name` as CQL needs it: bare when it is a lower-case identifier that is no reserved word, else quoted.
std::string quoted_name(std::string_view name);

}  // namespace millrace::cassandra::cql
