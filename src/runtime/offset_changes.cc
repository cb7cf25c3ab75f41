#include "runtime/offset_changes.h"

#include <fmt/core.h>

#include <charconv>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "runtime/herder_base.h"
#include "runtime/offset_transaction.h"
#include "runtime/plugin_call.h"
#include "storage/connector_offsets.h"
#include "storage/offset_codec.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kKafkaTimeout{30};

using SinkChange = std::map<TopicPartition, std::optional<std::int64_t>>;

std::optional<std::int64_t> whole_number(const Value& value) {
  if (value.is_integer()) return value.integer();
  if (value.kind() != ValueKind::kString) return std::nullopt;
  const std::string& text = value.as_string();
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [ptr, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || ptr != end) return std::nullopt;
  return number;
}

Result<SinkChange> parse_sink_offsets(const std::vector<PartitionOffset>& offsets) {
  SinkChange change;
  for (const PartitionOffset& entry : offsets) {
    if (!entry.partition) return bad_request("The partition for a sink connector offset cannot be null or missing");
    const Value* topic = entry.partition->find("kafka_topic");
    const Value* partition = entry.partition->find("kafka_partition");
    if (topic == nullptr || partition == nullptr) {
      return bad_request(
          "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'");
    }
    if (topic->kind() != ValueKind::kString) {
      return bad_request("Kafka topic names must be valid strings and may not be null");
    }
    if (partition->is_null()) return bad_request("Kafka partitions must be valid numbers and may not be null");
    const auto number = whole_number(*partition);
    if (!number || *number < INT32_MIN || *number > INT32_MAX) {
      return bad_request(
          fmt::format("Failed to parse the following Kafka partition value in the provided offsets: '{}'. "
                      "Partition values for sink connectors need to be integers.",
                      partition->to_string()));
    }
    const TopicPartition at{topic->as_string(), static_cast<std::int32_t>(*number)};
    if (!entry.offset) {
      change[at] = std::nullopt;
      continue;
    }
    const Value* offset = entry.offset->find("kafka_offset");
    if (offset == nullptr) {
      return bad_request("The offset for a sink connector should either be null or contain the key 'kafka_offset'");
    }
    const auto position = whole_number(*offset);
    if (!position) {
      return bad_request(
          fmt::format("Failed to parse the following Kafka offset value in the provided offsets: '{}'. "
                      "Offset values for sink connectors need to be integers.",
                      offset->to_string()));
    }
    change[at] = *position;
  }
  return change;
}

/// What cannot be stored is refused before the connector sees it.
Result<void> check_primitive(const OffsetMap& fields) {
  if (!fields) return {};
  for (const auto& [key, value] : *fields) {
    const bool map = value.kind() == ValueKind::kMap;
    if (!map && value.kind() != ValueKind::kArray) continue;
    return internal_error(fmt::format("Offsets may only contain primitive types as values, but field {} contains {}",
                                      key.to_string(), map ? "MAP" : "ARRAY"));
  }
  return {};
}

/// The connector's hook, run where it may hang. `hook` owns what it uses.
Result<bool> call_hook(const std::string& connector, const char* kind, std::function<bool()> hook) {
  const auto answer = std::make_shared<bool>(false);
  const auto unsupported = std::make_shared<bool>(false);
  Result<void> done = run_with_deadline("alter-offsets", kRequestTimeout, [=]() -> Result<void> {
    const auto failure = guard_plugin([&] { *answer = hook(); });
    if (!failure) return {};
    *unsupported = failure->java_class == "java.lang.UnsupportedOperationException";
    return plugin_error(*failure);
  });
  if (done) return *answer;
  if (done.error().code == Errc::kTimeout) {
    return internal_error(
        fmt::format("Timed out while calling the 'alterOffsets' method for {} connector {}", kind, connector));
  }
  if (*unsupported) {
    return internal_error(fmt::format(
        "Failed to modify offsets for connector {} because it doesn't support external modification of offsets",
        connector));
  }
  return std::move(done).error();
}

Result<void> write_plain(storage::OffsetStore& store, std::vector<storage::OffsetEntry> entries) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<void>> result;  // guarded by mutex
  };
  const auto shared = std::make_shared<Shared>();
  store.set(std::move(entries), [shared](Result<void> result) {
    const std::lock_guard lock(shared->mutex);
    shared->result = std::move(result);
    shared->done.notify_all();
  });
  std::unique_lock lock(shared->mutex);
  if (!shared->done.wait_for(lock, kRequestTimeout, [&] { return shared->result.has_value(); })) return timed_out();
  return *shared->result;
}

class IgnoredDeliveries : public kafka::DeliveryListener {
 public:
  void on_deliveries(std::span<const kafka::Delivery>) override {}
};

}  // namespace

Error OffsetChanges::must_be_stopped(const std::string& connector) {
  return bad_request(
      fmt::format("Connectors must be in the STOPPED state before their offsets can be modified. This can be done "
                  "for the specified connector by issuing a 'PUT' request to the '/connectors/{}/stop' endpoint",
                  connector));
}

Result<std::vector<PartitionOffset>> OffsetChanges::read(const std::string& connector, ConnectorType type,
                                                         const Props& config) {
  std::vector<PartitionOffset> result;
  if (type != ConnectorType::kSink) {
    const auto failed = [&](const Error& error) {
      return internal_error(
          fmt::format("Failed to retrieve offsets for source connector {}: {}", connector, error.text));
    };
    const Result<ConnectorOffsetStore> stored = worker_.offset_store_of(connector, config);
    if (!stored) return failed(stored.error());
    storage::ConnectorOffsets reader(*stored->store, connector, kKafkaTimeout);
    auto all = reader.all();
    if (!all) return failed(all.error());
    for (auto& [partition, offset] : *all) result.push_back(PartitionOffset{std::move(partition), std::move(offset)});
    return result;
  }
  const auto failed = [&](const Error& error) {
    return internal_error(
        fmt::format("Failed to retrieve consumer group offsets for sink connector {}: {}", connector, error.text));
  };
  Result<kafka::ClientConfig> admin_config = worker_.client_configs().connector_admin(connector, config);
  if (!admin_config) return failed(admin_config.error());
  Result<std::shared_ptr<kafka::Admin>> admin = worker_.clients().admin(*admin_config);
  if (!admin) return failed(admin.error());
  Result<kafka::Offsets> offsets =
      (*admin)->group_offsets(worker_.client_configs().sink_group_id(connector, config), kKafkaTimeout);
  if (!offsets) return failed(offsets.error());
  for (const auto& [at, offset] : *offsets) {
    PartitionOffset entry;
    entry.partition = std::make_shared<const Map>(std::initializer_list<Map::Entry>{
        {Value("kafka_partition"), Value(std::int64_t{at.partition})}, {Value("kafka_topic"), Value(at.topic)}});
    entry.offset =
        std::make_shared<const Map>(std::initializer_list<Map::Entry>{{Value("kafka_offset"), Value(offset)}});
    result.push_back(std::move(entry));
  }
  return result;
}

Result<std::string> OffsetChanges::change(const std::string& connector, ConnectorType type, const Props& config,
                                          const std::optional<std::vector<PartitionOffset>>& offsets, Writes writes) {
  if (offsets && offsets->empty()) {
    return bad_request("Partitions / offsets need to be provided for an alter offsets request");
  }
  const Result<bool> knows = type == ConnectorType::kSink ? change_sink(connector, config, offsets)
                                                          : change_source(connector, config, offsets, writes);
  if (!knows) return knows.error();
  const char* verb = offsets ? "altered" : "reset";
  if (*knows) return fmt::format("The offsets for this connector have been {} successfully", verb);
  return fmt::format(
      "The Connect framework-managed offsets for this connector have been {0} successfully. However, if this "
      "connector manages offsets externally, they will need to be manually {0} in the system that the connector "
      "uses.",
      verb);
}

Result<bool> OffsetChanges::change_source(const std::string& connector, const Props& config,
                                          const std::optional<std::vector<PartitionOffset>>& offsets, Writes writes) {
  const Result<ConnectorOffsetStore> where = worker_.offset_store_of(connector, config);
  if (!where) return internal_error(where.error().text);
  storage::ConnectorOffsets reader(*where->store, connector, kKafkaTimeout);
  auto stored = reader.all();
  if (!stored) {
    return internal_error(
        fmt::format("Timed out while trying to read to the end of the offsets topic prior to modifying offsets "
                    "for source connector {}",
                    connector));
  }
  std::vector<std::pair<OffsetMap, OffsetMap>> wanted;
  if (offsets) {
    for (const PartitionOffset& entry : *offsets) {
      for (const OffsetMap& fields : {entry.partition, entry.offset}) {
        if (Result<void> storable = check_primitive(fields); !storable) return std::move(storable).error();
      }
      wanted.emplace_back(entry.partition, entry.offset);
    }
  } else {
    for (const auto& entry : *stored) wanted.emplace_back(entry.first, nullptr);
  }
  const Result<const PluginEntry*> plugin =
      call_plugin([&] { return &plugins_.connector(config.at("connector.class")); });
  if (!plugin) return plugin.error();
  const Result<bool> knows = call_hook(connector, "source", [entry = *plugin, config, wanted] {
    return entry->make_source()->alter_offsets(config, wanted);
  });
  if (!knows || wanted.empty()) return knows;

  std::vector<storage::OffsetEntry> entries;
  for (const auto& [partition, offset] : wanted) {
    Result<std::string> key = reader.key_of(partition);
    if (!key) return internal_error(key.error().text);
    if (!offset) {
      entries.emplace_back(std::move(*key), std::nullopt);
      continue;
    }
    Result<std::string> value = storage::encode_offset_value(offset);
    if (!value) return internal_error(value.error().text);
    entries.emplace_back(std::move(*key), std::move(*value));
  }
  const Result<void> written = writes == Writes::kTransaction
                                   ? write_in_transaction(connector, config, *where, std::move(entries))
                                   : write_plain(*where->store, std::move(entries));
  if (written) return knows;
  if (written.error().code == Errc::kTimeout) {
    return internal_error(
        fmt::format("Timed out while attempting to modify offsets for source connector {}", connector));
  }
  return internal_error(
      fmt::format("Failed to modify offsets for source connector {}: {}", connector, written.error().text));
}

Result<void> OffsetChanges::write_in_transaction(const std::string& connector, const Props& config,
                                                 const ConnectorOffsetStore& where,
                                                 std::vector<storage::OffsetEntry> entries) {
  // The id is that of task 0: a zombie of it is shut out, and this producer in its turn by the next start of the task.
  Result<kafka::ClientConfig> settings = worker_.client_configs().offset_producer(connector, config);
  if (!settings) return std::move(settings).error();
  Result<std::shared_ptr<kafka::Producer>> producer = worker_.clients().producer(*settings);
  if (!producer) return std::move(producer).error();
  if (Result<void> ready = (*producer)->init_transactions(kKafkaTimeout); !ready) return ready;
  if (Result<void> begun = (*producer)->begin_transaction(); !begun) return begun;
  OffsetTransaction transaction(
      OffsetTransaction::Deps{producer->get(), where.topic, where.beside, "connector " + connector});
  IgnoredDeliveries deliveries;  // what failed fails the commit
  Result<void> done = transaction.write(std::move(entries), deliveries, kKafkaTimeout);
  if (done) done = (*producer)->commit_transaction(kKafkaTimeout);
  if (done) {
    transaction.committed();
  } else {
    (void)(*producer)->abort_transaction(kKafkaTimeout);  // the next to use the id does it otherwise
  }
  (*producer)->detach(deliveries);
  return done;
}

Result<bool> OffsetChanges::change_sink(const std::string& connector, const Props& config,
                                        const std::optional<std::vector<PartitionOffset>>& offsets) {
  SinkChange change;
  if (offsets) {
    Result<SinkChange> parsed = parse_sink_offsets(*offsets);
    if (!parsed) return std::move(parsed).error();
    change = std::move(*parsed);
  }
  Result<kafka::ClientConfig> admin_config = worker_.client_configs().connector_admin(connector, config);
  if (!admin_config) return std::move(admin_config).error();
  Result<std::shared_ptr<kafka::Admin>> admin = worker_.clients().admin(*admin_config);
  if (!admin) return std::move(admin).error();
  const std::string group = worker_.client_configs().sink_group_id(connector, config);
  if (!offsets) {
    Result<kafka::Offsets> stored = (*admin)->group_offsets(group, kKafkaTimeout);
    if (!stored) {
      return internal_error(
          fmt::format("Failed to list offsets prior to resetting offsets for sink connector {}", connector));
    }
    for (const auto& entry : *stored) change[entry.first] = std::nullopt;
  }
  const Result<const PluginEntry*> plugin =
      call_plugin([&] { return &plugins_.connector(config.at("connector.class")); });
  if (!plugin) return plugin.error();
  const Result<bool> knows = call_hook(connector, "sink", [entry = *plugin, config, change] {
    return entry->make_sink()->alter_offsets(config, change);
  });
  if (!knows) return knows;

  const auto failed = [&](const Error& error) {
    const char* verb = offsets ? "alter" : "reset";
    if (error.code == Errc::kConflict) {
      return internal_error(
          fmt::format("Failed to {0} consumer group offsets for connector {1} either because its tasks haven't stopped "
                      "completely yet or the "
                      "connector was resumed before the request to {0} its offsets could be successfully completed. If "
                      "the connector is in a "
                      "stopped state, this operation can be safely retried. If it doesn't eventually succeed, the "
                      "Connect cluster may need to "
                      "be restarted to get rid of the zombie sink tasks.",
                      verb, connector));
    }
    return internal_error(fmt::format("Failed to {} consumer group offsets for {}connector {}: {}", verb,
                                      offsets ? "" : "sink ", connector, error.text));
  };
  if (!offsets) {
    if (Result<void> done = (*admin)->delete_group(group, kKafkaTimeout); !done) return failed(done.error());
    return knows;
  }
  kafka::Offsets moved;
  std::vector<TopicPartition> removed;
  for (const auto& [at, offset] : change) {
    if (offset) {
      moved[at] = *offset;
    } else {
      removed.push_back(at);
    }
  }
  if (!moved.empty()) {
    if (Result<void> done = (*admin)->alter_group_offsets(group, moved, kKafkaTimeout); !done)
      return failed(done.error());
  }
  if (!removed.empty()) {
    if (Result<void> done = (*admin)->delete_group_offsets(group, removed, kKafkaTimeout); !done)
      return failed(done.error());
  }
  return knows;
}

}  // namespace millrace::runtime
