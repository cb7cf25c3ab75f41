#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace millrace::kafka {

enum class ClientLogLevel : std::uint8_t { kError, kWarn, kInfo, kDebug };

/// Where the clients' few lines go: one per change of state, never one per failed attempt. Called from any thread; must
/// not call back into a client.
using ClientLog = std::function<void(ClientLogLevel level, std::string_view text)>;

}  // namespace millrace::kafka
