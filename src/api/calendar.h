#pragma once

#include <cstdint>
#include <string>

namespace millrace::api {

/// A moment in UTC as java.util.GregorianCalendar splits it: Julian calendar before 15 October 1582.
struct CivilTime {
  std::int64_t year = 1970;  ///< 0 is 1 BC
  std::int32_t month = 1;    ///< 1 to 12
  std::int32_t day = 1;
  std::int32_t hour = 0;
  std::int32_t minute = 0;
  std::int32_t second = 0;
  std::int32_t millisecond = 0;
  std::int32_t weekday = 4;  ///< 0 is Sunday
};

CivilTime civil_from_millis(std::int64_t epoch_ms) noexcept;

/// The moment of a lenient calendar: fields out of range carry over (month 13 is January of the next year).
std::int64_t millis_from_civil(std::int64_t year, std::int64_t month, std::int64_t day, std::int64_t hour,
                               std::int64_t minute, std::int64_t second, std::int64_t millisecond) noexcept;

/// java.util.Date.toString in UTC: "Thu Jan 01 00:00:00 UTC 1970".
void append_java_date(std::string& out, std::int64_t epoch_ms);

}  // namespace millrace::api
