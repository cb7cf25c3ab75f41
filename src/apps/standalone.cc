#include "apps/standalone.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <utility>

#include "apps/connector_files.h"
#include "apps/worker_setup.h"
#include "base/log.h"
#include "base/thread.h"
#include "rest/rest_server.h"
#include "runtime/plugin_call.h"
#include "runtime/standalone/standalone_herder.h"
#include "storage/file_offset_store.h"
#include "storage/memory_status_store.h"

namespace millrace::apps {
namespace {

base::Log& main_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.cli.ConnectStandalone");
  return log;
}

int stopping_due_to(const Error& error, ExitStatus status) {
  main_log().error("Stopping due to error: {}", error.text);
  return status;
}

Result<void> create_connectors(runtime::StandaloneHerder& herder, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    Result<ConnectorFile> file = read_connector_file(path);
    if (!file) return std::move(file).error();
    Result<runtime::Created> created =
        herder.put_connector_config(file->name, file->config, file->initial_state, runtime::Herder::Replace::kRefuse);
    if (!created) {
      Error error = std::move(created).error();
      error.text = "Failed to create connector for " + path + ": " + error.text;
      return error;
    }
    main_log().info("Created connector {}", file->name);
  }
  return {};
}

}  // namespace

int run_standalone(const std::vector<std::string>& arguments) {
  if (arguments.empty() || std::find(arguments.begin(), arguments.end(), "--help") != arguments.end()) {
    main_log().info("Usage: ConnectStandalone worker.properties [connector1.properties connector2.json ...]");
    return kUsage;
  }
  StopSignals signals;
  connect_logs();
  main_log().info("Kafka Connect worker initializing ...");
  WorkerSetup setup;
  if (Result<void> done = load_worker(arguments.front(), runtime::WorkerMode::kStandalone, setup); !done) {
    return stopping_due_to(done.error(), kBadWorkerConfig);
  }
  if (Result<void> done = look_up_cluster(setup, signals); !done) {
    return signals.pending() ? kClean : stopping_due_to(done.error(), kBadWorkerConfig);
  }

  Result<std::unique_ptr<rest::RestServer>> server = rest::RestServer::bind(setup.config);
  if (!server) return stopping_due_to(server.error(), kBadWorkerConfig);
  rest::RestServer& rest = **server;

  if (setup.config.offset_storage_file.empty()) {
    Error error;
    error.text = "offset.storage.file.filename is empty; it must name the file for the offsets of source connectors";
    return stopping_due_to(error, kCouldNotStart);
  }
  storage::FileOffsetStore offsets(setup.config.offset_storage_file);
  if (Result<void> done = offsets.start(); !done) return stopping_due_to(done.error(), kCouldNotStart);
  storage::MemoryStatusStore statuses;
  runtime::Worker worker(runtime::Worker::Deps{&setup.config, &setup.plugins, &setup.providers, setup.clients.get(),
                                               &offsets, setup.kafka_cluster_id.value_or(""), nullptr});
  runtime::StandaloneHerder herder(runtime::StandaloneHerder::Deps{&setup.config, &setup.plugins, &setup.providers,
                                                                   &worker, &statuses, rest.worker_id(),
                                                                   setup.kafka_cluster_id, nullptr});
  main_log().info("Kafka Connect worker initialization completed");

  rest.install(herder);
  main_log().info("REST resources initialized; server is started and ready to handle requests at {}", rest.local_url());

  // On a thread of its own, so that a connector that hangs in its start does not keep the worker from being stopped.
  std::atomic<int> status{kClean};
  base::Thread starter("start",
                       [&, files = std::vector<std::string>(arguments.begin() + 1, arguments.end())](std::stop_token) {
                         if (Result<void> done = create_connectors(herder, files); !done) {
                           if (signals.received()) return;
                           status = stopping_due_to(done.error(), kCouldNotStart);
                           ::kill(::getpid(), SIGTERM);
                           return;
                         }
                         herder.mark_ready();
                         main_log().info("Kafka Connect started");
                       });
  signals.wait();
  main_log().info("Kafka Connect stopping");
  rest.stop();
  herder.stop();
  starter.join();
  offsets.stop();
  main_log().info("Kafka Connect stopped");
  if (worker.has_abandoned_threads()) {
    std::fflush(nullptr);
    ::_exit(status);  // plugin code still runs; it must not meet destructors
  }
  return status;
}

}  // namespace millrace::apps
