#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"

namespace millrace::runtime {

/// What the herder's thread is doing, for the texts of requests that time out. Threads: any.
class StageTracker {
 public:
  explicit StageTracker(base::Clock& clock) : clock_(clock) {}

  /// Marks a stage while it lives.
  class Scope {
   public:
    Scope(StageTracker& tracker, std::string stage);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    StageTracker& tracker_;
  };

  /// "The worker is currently <stage>, which began at <instant>.", or what it did last; empty when nothing is known.
  std::string summary() const;
  /// The stage alone, or empty.
  std::string current() const;

 private:
  struct Stage {
    std::string text;
    std::int64_t began_ms = 0;
    std::optional<std::int64_t> completed_ms;
  };
  void begin(std::string stage);
  void end();

  base::Clock& clock_;
  mutable std::mutex mutex_;
  std::optional<Stage> stage_;  // guarded by mutex_
};

/// ISO-8601 in UTC with up to millisecond digits, as Java's Instant prints it: "2024-10-25T09:00:00.123Z".
std::string instant_text(std::int64_t epoch_ms);

}  // namespace millrace::runtime
