#pragma once

#include <chrono>
#include <cstdint>

#include "connectors/cassandra/source/instants.h"

namespace millrace::cassandra {

/// Which stretch of time the next query of a time mode reads: (lo, hi], both in ms since the epoch. Windows tile exactly and
/// never end nearer to now than the delay, so a row whose time is at most `delay` behind the clock that reads cannot be missed.
///
/// Differs: the original takes up reading at the largest row time it saw and stands still in gaps; here the next window begins
/// where the last one ended, whether it held rows or not.
class TimeWindow {
 public:
  /// With `target_rows` above 0, windows with fewer rows make the next ones wider, with more rows narrower again.
  TimeWindow(std::int64_t start_ms, std::chrono::milliseconds slice, std::chrono::milliseconds delay, TimeZone zone,
             std::uint64_t target_rows = 0);

  /// Sets the next window's end. False when there is nothing to read yet.
  bool next(std::int64_t now_ms);
  std::int64_t lo() const noexcept { return lo_; }
  std::int64_t hi() const noexcept { return hi_; }
  /// The window was read; the next one begins at its end. Empty windows make the next one wider.
  void done(std::uint64_t rows);
  /// The window ended before the delay did: the next one can be read at once.
  bool behind() const noexcept { return behind_; }
  /// Ends the window earlier.
  void shorten(std::int64_t hi_ms);

 private:
  std::int64_t lo_;
  std::int64_t hi_;
  std::int64_t base_slice_;
  std::int64_t slice_;
  std::int64_t delay_;
  TimeZone zone_;
  std::uint64_t target_rows_;
  bool behind_ = false;
};

}  // namespace millrace::cassandra
