#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "connectors/cassandra/bound/mapping.h"
#include "connectors/cassandra/common/connection_config.h"
#include "connectors/cassandra/sink/put_policy.h"

namespace millrace::cassandra {

/// `ignore.errors.mode`: which failures are logged and left.
enum class IgnoreErrors : std::uint8_t { kNone, kDriver, kAll };

struct BoundSinkSettings {
  cql::SessionConfig session;
  std::vector<BoundStatement> statements;
  std::int32_t requests_in_flight = 100;
  std::int32_t batch_size = 64;
  IgnoreErrors ignore_errors = IgnoreErrors::kNone;
  PutPolicy::Settings policy;
  std::vector<std::string> warnings;
};

const ConfigDef& bound_sink_config_def();
/// Throws ConfigError.
BoundSinkSettings bound_sink_settings(const Props& props);

}  // namespace millrace::cassandra
