#include "base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <ctime>
#include <iterator>
#include <mutex>

namespace millrace::base {
namespace {

constexpr std::array<const char*, 8> kNames{"ALL", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"};

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

std::string& thread_prefix() {
  thread_local std::string prefix;
  return prefix;
}

void append_time(fmt::memory_buffer& line) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm tm{};
  localtime_r(&seconds, &tm);
  fmt::format_to(std::back_inserter(line), "[{:04}-{:02}-{:02} {:02}:{:02}:{:02},{:03}] ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
}

void write_all(const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::write(STDERR_FILENO, data, size);
    if (n <= 0) return;  // nobody to tell
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

}  // namespace

const char* name_of(Level level) noexcept { return kNames[static_cast<std::size_t>(level)]; }

std::optional<Level> level_from(std::string_view word) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (equals_ignoring_case(word, kNames[i])) return static_cast<Level>(i);
  }
  return std::nullopt;
}

void Log::write(Level level, std::string_view message) const {
  if (!enabled(level)) return;
  fmt::memory_buffer line;
  append_time(line);
  // A message that goes on with a stack trace has its logger where the trace begins, as with log4j.
  const std::size_t first_line = std::min(message.find('\n'), message.size());
  fmt::format_to(std::back_inserter(line), "{} {}{} ({}){}\n", base::name_of(level), thread_prefix(),
                 message.substr(0, first_line), name_, message.substr(first_line));
  write_all(line.data(), line.size());  // one write per line: lines of several threads do not mix
}

void Log::format_and_write(Level level, fmt::string_view text, fmt::format_args args) const {
  fmt::memory_buffer message;
  fmt::vformat_to(std::back_inserter(message), text, args);
  write(level, std::string_view(message.data(), message.size()));
}

struct LoggerRegistry::Guarded {
  mutable std::mutex mutex;
  std::map<std::string, Entry, std::less<>> loggers;
  Level root = Level::kInfo;
  std::optional<std::int64_t> root_modified_ms;
};

LoggerRegistry::LoggerRegistry() : guarded_(std::make_unique<Guarded>()) {}

LoggerRegistry& LoggerRegistry::instance() {
  static auto* registry = new LoggerRegistry();
  return *registry;
}

Level LoggerRegistry::inherited(std::string_view name) const {
  while (true) {
    const auto found = guarded_->loggers.find(name);
    if (found != guarded_->loggers.end() && found->second.own) return *found->second.own;
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos) return guarded_->root;
    name = name.substr(0, dot);
  }
}

LoggerRegistry::Entry& LoggerRegistry::entry(std::string_view name) {
  const auto found = guarded_->loggers.find(name);
  if (found != guarded_->loggers.end()) return found->second;
  Entry& made = guarded_->loggers[std::string(name)];
  made.log = std::make_unique<Log>(std::string(name));
  made.log->level_ = inherited(name);
  return made;
}

Log& LoggerRegistry::get(std::string_view name) {
  const std::lock_guard lock(guarded_->mutex);
  return *entry(name).log;
}

std::map<std::string, LoggerRegistry::State> LoggerRegistry::list() const {
  const std::lock_guard lock(guarded_->mutex);
  std::map<std::string, State> all;
  for (const auto& [name, entry] : guarded_->loggers) all[name] = State{entry.log->level_, entry.last_modified_ms};
  all[kRoot] = State{guarded_->root, guarded_->root_modified_ms};
  return all;
}

std::optional<LoggerRegistry::State> LoggerRegistry::find(std::string_view name) const {
  const std::lock_guard lock(guarded_->mutex);
  if (equals_ignoring_case(name, kRoot)) return State{guarded_->root, guarded_->root_modified_ms};
  const auto found = guarded_->loggers.find(name);
  if (found == guarded_->loggers.end()) return std::nullopt;
  return State{found->second.log->level_, found->second.last_modified_ms};
}

std::vector<std::string> LoggerRegistry::set_level(std::string_view name, Level level,
                                                   std::optional<std::int64_t> now_ms) {
  const std::lock_guard lock(guarded_->mutex);
  std::vector<std::string> changed;
  const bool root = equals_ignoring_case(name, kRoot);
  if (root) {
    if (guarded_->root != level) {
      guarded_->root_modified_ms = now_ms;
      changed.emplace_back(kRoot);
    }
    guarded_->root = level;
  } else {
    entry(name);
  }
  for (auto& [logger, entry] : guarded_->loggers) {
    if (!root && !std::string_view(logger).starts_with(name)) continue;
    entry.own = level;
    if (entry.log->level_ == level) continue;
    entry.last_modified_ms = now_ms;
    entry.log->level_ = level;
    changed.push_back(logger);
  }
  std::sort(changed.begin(), changed.end());
  return changed;
}

Log& log_named(std::string_view name) { return LoggerRegistry::instance().get(name); }

LogContext::LogContext(std::string prefix) : previous_(std::exchange(thread_prefix(), std::move(prefix))) {}
LogContext::~LogContext() { thread_prefix() = std::move(previous_); }
const std::string& LogContext::current() noexcept { return thread_prefix(); }

}  // namespace millrace::base
