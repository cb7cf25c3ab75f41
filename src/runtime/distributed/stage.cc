#include "runtime/distributed/stage.h"

#include <fmt/core.h>

#include <ctime>
#include <utility>

namespace millrace::runtime {

StageTracker::Scope::Scope(StageTracker& tracker, std::string stage) : tracker_(tracker) {
  tracker_.begin(std::move(stage));
}
StageTracker::Scope::~Scope() { tracker_.end(); }

void StageTracker::begin(std::string stage) {
  const std::int64_t now = clock_.wall_ms();
  const std::scoped_lock lock(mutex_);
  stage_ = Stage{std::move(stage), now, std::nullopt};
}

void StageTracker::end() {
  const std::int64_t now = clock_.wall_ms();
  const std::scoped_lock lock(mutex_);
  if (stage_) stage_->completed_ms = now;
}

std::string StageTracker::summary() const {
  const std::scoped_lock lock(mutex_);
  if (!stage_) return {};
  if (!stage_->completed_ms) {
    return fmt::format("The worker is currently {}, which began at {}.", stage_->text, instant_text(stage_->began_ms));
  }
  return fmt::format("The last operation the worker completed was {}, which began at {} and completed at {}.",
                     stage_->text, instant_text(stage_->began_ms), instant_text(*stage_->completed_ms));
}

std::string StageTracker::current() const {
  const std::scoped_lock lock(mutex_);
  return stage_ && !stage_->completed_ms ? stage_->text : std::string();
}

std::string instant_text(std::int64_t epoch_ms) {
  const std::time_t seconds = epoch_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                                 utc.tm_hour, utc.tm_min, utc.tm_sec);
  if (epoch_ms % 1000 != 0) text += fmt::format(".{:03}", epoch_ms % 1000);
  return text + "Z";
}

}  // namespace millrace::runtime
