#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "connectors/cassandra/cql/message.h"

namespace millrace::cassandra {

/// Rows of the time that windows read again (`connect.cassandra.slice.overlap.ms`): which of them were handed out already.
/// A row counts as another one when any of its selected cells changed. Two different rows with one hash would make a late one go
/// missing; with 64 bits and a million rows that is one chance in 10^7 for each late row.
class SeenRows {
 public:
  /// Remembers the row; false when it was there. `time_ms` is its mode column's.
  bool add(const std::vector<cql::Cell>& cells, std::int64_t time_ms);
  /// Rows up to that time will not be read again.
  void forget_until(std::int64_t time_ms);
  std::size_t size() const noexcept { return times_.size(); }

 private:
  std::unordered_map<std::int64_t, std::int64_t> times_;  // by hash
};

}  // namespace millrace::cassandra
