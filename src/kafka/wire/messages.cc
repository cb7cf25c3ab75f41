#include "kafka/wire/messages.h"

#include "kafka/wire/codec.h"

namespace millrace::kafka::wire {
namespace {

struct ApiRow {
  Api api;
  VersionRange versions;
  std::int16_t flexible_from;
  const char* name;
};

constexpr ApiRow kApis[] = {
    {Api::kFindCoordinator, {0, 6}, 3, "FindCoordinator"},
    {Api::kJoinGroup, {2, 9}, 6, "JoinGroup"},
    {Api::kHeartbeat, {0, 4}, 4, "Heartbeat"},
    {Api::kLeaveGroup, {0, 5}, 4, "LeaveGroup"},
    {Api::kSyncGroup, {0, 5}, 4, "SyncGroup"},
    {Api::kSaslHandshake, {1, 1}, 99, "SaslHandshake"},
    {Api::kApiVersions, {0, 3}, 3, "ApiVersions"},
    {Api::kSaslAuthenticate, {0, 2}, 2, "SaslAuthenticate"},
};

const ApiRow& row(Api api) {
  for (const ApiRow& candidate : kApis) {
    if (candidate.api == api) return candidate;
  }
  return kApis[0];
}

Layout layout(Api api, std::int16_t version) { return is_flexible(api, version) ? Layout::kFlexible : Layout::kFixed; }

Error malformed(Api api) {
  return Error{
      Errc::kKafka, std::string("the broker's answer to ") + row(api).name + " does not parse", false, {}, {}, 0};
}

template <class T>
Result<T> checked(Reader& in, Api api, T value) {
  if (!in.ok()) return malformed(api);
  return value;
}

std::string cut_reason(const std::string& reason) {
  if (reason.size() <= 255) return reason;
  std::size_t end = 255;
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xc0) == 0x80) --end;  // not inside a UTF-8 sequence
  return reason.substr(0, end);
}

}  // namespace

std::string describe(Code code) {
  switch (code) {
    case Code::kNone: return "no error";
    case Code::kCoordinatorLoadInProgress: return "The coordinator is loading and hence can't process requests.";
    case Code::kCoordinatorNotAvailable: return "The coordinator is not available.";
    case Code::kNotCoordinator: return "This is not the correct coordinator.";
    case Code::kIllegalGeneration: return "Specified group generation id is not valid.";
    case Code::kInconsistentGroupProtocol:
      return "The group member's supported protocols are incompatible with those of existing members or first group "
             "member tried to "
             "join with empty protocol type or empty protocol list.";
    case Code::kInvalidGroupId: return "The group id is invalid.";
    case Code::kUnknownMemberId: return "The coordinator is not aware of this member.";
    case Code::kInvalidSessionTimeout:
      return "The session timeout is not within the range allowed by the broker (as configured by "
             "group.min.session.timeout.ms and "
             "group.max.session.timeout.ms).";
    case Code::kRebalanceInProgress: return "The group is rebalancing, so a rejoin is needed.";
    case Code::kGroupAuthorizationFailed: return "Group authorization failed.";
    case Code::kUnsupportedSaslMechanism: return "The broker does not support the requested SASL mechanism.";
    case Code::kUnsupportedVersion: return "The version of API is not supported.";
    case Code::kSaslAuthenticationFailed: return "SASL Authentication failed.";
    case Code::kMemberIdRequired:
      return "The group member needs to have a valid member id before actually entering a consumer group.";
    case Code::kGroupMaxSizeReached: return "The group has reached its maximum size.";
    case Code::kFencedInstanceId:
      return "The broker rejected this static consumer since another consumer with the same group.instance.id has "
             "registered with a "
             "different member.id.";
    case Code::kUnknownServerError: break;
  }
  if (code == Code::kUnknownServerError)
    return "The server experienced an unexpected error when processing the request.";
  return "error code " + std::to_string(static_cast<int>(code));
}

VersionRange supported(Api api) { return row(api).versions; }
bool is_flexible(Api api, std::int16_t version) { return version >= row(api).flexible_from; }

std::string api_versions_request(std::int16_t version) {
  Writer out(layout(Api::kApiVersions, version));
  if (version >= 3) {
    out.string("millrace");
    out.string(MILLRACE_VERSION);
    out.tags();
  }
  return std::move(out).data();
}

Result<ApiVersionsResponse> read_api_versions(std::string_view body, std::int16_t version) {
  // A broker that does not know the version answers in the oldest layout.
  if (body.size() >= 2 && Reader(body).int16() == static_cast<std::int16_t>(Code::kUnsupportedVersion)) version = 0;
  Reader in(body, layout(Api::kApiVersions, version));
  ApiVersionsResponse out;
  out.error = static_cast<Code>(in.int16());
  const auto count = in.array();
  for (std::int32_t i = 0; i < count && in.ok(); ++i) {
    const auto key = in.int16();
    VersionRange range;
    range.low = in.int16();
    range.high = in.int16();
    in.tags();
    out.apis[key] = range;
  }
  return checked(in, Api::kApiVersions, std::move(out));
}

std::string find_coordinator_request(std::int16_t version, const std::string& group) {
  Writer out(layout(Api::kFindCoordinator, version));
  if (version <= 3) out.string(group);
  if (version >= 1) out.int8(0);
  if (version >= 4) {
    out.array(1);
    out.string(group);
  }
  out.tags();
  return std::move(out).data();
}

Result<FindCoordinatorResponse> read_find_coordinator(std::string_view body, std::int16_t version) {
  Reader in(body, layout(Api::kFindCoordinator, version));
  FindCoordinatorResponse out;
  if (version >= 1) in.int32();  // throttle
  if (version >= 4) {
    if (in.array() < 1) return malformed(Api::kFindCoordinator);
    in.string();
    out.node = in.int32();
    out.host = in.string();
    out.port = in.int32();
    out.error = static_cast<Code>(in.int16());
    out.message = in.string();
    return checked(in, Api::kFindCoordinator, std::move(out));
  }
  out.error = static_cast<Code>(in.int16());
  if (version >= 1) out.message = in.string();
  out.node = in.int32();
  out.host = in.string();
  out.port = in.int32();
  return checked(in, Api::kFindCoordinator, std::move(out));
}

std::string encode(const JoinGroupRequest& request, std::int16_t version) {
  Writer out(layout(Api::kJoinGroup, version));
  out.string(request.group);
  out.int32(request.session_timeout_ms);
  if (version >= 1) out.int32(request.rebalance_timeout_ms);
  out.string(request.member_id);
  if (version >= 5) out.nullable_string(std::nullopt);
  out.string(request.protocol_type);
  out.array(request.protocols.size());
  for (const auto& [name, metadata] : request.protocols) {
    out.string(name);
    out.bytes(metadata);
    out.tags();
  }
  if (version >= 8) out.nullable_string(cut_reason(request.reason));
  out.tags();
  return std::move(out).data();
}

Result<JoinGroupResponse> read_join_group(std::string_view body, std::int16_t version) {
  Reader in(body, layout(Api::kJoinGroup, version));
  JoinGroupResponse out;
  if (version >= 2) in.int32();  // throttle
  out.error = static_cast<Code>(in.int16());
  out.generation = in.int32();
  if (version >= 7) out.protocol_type = in.nullable_string();
  out.protocol = in.string();
  out.leader = in.string();
  if (version >= 9) out.skip_assignment = in.int8() != 0;
  out.member_id = in.string();
  const auto count = in.array();
  for (std::int32_t i = 0; i < count && in.ok(); ++i) {
    std::string id = in.string();
    if (version >= 5) in.nullable_string();
    out.members.emplace_back(std::move(id), in.bytes());
    in.tags();
  }
  return checked(in, Api::kJoinGroup, std::move(out));
}

std::string encode(const SyncGroupRequest& request, std::int16_t version) {
  Writer out(layout(Api::kSyncGroup, version));
  out.string(request.group);
  out.int32(request.generation);
  out.string(request.member_id);
  if (version >= 3) out.nullable_string(std::nullopt);
  if (version >= 5) {
    out.nullable_string(request.protocol_type);
    out.nullable_string(request.protocol);
  }
  out.array(request.assignments.size());
  for (const auto& [id, assignment] : request.assignments) {
    out.string(id);
    out.bytes(assignment);
    out.tags();
  }
  out.tags();
  return std::move(out).data();
}

Result<SyncGroupResponse> read_sync_group(std::string_view body, std::int16_t version) {
  Reader in(body, layout(Api::kSyncGroup, version));
  SyncGroupResponse out;
  if (version >= 1) in.int32();  // throttle
  out.error = static_cast<Code>(in.int16());
  if (version >= 5) {
    out.protocol_type = in.nullable_string();
    out.protocol = in.nullable_string();
  }
  out.assignment = in.bytes();
  return checked(in, Api::kSyncGroup, std::move(out));
}

std::string heartbeat_request(std::int16_t version, const std::string& group, std::int32_t generation,
                              const std::string& member_id) {
  Writer out(layout(Api::kHeartbeat, version));
  out.string(group);
  out.int32(generation);
  out.string(member_id);
  if (version >= 3) out.nullable_string(std::nullopt);
  out.tags();
  return std::move(out).data();
}

Result<Code> read_heartbeat(std::string_view body, std::int16_t version) {
  Reader in(body, layout(Api::kHeartbeat, version));
  if (version >= 1) in.int32();  // throttle
  return checked(in, Api::kHeartbeat, static_cast<Code>(in.int16()));
}

std::string leave_group_request(std::int16_t version, const std::string& group, const std::string& member_id,
                                const std::string& reason) {
  Writer out(layout(Api::kLeaveGroup, version));
  out.string(group);
  if (version <= 2) {
    out.string(member_id);
  } else {
    out.array(1);
    out.string(member_id);
    out.nullable_string(std::nullopt);
    if (version >= 5) out.nullable_string(cut_reason(reason));
    out.tags();
  }
  out.tags();
  return std::move(out).data();
}

Result<Code> read_leave_group(std::string_view body, std::int16_t version) {
  Reader in(body, layout(Api::kLeaveGroup, version));
  if (version >= 1) in.int32();  // throttle
  auto code = static_cast<Code>(in.int16());
  if (version >= 3 && code == Code::kNone && in.array() > 0) {
    in.string();
    in.nullable_string();
    code = static_cast<Code>(in.int16());
  }
  return checked(in, Api::kLeaveGroup, code);
}

std::string sasl_handshake_request(const std::string& mechanism) {
  Writer out;
  out.string(mechanism);
  return std::move(out).data();
}

Result<SaslHandshakeResponse> read_sasl_handshake(std::string_view body) {
  Reader in(body);
  SaslHandshakeResponse out;
  out.error = static_cast<Code>(in.int16());
  const auto count = in.array();
  for (std::int32_t i = 0; i < count && in.ok(); ++i) out.mechanisms.push_back(in.string());
  return checked(in, Api::kSaslHandshake, std::move(out));
}

std::string sasl_authenticate_request(std::int16_t version, std::string_view token) {
  Writer out(layout(Api::kSaslAuthenticate, version));
  out.bytes(token);
  out.tags();
  return std::move(out).data();
}

Result<SaslAuthenticateResponse> read_sasl_authenticate(std::string_view body, std::int16_t version) {
  Reader in(body, layout(Api::kSaslAuthenticate, version));
  SaslAuthenticateResponse out;
  out.error = static_cast<Code>(in.int16());
  out.message = in.string();
  out.token = in.bytes();
  if (version >= 1) out.session_lifetime_ms = in.int64();
  return checked(in, Api::kSaslAuthenticate, std::move(out));
}

}  // namespace millrace::kafka::wire
