#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/cassandra/common/connection_config.h"
#include "connectors/cassandra/kcql/kcql.h"
#include "connectors/cassandra/source/instants.h"
#include "millrace/config.h"

namespace millrace::cassandra {

enum class ImportMode : std::uint8_t { kBulk, kTimeuuid, kTimestamp, kToken, kDseSearch, kBuckets };

/// "TIMEUUID", "bulk", ...
const char* name_of(ImportMode mode) noexcept;

enum class VarintHandling : std::uint8_t { kLong, kString, kDecimal };
enum class BucketUnit : std::uint8_t { kDay, kHour, kMinute, kSecond };

/// How column values become Connect values.
struct TypeSettings {
  bool collections_to_json = true;
  bool null_as_zero = false;
  bool java_inet = false;  ///< with the slash that Java's text form has
  bool decimal_as_text = false;
  std::int32_t decimal_scale = 18;
  VarintHandling varint = VarintHandling::kLong;
};

/// One KCQL statement and the mode it runs in.
struct Route {
  KcqlStatement kcql;
  ImportMode mode = ImportMode::kBulk;
  std::string pk;  ///< the mode column; may be empty in bulk mode
};

struct SourceSettings {
  cql::SessionConfig session;
  std::string keyspace;  ///< as configured
  std::vector<Route> routes;
  ErrorPolicy error_policy = ErrorPolicy::kThrow;
  std::int64_t max_retries = 20;
  std::chrono::milliseconds retry_interval{60000};
  cql::Consistency consistency = cql::Consistency::kLocalOne;
  std::int32_t fetch_size = 5000;
  std::int32_t buffer_size = 10000;
  std::int32_t batch_size = 100;
  std::chrono::milliseconds poll_interval{1000};
  bool allow_filtering = true;
  std::chrono::milliseconds slice{10000};
  std::chrono::milliseconds slice_delay{30000};
  std::chrono::milliseconds slice_overlap{0};
  std::int64_t slice_target_rows = 0;  ///< 0: windows do not adapt
  std::string initial_offset;
  TimeZone zone;
  bool bulk_once = false;
  std::int32_t bulk_parallelism = 1;
  std::int32_t window_parallelism = 1;
  std::optional<BucketUnit> bucket_unit;
  std::string bucket_format;
  std::string bucket_column;
  bool named_schema = true;
  TypeSettings types;
  std::vector<std::string> assigned_tables;  ///< empty: all
  std::vector<std::string> warnings;         ///< to be logged once at start
};

const ConfigDef& source_config_def();

/// Older spellings replaced, the legacy defaults filled in: what `source_config_def` understands.
Props canonical_source_props(const Props& props, std::vector<std::string>& warnings);

/// Throws ConfigError with the whole reason.
SourceSettings source_settings(const Props& props);

}  // namespace millrace::cassandra
