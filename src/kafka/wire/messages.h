#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace millrace::kafka::wire {

enum class Api : std::int16_t {
  kFindCoordinator = 10,
  kJoinGroup = 11,
  kHeartbeat = 12,
  kLeaveGroup = 13,
  kSyncGroup = 14,
  kSaslHandshake = 17,
  kApiVersions = 18,
  kSaslAuthenticate = 36,
};

/// Kafka's error codes, as far as membership acts on them.
enum class Code : std::int16_t {
  kUnknownServerError = -1,
  kNone = 0,
  kCoordinatorLoadInProgress = 14,
  kCoordinatorNotAvailable = 15,
  kNotCoordinator = 16,
  kIllegalGeneration = 22,
  kInconsistentGroupProtocol = 23,
  kInvalidGroupId = 24,
  kUnknownMemberId = 25,
  kInvalidSessionTimeout = 26,
  kRebalanceInProgress = 27,
  kGroupAuthorizationFailed = 30,
  kUnsupportedSaslMechanism = 33,
  kUnsupportedVersion = 35,
  kSaslAuthenticationFailed = 58,
  kMemberIdRequired = 79,
  kGroupMaxSizeReached = 81,
  kFencedInstanceId = 82,
};

/// The broker's words for a code.
std::string describe(Code code);

/// Version ranges that we write and read.
struct VersionRange {
  std::int16_t low = 0;
  std::int16_t high = 0;
};
VersionRange supported(Api api);
bool is_flexible(Api api, std::int16_t version);

// Requests are written and answers read in a given version; each answer that does not parse is an Error.

std::string api_versions_request(std::int16_t version);
struct ApiVersionsResponse {
  Code error = Code::kNone;
  std::map<std::int16_t, VersionRange> apis;
};
Result<ApiVersionsResponse> read_api_versions(std::string_view body, std::int16_t version);

std::string find_coordinator_request(std::int16_t version, const std::string& group);
struct FindCoordinatorResponse {
  Code error = Code::kNone;
  std::string message;
  std::int32_t node = -1;
  std::string host;
  std::int32_t port = -1;
};
Result<FindCoordinatorResponse> read_find_coordinator(std::string_view body, std::int16_t version);

struct JoinGroupRequest {
  std::string group;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = 0;
  std::string member_id;
  std::string protocol_type;
  std::vector<std::pair<std::string, std::string>> protocols;  ///< name, metadata; in order of preference
  std::string reason;
};
std::string encode(const JoinGroupRequest& request, std::int16_t version);
struct JoinGroupResponse {
  Code error = Code::kNone;
  std::int32_t generation = -1;
  std::optional<std::string> protocol_type;
  std::string protocol;
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<std::pair<std::string, std::string>> members;  ///< id, metadata; filled for the leader
};
Result<JoinGroupResponse> read_join_group(std::string_view body, std::int16_t version);

struct SyncGroupRequest {
  std::string group;
  std::int32_t generation = -1;
  std::string member_id;
  std::string protocol_type;
  std::string protocol;
  std::vector<std::pair<std::string, std::string>> assignments;
};
std::string encode(const SyncGroupRequest& request, std::int16_t version);
struct SyncGroupResponse {
  Code error = Code::kNone;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol;
  std::string assignment;
};
Result<SyncGroupResponse> read_sync_group(std::string_view body, std::int16_t version);

std::string heartbeat_request(std::int16_t version, const std::string& group, std::int32_t generation,
                              const std::string& member_id);
Result<Code> read_heartbeat(std::string_view body, std::int16_t version);

std::string leave_group_request(std::int16_t version, const std::string& group, const std::string& member_id,
                                const std::string& reason);
Result<Code> read_leave_group(std::string_view body, std::int16_t version);

std::string sasl_handshake_request(const std::string& mechanism);
struct SaslHandshakeResponse {
  Code error = Code::kNone;
  std::vector<std::string> mechanisms;
};
Result<SaslHandshakeResponse> read_sasl_handshake(std::string_view body);

std::string sasl_authenticate_request(std::int16_t version, std::string_view token);
struct SaslAuthenticateResponse {
  Code error = Code::kNone;
  std::string message;
  std::string token;
  std::int64_t session_lifetime_ms = 0;
};
Result<SaslAuthenticateResponse> read_sasl_authenticate(std::string_view body, std::int16_t version);

}  // namespace millrace::kafka::wire
