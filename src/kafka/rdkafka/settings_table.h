#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace::kafka {

/// What becomes of one Java client key.
enum class Treatment : std::uint8_t {
  kMapped,       ///< librdkafka's property `detail`, value as converted
  kEmulated,     ///< done by our own client, see `Settings`
  kSecurity,     ///< read by `read_security`
  kIrrelevant,   ///< has no meaning without a JVM or with this client; `detail` says why. Accepted in silence
  kUnsupported,  ///< reported when set to something else than `harmless`; `detail` says why
};

/// How a value is rewritten for librdkafka.
enum class Conversion : std::uint8_t {
  kText,
  kLower,
  kNumber,  ///< a Java INT or LONG, clamped to [low, high]
  kBoolean,
  kDeliveryTimeout,  ///< Integer.MAX_VALUE means without limit: 0
  kOffsetReset,
  kServers,  ///< a list of host:port, as Java checks it
};

inline constexpr std::uint8_t kP = 1;
inline constexpr std::uint8_t kC = 2;
inline constexpr std::uint8_t kA = 4;

struct SettingRow {
  std::string_view key;
  std::uint8_t kinds;  ///< kP, kC, kA: the clients that know the key
  Treatment treatment;
  std::string_view detail;
  Conversion conversion = Conversion::kText;
  std::int64_t low = 0;
  std::int64_t high = 0;
  /// Values joined by '|'. kUnsupported: those that change nothing; kLower: the only ones that there are.
  std::string_view choices = {};
};

/// Every key that the producer, consumer and admin client of Apache Kafka 4.1 know.
std::span<const SettingRow> setting_table();

}  // namespace millrace::kafka
