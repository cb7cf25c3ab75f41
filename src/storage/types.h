#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace millrace::storage {

/// A connector config as REST and the config topic have it: a value may be null.
using RawConfig = std::map<std::string, std::optional<std::string>>;

struct ConnectorTaskId {
  std::string connector;
  std::int32_t task = 0;
  auto operator<=>(const ConnectorTaskId&) const = default;
  /// "connector-task"
  std::string to_string() const;
};

enum class TargetState : std::uint8_t { kStarted, kPaused, kStopped };
enum class State : std::uint8_t { kUnassigned, kRunning, kPaused, kStopped, kFailed, kRestarting, kDestroyed };

/// "STARTED" / "RUNNING", ...
const char* name_of(TargetState state) noexcept;
const char* name_of(State state) noexcept;
std::optional<TargetState> target_state_of(const std::string& name) noexcept;
std::optional<State> state_of(const std::string& name) noexcept;

}  // namespace millrace::storage
