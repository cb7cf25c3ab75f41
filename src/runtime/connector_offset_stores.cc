#include "runtime/connector_offset_stores.h"

#include <utility>

#include "base/log.h"
#include "kafka/topic_log.h"
#include "storage/kafka_offset_store.h"
#include "storage/layered_offset_store.h"

namespace millrace::runtime {
namespace {

base::Log& offsets_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.storage.ConnectorOffsetBackingStore");
  return log;
}

}  // namespace

Result<ConnectorOffsetStore> ConnectorOffsetStores::of(const std::string& connector, const Props& config) {
  // Nobody owns the worker's store here: it outlives all connectors.
  ConnectorOffsetStore workers{{std::shared_ptr<storage::OffsetStore>(), deps_.offsets}, "", nullptr};
  if (!deps_.worker->distributed) return workers;
  workers.topic = deps_.worker->distributed->offsets.topic;
  const auto given = config.find("offsets.storage.topic");
  const bool own_topic = given != config.end() && !given->second.empty();
  Result<kafka::ClientConfig> producer = deps_.client_configs->offset_producer(connector, config);
  if (!producer) return std::move(producer).error();
  const bool other_cluster = (*producer)["bootstrap.servers"] != deps_.worker->bootstrap_servers;
  if (!own_topic && !(deps_.worker->exactly_once_source_enabled() && other_cluster)) return workers;
  const std::string topic = own_topic ? given->second : workers.topic;
  if (topic == workers.topic && !other_cluster) return workers;

  std::shared_ptr<Slot> slot;
  {
    const std::lock_guard lock(mutex_);
    auto& found = slots_[{connector, topic}];
    if (!found) found = std::make_shared<Slot>();
    slot = found;
  }
  const std::lock_guard lock(slot->opening);
  ConnectorOffsetStore own{slot->store.lock(), topic, deps_.offsets};
  if (own.store && slot->producer == *producer) return own;

  kafka::TopicLog::Deps log;
  log.clients = deps_.clients;
  log.producer_config = *producer;
  log.producer_config.erase("transactional.id");  // transactions have producers of their own
  log.producer_config["enable.idempotence"] = "false";
  Result<kafka::ClientConfig> consumer = deps_.client_configs->offset_consumer(connector, std::nullopt, config);
  if (!consumer) return std::move(consumer).error();
  log.consumer_config = std::move(*consumer);
  Result<kafka::ClientConfig> admin = deps_.client_configs->connector_admin(connector, config);
  if (!admin) return std::move(admin).error();
  log.admin_config = std::move(*admin);
  const StorageTopicConfig& like = deps_.worker->distributed->offsets;
  kafka::TopicLog::Options options;
  options.topic.name = topic;
  options.topic.partitions = like.partitions;
  options.topic.replication_factor = like.replication_factor;
  options.topic.configs = like.topic_settings;
  options.property = "offsets.storage.topic";
  options.purpose = "source connector offsets";
  auto store = std::make_shared<storage::LayeredOffsetStore>(
      std::make_unique<storage::KafkaOffsetStore>(std::move(log), std::move(options)), *deps_.offsets,
      [connector](const std::string& text) { offsets_log().warn("[{}] {}", connector, text); });
  offsets_log().info("Offsets of connector {} are in topic {}, and in the worker's beside", connector, topic);
  if (Result<void> started = store->start(); !started) return std::move(started).error();
  slot->producer = std::move(*producer);
  slot->store = store;
  own.store = std::move(store);
  return own;
}

}  // namespace millrace::runtime
