#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/source/render.h"
#include "millrace/connector.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

class FakeReporter : public ErrantRecordReporter {
 public:
  std::shared_future<void> report(const SinkRecord&, const std::exception& error) override {
    errors.emplace_back(error.what());
    std::promise<void> done;
    done.set_value();
    return done.get_future().share();
  }
  std::vector<std::string> errors;
};

class FakeContext : public SinkTaskContext {
 public:
  const Props& configs() const override { return props; }
  void offset(const TopicPartition&, std::int64_t) override {}
  void timeout(std::chrono::milliseconds time) override { timeout_ms = time.count(); }
  std::set<TopicPartition> assignment() const override { return {}; }
  void pause(const std::vector<TopicPartition>&) override {}
  void resume(const std::vector<TopicPartition>&) override {}
  void request_commit() override {}
  ErrantRecordReporter* errant_record_reporter() override { return reporting ? &reporter : nullptr; }
  std::stop_token stop_token() const override { return {}; }

  Props props;
  FakeReporter reporter;
  bool reporting = false;
  std::int64_t timeout_ms = 0;
};

/// A sink task against the node of $MILLRACE_CASSANDRA, with a keyspace of its own.
class SinkFixture : public testing::Test {
 protected:
  explicit SinkFixture(std::string name) : keyspace(std::move(name)) {}

  void SetUp() override {
    const char* where = std::getenv("MILLRACE_CASSANDRA");
    if (where == nullptr) throw std::runtime_error("set MILLRACE_CASSANDRA to the node's host:port");
    node = where;
    cql::SessionConfig config;
    config.contact_points = {node};
    config.request_timeout = std::chrono::seconds(60);
    session = cql::Session::connect(config);
    session->query("CREATE KEYSPACE IF NOT EXISTS " + keyspace +
                   " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
    session->query("DROP TABLE IF EXISTS " + keyspace + ".t");
  }

  template <class TaskT>
  void start_task(const Props& config) {
    context.props = config;
    task = std::make_unique<TaskT>();
    task->initialize(context);
    task->start(config);
  }

  static SinkRecord text_record(std::string value, std::int64_t offset = 0) {
    SinkRecord record;
    record.topic = record.original_topic = "orders";
    record.original_kafka_offset = record.kafka_offset = offset;
    record.value_schema = Schema::string();
    record.value = Value(std::move(value));
    return record;
  }

  std::string rows(const std::string& select) {
    std::string out;
    auto page = session->query(select);
    std::vector<cql::Cell> cells;
    while (page.next(cells)) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        out += i == 0 ? "" : "|";
        append_cql_literal(out, (*page.columns())[i].type, cells[i].is_null() ? std::string_view() : cells[i].bytes());
      }
      out += "\n";
    }
    return out;
  }

  std::string put_error(const std::vector<SinkRecord>& records) {
    try {
      task->put(records);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  }

  std::string keyspace;
  std::string node;
  std::unique_ptr<cql::Session> session;
  FakeContext context;
  std::unique_ptr<SinkTask> task;
};

}  // namespace millrace::cassandra
