#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millrace::kafka {

/// A task of a connector, as the group protocol names it.
struct TaskId {
  std::string connector;
  std::int32_t task = 0;
  auto operator<=>(const TaskId&) const = default;
};

/// A share of the cluster's work, in the order in which it was handed out.
struct ConnectorsAndTasks {
  std::vector<std::string> connectors;
  std::vector<TaskId> tasks;
  bool empty() const noexcept { return connectors.empty() && tasks.empty(); }
  bool operator==(const ConnectorsAndTasks&) const = default;
};

/// What the group's members speak: `connect.protocol` decides which they offer, the broker picks one that all know.
enum class ConnectProtocolVersion : std::int16_t { kEager = 0, kCompatible = 1, kSessioned = 2 };

/// "default", "compatible", "sessioned": the names in JoinGroup.
const char* name_of(ConnectProtocolVersion version) noexcept;
std::optional<ConnectProtocolVersion> connect_protocol_of(std::string_view name) noexcept;

/// What the leader tells a worker.
struct Assignment {
  static constexpr std::int16_t kNoError = 0;
  static constexpr std::int16_t kConfigMismatch = 1;

  ConnectProtocolVersion version = ConnectProtocolVersion::kSessioned;
  std::int16_t error = kNoError;
  std::string leader;  ///< member id
  std::string leader_url;
  std::int64_t config_offset = -1;
  ConnectorsAndTasks assigned;  ///< eager: all of it; else what is new
  ConnectorsAndTasks revoked;   ///< not in eager
  std::int32_t delay_ms = 0;    ///< not in eager
  bool operator==(const Assignment&) const = default;
};

/// What a worker tells the leader when it joins.
struct WorkerMetadata {
  ConnectProtocolVersion version = ConnectProtocolVersion::kSessioned;
  std::string url;
  std::int64_t config_offset = -1;
  std::optional<Assignment> allocation;  ///< what it holds; not in eager
  bool operator==(const WorkerMetadata&) const = default;
};

// The bytes inside JoinGroup and SyncGroup. Readers take any version from 0 on and treat missing
// trailing fields as absent; anything else that does not fit is an Error.
std::string encode(const Assignment& assignment);
std::string encode(const WorkerMetadata& metadata);
Result<Assignment> decode_assignment(std::string_view bytes);
Result<WorkerMetadata> decode_metadata(std::string_view bytes);

}  // namespace millrace::kafka
