#include <algorithm>
#include <utility>

#include "kafka/group/coordinator.h"
#include "kafka/group/coordinator_errors.h"

namespace millrace::kafka {
namespace {

using std::chrono::milliseconds;
using wire::Api;
using wire::Code;

}  // namespace

void GroupCoordinator::heartbeat_loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    enum class Next : std::uint8_t { kWait, kBeat, kFind, kSessionOver, kPollOver } next = Next::kWait;
    {
      std::unique_lock lock(mutex_);
      const Time now = Clock::now();
      Time wake = now + options_.heartbeat_interval;
      if (stopping_) return;
      if (state_ == State::kStable) {
        const Time poll_limit = last_poll_ + options_.rebalance_timeout;
        const Time session_limit = last_heartbeat_ + options_.session_timeout;
        if (!polling_ && now >= poll_limit) {
          next = Next::kPollOver;
        } else if (!coordinator_known_) {
          next = polling_ ? Next::kWait : Next::kFind;  // who is in poll looks for it
        } else if (now >= session_limit) {
          next = Next::kSessionOver;
        } else if (now >= next_heartbeat_) {
          next = Next::kBeat;
        } else {
          wake = std::min(next_heartbeat_, session_limit);
          if (!polling_) wake = std::min(wake, poll_limit);
        }
      }
      if (next == Next::kWait) {
        changed_.wait_until(lock, wake, [&] { return stopping_ || stop.stop_requested() || Clock::now() >= wake; });
        continue;
      }
    }
    switch (next) {
      case Next::kBeat: beat(); break;
      case Next::kFind:
        if (auto found = find_coordinator(Clock::now() + options_.heartbeat_interval); !found)
          pause_for(options_.retry_backoff);
        break;
      case Next::kSessionOver: forget_coordinator("session timed out without receiving a heartbeat response"); break;
      case Next::kPollOver:
        events_.on_poll_timeout();
        leave("worker poll timeout has expired.");
        break;
      case Next::kWait: break;
    }
  }
}

void GroupCoordinator::beat() {
  std::string id;
  std::int32_t generation = -1;
  {
    std::lock_guard lock(mutex_);
    id = member_id_;
    generation = generation_;
    next_heartbeat_ = Clock::now() + options_.heartbeat_interval;
  }
  auto told = [&]() -> Result<Code> {
    auto version = version_of(Api::kHeartbeat);
    if (!version) return version.error();
    auto body = call(Api::kHeartbeat, *version, wire::heartbeat_request(*version, options_.group_id, generation, id),
                     Clock::now() + std::min(options_.request_timeout, options_.session_timeout));
    if (!body) return body.error();
    return wire::read_heartbeat(*body, *version);
  }();
  if (!told) {
    {
      std::lock_guard lock(mutex_);
      next_heartbeat_ = Clock::now() + backoff(failed_heartbeats_++);
    }
    if (told.error().code != Errc::kCancelled) forget_coordinator(told.error().text);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    // What a heartbeat of an earlier generation brings means nothing any more.
    if (state_ != State::kStable || generation_ != generation || member_id_ != id) return;
    if (*told == Code::kNone || *told == Code::kRebalanceInProgress) {
      last_heartbeat_ = Clock::now();
      failed_heartbeats_ = 0;
    }
  }
  switch (*told) {
    case Code::kNone: return;
    case Code::kRebalanceInProgress:
      group_log().info("[Worker clientId={}, groupId={}] Request joining group due to: group is already rebalancing",
                       options_.client_id, options_.group_id);
      {
        std::lock_guard lock(mutex_);
        rejoin_ = true;
      }
      changed_.notify_all();
      return;
    case Code::kCoordinatorNotAvailable:
    case Code::kNotCoordinator: forget_coordinator(wire::describe(*told)); return;
    case Code::kIllegalGeneration:
      group_log().info("[Worker clientId={}, groupId={}] Attempt to heartbeat with generation {} failed: {}",
                       options_.client_id, options_.group_id, generation, wire::describe(*told));
      reset_generation(true, "");
      return;
    case Code::kUnknownMemberId:
      group_log().info("[Worker clientId={}, groupId={}] Attempt to heartbeat with member id {} failed: {}",
                       options_.client_id, options_.group_id, id, wire::describe(*told));
      reset_generation(false, "");
      return;
    default: {
      // Anything else shows again, as fatal, when joining.
      std::lock_guard lock(mutex_);
      next_heartbeat_ = Clock::now() + backoff(failed_heartbeats_++);
      if (*told != Code::kCoordinatorLoadInProgress) {
        state_ = State::kUnjoined;
        rejoin_ = true;
        changed_.notify_all();
      }
    }
  }
}

}  // namespace millrace::kafka
