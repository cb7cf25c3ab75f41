// Every answer that a broker may send, in every version: no input may do more than fail.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kafka/wire/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace::kafka::wire;
  if (size < 2) return 0;
  const auto version = static_cast<std::int16_t>(data[1] % 10);
  const std::string_view body(reinterpret_cast<const char*>(data + 2), size - 2);
  switch (data[0] % 8) {
    case 0: (void)read_api_versions(body, version); break;
    case 1: (void)read_find_coordinator(body, version); break;
    case 2: (void)read_join_group(body, version); break;
    case 3: (void)read_sync_group(body, version); break;
    case 4: (void)read_heartbeat(body, version); break;
    case 5: (void)read_leave_group(body, version); break;
    case 6: (void)read_sasl_handshake(body); break;
    default: (void)read_sasl_authenticate(body, version); break;
  }
  return 0;
}
