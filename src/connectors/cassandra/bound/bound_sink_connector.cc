#include "connectors/cassandra/bound/bound_sink_connector.h"

#include <algorithm>
#include <map>

#include "connectors/cassandra/bound/bound_writer.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

/// The table as it is written: the lower-case name where nothing else exists would be another one. Throws ConfigError.
cql::TableInfo table_of(cql::Session& session, const BoundStatement& statement, const std::string& hosts) {
  const auto name = statement.keyspace + "." + statement.table;
  if (auto table = session.table(statement.keyspace, statement.table)) return std::move(*table);
  std::string hint;
  if (session.keyspace_exists(statement.keyspace)) {
    for (const auto& other : session.table_names(statement.keyspace)) {
      if (lower_case(other) == lower_case(statement.table))
        hint = " Did you mean " + statement.keyspace + "." + other + "?";
    }
    throw ConfigError("Table " + name + " does not exist on Cassandra at " + hosts + "." + hint);
  }
  if (session.keyspace_exists(lower_case(statement.keyspace)))
    hint = " Did you mean " + lower_case(statement.keyspace) + "?";
  throw ConfigError("Keyspace " + statement.keyspace + " does not exist on Cassandra at " + hosts + "." + hint);
}

}  // namespace

void BoundSinkConnector::start(const Props& config) {
  const auto settings = bound_sink_settings(config);
  for (const auto& warning : settings.warnings) logger(kLoggerName).warn(warning);
  props_ = config;
}

std::vector<Props> BoundSinkConnector::task_configs(std::int32_t max_tasks) {
  return std::vector<Props>(static_cast<std::size_t>(std::max(max_tasks, 1)), props_);
}

std::vector<ConfigValue> BoundSinkConnector::validate(const Props& props) const {
  auto values = bound_sink_config_def().validate(props);
  const bool wrong =
      std::any_of(values.begin(), values.end(), [](const ConfigValue& value) { return !value.errors.empty(); });
  if (wrong) return values;
  try {
    bound_sink_settings(props);
  } catch (const ConfigError& error) {
    // An error that names its option stands there; the others come from the KCQL.
    const std::string text = error.what();
    ConfigValue* owner = nullptr;
    std::size_t first = std::string::npos;
    for (auto& value : values) {
      const auto at = text.find(value.name);
      if (at < first) {
        first = at;
        owner = &value;
      }
      if (owner == nullptr && value.name == "connect.cassandra.kcql") owner = &value;
    }
    owner->errors.push_back(text);
  }
  return values;
}

struct BoundSinkTask::Running {
  BoundSinkSettings settings;
  std::unique_ptr<cql::Session> session;
  std::map<std::string, std::vector<std::unique_ptr<BoundWriter>>> writers;  // by topic
  std::unique_ptr<WriteQueue> queue;
  std::unique_ptr<PutPolicy> policy;
};

BoundSinkTask::BoundSinkTask() = default;
BoundSinkTask::~BoundSinkTask() = default;

void BoundSinkTask::start(const Props& config) {
  auto running = std::make_unique<Running>();
  try {
    running->settings = bound_sink_settings(config);
    auto& settings = running->settings;
    const auto hosts = hosts_text(settings.session);
    running->session =
        connect_session(settings.session, "connect.cassandra.auth.username and connect.cassandra.auth.password");
    logger(kLoggerName).info("Connection to Cassandra established.");
    for (const auto& statement : settings.statements) {
      auto writer =
          std::make_unique<BoundWriter>(*running->session, statement, table_of(*running->session, statement, hosts));
      logger(kLoggerName).info("Topic " + statement.topic + " is written with: " + writer->cql());
      running->writers[statement.topic].push_back(std::move(writer));
    }
    running->queue = std::make_unique<WriteQueue>(
        *running->session,
        WriteQueue::Limits{settings.requests_in_flight, settings.batch_size, cql::Consistency::kLocalOne});
    running->policy = std::make_unique<PutPolicy>(settings.policy);
  } catch (const ConfigError& error) {
    throw ConnectError(std::string("Couldn't start CassandraSink due to configuration error. ") + error.what(), error);
  } catch (const cql::CqlError& error) {
    throw ConnectError(std::string("Couldn't start CassandraSink. ") + error.what());
  }
  running_ = std::move(running);
}

void BoundSinkTask::put(const std::vector<SinkRecord>& records) {
  if (!running_) return;
  auto& running = *running_;
  const auto ignored = running.settings.ignore_errors;
  auto* reporter = context().errant_record_reporter();
  std::optional<ConnectError> first;
  std::vector<bool> bad(records.size(), false);
  enum class Cause : std::uint8_t { kRecord, kRequest, kOutage };
  const auto failed = [&](std::size_t index, Cause cause, const std::string& what, const std::string& table) {
    if (bad[index]) return;
    bad[index] = true;
    const ConnectError error(what + " (table: " + table + ", " + place_of(records[index]) + ")");
    if (ignored == IgnoreErrors::kAll || (ignored == IgnoreErrors::kDriver && cause != Cause::kRecord)) {
      logger(kLoggerName).warn(std::string("Left out (connect.cassandra.ignore.errors.mode): ") + error.what());
    } else if (reporter != nullptr && cause != Cause::kOutage) {
      reporter->report(records[index], error);
    } else if (!first) {
      first = error;
    } else if (running.settings.policy.error_policy == ErrorPolicy::kNoop) {
      logger(kLoggerName).warn(std::string("Error policy NOOP: [") + error.what() + "]. Processing continuing.");
    }
  };

  std::vector<Write> writes;
  static const std::string kNone = "none";
  std::vector<const std::string*> tables(records.size(), &kNone);  // for error texts
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto writers = running.writers.find(records[i].topic);
    if (writers == running.writers.end()) {
      failed(i, Cause::kRecord, "Topic " + records[i].topic + " doesn't have a KCQL setup", *tables[i]);
      continue;
    }
    try {
      std::vector<Write> made;
      for (const auto& writer : writers->second) {
        tables[i] = &writer->table();
        made.push_back(writer->write(records[i]));
        made.back().record = i;
      }
      std::move(made.begin(), made.end(), std::back_inserter(writes));
    } catch (const DataError& error) {
      failed(i, Cause::kRecord, error.what(), *tables[i]);
    }
  }
  for (const auto& failure : running.queue->run(std::move(writes))) {
    failed(failure.record, failure.error.transient() ? Cause::kOutage : Cause::kRequest, failure.error.what(),
           *tables[failure.record]);
  }

  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!bad[i]) running.policy->delivered(records[i].topic);
  }
  running.policy->log_progress();
  if (first) return running.policy->failed(*first, context());
  running.policy->succeeded();
}

void BoundSinkTask::stop() {
  if (!running_) return;
  logger(kLoggerName).info("Stopping Cassandra sink.");
  running_->queue.reset();
  running_->writers.clear();
  running_->session.reset();
  running_.reset();
}

}  // namespace millrace::cassandra
