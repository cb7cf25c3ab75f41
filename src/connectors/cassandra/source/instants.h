#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/cassandra/common/time_zone.h"

namespace millrace::cassandra {

/// The zone of offset texts: the worker's own, a named one, or a fixed distance from UTC.
struct TimeZone {
  bool local = true;
  std::shared_ptr<const ZoneRules> rules;  ///< unless local
  std::string name;

  /// "system", "UTC", "Z", "+02:00", "Europe/Berlin"; nullopt for anything else.
  static std::optional<TimeZone> parse(std::string_view text);
  /// "system (+01:00 now)", "UTC", "+02:00", "Europe/Berlin (+01:00 now)"
  std::string text() const;
  bool operator==(const TimeZone&) const = default;
};

/// The offset's text form: `yyyy-MM-dd HH:mm:ss.SSSZ` where Z is a literal letter and the time is local to `zone`.
std::string offset_text(std::int64_t epoch_ms, const TimeZone& zone);

/// Reads that form leniently, as the original does: overflowing fields roll over, the digits after the dot are a whole
/// number of milliseconds, what follows the Z is ignored. Also takes plain ISO instants in UTC.
std::optional<std::int64_t> parse_offset_text(std::string_view text, const TimeZone& zone);

/// The calendar year in `zone`.
std::int64_t year_of(std::int64_t epoch_ms, const TimeZone& zone);

/// Checks a bucket pattern (y M d H m s, quotes, literal punctuation); the complaint, or nullopt when it is fine.
std::optional<std::string> check_bucket_format(std::string_view pattern);
/// `pattern` filled with the UTC time.
std::string bucket_text(std::int64_t epoch_ms, std::string_view pattern);

}  // namespace millrace::cassandra
