#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cassandra {

/// A time zone of the system's database, or a fixed distance from UTC. Immutable.
class ZoneRules {
 public:
  /// "Europe/Paris", "UTC", "Z", "GMT", "+02:00", "-0530"; nullptr when there is none such.
  static std::shared_ptr<const ZoneRules> find(std::string_view id);

  /// Seconds east of UTC at an instant.
  std::int64_t offset_at(std::int64_t utc_seconds) const noexcept;
  /// The instant of a wall clock reading (counted as if it were UTC). Behaviour: java.time's: a reading that comes twice is the
  /// first one, a skipped one moves on by the gap.
  std::int64_t to_utc(std::int64_t wall_seconds) const noexcept;

 private:
  static std::shared_ptr<const ZoneRules> load(const std::string& id);
  std::int64_t first_offset_ = 0;
  std::vector<std::int64_t> transitions_;  // ascending
  std::vector<std::int64_t> offsets_;      // from the transition of that place on
};

}  // namespace millrace::cassandra
