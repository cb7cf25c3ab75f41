#include "apps/distributed.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <utility>

#include "apps/worker_setup.h"
#include "base/log.h"
#include "rest/http_leader_client.h"
#include "rest/rest_server.h"
#include "runtime/config/client_configs.h"
#include "runtime/distributed/distributed_herder.h"
#include "storage/kafka_config_store.h"
#include "storage/kafka_offset_store.h"
#include "storage/kafka_status_store.h"

namespace millrace::apps {
namespace {

base::Log& main_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.cli.ConnectDistributed");
  return log;
}

int stopping_due_to(const Error& error, ExitStatus status) {
  main_log().error("Stopping due to error: {}", error.text);
  return status;
}

/// The three topics of a cluster: their clients and how they are created.
class InternalTopics {
 public:
  InternalTopics(const WorkerSetup& setup, const runtime::ClientConfigs& clients)
      : setup_(setup), settings_(*setup.config.distributed), clients_(clients) {}

  enum class Isolation { kAsConfigured, kReadCommitted };

  kafka::TopicLog::Deps log_deps(const std::string& suffix, Isolation isolation) const {
    kafka::TopicLog::Deps deps;
    deps.clients = setup_.clients.get();
    deps.producer_config = clients_.internal(suffix);
    deps.producer_config["acks"] = "all";
    deps.producer_config["max.in.flight.requests.per.connection"] = "1";
    deps.producer_config["enable.idempotence"] = "false";
    deps.producer_config["delivery.timeout.ms"] = "2147483647";
    deps.consumer_config = clients_.internal(suffix);
    deps.consumer_config["auto.offset.reset"] = "earliest";
    if (isolation == Isolation::kReadCommitted && setup_.config.exactly_once_source_enabled()) {
      deps.consumer_config["isolation.level"] = "read_committed";
    }
    deps.admin_config = clients_.internal("shared-admin");
    return deps;
  }

  static kafka::TopicLog::Options options(const runtime::StorageTopicConfig& config, const char* property,
                                          const char* purpose) {
    kafka::TopicLog::Options options;
    options.topic.name = config.topic;
    options.topic.partitions = config.partitions;
    options.topic.replication_factor = config.replication_factor;
    options.topic.configs = config.topic_settings;
    options.property = property;
    options.purpose = purpose;
    return options;
  }

  /// For leaders' writes; nullopt unless exactly.once.source.support is preparing or enabled.
  std::optional<kafka::ClientConfig> leader_producer() const {
    if (settings_.exactly_once_source == runtime::ExactlyOnceSource::kDisabled) return std::nullopt;
    kafka::ClientConfig config = clients_.internal("configs-leader");
    config["acks"] = "all";
    config["enable.idempotence"] = "true";
    config["max.in.flight.requests.per.connection"] = "5";
    config["transactional.id"] = "connect-cluster-" + settings_.group_id;
    return config;
  }

 private:
  const WorkerSetup& setup_;
  const runtime::DistributedConfig& settings_;
  const runtime::ClientConfigs& clients_;
};

storage::InternalConverterFactory internal_converter(const PluginRegistry& plugins) {
  return [&plugins] {
    auto converter =
        plugins.find(PluginKind::kConverter, "org.apache.kafka.connect.json.JsonConverter")->make_converter();
    converter->configure({{"schemas.enable", "false"}}, ConverterType::kValue);
    return converter;
  };
}

std::function<void(const std::string&)> warnings_of(const char* logger) {
  return [&log = base::log_named(logger)](const std::string& text) { log.warn("{}", text); };
}

}  // namespace

int run_distributed(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() == "--help") {
    main_log().info("Usage: ConnectDistributed worker.properties");
    return kUsage;
  }
  StopSignals signals;
  connect_logs();
  main_log().info("Kafka Connect worker initializing ...");
  WorkerSetup setup;
  if (Result<void> done = load_worker(arguments.front(), runtime::WorkerMode::kDistributed, setup); !done) {
    return stopping_due_to(done.error(), kBadWorkerConfig);
  }
  if (Result<void> done = look_up_cluster(setup, signals); !done) {
    return signals.pending() ? kClean : stopping_due_to(done.error(), kBadWorkerConfig);
  }
  Result<std::unique_ptr<rest::RestServer>> rest = rest::RestServer::bind(setup.config);
  if (!rest) return stopping_due_to(rest.error(), kBadWorkerConfig);
  rest::HttpLeaderClient leader((*rest)->client_tls());

  const runtime::DistributedConfig& settings = *setup.config.distributed;
  const runtime::ClientConfigs clients(setup.config, setup.kafka_cluster_id.value_or(""));
  const InternalTopics topics(setup, clients);
  const auto generation = std::make_shared<std::atomic<std::int32_t>>(-1);
  runtime::ConfigChangeCollector changes;

  storage::KafkaOffsetStore offsets(
      topics.log_deps("offsets", InternalTopics::Isolation::kReadCommitted),
      InternalTopics::options(settings.offsets, "offset.storage.topic", "source connector offsets"));

  storage::KafkaConfigStore::Deps config_deps;
  config_deps.log = topics.log_deps("configs", InternalTopics::Isolation::kReadCommitted);
  config_deps.topic = InternalTopics::options(settings.configs, "config.storage.topic", "connector configurations");
  config_deps.topic.topic.partitions = 1;
  config_deps.topic.require_single_partition = true;
  config_deps.leader_producer = topics.leader_producer();
  config_deps.converter = internal_converter(setup.plugins);
  config_deps.listener = &changes;
  config_deps.warn = warnings_of("org.apache.kafka.connect.storage.KafkaConfigBackingStore");
  storage::KafkaConfigStore configs(std::move(config_deps));

  storage::KafkaStatusStore::Deps status_deps;
  status_deps.log = topics.log_deps("statuses", InternalTopics::Isolation::kAsConfigured);
  status_deps.log.producer_config["delivery.timeout.ms"] = "120000";  // the store itself decides on repeats
  status_deps.topic = InternalTopics::options(settings.statuses, "status.storage.topic", "connector and task statuses");
  status_deps.converter = internal_converter(setup.plugins);
  status_deps.generation = [generation] { return generation->load(); };
  status_deps.warn = warnings_of("org.apache.kafka.connect.storage.KafkaStatusBackingStore");
  storage::KafkaStatusStore statuses(std::move(status_deps));

  runtime::Worker worker(runtime::Worker::Deps{&setup.config, &setup.plugins, &setup.providers, setup.clients.get(),
                                               &offsets, setup.kafka_cluster_id.value_or(""), nullptr});

  std::atomic<bool> failed{false};
  runtime::DistributedHerder::Parts parts;
  parts.configs = &configs;
  parts.statuses = &statuses;
  parts.offsets = &offsets;
  parts.changes = &changes;
  parts.leader = &leader;
  parts.make_member = kafka::GroupMember::create;
  parts.member_client = clients.group_member((*rest)->worker_id());
  parts.url = (*rest)->advertised_url();
  parts.generation = generation;
  parts.on_fatal = [&failed](const Error&) {
    failed = true;
    ::kill(::getpid(), SIGTERM);  // the main thread takes it from there
  };
  runtime::DistributedHerder herder(
      runtime::HerderBase::Deps{&setup.config, &setup.plugins, &setup.providers, &worker, &statuses,
                                (*rest)->worker_id(), setup.kafka_cluster_id, nullptr},
      std::move(parts));
  main_log().info("Kafka Connect worker initialization completed");
  herder.start();
  (*rest)->install(herder);
  main_log().info("REST resources initialized; server is started and ready to handle requests at {}",
                  (*rest)->advertised_url());
  main_log().info("Kafka Connect started");

  signals.wait();
  main_log().info("Kafka Connect stopping");
  (*rest)->stop();
  herder.stop();
  main_log().info("Kafka Connect stopped");
  const int status = failed ? kUsage : kClean;
  if (worker.has_abandoned_threads()) {
    std::fflush(nullptr);
    ::_exit(status);  // plugin code still runs; it must not meet destructors
  }
  return status;
}

}  // namespace millrace::apps
