#include "runtime/task_factory.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "runtime/at_least_once_delivery.h"
#include "runtime/dead_letter_queue.h"
#include "runtime/exactly_once_delivery.h"
#include "runtime/plugin_call.h"
#include "runtime/sink_task_runner.h"
#include "runtime/source_task_runner.h"
#include "runtime/transform_chain.h"

namespace millrace::runtime {
namespace {

constexpr std::chrono::seconds kOffsetTimeout{60};
constexpr std::chrono::seconds kTransactionsTimeout{60};
constexpr std::uint64_t kMostBytesInFlight = std::uint64_t{8} << 20;

base::Log& task_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.WorkerTask");
  return log;
}

Props given(const RawConfig& config) {
  Props props;
  for (const auto& [key, value] : config) {
    if (value) props[key] = *value;
  }
  return props;
}

/// The producer's own limit where it is smaller than ours: buffer.memory.
std::uint64_t bytes_in_flight(const kafka::ClientConfig& producer) {
  const auto at = producer.find("buffer.memory");
  std::uint64_t bytes = 0;
  if (at == producer.end()) return kMostBytesInFlight;
  const std::string& text = at->second;
  if (std::from_chars(text.data(), text.data() + text.size(), bytes).ec != std::errc()) return kMostBytesInFlight;
  return std::min(bytes, kMostBytesInFlight);
}

}  // namespace

Result<std::unique_ptr<TaskRunner>> TaskFactory::make(const TaskStart& start, std::shared_ptr<TaskControl> control,
                                                      std::shared_ptr<TaskMetrics> metrics,
                                                      StatusListener& listener) const {
  Result<RawConfig> connector_props = deps_.providers->resolve(start.connector_config);
  if (!connector_props) return std::move(connector_props).error();
  Result<RawConfig> task_props = deps_.providers->resolve(start.task_config);
  if (!task_props) return std::move(task_props).error();
  const Props props = given(*connector_props);

  const auto name = props.find("connector.class");
  Result<const PluginEntry*> plugin =
      call_plugin([&] { return &deps_.plugins->connector(name == props.end() ? "" : name->second); });
  if (!plugin) return std::move(plugin).error();
  const ConnectorType type = (*plugin)->kind == PluginKind::kSource ? ConnectorType::kSource : ConnectorType::kSink;
  Result<ConnectorConfig> connector = ConnectorConfig::parse(type, props, *deps_.plugins, *deps_.worker);
  if (!connector) {
    Error error = std::move(connector).error();
    if (error.trace.empty()) error.trace = "org.apache.kafka.common.config.ConfigException: " + error.text;
    return error;
  }
  if (start.task_count > static_cast<std::size_t>(connector->tasks_max)) {
    const std::string text = too_many_tasks(start.id.connector, start.task_count, connector->tasks_max);
    if (connector->tasks_max_enforce)
      return connect_error(text, "org.apache.kafka.connect.runtime.TooManyTasksException");
    task_log().warn("{}", text);
  }

  TaskParts parts;
  parts.id = start.id;
  parts.task_config = given(*task_props);
  parts.version = deps_.plugins->version_of(**plugin);
  parts.control = std::move(control);
  parts.metrics = std::move(metrics);
  parts.listener = &listener;
  parts.tracking = deps_.worker->topic_tracking_enable ? TopicReporter::Tracking::kOn : TopicReporter::Tracking::kOff;
  parts.flush_interval = deps_.worker->offset_flush_interval;
  parts.flush_timeout = deps_.worker->offset_flush_timeout;
  parts.retries_steps = !connector->errors.retry_timeout || connector->errors.retry_timeout->count() > 0;
  if (Result<void> done = add_converters(parts, props); !done) return std::move(done).error();
  Result<TransformChain> chain = TransformChain::make(connector->transforms, connector->predicates, *deps_.plugins);
  if (!chain) return std::move(chain).error();
  parts.transforms = std::move(*chain);
  if (Result<void> done = add_error_policy(parts, *connector); !done) return std::move(done).error();
  return type == ConnectorType::kSource ? make_source(std::move(parts), *connector, **plugin, start)
                                        : make_sink(std::move(parts), *connector, **plugin);
}

TaskRestarts TaskFactory::restarts_of(const TaskStart& start) const {
  const Result<RawConfig> resolved = deps_.providers->resolve(start.connector_config);
  return resolved ? task_restarts(given(*resolved)) : TaskRestarts{};
}

Result<void> TaskFactory::add_converters(TaskParts& parts, const Props& connector) const {
  const auto find = [&](PluginKind kind, const ConverterConfig& config) -> Result<const PluginEntry*> {
    if (const PluginEntry* entry = deps_.plugins->find(kind, config.class_name)) return entry;
    return connect_error(fmt::format("Failed to find any class that implements {} and which name matches {}",
                                     kind == PluginKind::kConverter ? "Converter" : "HeaderConverter",
                                     config.class_name));
  };
  const auto make = [&](ConverterPosition position, ConverterType type, std::unique_ptr<Converter>& made,
                        std::string& class_name) -> Result<void> {
    const ConverterConfig config = choose_converter(position, connector, *deps_.worker);
    Result<const PluginEntry*> entry = find(PluginKind::kConverter, config);
    if (!entry) return std::move(entry).error();
    class_name = (*entry)->class_name;
    return call_plugin([&] {
      made = (*entry)->make_converter();
      made->configure(config.config, type);
    });
  };
  if (Result<void> done =
          make(ConverterPosition::kKey, ConverterType::kKey, parts.key_converter, parts.key_converter_class);
      !done) {
    return done;
  }
  if (Result<void> done =
          make(ConverterPosition::kValue, ConverterType::kValue, parts.value_converter, parts.value_converter_class);
      !done) {
    return done;
  }
  const ConverterConfig header = choose_converter(ConverterPosition::kHeader, connector, *deps_.worker);
  Result<const PluginEntry*> entry = find(PluginKind::kHeaderConverter, header);
  if (!entry) return std::move(entry).error();
  parts.header_converter_class = (*entry)->class_name;
  return call_plugin([&] {
    parts.header_converter = (*entry)->make_header_converter();
    parts.header_converter->configure(header.config);
  });
}

Result<void> TaskFactory::add_error_policy(TaskParts& parts, const ConnectorConfig& connector) const {
  parts.errors = std::make_unique<ErrorPolicy>(connector.errors, *parts.control, *parts.metrics);
  if (connector.errors.log) {
    parts.errors->add_reporter(std::make_unique<LogReporter>(parts.id, connector.errors.log_messages, *parts.metrics));
  }
  if (connector.type != ConnectorType::kSink || connector.errors.dead_letter_topic.empty()) return {};
  Result<kafka::ClientConfig> admin_config = deps_.client_configs->dead_letter_admin(parts.id, connector.props);
  if (!admin_config) return std::move(admin_config).error();
  Result<std::shared_ptr<kafka::Admin>> admin = deps_.clients->admin(*admin_config);
  if (!admin) return std::move(admin).error();
  if (Result<void> done = DeadLetterQueue::ensure_topic(**admin, connector.errors.dead_letter_topic,
                                                        connector.errors.dead_letter_replication_factor);
      !done) {
    return done;
  }
  Result<kafka::ClientConfig> config = deps_.client_configs->dead_letter_producer(parts.id, connector.props);
  if (!config) return std::move(config).error();
  Result<std::shared_ptr<kafka::Producer>> producer = deps_.clients->producer(*config);
  if (!producer) return std::move(producer).error();
  parts.errors->add_reporter(std::make_unique<DeadLetterQueue>(
      DeadLetterQueue::Options{parts.id, connector.errors.dead_letter_topic, connector.errors.dead_letter_headers},
      std::move(*producer), parts.control, parts.metrics));
  return {};
}

Result<std::shared_ptr<kafka::Producer>> TaskFactory::make_producer(const ConnectorTaskId& id,
                                                                    const ConnectorConfig& connector,
                                                                    const TaskStart& start,
                                                                    std::uint64_t& bytes_in_flight_max) const {
  std::vector<std::string> warnings;
  Result<kafka::ClientConfig> config = start.exactly_once
                                           ? deps_.client_configs->exactly_once_producer(id, connector.props, &warnings)
                                           : deps_.client_configs->source_producer(id, connector.props);
  if (!config) return std::move(config).error();
  for (const std::string& warning : warnings) task_log().warn("{}", warning);
  bytes_in_flight_max = bytes_in_flight(*config);
  if (!start.exactly_once) return deps_.clients->producer(*config);

  const auto preflight = [&id](const Error& cause) {
    PluginFailure failure{kConnectException, cause.text, trace_of(cause), false};
    return plugin_error(kConnectException, fmt::format("Failed to perform preflight check for task {}", id.to_string()),
                        failure);
  };
  if (Result<void> fenced = start.exactly_once->fence_older_tasks(); !fenced) return preflight(fenced.error());
  Result<std::shared_ptr<kafka::Producer>> producer = deps_.clients->producer(*config);
  if (!producer) return producer;
  if (Result<void> ready = (*producer)->init_transactions(kTransactionsTimeout); !ready)
    return preflight(ready.error());
  if (Result<void> wanted = start.exactly_once->check_still_wanted(); !wanted) return std::move(wanted).error();
  return producer;
}

Result<std::unique_ptr<TaskRunner>> TaskFactory::make_source(TaskParts parts, const ConnectorConfig& connector,
                                                             const PluginEntry& plugin, const TaskStart& start) const {
  SourceTaskRunner::Parts source;
  if (Result<void> made = call_plugin([&] { source.task = plugin.make_source_task(); }); !made)
    return std::move(made).error();
  Result<std::shared_ptr<kafka::Producer>> producer =
      make_producer(parts.id, connector, start, source.bytes_in_flight_max);
  if (!producer) return std::move(producer).error();
  source.producer = std::move(*producer);
  if (!connector.topic_creation.empty()) {
    Result<kafka::ClientConfig> admin_config = deps_.client_configs->source_admin(parts.id, connector.props);
    if (!admin_config) return std::move(admin_config).error();
    Result<std::shared_ptr<kafka::Admin>> admin = deps_.clients->admin(*admin_config);
    if (!admin) return std::move(admin).error();
    if (Result<void> made = call_plugin(
            [&] { source.topics = std::make_unique<TopicCreator>(std::move(*admin), connector.topic_creation); });
        !made) {
      return std::move(made).error();
    }
  }
  Result<ConnectorOffsetStore> stored = deps_.offsets->of(parts.id.connector, connector.props);
  if (!stored) return std::move(stored).error();
  source.offset_store = std::move(stored->store);
  source.offsets =
      std::make_unique<storage::ConnectorOffsets>(*source.offset_store, parts.id.connector, kOffsetTimeout);
  if (start.exactly_once) {
    ExactlyOnceDelivery::Deps deps;
    deps.task = parts.id.to_string();
    deps.producer = source.producer;
    deps.offsets = source.offsets.get();
    deps.offsets_topic = stored->topic;
    deps.beside = stored->beside;
    deps.boundary = connector.transaction_boundary;
    deps.interval = connector.transaction_interval.value_or(parts.flush_interval);
    deps.control = parts.control;
    deps.metrics = parts.metrics.get();
    source.delivery = std::make_unique<ExactlyOnceDelivery>(std::move(deps));
    return std::unique_ptr<TaskRunner>(std::make_unique<SourceTaskRunner>(std::move(parts), std::move(source)));
  }
  source.delivery = std::make_unique<AtLeastOnceDelivery>(
      AtLeastOnceDelivery::Deps{source.offset_store.get(), source.offsets.get(), parts.control, parts.metrics.get(),
                                parts.flush_interval, parts.flush_timeout});
  return std::unique_ptr<TaskRunner>(std::make_unique<SourceTaskRunner>(std::move(parts), std::move(source)));
}

Result<std::unique_ptr<TaskRunner>> TaskFactory::make_sink(TaskParts parts, const ConnectorConfig& connector,
                                                           const PluginEntry& plugin) const {
  SinkTaskRunner::Parts sink;
  if (Result<void> made = call_plugin([&] { sink.task = plugin.make_sink_task(); }); !made)
    return std::move(made).error();
  if (const auto problems = check_sink_topics(connector.props); !problems.empty())
    return connect_error(problems.front().second);
  sink.topics = connector.topics;
  if (connector.topics.empty()) {
    if (Result<void> made = call_plugin([&] { sink.topics_regex.emplace(connector.topics_regex); }); !made)
      return std::move(made).error();
  }
  sink.reports_errant_records = parts.errors->has_reporters();
  sink.bisects_put = connector.errors.bisect_put && parts.errors->tolerates_all();
  Result<kafka::ClientConfig> config = deps_.client_configs->sink_consumer(parts.id, connector.props);
  if (!config) return std::move(config).error();
  Result<std::unique_ptr<kafka::Consumer>> consumer = deps_.clients->consumer(*config);
  if (!consumer) return std::move(consumer).error();
  sink.consumer = std::move(*consumer);
  return std::unique_ptr<TaskRunner>(std::make_unique<SinkTaskRunner>(std::move(parts), std::move(sink)));
}

}  // namespace millrace::runtime
