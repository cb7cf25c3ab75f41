#include "connectors/cassandra/source/time_window.h"

#include <algorithm>
#include <utility>

namespace millrace::cassandra {

namespace {

constexpr std::int64_t kWidestSlice = 30LL * 86400000;

}  // namespace

TimeWindow::TimeWindow(std::int64_t start_ms, std::chrono::milliseconds slice, std::chrono::milliseconds delay,
                       TimeZone zone, std::uint64_t target_rows)
    : lo_(start_ms),
      hi_(start_ms),
      base_slice_(slice.count()),
      slice_(slice.count()),
      delay_(delay.count()),
      zone_(std::move(zone)),
      target_rows_(target_rows) {}

bool TimeWindow::next(std::int64_t now_ms) {
  const std::int64_t candidate = std::max(lo_, now_ms - delay_);
  // Behaviour: a start in 1900 stands for "everything there is": one window takes it all.
  hi_ = year_of(lo_, zone_) == 1900 ? candidate : std::min(candidate, lo_ + slice_);
  behind_ = hi_ < candidate;
  return hi_ > lo_;
}

void TimeWindow::shorten(std::int64_t hi_ms) {
  if (hi_ms >= hi_) return;
  hi_ = hi_ms;
  behind_ = true;
}

void TimeWindow::done(std::uint64_t rows) {
  lo_ = hi_;
  const auto wider = std::min(slice_ * 2, std::max(kWidestSlice, base_slice_));
  if (rows == 0) {
    slice_ = wider;
  } else if (target_rows_ == 0) {
    slice_ = base_slice_;
  } else if (rows > target_rows_) {
    slice_ = std::max(slice_ / 2, base_slice_);
  } else if (rows <= target_rows_ / 2) {
    slice_ = wider;
  }
}

}  // namespace millrace::cassandra
