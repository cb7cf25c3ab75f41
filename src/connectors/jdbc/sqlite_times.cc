#include "connectors/jdbc/sqlite_times.h"

namespace millrace::jdbc {

std::string sqlite_timestamp_expression(const std::string& column) {
  return "(CASE typeof(" + column + ") WHEN 'text' THEN CAST(round((julianday(" + column +
         ") - 2440587.5) * 86400000.0) AS INTEGER) ELSE " + column + " END)";
}

std::string sqlite_timestamp_literal(const TimestampBound& bound, const ReadOptions& options) {
  const std::string instant = std::to_string(bound.instant.millis());
  if (options.zone->is_utc()) return instant;
  const std::string wall =
      std::to_string(Instant{options.zone->to_wall(bound.instant.seconds), bound.instant.nanos}.millis());
  return "(CASE typeof(" + bound.column + ") WHEN 'text' THEN " + wall + " ELSE " + instant + " END)";
}

}  // namespace millrace::jdbc
