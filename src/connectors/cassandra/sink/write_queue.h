#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/cassandra/cql/session.h"

namespace millrace::cassandra {

/// Where a write's time comes from.
enum class WriteTime : std::uint8_t {
  kClient,     ///< this process: later writes get later times
  kStatement,  ///< the statement binds it
  kServer,     ///< the node: such writes are never sent twice and never share a batch (counters, conditions)
};

/// One row to write.
struct Write {
  cql::PreparedPtr prepared;
  std::vector<cql::BoundValue> values;
  std::string partition;  ///< table and partition key, as text: writes of one partition keep their order
  std::string row;        ///< the whole primary key: two writes of one row never share a batch
  std::optional<std::int64_t> token;
  std::size_t record = 0;  ///< index in the put
  WriteTime time = WriteTime::kClient;
  std::optional<std::int64_t> timestamp_us;     ///< of kClient; nullopt: now
  std::optional<cql::Consistency> consistency;  ///< nullopt: the queue's
};

/// Writes a put: partitions side by side, the rows of one partition in order, neighbours of one partition together in an
/// unlogged batch, never more requests under way than allowed.
///
/// Batches of one partition go one after the other though their rows differ: side by side they meet in the node's memtable, and a busy
/// node wrote a tenth less.
///
/// Threads: `run` blocks the task's thread; answers come on the session's.
class WriteQueue {
 public:
  struct Limits {
    std::int32_t in_flight = 128;
    std::int32_t batch = 64;
    cql::Consistency consistency = cql::Consistency::kLocalOne;
  };
  struct Failure {
    std::size_t record = 0;
    cql::CqlError error;
  };

  WriteQueue(cql::Session& session, Limits limits) : session_(session), limits_(limits), window_(limits.in_flight) {}

  /// Returns when every write has its answer, with what failed, in the order of records. After a failure that may pass, the later
  /// writes of that partition are not sent and fail with it.
  std::vector<Failure> run(std::vector<Write> writes);

 private:
  struct Partition;
  struct Flight;
  struct Run;
  std::vector<std::size_t> take_batch(const std::vector<Write>& writes, Partition& partition) const;
  std::shared_ptr<const cql::Statement> statement_of(std::vector<Write>& writes, const std::vector<std::size_t>& batch);
  void answered(Run& run, const Flight& flight, const std::optional<cql::CqlError>& error);
  std::int64_t next_timestamp();

  cql::Session& session_;
  Limits limits_;
  std::int32_t window_;  // requests allowed under way now: fewer after an overload
  std::int64_t last_timestamp_ = 0;
};

}  // namespace millrace::cassandra
