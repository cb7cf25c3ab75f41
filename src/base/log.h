#pragma once

#include <fmt/core.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::base {

enum class Level : std::uint8_t { kAll, kTrace, kDebug, kInfo, kWarn, kError, kFatal, kOff };

/// "INFO"
const char* name_of(Level level) noexcept;
/// In any case; nullopt for an unknown word.
std::optional<Level> level_from(std::string_view word);

/// One named logger. Lives for ever; any thread. A line costs one relaxed load when its level is off.
///
/// Lines go to standard error: `[2026-01-02 03:04:05,678] INFO [conn|task-0] message (logger)`.
class Log {
 public:
  explicit Log(std::string name) : name_(std::move(name)) {}
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  const std::string& name() const noexcept { return name_; }
  bool enabled(Level level) const noexcept { return level >= level_.load(std::memory_order_relaxed); }
  void write(Level level, std::string_view message) const;

  template <class... A>
  void trace(fmt::format_string<A...> text, A&&... args) const {
    at(Level::kTrace, text, std::forward<A>(args)...);
  }
  template <class... A>
  void debug(fmt::format_string<A...> text, A&&... args) const {
    at(Level::kDebug, text, std::forward<A>(args)...);
  }
  template <class... A>
  void info(fmt::format_string<A...> text, A&&... args) const {
    at(Level::kInfo, text, std::forward<A>(args)...);
  }
  template <class... A>
  void warn(fmt::format_string<A...> text, A&&... args) const {
    at(Level::kWarn, text, std::forward<A>(args)...);
  }
  template <class... A>
  void error(fmt::format_string<A...> text, A&&... args) const {
    at(Level::kError, text, std::forward<A>(args)...);
  }

 private:
  friend class LoggerRegistry;
  template <class... A>
  void at(Level level, fmt::format_string<A...> text, A&&... args) const {
    if (enabled(level)) format_and_write(level, text, fmt::make_format_args(args...));
  }
  void format_and_write(Level level, fmt::string_view text, fmt::format_args args) const;

  std::string name_;
  std::atomic<Level> level_{Level::kInfo};
};

/// All loggers of the process and their levels.
class LoggerRegistry {
 public:
  struct State {
    Level level = Level::kInfo;
    std::optional<std::int64_t> last_modified_ms;
  };
  static constexpr const char* kRoot = "root";

  /// The process's registry. Never destroyed: threads may log while the process ends.
  static LoggerRegistry& instance();

  /// The logger of that name, made if new. It takes the level of its nearest parent by dots.
  Log& get(std::string_view name);

  /// Every logger that exists and "root", with effective levels.
  std::map<std::string, State> list() const;
  std::optional<State> find(std::string_view name) const;

  /// Sets `name` and every logger whose name starts with it; for "root" (any case) all. Returns their names, sorted.
  /// Without a time it counts as how the logger always was.
  std::vector<std::string> set_level(std::string_view name, Level level, std::optional<std::int64_t> now_ms);

 private:
  struct Entry {
    std::unique_ptr<Log> log;
    std::optional<Level> own;
    std::optional<std::int64_t> last_modified_ms;
  };
  LoggerRegistry();
  ~LoggerRegistry() = delete;
  Entry& entry(std::string_view name);
  Level inherited(std::string_view name) const;

  struct Guarded;
  std::unique_ptr<Guarded> guarded_;
};

/// `LoggerRegistry::instance().get(name)`
Log& log_named(std::string_view name);

/// Prefixes every line of this thread while it lives: `[orders|task-0] `. Nests: the inner one counts.
class LogContext {
 public:
  explicit LogContext(std::string prefix);
  ~LogContext();
  LogContext(const LogContext&) = delete;
  LogContext& operator=(const LogContext&) = delete;
  static const std::string& current() noexcept;

 private:
  std::string previous_;
};

}  // namespace millrace::base
