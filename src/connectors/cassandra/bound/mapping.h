#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/cassandra/bound/date_pattern.h"
#include "connectors/cassandra/common/time_zone.h"
#include "connectors/cassandra/cql/message.h"
#include "connectors/cassandra/kcql/kcql.h"

namespace millrace::cassandra {

enum class TimeUnit : std::uint8_t { kNanoseconds, kMicroseconds, kMilliseconds, kSeconds, kMinutes, kHours, kDays };

/// `amount` of `from` in `to`, rounded down. Clamps instead of overflowing.
std::int64_t convert_units(std::int64_t amount, TimeUnit from, TimeUnit to) noexcept;

/// Where a column's value comes from.
struct ColumnSource {
  enum class From : std::uint8_t { kKey, kValue, kHeader, kNow };
  From from = From::kValue;
  std::vector<std::string> path;  ///< empty: the whole key or value; a header's name comes first

  /// "_value.name", for error texts.
  std::string text() const;
};

struct ColumnMapping {
  ColumnSource source;
  std::string column;  ///< as the table spells it; of a custom query: the marker
};

/// How texts and numbers become times. One for all statements of a topic.
struct TimeCodec {
  DatePattern timestamp{"CQL_TIMESTAMP", "en_US"};
  DatePattern date{"ISO_LOCAL_DATE", "en_US"};
  DatePattern time{"ISO_LOCAL_TIME", "en_US"};
  bool timestamp_is_units = false;  ///< UNITS_SINCE_EPOCH
  std::shared_ptr<const ZoneRules> zone = ZoneRules::find("UTC");
  TimeUnit unit = TimeUnit::kMilliseconds;
};

/// One KCQL statement of the bound-column sink.
struct BoundStatement {
  std::string topic;
  std::string keyspace;
  std::string table;
  bool all_fields = false;  ///< `*`: fields of the value go to the columns of their name
  std::vector<ColumnMapping> columns;
  std::optional<ColumnSource> ttl;
  std::optional<ColumnSource> write_time;
  std::int64_t fixed_ttl_seconds = -1;
  TimeUnit ttl_unit = TimeUnit::kSeconds;
  TimeUnit timestamp_unit = TimeUnit::kMicroseconds;
  bool null_to_unset = true;
  bool deletes = true;
  std::string query;  ///< empty: a generated INSERT or UPDATE
  cql::Consistency consistency = cql::Consistency::kLocalOne;
  bool consistency_given = false;
  std::shared_ptr<const TimeCodec> codec;
};

/// The statements of a `connect.cassandra.kcql`. Throws ConfigError.
std::vector<BoundStatement> bound_statements(const std::string& kcql, std::vector<std::string>& warnings);

}  // namespace millrace::cassandra
