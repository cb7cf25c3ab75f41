#include "connectors/cassandra/source/seen_rows.h"

#include <string>

#include "connectors/cassandra/cql/token.h"

namespace millrace::cassandra {

bool SeenRows::add(const std::vector<cql::Cell>& cells, std::int64_t time_ms) {
  std::string row;
  for (const auto& cell : cells) {
    // The length in front keeps ("a", "bc") apart from ("ab", "c"), and null from empty.
    row.append(reinterpret_cast<const char*>(&cell.size), sizeof cell.size);
    if (!cell.is_null()) row += cell.bytes();
  }
  return times_.emplace(cql::murmur3_token(row), time_ms).second;
}

void SeenRows::forget_until(std::int64_t time_ms) {
  std::erase_if(times_, [time_ms](const auto& entry) { return entry.second <= time_ms; });
}

}  // namespace millrace::cassandra
