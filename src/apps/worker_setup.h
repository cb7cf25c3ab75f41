#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/clients.h"
#include "millrace/plugin.h"
#include "runtime/config/config_providers.h"
#include "runtime/config/worker_config.h"

namespace millrace::apps {

/// How a program ends: as Connect's do.
enum ExitStatus : int { kClean = 0, kUsage = 1, kBadWorkerConfig = 2, kCouldNotStart = 3 };

/// What both kinds of worker have before there is a herder.
struct WorkerSetup {
  Props properties;  ///< of the worker's file, variables resolved
  runtime::ConfigProviders providers;
  PluginRegistry plugins;
  runtime::WorkerConfig config;
  std::unique_ptr<kafka::Clients> clients;
  std::optional<std::string> kafka_cluster_id;
};

/// Waits for SIGTERM, SIGINT and (unless started by nohup) SIGHUP. Make it before any thread: they inherit the mask.
class StopSignals {
 public:
  StopSignals();
  /// Blocks until one arrives. From then on a second one ends the process at once.
  void wait();
  /// Whether one has arrived that `wait` will see.
  bool pending() const;
  /// Whether `wait` has seen one. Any thread.
  bool received() const { return received_; }

 private:
  std::atomic<bool> received_{false};
};

/// Lets plugins and Kafka clients write to our log, and sets the levels that the environment asks for in the words of the
/// usual container images: CONNECT_LOG4J_ROOT_LOGLEVEL=WARN, CONNECT_LOG4J_LOGGERS=org.apache.kafka.connect=DEBUG,... Call once.
void connect_logs();

/// Logs the program's version and reads the worker's file. An Error: kBadWorkerConfig.
Result<void> load_worker(const std::string& path, runtime::WorkerMode mode, WorkerSetup& setup);

/// Asks Kafka for its cluster id. An Error when it cannot be reached (kBadWorkerConfig), or before that a signal came.
Result<void> look_up_cluster(WorkerSetup& setup, const StopSignals& signals);

}  // namespace millrace::apps
