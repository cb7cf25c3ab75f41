#pragma once

#include <array>
#include <cstdint>

namespace millrace::transforms {

/// A moment in UTC as java.util.GregorianCalendar of the US splits it: Julian before 15 October 1582, weeks start on
/// Sunday, week 1 holds 1 January.
struct CalendarFields {
  std::int64_t year = 1970;  ///< astronomical: 0 is 1 BC
  std::int32_t month = 0;    ///< 0 to 11
  std::int32_t day = 1;
  std::int32_t day_of_year = 1;
  std::int32_t weekday = 5;  ///< 1 is Sunday
  std::int64_t week_year = 1970;
  std::int32_t week_of_year = 1;
  std::int32_t week_of_month = 1;
  std::int32_t weekday_in_month = 1;  ///< the how manieth of its weekday
  std::int32_t millis_of_day = 0;
};

/// kDateAndTime leaves out the day of the year and all weeks.
enum class Detail : std::uint8_t { kDateAndTime, kAll };
CalendarFields split(std::int64_t epoch_ms, Detail detail = Detail::kAll);

/// The fields of java.util.Calendar that a pattern can set.
enum class CalendarField : std::uint8_t {
  kEra,
  kYear,
  kMonth,
  kWeekOfYear,
  kWeekOfMonth,
  kDayOfMonth,
  kDayOfYear,
  kDayOfWeek,
  kDayOfWeekInMonth,
  kAmPm,
  kHour,
  kHourOfDay,
  kMinute,
  kSecond,
  kMillisecond,
  kZoneOffset,
  kWeekYear,
  kCount,
};

/// A lenient calendar being filled field by field. As in Java, of fields that contradict each other the ones set last
/// win, and values out of range carry over.
class CalendarBuilder {
 public:
  void set(CalendarField field, std::int64_t value);
  bool is_set(CalendarField field) const { return at(field).stamp != 0; }
  void add_to_year(std::int64_t years) { slots_[static_cast<std::size_t>(CalendarField::kYear)].value += years; }
  std::int64_t epoch_ms() const;

 private:
  struct Slot {
    std::int64_t value = 0;
    int stamp = 0;  ///< 0: not set; later ones are larger
  };
  struct Chosen;
  const Slot& at(CalendarField field) const { return slots_[static_cast<std::size_t>(field)]; }
  int stamp(CalendarField field) const { return at(field).stamp; }
  std::int64_t value(CalendarField field) const { return at(field).value; }
  CalendarBuilder with_week_date_resolved() const;
  Chosen choose() const;
  std::int64_t fixed_day(const Chosen& chosen, std::int64_t year, bool julian) const;

  std::array<Slot, static_cast<std::size_t>(CalendarField::kCount)> slots_{};
  int next_stamp_ = 1;
};

}  // namespace millrace::transforms
