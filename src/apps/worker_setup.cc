#include "apps/worker_setup.h"

#include <fmt/core.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "api/logging.h"
#include "base/log.h"
#include "kafka/bootstrap.h"
#include "kafka/rdkafka/rdkafka_clients.h"
#include "millrace/connector.h"
#include "runtime/config/client_configs.h"
#include "runtime/herder_base.h"
#include "runtime/plugin_path.h"

namespace millrace::runtime {
void register_builtin_plugins(PluginRegistry& plugins);  // generated
}

namespace millrace::apps {
namespace {

constexpr std::chrono::seconds kClusterIdTimeout{60};
constexpr std::chrono::seconds kClusterIdStep{1};  // a signal is noticed that late

base::Log& main_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.cli.AbstractConnectCli");
  return log;
}

base::Level level_of(Logger::Level level) {
  switch (level) {
    case Logger::Level::kTrace: return base::Level::kTrace;
    case Logger::Level::kDebug: return base::Level::kDebug;
    case Logger::Level::kInfo: return base::Level::kInfo;
    case Logger::Level::kWarn: return base::Level::kWarn;
    case Logger::Level::kError: return base::Level::kError;
  }
  return base::Level::kError;
}

/// What plugins see of one of our loggers.
class PluginLogger : public Logger {
 public:
  explicit PluginLogger(base::Log& log) : log_(log) {}
  bool enabled(Level level) const override { return log_.enabled(level_of(level)); }
  void log(Level level, const std::string& message) override { log_.write(level_of(level), message); }

 private:
  base::Log& log_;
};

Logger& plugin_logger(const std::string& name) {
  static auto* mutex = new std::mutex();
  static auto* loggers = new std::map<std::string, std::unique_ptr<PluginLogger>>();  // live as long as the process
  const std::lock_guard lock(*mutex);
  auto& slot = (*loggers)[name];
  if (!slot) slot = std::make_unique<PluginLogger>(base::log_named(name));
  return *slot;
}

constexpr const char* kRootLevelVariable = "CONNECT_LOG4J_ROOT_LOGLEVEL";
constexpr const char* kLoggersVariable = "CONNECT_LOG4J_LOGGERS";

void set_level(const char* variable, const std::string& logger, const std::string& word) {
  if (word.empty()) return;
  if (const auto level = base::level_from(word); level && !logger.empty()) {
    base::LoggerRegistry::instance().set_level(logger, *level, std::nullopt);
  } else {
    main_log().warn("{}: {}={} is left out; write LOGGER=LEVEL, the level one of TRACE, DEBUG, INFO, WARN, ERROR, OFF",
                    variable, logger, word);
  }
}

/// SIGHUP too, as in a JVM: the terminal is gone. Whoever started the worker with it ignored (nohup) wants it to stay.
constexpr std::array kStopSignals{SIGTERM, SIGINT, SIGHUP};

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : kStopSignals) {
    struct sigaction now {};
    const bool ignored = number == SIGHUP && ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
    if (!ignored) sigaddset(&signals, number);
  }
  return signals;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

bool StopSignals::pending() const {
  sigset_t waiting;
  sigemptyset(&waiting);
  ::sigpending(&waiting);
  return std::any_of(kStopSignals.begin(), kStopSignals.end(),
                     [&](int number) { return sigismember(&waiting, number) == 1; });
}

void StopSignals::wait() {
  const sigset_t signals = stop_signals();
  int received = 0;
  sigwait(&signals, &received);
  received_ = true;
  main_log().info("received SIG{}, stopping", ::sigabbrev_np(received));
  for (const int number : kStopSignals) {
    if (sigismember(&signals, number) == 1) signal(number, SIG_DFL);
  }
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void connect_logs() {
  api::set_logger_factory(plugin_logger);
  if (const char* level = std::getenv(kRootLevelVariable); level != nullptr)
    set_level(kRootLevelVariable, base::LoggerRegistry::kRoot, level);
  const char* loggers = std::getenv(kLoggersVariable);
  std::istringstream list(loggers == nullptr ? "" : loggers);
  for (std::string entry; std::getline(list, entry, ',');) {
    const std::size_t equals = std::min(entry.find('='), entry.size());
    set_level(kLoggersVariable, entry.substr(0, equals), entry.substr(std::min(equals + 1, entry.size())));
  }
}

Result<void> load_worker(const std::string& path, runtime::WorkerMode mode, WorkerSetup& setup) {
  main_log().info("Kafka version: {}", runtime::kKafkaVersion);
  main_log().info("millrace version: {}", MILLRACE_VERSION);
  Result<Props> properties = runtime::load_worker_properties(path);
  if (!properties) return std::move(properties).error();
  setup.properties = std::move(*properties);
  Result<runtime::ConfigProviders> providers = runtime::ConfigProviders::create(setup.properties);
  if (!providers) return std::move(providers).error();
  setup.providers = std::move(*providers);

  setup.plugins.set_default_version(runtime::kKafkaVersion);
  setup.plugins.set_location("classpath");
  runtime::register_builtin_plugins(setup.plugins);
  if (const auto folders = setup.properties.find("plugin.path"); folders != setup.properties.end()) {
    const ConfigObject list = ConfigDef::parse_type("plugin.path", folders->second, ConfigType::kList);
    runtime::log_report(runtime::load_plugin_path(std::get<std::vector<std::string>>(list), setup.plugins));
  }
  Result<runtime::WorkerConfig> config = runtime::WorkerConfig::parse(mode, setup.properties, &setup.plugins);
  if (!config) return std::move(config).error();
  setup.config = std::move(*config);
  for (const std::string& warning : setup.config.warnings) main_log().warn("{}", warning);
  setup.clients = std::make_unique<kafka::RdKafkaClients>([](kafka::ClientLogLevel level, std::string_view text) {
    static base::Log& log = base::log_named("org.apache.kafka.clients");
    switch (level) {
      case kafka::ClientLogLevel::kError: log.error("{}", text); break;
      case kafka::ClientLogLevel::kWarn: log.warn("{}", text); break;
      case kafka::ClientLogLevel::kInfo: log.info("{}", text); break;
      case kafka::ClientLogLevel::kDebug: log.debug("{}", text); break;
    }
  });
  return {};
}

Result<void> look_up_cluster(WorkerSetup& setup, const StopSignals& signals) {
  const auto failed = [](const Error& cause) {
    Error error = cause;
    error.text = fmt::format(
        "Failed to connect to and describe Kafka cluster. Check worker's broker connection and security "
        "properties. ({})",
        cause.text);
    return error;
  };
  const runtime::ClientConfigs configs(setup.config, "");
  const runtime::ClientConfigs::Config settings = configs.internal("admin");
  if (Result<void> checked = runtime::check_client_config(runtime::ClientKind::kAdmin, settings); !checked)
    return checked;
  Result<std::shared_ptr<kafka::Admin>> admin = setup.clients->admin(settings);
  if (!admin) return failed(admin.error());
  if (!kafka::may_be_resolved(setup.config.bootstrap_servers)) {
    return failed(Error{.code = Errc::kInvalid, .text = "No resolvable bootstrap urls given in bootstrap.servers"});
  }
  const auto deadline = std::chrono::steady_clock::now() + kClusterIdTimeout;
  Result<std::optional<std::string>> id = (*admin)->cluster_id(kClusterIdStep);
  while (!id && id.error().code == Errc::kTimeout && !signals.pending() && std::chrono::steady_clock::now() < deadline)
    id = (*admin)->cluster_id(kClusterIdStep);
  if (!id) return failed(id.error());
  setup.kafka_cluster_id = std::move(*id);
  main_log().info("Kafka cluster ID: {}", setup.kafka_cluster_id.value_or("unknown"));
  return {};
}

}  // namespace millrace::apps
