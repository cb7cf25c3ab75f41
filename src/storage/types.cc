#include "storage/types.h"

#include <array>

namespace millrace::storage {
namespace {

constexpr std::array kTargetStates{TargetState::kStarted, TargetState::kPaused, TargetState::kStopped};
constexpr std::array kStates{State::kUnassigned, State::kRunning,    State::kPaused,   State::kStopped,
                             State::kFailed,     State::kRestarting, State::kDestroyed};

}  // namespace

std::string ConnectorTaskId::to_string() const { return connector + "-" + std::to_string(task); }

const char* name_of(TargetState state) noexcept {
  switch (state) {
    case TargetState::kStarted: return "STARTED";
    case TargetState::kPaused: return "PAUSED";
    case TargetState::kStopped: return "STOPPED";
  }
  return "";
}

const char* name_of(State state) noexcept {
  switch (state) {
    case State::kUnassigned: return "UNASSIGNED";
    case State::kRunning: return "RUNNING";
    case State::kPaused: return "PAUSED";
    case State::kStopped: return "STOPPED";
    case State::kFailed: return "FAILED";
    case State::kRestarting: return "RESTARTING";
    case State::kDestroyed: return "DESTROYED";
  }
  return "";
}

std::optional<TargetState> target_state_of(const std::string& name) noexcept {
  for (const TargetState state : kTargetStates) {
    if (name == name_of(state)) return state;
  }
  return std::nullopt;
}

std::optional<State> state_of(const std::string& name) noexcept {
  for (const State state : kStates) {
    if (name == name_of(state)) return state;
  }
  return std::nullopt;
}

}  // namespace millrace::storage
