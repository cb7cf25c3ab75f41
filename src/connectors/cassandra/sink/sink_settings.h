#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "connectors/cassandra/common/connection_config.h"
#include "connectors/cassandra/kcql/kcql.h"

namespace millrace::cassandra {

constexpr const char* kNoTopics = "Missing `topics` configuration";

struct SinkSettings {
  cql::SessionConfig session;
  std::string keyspace;
  std::vector<KcqlStatement> statements;
  ErrorPolicy error_policy = ErrorPolicy::kThrow;
  std::int64_t max_retries = 20;
  std::chrono::milliseconds retry_interval{60000};
  cql::Consistency consistency = cql::Consistency::kLocalOne;
  std::int32_t requests_in_flight = 128;
  std::int32_t batch_size = 500;
  bool progress = false;
  bool delete_enabled = false;
  std::vector<std::string> delete_statements;
  std::vector<std::string> delete_fields;
  bool bound = false;        ///< a value per column instead of one JSON text
  bool record_time = false;  ///< write times are the records' timestamps
  bool unset = false;        ///< absent and null members leave the column as it is
  std::vector<std::string> warnings;
};

const ConfigDef& sink_config_def();
Props canonical_sink_props(const Props& props, std::vector<std::string>& warnings);
/// Throws ConfigError.
SinkSettings sink_settings(const Props& props);

}  // namespace millrace::cassandra
