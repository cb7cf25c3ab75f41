#include "connectors/cassandra/source/source_connector.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "connectors/cassandra/source/table_reader.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

constexpr const char* kAssigned = "connect.cassandra.assigned.tables";
/// poll comes back at least this often, so that the worker can pause, commit and look around.
constexpr std::chrono::milliseconds kLongestWait{500};

std::string name_in(const Props& props) {
  const auto found = props.find("name");
  return found == props.end() ? "cassandra-source" : found->second;
}

/// Wakes the task's thread when a page arrived. Shared with callbacks that may outlive the task.
struct Wake {
  std::mutex mutex;
  std::condition_variable_any condition;
  bool signalled = false;

  void signal() {
    {
      const std::lock_guard lock(mutex);
      signalled = true;
    }
    condition.notify_one();
  }
};

}  // namespace

void CassandraSourceConnector::start(const Props& config) {
  const auto settings = source_settings(config);
  auto& log = logger(kLoggerName);
  for (const auto& warning : settings.warnings) log.warn(warning);
  props_ = config;
  tables_.clear();
  for (const auto& route : settings.routes) tables_.push_back(route.kcql.source);
}

std::vector<Props> CassandraSourceConnector::task_configs(std::int32_t max_tasks) {
  const auto groups = std::min<std::size_t>(static_cast<std::size_t>(std::max(max_tasks, 1)), tables_.size());
  logger(kLoggerName).info("Setting task configurations for " + std::to_string(groups) + " workers.");
  std::vector<Props> configs;
  std::size_t at = 0;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::size_t size = tables_.size() / groups + (group < tables_.size() % groups ? 1 : 0);
    std::string assigned;
    for (std::size_t i = 0; i < size; ++i) assigned += (i == 0 ? "" : ",") + tables_[at++];
    Props config = props_;
    config[kAssigned] = assigned;
    configs.push_back(std::move(config));
  }
  return configs;
}

std::vector<ConfigValue> CassandraSourceConnector::validate(const Props& props) const {
  std::vector<std::string> warnings;
  const Props canonical = canonical_source_props(props, warnings);
  auto values = source_config_def().validate(canonical);
  const bool wrong =
      std::any_of(values.begin(), values.end(), [](const ConfigValue& value) { return !value.errors.empty(); });
  if (wrong) return values;
  try {
    source_settings(props);
  } catch (const ConfigError& error) {
    // The error names its option where it is about one; the others come from the KCQL.
    const std::string text = error.what();
    ConfigValue* owner = nullptr;
    for (auto& value : values) {
      if (value.name == "connect.cassandra.kcql" && owner == nullptr) owner = &value;
      if (value.name != "connect.cassandra.kcql" && text.find("configuration " + value.name + ":") != std::string::npos)
        owner = &value;
    }
    const auto starts = [&](const char* start, const char* name) {
      if (!text.starts_with(start)) return;
      owner =
          &*std::find_if(values.begin(), values.end(), [&](const ConfigValue& value) { return value.name == name; });
    };
    starts("Unsupported import mode", "connect.cassandra.import.mode");
    starts("You should specify a bucketMode", "connect.cassandra.bucket.timeseries.mode");
    starts("You should specify a bucketFormat", "connect.cassandra.bucket.timeseries.format");
    starts("BUCKETTIMESERIES needs connect.cassandra.initial.offset", "connect.cassandra.initial.offset");
    owner->errors.push_back(text);
  }
  return values;
}

struct CassandraSourceTask::Running {
  SourceSettings settings;
  std::string name;
  std::shared_ptr<Wake> wake = std::make_shared<Wake>();
  std::unique_ptr<cql::Session> session;
  std::vector<std::unique_ptr<TableReader>> readers;  // they use the session
};

CassandraSourceTask::CassandraSourceTask() = default;
CassandraSourceTask::~CassandraSourceTask() = default;

void CassandraSourceTask::start(const Props& config) {
  auto running = std::make_unique<Running>();
  running->name = name_in(config);
  auto& log = logger(kLoggerName);
  try {
    running->settings = source_settings(config);
    auto& settings = running->settings;
    std::string keyspace = settings.keyspace;
    running->session = open_session(settings.session, keyspace);
    for (const auto& route : settings.routes) {
      const auto& assigned = settings.assigned_tables;
      if (!assigned.empty() && std::find(assigned.begin(), assigned.end(), route.kcql.source) == assigned.end())
        continue;
      const auto table = find_table(*running->session, settings.session, keyspace, route.kcql.source);
      auto& reader = context().offset_storage_reader();
      OffsetMap stored = reader.offset(*TableReader::partition_of(route.kcql.source));
      // Before mid-2017 offsets were stored under the topic.
      if (!stored && route.kcql.target != route.kcql.source)
        stored = reader.offset(*TableReader::partition_of(route.kcql.target));
      running->readers.push_back(std::make_unique<TableReader>(*running->session, settings, route, table, running->name,
                                                               stored, [wake = running->wake] { wake->signal(); }));
    }
    const bool timed = std::any_of(settings.routes.begin(), settings.routes.end(), [](const Route& route) {
      return route.mode != ImportMode::kBulk && route.mode != ImportMode::kToken;
    });
    if (timed) {
      log.info("Offset texts are in time zone " + settings.zone.text() + "; rows are read when they are " +
               std::to_string(settings.slice_delay.count()) + " ms old (connect.cassandra.slice.delay.ms).");
    }
  } catch (const ConfigError& error) {
    throw ConnectError(std::string("Couldn't start CassandraSource due to configuration error. ") + error.what(),
                       error);
  } catch (const cql::CqlError& error) {
    throw ConnectError(std::string("Couldn't connect to Cassandra. ") + error.what());
  }
  running_ = std::move(running);
}

std::vector<SourceRecord> CassandraSourceTask::poll() {
  std::vector<SourceRecord> out;
  if (!running_) return out;
  const auto stop = context().stop_token();
  const auto deadline = TableReader::Clock::now() + kLongestWait;
  const auto batch = static_cast<std::size_t>(running_->settings.batch_size);
  while (!stop.stop_requested()) {
    const auto now = TableReader::Clock::now();
    auto wake_at = deadline;
    for (const auto& reader : running_->readers) {
      reader->advance(now);
      reader->drain(out, batch, now);
      wake_at = std::min(wake_at, reader->next_action());
    }
    if (!out.empty() || now >= deadline) break;
    std::unique_lock lock(running_->wake->mutex);
    running_->wake->condition.wait_until(lock, stop, wake_at, [this] { return running_->wake->signalled; });
    running_->wake->signalled = false;
  }
  if (!out.empty())
    logger(kLoggerName).debug("Sending " + std::to_string(out.size()) + " records for connector " + running_->name);
  return out;
}

void CassandraSourceTask::stop() {
  if (!running_) return;
  auto& log = logger(kLoggerName);
  const std::string connector = "Connector " + running_->name + " ";
  log.info("Stopping Cassandra source " + running_->name + ".");
  log.info(connector + "shutting down queries.");
  for (const auto& reader : running_->readers) log.info(connector + "querying stopped for " + reader->place() + ".");
  log.info(connector + "all stopped.");
  log.info("Shutting down Cassandra driver connections for " + running_->name + ".");
  running_->readers.clear();
  running_->session.reset();
  running_.reset();
}

}  // namespace millrace::cassandra
