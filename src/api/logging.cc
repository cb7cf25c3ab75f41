#include "api/logging.h"

#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>

namespace millrace {

namespace {

/// What a plugin holds: passes on to the program's logger of the same name.
class ForwardingLogger final : public Logger {
 public:
  explicit ForwardingLogger(std::string name) : name_(std::move(name)) {}

  bool enabled(Level level) const override {
    const Logger* target = target_.load(std::memory_order_acquire);
    return target != nullptr ? target->enabled(level) : level >= Level::kWarn;
  }

  void log(Level level, const std::string& message) override {
    if (Logger* target = target_.load(std::memory_order_acquire)) {
      target->log(level, message);
    } else if (level >= Level::kWarn) {
      std::fprintf(stderr, "%s %s: %s\n", level == Level::kWarn ? "WARN" : "ERROR", name_.c_str(), message.c_str());
    }
  }

  void set_target(Logger* target) { target_.store(target, std::memory_order_release); }

 private:
  const std::string name_;
  std::atomic<Logger*> target_{nullptr};
};

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<ForwardingLogger>, std::less<>> loggers;
  api::LoggerFactory factory;
};

Registry& registry() {
  static auto* const kRegistry = new Registry;  // never destroyed: loggers outlive statics that use them
  return *kRegistry;
}

}  // namespace

Logger& logger(const std::string& name) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  auto& entry = all.loggers[name];
  if (entry == nullptr) {
    entry = std::make_unique<ForwardingLogger>(name);
    if (all.factory) entry->set_target(&all.factory(name));
  }
  return *entry;
}

void api::set_logger_factory(LoggerFactory factory) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  all.factory = std::move(factory);
  for (auto& [name, entry] : all.loggers) entry->set_target(all.factory ? &all.factory(name) : nullptr);
}

}  // namespace millrace
