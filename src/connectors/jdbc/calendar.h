#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::jdbc {

/// A point in time, or a wall clock reading counted as if it were UTC. `nanos` is always in [0, 1e9): before 1970 the
/// seconds are rounded down.
struct Instant {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;

  std::int64_t millis() const noexcept { return seconds * 1000 + nanos / 1'000'000; }
  static Instant of_millis(std::int64_t millis) noexcept;
  static Instant of_micros(std::int64_t micros) noexcept;
  auto operator<=>(const Instant&) const = default;
};

struct CivilDate {
  std::int64_t year = 1970;  ///< astronomical: 0 is 1 BC
  int month = 1;
  int day = 1;
};

// Days since 1970-01-01 in the proleptic Gregorian and in the Julian calendar.
std::int64_t days_from_civil(const CivilDate& date) noexcept;
CivilDate civil_from_days(std::int64_t days) noexcept;
std::int64_t days_from_julian(const CivilDate& date) noexcept;
CivilDate julian_from_days(std::int64_t days) noexcept;

/// `date.calendar.system`: how dates before 1582-10-15 are counted. LEGACY is Java's GregorianCalendar, which reads their
/// year, month and day in the Julian calendar.
enum class CalendarSystem : std::uint8_t { kLegacy, kProlepticGregorian };

/// The day number that the Java connector gives the date which the database prints like proleptic day `days`.
std::int64_t to_java_days(std::int64_t days, CalendarSystem calendar) noexcept;
/// The way back: the proleptic day that prints like Java's day `days`.
std::int64_t from_java_days(std::int64_t days, CalendarSystem calendar) noexcept;

/// A time zone of the system's database, or a fixed offset.
class TimeZone {
 public:
  /// "Europe/Berlin", "UTC", "+02:00", "GMT-5", and Java's short ids ("EST", "PST", "JST"); null when there is none such.
  static std::shared_ptr<const TimeZone> find(const std::string& id);
  static std::shared_ptr<const TimeZone> utc();

  bool is_utc() const noexcept { return fixed_ && fixed_offset_ == 0; }
  /// Seconds east of UTC.
  std::int64_t offset_at(std::int64_t utc_seconds) const noexcept;
  /// A wall clock reading as an instant, in Java's way: twice-read times count as standard time, skipped ones go forward.
  std::int64_t to_utc(std::int64_t wall_seconds) const noexcept;
  std::int64_t to_wall(std::int64_t utc_seconds) const noexcept { return utc_seconds + offset_at(utc_seconds); }

 private:
  static std::shared_ptr<TimeZone> load(const std::string& id);
  bool fixed_ = true;
  std::int64_t fixed_offset_ = 0;
  std::int64_t first_offset_ = 0;
  std::vector<std::int64_t> transitions_;
  std::vector<std::int64_t> offsets_;
};

/// Java's wall reading of an instant, ready to print: calendar and zone applied.
Instant to_wall(const Instant& instant, const TimeZone& zone, CalendarSystem calendar) noexcept;
/// A printed wall reading as an instant.
Instant from_wall(const Instant& wall, const TimeZone& zone, CalendarSystem calendar) noexcept;

/// "2016-08-03 07:26:07.516123" with `separator` between the halves and `digits` (0..9) of the fraction. The year has at
/// least four digits; years before 1 are printed as "0044-03-15 12:00:00 BC" when `era` is set, else with a minus.
std::string format_wall(const Instant& wall, char separator, int digits, bool era = false);

/// "2016-08-03[ T]07:26[:07[.516123]]" or "2016-08-03"; no zone. nullopt when it does not read so.
std::optional<Instant> parse_wall(std::string_view text);

}  // namespace millrace::jdbc
