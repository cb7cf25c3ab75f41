#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "connectors/jdbc/calendar.h"
#include "connectors/jdbc/source_config.h"
#include "millrace/record.h"

namespace millrace::jdbc {

/// Where reading goes on. As a map: `timestamp_nanos` (within the second), `incrementing`, `timestamp` (ms), each only when
/// it is set; that is also the order in which the Java connector's map writes them.
struct SourceOffset {
  std::optional<std::int64_t> incrementing;
  std::optional<Instant> timestamp;

  bool operator==(const SourceOffset&) const = default;
  OffsetMap to_map() const;
  /// Accepts what any version of the Java connector stored, also without `timestamp_nanos`.
  static SourceOffset from_map(const Map& map);
};

/// {"protocol":"1","table":"public.acc"}
Map partition_v1(const std::string& full_name);
/// {"table":"acc"}: version 3 and 4 of the connector, and bulk mode.
Map partition_v0(const std::string& table);
/// {"query":"query"}
Map partition_of_query();

}  // namespace millrace::jdbc
