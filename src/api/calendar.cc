#include "api/calendar.h"

#include <cstdio>

namespace millrace::api {

namespace {

constexpr std::int64_t kMillisPerDay = 86'400'000;
constexpr std::int64_t kGregorianStart = -141'427;  // 1582-10-15 in days since the epoch

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }
std::int64_t floor_mod(std::int64_t a, std::int64_t b) { return a - floor_div(a, b) * b; }

/// Days since the epoch of the first day of `month` counted from March (0 to 11) of `year` that begins in March.
std::int64_t days_from_gregorian(std::int64_t year, std::int64_t month, std::int64_t day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

std::int64_t days_from_julian(std::int64_t year, std::int64_t month, std::int64_t day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return y * 365 + floor_div(y, 4) + day_of_year - 719'470;
}

void civil_from_days(std::int64_t days, CivilTime& out) {
  std::int64_t day_of_year = 0;  // counted from 1 March
  std::int64_t year = 0;
  if (days >= kGregorianStart) {
    const std::int64_t z = days + 719'468;
    const std::int64_t era = floor_div(z, 146'097);
    const std::int64_t day_of_era = z - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    year = year_of_era + era * 400;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  } else {
    const std::int64_t z = days + 719'470;
    const std::int64_t cycle = floor_div(z, 1461);
    const std::int64_t day_of_cycle = z - cycle * 1461;
    const std::int64_t year_of_cycle = (day_of_cycle - day_of_cycle / 1460) / 365;
    year = year_of_cycle + cycle * 4;
    day_of_year = day_of_cycle - 365 * year_of_cycle;
  }
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  out.day = static_cast<std::int32_t>(day_of_year - (153 * month + 2) / 5 + 1);
  out.month = static_cast<std::int32_t>(month < 10 ? month + 3 : month - 9);
  out.year = out.month <= 2 ? year + 1 : year;
}

}  // namespace

CivilTime civil_from_millis(std::int64_t epoch_ms) noexcept {
  CivilTime out;
  const std::int64_t days = floor_div(epoch_ms, kMillisPerDay);
  std::int64_t rest = floor_mod(epoch_ms, kMillisPerDay);
  civil_from_days(days, out);
  out.millisecond = static_cast<std::int32_t>(rest % 1000);
  rest /= 1000;
  out.second = static_cast<std::int32_t>(rest % 60);
  rest /= 60;
  out.minute = static_cast<std::int32_t>(rest % 60);
  out.hour = static_cast<std::int32_t>(rest / 60);
  out.weekday = static_cast<std::int32_t>(floor_mod(days + 4, 7));
  return out;
}

std::int64_t millis_from_civil(std::int64_t year, std::int64_t month, std::int64_t day, std::int64_t hour,
                               std::int64_t minute, std::int64_t second, std::int64_t millisecond) noexcept {
  year += floor_div(month - 1, 12);
  month = floor_mod(month - 1, 12) + 1;
  std::int64_t days = days_from_gregorian(year, month, day);
  if (days < kGregorianStart) days = days_from_julian(year, month, day);
  return days * kMillisPerDay + hour * 3'600'000 + minute * 60'000 + second * 1000 + millisecond;
}

void append_java_date(std::string& out, std::int64_t epoch_ms) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime t = civil_from_millis(epoch_ms);
  const long long year = t.year > 0 ? t.year : 1 - t.year;  // Java prints the year of the era
  char buffer[64];
  const int length = std::snprintf(buffer, sizeof buffer, "%s %s %02d %02d:%02d:%02d UTC %lld", kDays[t.weekday],
                                   kMonths[t.month - 1], t.day, t.hour, t.minute, t.second, year);
  out.append(buffer, static_cast<std::size_t>(length));
}

}  // namespace millrace::api
