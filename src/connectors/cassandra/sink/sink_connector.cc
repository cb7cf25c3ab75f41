#include "connectors/cassandra/sink/sink_connector.h"

#include <algorithm>
#include <map>

#include "connectors/cassandra/sink/cql_text.h"
#include "connectors/cassandra/sink/put_policy.h"
#include "connectors/cassandra/sink/row_deleter.h"
#include "connectors/cassandra/sink/row_writer.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

/// A failed write as the error to report.
ConnectError failure_text(const std::string& what, const std::string& table, const SinkRecord& record) {
  return ConnectError(what + " (table: " + table + ", " + place_of(record) + ")");
}

}  // namespace

void CassandraSinkConnector::start(const Props& config) {
  const auto settings = sink_settings(config);
  for (const auto& warning : settings.warnings) logger(kLoggerName).warn(warning);
  props_ = config;
}

std::vector<Props> CassandraSinkConnector::task_configs(std::int32_t max_tasks) {
  return std::vector<Props>(static_cast<std::size_t>(std::max(max_tasks, 1)), props_);
}

std::vector<ConfigValue> CassandraSinkConnector::validate(const Props& props) const {
  std::vector<std::string> warnings;
  auto values = sink_config_def().validate(canonical_sink_props(props, warnings));
  const bool wrong =
      std::any_of(values.begin(), values.end(), [](const ConfigValue& value) { return !value.errors.empty(); });
  if (wrong) return values;
  try {
    sink_settings(props);
  } catch (const ConfigError& error) {
    const std::string text = error.what();
    if (text == kNoTopics) return values;  // the worker says so at its own options
    const char* owner = text.starts_with("If connect.cassandra.delete.enabled") ? "connect.cassandra.delete.statement"
                                                                                : "connect.cassandra.kcql";
    for (auto& value : values) {
      if (value.name == owner) value.errors.push_back(text);
    }
  }
  return values;
}

struct CassandraSinkTask::Running {
  SinkSettings settings;
  std::unique_ptr<cql::Session> session;
  std::map<std::string, std::vector<std::unique_ptr<RowWriter>>> writers;    // by topic
  std::map<std::string, std::vector<std::shared_ptr<RowDeleter>>> deleters;  // by topic
  std::unique_ptr<WriteQueue> queue;
  std::unique_ptr<PutPolicy> policy;

  void prepare_deletions(const std::string& keyspace);
};

/// One statement is for all topics, one of several for the topics that are written to its table.
void CassandraSinkTask::Running::prepare_deletions(const std::string& keyspace) {
  const bool single = settings.delete_statements.size() == 1;
  const auto fields = single ? RowDeleter::Fields::kInOrder : RowDeleter::Fields::kByName;
  for (const auto& text : settings.delete_statements) {
    const auto deleter = std::make_shared<RowDeleter>(*session, settings, text, fields, keyspace);
    const auto table = table_named_in(text);
    bool used = false;
    for (const auto& [topic, targets] : writers) {
      const bool fits = single || std::any_of(targets.begin(), targets.end(), [&](const auto& writer) {
                          return writer->table().ends_with("." + table);
                        });
      if (!fits) continue;
      deleters[topic].push_back(deleter);
      used = true;
    }
    if (!used) {
      throw ConfigError("connect.cassandra.delete.statement \"" + text + "\" is about table " + table +
                        ", which no topic is written to.");
    }
  }
}

CassandraSinkTask::CassandraSinkTask() = default;
CassandraSinkTask::~CassandraSinkTask() = default;

void CassandraSinkTask::start(const Props& config) {
  auto running = std::make_unique<Running>();
  try {
    running->settings = sink_settings(config);
    auto& settings = running->settings;
    std::string keyspace = settings.keyspace;
    running->session = open_session(settings.session, keyspace);
    auto& session = *running->session;
    if (session.table_names(keyspace).empty()) {
      throw ConfigError("No tables found in Cassandra for keyspace " + keyspace + " on " +
                        hosts_text(settings.session));
    }
    for (const auto& statement : settings.statements) {
      // The target may repeat the keyspace.
      std::string target = statement.target;
      if (lower_case(target).starts_with(lower_case(keyspace) + ".")) target.erase(0, keyspace.size() + 1);
      auto table = session.table(keyspace, lower_case(target));
      if (!table) table = session.table(keyspace, target);
      if (!table) {
        throw ConfigError("No tables found in Cassandra for topics " + statement.source + ": table " + target +
                          " does not exist in keyspace " + keyspace + " on " + hosts_text(settings.session));
      }
      auto writer = std::make_unique<RowWriter>(session, settings, statement, *table);
      logger(kLoggerName).info("Topic " + statement.source + " is written with: " + writer->cql());
      running->writers[statement.source].push_back(std::move(writer));
    }
    if (settings.delete_enabled) running->prepare_deletions(keyspace);
    running->queue = std::make_unique<WriteQueue>(
        session, WriteQueue::Limits{settings.requests_in_flight, settings.batch_size, settings.consistency});
    running->policy = std::make_unique<PutPolicy>(
        PutPolicy::Settings{settings.error_policy, settings.max_retries, settings.retry_interval, settings.progress});
  } catch (const ConfigError& error) {
    throw ConnectError(std::string("Couldn't start CassandraSink due to configuration error. ") + error.what(), error);
  } catch (const cql::CqlError& error) {
    throw ConnectError(std::string("Couldn't start CassandraSink. ") + error.what());
  }
  running_ = std::move(running);
}

void CassandraSinkTask::put(const std::vector<SinkRecord>& records) {
  if (!running_) return;
  auto& running = *running_;
  std::optional<ConnectError> first;
  std::vector<bool> bad(records.size(), false);
  auto* reporter = context().errant_record_reporter();
  // A bad record goes to the reporter where there is one; otherwise the policy decides for the whole put.
  const auto bad_record = [&](std::size_t index, const ConnectError& error) {
    if (bad[index]) return;
    bad[index] = true;
    if (reporter != nullptr) {
      reporter->report(records[index], error);
    } else if (!first) {
      first = error;
    } else if (running.settings.error_policy == ErrorPolicy::kNoop) {
      logger(kLoggerName).warn(std::string("Error policy NOOP: [") + error.what() + "]. Processing continuing.");
    }
  };

  std::vector<Write> writes;
  static const std::string kNone = "none";
  std::vector<const std::string*> targets(records.size(), &kNone);  // table or statement, for error texts
  const auto flush = [&] {
    auto failures = running.queue->run(std::exchange(writes, {}));
    for (const auto& failure : failures) {
      const auto& record = records[failure.record];
      const auto error = failure_text(failure.error.what(), *targets[failure.record], record);
      if (!failure.error.transient()) {
        bad_record(failure.record, error);
      } else {
        bad[failure.record] = true;
        if (!first) first = error;
      }
    }
  };

  bool deleting = false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    const bool wants_delete = record.value.is_null();
    // Deletions and insertions may meet in one row: neither overtakes the other.
    if (wants_delete != deleting && !writes.empty()) flush();
    deleting = wants_delete;
    try {
      const auto writers = running.writers.find(record.topic);
      if (writers == running.writers.end()) throw DataError("Topic " + record.topic + " doesn't have a KCQL setup");
      std::vector<Write> made;  // all of a record's writes or none
      if (wants_delete) {
        const auto deleters = running.deleters.find(record.topic);
        if (deleters == running.deleters.end()) throw DataError("Sink is missing delete statement.");
        for (const auto& deleter : deleters->second) {
          targets[i] = &deleter->statement();
          made.push_back(deleter->write(record));
        }
      } else {
        for (const auto& writer : writers->second) {
          targets[i] = &writer->table();
          made.push_back(writer->write(record));
        }
      }
      for (auto& write : made) {
        write.record = i;
        writes.push_back(std::move(write));
      }
    } catch (const DataError& error) {
      bad_record(i, failure_text(error.what(), *targets[i], record));
    }
  }
  if (!writes.empty()) flush();

  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!bad[i]) running.policy->delivered(records[i].topic);
  }
  running.policy->log_progress();
  if (first) return running.policy->failed(*first, context());
  running.policy->succeeded();
}

void CassandraSinkTask::stop() {
  if (!running_) return;
  logger(kLoggerName).info("Stopping Cassandra sink.");
  running_->queue.reset();
  running_->deleters.clear();
  running_->writers.clear();
  running_->session.reset();
  running_.reset();
}

}  // namespace millrace::cassandra
