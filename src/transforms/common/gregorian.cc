#include "transforms/common/gregorian.h"

#include <algorithm>
#include <cstddef>

namespace millrace::transforms {
namespace {

constexpr std::int64_t kMillisPerDay = 86'400'000;
constexpr std::int64_t kCutoverDay = -141'427;  // 15 October 1582, in days since 1970
constexpr std::int64_t kCutoverYear = 1582;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }
std::int64_t floor_mod(std::int64_t a, std::int64_t b) { return a - floor_div(a, b) * b; }

/// Days since 1970 of the first of a month (0 to 11).
std::int64_t month_start(std::int64_t year, std::int64_t month, bool julian) {
  // Years begin in March, so that the leap day is the last one.
  const std::int64_t y = month < 2 ? year - 1 : year;
  const std::int64_t shifted = month < 2 ? month + 10 : month - 2;
  const std::int64_t day_of_year = (153 * shifted + 2) / 5;
  const std::int64_t days = y * 365 + floor_div(y, 4) + day_of_year;
  return julian ? days - 719'470 : days - floor_div(y, 100) + floor_div(y, 400) - 719'468;
}

/// Year, month and day of the month.
void civil(std::int64_t day, bool julian, CalendarFields& out) {
  // Years begin in March, so that the leap day is the last one.
  std::int64_t year = 0;
  std::int64_t day_of_year = 0;
  if (julian) {
    const std::int64_t days = day + 719'470;
    const std::int64_t cycle = floor_div(days, 1461);
    const std::int64_t in_cycle = days - cycle * 1461;
    const std::int64_t year_of_cycle = (in_cycle - in_cycle / 1460) / 365;
    year = cycle * 4 + year_of_cycle;
    day_of_year = in_cycle - 365 * year_of_cycle;
  } else {
    const std::int64_t days = day + 719'468;
    const std::int64_t cycle = floor_div(days, 146'097);
    const std::int64_t in_cycle = days - cycle * 146'097;
    const std::int64_t year_of_cycle = (in_cycle - in_cycle / 1460 + in_cycle / 36'524 - in_cycle / 146'096) / 365;
    year = cycle * 400 + year_of_cycle;
    day_of_year = in_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
  }
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  out.day = static_cast<std::int32_t>(day_of_year - (153 * shifted + 2) / 5 + 1);
  out.month = static_cast<std::int32_t>(shifted < 10 ? shifted + 2 : shifted - 10);
  out.year = shifted < 10 ? year : year + 1;
}

bool is_julian(std::int64_t day) { return day < kCutoverDay; }

/// 1 is Sunday. Day 0 was a Thursday.
std::int64_t weekday_of(std::int64_t day) { return floor_mod(day + 4, 7) + 1; }

/// The last day on or before `day` with that weekday; Java takes any number for a weekday.
std::int64_t on_or_before(std::int64_t day, std::int64_t weekday) {
  return day - floor_mod(day + 4 - (weekday - 1), 7);
}

}  // namespace

CalendarFields split(std::int64_t epoch_ms, Detail detail) {
  CalendarFields out;
  const std::int64_t day = floor_div(epoch_ms, kMillisPerDay);
  out.millis_of_day = static_cast<std::int32_t>(floor_mod(epoch_ms, kMillisPerDay));
  const bool julian = is_julian(day);
  civil(day, julian, out);
  out.weekday = static_cast<std::int32_t>(weekday_of(day));
  if (detail == Detail::kDateAndTime) return out;
  const bool new_year_julian = julian || out.year <= kCutoverYear;
  const std::int64_t new_year = month_start(out.year, 0, new_year_julian);
  out.day_of_year = static_cast<std::int32_t>(day - new_year + 1);
  const std::int64_t week_start = day - (out.weekday - 1);
  const std::int64_t first_week_start = new_year - (weekday_of(new_year) - 1);
  const std::int64_t next_new_year = month_start(out.year + 1, 0, out.year + 1 <= kCutoverYear);
  if (next_new_year - week_start < 7) {
    out.week_year = out.year + 1;
    out.week_of_year = 1;
  } else {
    out.week_year = out.year;
    out.week_of_year = static_cast<std::int32_t>((week_start - first_week_start) / 7 + 1);
  }
  // The month of the cutover begins anew with its first Gregorian day.
  const bool cutover_month = !julian && out.year == kCutoverYear && out.month == 9;
  const std::int64_t month_first = cutover_month ? kCutoverDay : day - (out.day - 1);
  out.week_of_month = static_cast<std::int32_t>((week_start - (month_first - (weekday_of(month_first) - 1))) / 7 + 1);
  out.weekday_in_month = static_cast<std::int32_t>((day - month_first) / 7 + 1);
  return out;
}

/// Which fields decide: GregorianCalendar.selectFields.
struct CalendarBuilder::Chosen {
  bool month = false, day_of_month = false, week_of_month = false, day_of_week_in_month = false, day_of_year = false,
       week_of_year = false, day_of_week = false, hour_of_day = false, hour = false, am_pm = false;
};

void CalendarBuilder::set(CalendarField field, std::int64_t value) {
  slots_[static_cast<std::size_t>(field)] = Slot{value, next_stamp_++};
}

CalendarBuilder::Chosen CalendarBuilder::choose() const {
  using F = CalendarField;
  const auto together = [](int a, int b) { return a == 0 || b == 0 ? 0 : std::max(a, b); };
  const int weekday = stamp(F::kDayOfWeek);
  const int month = stamp(F::kMonth);
  int day = stamp(F::kDayOfMonth);
  int week_of_month = together(stamp(F::kWeekOfMonth), weekday);
  int in_month = together(stamp(F::kDayOfWeekInMonth), weekday);
  const int day_of_year = stamp(F::kDayOfYear);
  int week_of_year = together(stamp(F::kWeekOfYear), weekday);
  int best = std::max({day, week_of_month, in_month, day_of_year, week_of_year});
  if (best == 0) {
    week_of_month = stamp(F::kWeekOfMonth);
    in_month = std::max(stamp(F::kDayOfWeekInMonth), weekday);
    week_of_year = stamp(F::kWeekOfYear);
    best = std::max({week_of_month, in_month, week_of_year});
    if (best == 0) best = day = month;
  }
  Chosen out;
  if (best == day || (best == week_of_month && stamp(F::kWeekOfMonth) >= stamp(F::kWeekOfYear)) ||
      (best == in_month && stamp(F::kDayOfWeekInMonth) >= stamp(F::kWeekOfYear))) {
    out.month = true;
    if (best == day) {
      out.day_of_month = true;
    } else {
      out.day_of_week = weekday != 0;
      if (week_of_month == in_month) {
        out.week_of_month = stamp(F::kWeekOfMonth) >= stamp(F::kDayOfWeekInMonth);
        out.day_of_week_in_month = !out.week_of_month;
      } else if (best == week_of_month) {
        out.week_of_month = true;
      } else {
        out.day_of_week_in_month = stamp(F::kDayOfWeekInMonth) != 0;
      }
    }
  } else if (best == day_of_year) {
    out.day_of_year = true;
  } else {
    out.day_of_week = weekday != 0;
    out.week_of_year = true;
  }

  const int of_day = stamp(F::kHourOfDay);
  const int half = together(stamp(F::kHour), stamp(F::kAmPm));
  int hours = std::max(half, of_day);
  if (hours == 0) hours = std::max(stamp(F::kHour), stamp(F::kAmPm));
  if (hours != 0) {
    if (hours == of_day) {
      out.hour_of_day = true;
    } else {
      out.hour = true;
      out.am_pm = stamp(F::kAmPm) != 0;
    }
  }
  return out;
}

/// Days since 1970 in one of the two calendars: GregorianCalendar.getFixedDate.
std::int64_t CalendarBuilder::fixed_day(const Chosen& chosen, std::int64_t year, bool julian) const {
  using F = CalendarField;
  std::int64_t month = 0;
  if (chosen.month) {
    month = value(F::kMonth);
    year += floor_div(month, 12);
    month = floor_mod(month, 12);
  }
  std::int64_t day = month_start(year, month, julian);
  constexpr std::int64_t kSunday = 1;
  if (chosen.month) {
    if (chosen.day_of_month) return is_set(F::kDayOfMonth) ? day + value(F::kDayOfMonth) - 1 : day;
    if (chosen.week_of_month) {
      std::int64_t first = on_or_before(day + 6, kSunday);
      if (first - day >= 1) first -= 7;
      if (chosen.day_of_week) first = on_or_before(first + 6, value(F::kDayOfWeek));
      return first + 7 * (value(F::kWeekOfMonth) - 1);
    }
    const std::int64_t weekday = chosen.day_of_week ? value(F::kDayOfWeek) : kSunday;
    const std::int64_t nth = chosen.day_of_week_in_month ? value(F::kDayOfWeekInMonth) : 1;
    if (nth >= 0) return on_or_before(day + 7 * nth - 1, weekday);
    const std::int64_t length = month_start(month == 11 ? year + 1 : year, (month + 1) % 12, julian) - day;
    return on_or_before(day + length + 7 * (nth + 1) - 1, weekday);
  }
  if (chosen.day_of_year) return day + value(F::kDayOfYear) - 1;
  std::int64_t first = on_or_before(day + 6, kSunday);
  if (first - day >= 1) first -= 7;
  if (chosen.day_of_week && value(F::kDayOfWeek) != kSunday) first = on_or_before(first + 6, value(F::kDayOfWeek));
  return first + 7 * (value(F::kWeekOfYear) - 1);
}

/// A week year that was set after the year replaces it: Calendar.setWeekDate.
CalendarBuilder CalendarBuilder::with_week_date_resolved() const {
  using F = CalendarField;
  std::int64_t week = is_set(F::kWeekOfYear) ? value(F::kWeekOfYear) : 1;
  std::int64_t weekday = is_set(F::kDayOfWeek) ? value(F::kDayOfWeek) : 1;
  if (weekday < 1 || weekday > 7) {
    // Only an ISO number (u) can be out of range: 1 is Monday. CalendarBuilder.establish.
    if (weekday > 7) {
      week += (weekday - 1) / 7;
      weekday = (weekday - 1) % 7 + 1;
    } else {
      week += floor_div(weekday - 1, 7);
      weekday = floor_mod(weekday - 1, 7) + 1;
    }
    weekday = weekday == 7 ? 1 : weekday + 1;
  }
  const std::int64_t new_year = month_start(value(F::kWeekYear), 0, value(F::kWeekYear) <= kCutoverYear);
  const std::int64_t day = new_year - (weekday_of(new_year) - 1) + 7 * (week - 1) + (weekday - 1);
  CalendarFields fields;
  civil(day, is_julian(day), fields);
  CalendarBuilder out = *this;
  for (const F field :
       {F::kWeekYear, F::kWeekOfYear, F::kDayOfWeek, F::kWeekOfMonth, F::kDayOfYear, F::kDayOfWeekInMonth, F::kEra}) {
    out.slots_[static_cast<std::size_t>(field)] = Slot{};
  }
  out.set(F::kYear, fields.year);
  out.set(F::kMonth, fields.month);
  out.set(F::kDayOfMonth, fields.day);
  return out;
}

std::int64_t CalendarBuilder::epoch_ms() const {
  using F = CalendarField;
  if (is_set(F::kWeekYear) && stamp(F::kWeekYear) > stamp(F::kYear)) return with_week_date_resolved().epoch_ms();
  const Chosen chosen = choose();
  std::int64_t year = is_set(F::kYear) ? value(F::kYear) : 1970;
  if (is_set(F::kEra) && value(F::kEra) == 0) year = 1 - year;

  std::int64_t time = 0;
  if (chosen.hour_of_day) {
    time = value(F::kHourOfDay);
  } else if (chosen.hour || chosen.am_pm) {
    time = value(F::kHour) + (chosen.am_pm ? 12 * value(F::kAmPm) : 0);
  }
  time = ((time * 60 + value(F::kMinute)) * 60 + value(F::kSecond)) * 1000 + value(F::kMillisecond);
  const std::int64_t extra_days = floor_div(time, kMillisPerDay);
  time = floor_mod(time, kMillisPerDay);

  const std::int64_t gregorian = extra_days + fixed_day(chosen, year, false);
  const std::int64_t julian = extra_days + fixed_day(chosen, year, true);
  std::int64_t day = 0;
  if (year > kCutoverYear && gregorian >= kCutoverDay) {
    day = gregorian;
  } else if (year < kCutoverYear && julian < kCutoverDay) {
    day = julian;
  } else if (chosen.day_of_year || chosen.week_of_year) {
    day = julian;
  } else {
    // Days that neither calendar has (5 to 14 October 1582) are taken for Julian ones.
    day = gregorian >= kCutoverDay && julian >= kCutoverDay ? gregorian : julian;
  }
  // Wraps around for years beyond what a Date can say, as Java's long does.
  const auto wrapped = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  return static_cast<std::int64_t>(wrapped(day) * wrapped(kMillisPerDay) + wrapped(time) -
                                   wrapped(value(F::kZoneOffset)));
}

}  // namespace millrace::transforms
