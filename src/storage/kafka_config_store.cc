#include "storage/kafka_config_store.h"

#include <algorithm>
#include <condition_variable>
#include <span>

#include "millrace/base64.h"

namespace millrace::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kWriteBudget{30'000};
constexpr const char* kFencedText =
    "Failed to write to config topic; this may be due to a transient error and the request can be safely retried";

Value object(std::initializer_list<std::pair<const char*, Value>> members) {
  Map map;
  for (const auto& [name, value] : members) map.append(Value(name), value);
  return Value(std::move(map));
}

/// Workers that do not know STOPPED yet read "state" and see PAUSED.
Value target_state_value(TargetState state) {
  const TargetState old_word = state == TargetState::kStopped ? TargetState::kPaused : state;
  return object({{"state", Value(name_of(old_word))}, {"state.v2", Value(name_of(state))}});
}

std::string key(std::string_view prefix, const std::string& name) { return std::string(prefix) + name; }

/// Counts down acknowledgements of a known number of records.
class Acknowledgements {
 public:
  explicit Acknowledgements(std::size_t expected) : left_(expected) {}

  void done(const Result<void>& result) {
    const std::scoped_lock lock(mutex_);
    if (!result.ok() && !error_) error_ = result.error();
    if (--left_ == 0) all_.notify_all();
  }

  Result<void> wait(milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!all_.wait_for(lock, timeout, [&] { return left_ == 0; })) {
      return Error{.code = Errc::kTimeout,
                   .text = "no acknowledgement within " + std::to_string(timeout.count()) + " ms"};
    }
    if (error_) return *error_;
    return {};
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::size_t left_;
  std::optional<Error> error_;
};

class DeliveriesTo : public kafka::DeliveryListener {
 public:
  explicit DeliveriesTo(Acknowledgements& to) : to_(to) {}
  void on_deliveries(std::span<const kafka::Delivery> deliveries) override {
    for (const kafka::Delivery& delivery : deliveries) {
      to_.done(delivery.error == nullptr ? Result<void>() : Result<void>(*delivery.error));
    }
  }

 private:
  Acknowledgements& to_;
};

}  // namespace

class KafkaConfigStore::Deadline {
 public:
  milliseconds left() const {
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(end_ - steady_clock::now()));
  }

 private:
  steady_clock::time_point end_ = steady_clock::now() + kWriteBudget;
};

KafkaConfigStore::KafkaConfigStore(Deps deps) : deps_(std::move(deps)), codec_(deps_.converter) {}

KafkaConfigStore::~KafkaConfigStore() { stop(); }

Result<void> KafkaConfigStore::start() {
  auto log =
      kafka::TopicLog::create(deps_.log, deps_.topic, [this](const kafka::InRecord& record) { on_record(record); });
  if (!log.ok()) return std::move(log).error();
  log_ = std::move(*log);
  if (auto started = log_->start(); !started.ok()) return std::move(started).error();
  const std::scoped_lock lock(mutex_);
  live_ = true;
  return {};
}

void KafkaConfigStore::stop() {
  if (log_) log_->stop();
  leader_producer_.reset();
}

void KafkaConfigStore::on_record(const kafka::InRecord& record) {
  const std::string_view name = record.key.value_or(std::string_view());
  std::optional<Value> value;
  if (record.value) {
    Result<Value> decoded = codec_.decode(*record.value);
    if (!decoded.ok()) {
      deps_.warn("config topic: record \"" + std::string(name) + "\" at offset " + std::to_string(record.offset) +
                 " is ignored: its value is no JSON: " + decoded.error().text);
      return;
    }
    if (!decoded->is_null()) value = std::move(*decoded);
  }
  std::string problem;
  {
    // The listener only enqueues, so it may run under the lock; the snapshot it asks for later has this record.
    const std::scoped_lock lock(mutex_);
    const auto phase = live_ ? ConfigRecordReader::Phase::kLive : ConfigRecordReader::Phase::kReplay;
    problem = reader_.apply(name, value, record.offset, phase, deps_.listener);
    cached_snapshot_ = nullptr;
  }
  if (!problem.empty()) deps_.warn(problem);
}

ConfigSnapshot KafkaConfigStore::snapshot() const {
  const std::scoped_lock lock(mutex_);
  if (!cached_snapshot_) cached_snapshot_ = std::make_shared<const ClusterConfigState>(reader_.state());
  return cached_snapshot_;
}

Result<void> KafkaConfigStore::refresh(milliseconds timeout) { return log_->read_to_end(timeout); }

Result<void> KafkaConfigStore::claim_write_privileges() {
  if (!deps_.leader_producer) return {};
  leader_producer_.reset();
  auto producer = deps_.log.clients->producer(*deps_.leader_producer);
  Result<void> ready = producer.ok() ? (*producer)->init_transactions(kWriteBudget) : Result<void>(producer.error());
  if (!ready.ok()) {
    ready.error().text = "Failed to create and initialize fencable producer for config topic: " + ready.error().text;
    return ready;
  }
  leader_producer_ = std::move(*producer);
  return {};
}

Result<void> KafkaConfigStore::write(const std::vector<Write>& writes, Rights rights, const std::string& failure,
                                     const Deadline& deadline) {
  const bool transactional = rights == Rights::kLeader && deps_.leader_producer.has_value();
  Result<void> written = transactional ? write_in_transaction(writes, deadline) : write_plain(writes, deadline);
  if (!written.ok() && !transactional) {
    deps_.warn(failure + ": " + written.error().text);
    written.error().code = Errc::kKafka;
    written.error().text = failure;
  }
  return written;
}

Result<void> KafkaConfigStore::write_plain(const std::vector<Write>& writes, const Deadline& deadline) {
  const auto acknowledgements = std::make_shared<Acknowledgements>(writes.size());
  for (const Write& write : writes) {
    std::optional<std::string> bytes;
    if (write.value) bytes = codec_.encode(*write.value);
    log_->send(write.key, std::move(bytes),
               [acknowledgements](Result<void> result) { acknowledgements->done(result); });
  }
  return acknowledgements->wait(deadline.left());
}

Result<void> KafkaConfigStore::write_in_transaction(const std::vector<Write>& writes, const Deadline& deadline) {
  const auto fenced = [&](const Error& cause) {
    deps_.warn(std::string(kFencedText) + ": " + cause.text);
    leader_producer_.reset();
    return Error{.code = Errc::kFenced, .text = kFencedText, .retriable = true};
  };
  if (!leader_producer_) return fenced(Error{.code = Errc::kFenced, .text = "this worker holds no write privileges"});
  if (auto begun = leader_producer_->begin_transaction(); !begun.ok()) return fenced(begun.error());

  Acknowledgements acknowledgements(writes.size());
  DeliveriesTo deliveries(acknowledgements);
  std::vector<std::optional<std::string>> bytes;
  std::vector<kafka::OutRecord> records;
  for (const Write& write : writes)
    bytes.push_back(write.value ? std::optional(codec_.encode(*write.value)) : std::nullopt);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    kafka::OutRecord record;
    record.topic = &deps_.topic.topic.name;
    record.partition = 0;
    record.key = writes[i].key;
    if (bytes[i]) record.value = *bytes[i];
    records.push_back(record);
  }
  std::span<const kafka::OutRecord> rest(records);
  std::optional<Error> error;
  while (!rest.empty() && !error) {
    const kafka::Producer::Sent sent = leader_producer_->send(rest, deliveries);
    rest = rest.subspan(sent.accepted);
    if (sent.error) {
      error = sent.error;
    } else if (!rest.empty() && !leader_producer_->wait_for_room(deadline.left())) {
      error = Error{.code = Errc::kTimeout, .text = "the producer's queue stays full"};
    }
  }
  if (!error) {
    if (auto committed = leader_producer_->commit_transaction(deadline.left()); !committed.ok())
      error = committed.error();
  }
  leader_producer_->detach(deliveries);
  if (error) return fenced(*error);
  return {};
}

Result<void> KafkaConfigStore::read_back(const Deadline& deadline, const std::string& failure) {
  Result<void> read = log_->read_to_end(deadline.left());
  if (!read.ok()) {
    deps_.warn(failure + ": " + read.error().text);
    read.error().text = failure;
  }
  return read;
}

Result<void> KafkaConfigStore::write_and_read_back(const std::vector<Write>& writes, const std::string& failure) {
  const Deadline deadline;
  if (auto written = write(writes, Rights::kLeader, failure, deadline); !written.ok()) return written;
  return read_back(deadline, failure);
}

Result<void> KafkaConfigStore::put_connector_config(const std::string& connector, const RawConfig& config,
                                                    std::optional<TargetState> initial_state) {
  std::vector<Write> writes;
  if (initial_state) writes.push_back({key(config_keys::kTargetState, connector), target_state_value(*initial_state)});
  writes.push_back({key(config_keys::kConnector, connector), properties_value(config)});
  return write_and_read_back(writes, "Error writing connector configuration to Kafka");
}

Result<void> KafkaConfigStore::remove_connector_config(const std::string& connector) {
  return write_and_read_back({{key(config_keys::kConnector, connector), std::nullopt},
                              {key(config_keys::kTargetState, connector), std::nullopt}},
                             "Error removing connector configuration from Kafka");
}

Result<void> KafkaConfigStore::put_task_configs(const std::string& connector, const std::vector<RawConfig>& configs) {
  const Deadline deadline;
  const std::string failure = "Error writing task configurations to Kafka";
  if (auto read = read_back(deadline, failure); !read.ok()) return read;
  if (!configs.empty()) {
    std::vector<Write> writes;
    for (std::size_t task = 0; task < configs.size(); ++task) {
      writes.push_back(
          {key(config_keys::kTask, connector) + "-" + std::to_string(task), properties_value(configs[task])});
    }
    if (auto written = write(writes, Rights::kLeader, failure, deadline); !written.ok()) return written;
    if (auto read = read_back(deadline, failure); !read.ok()) return read;
  }
  // Readers take the new task configs when, and only when, they see this one.
  const std::string root_failure = "Error writing root configuration to Kafka";
  const Value commit = object({{"tasks", Value(static_cast<std::int32_t>(configs.size()))}});
  if (auto written = write({{key(config_keys::kCommit, connector), commit}}, Rights::kLeader, root_failure, deadline);
      !written.ok()) {
    return written;
  }
  return read_back(deadline, root_failure);
}

Result<void> KafkaConfigStore::put_target_state(const std::string& connector, TargetState state) {
  const Deadline deadline;
  return write({{key(config_keys::kTargetState, connector), target_state_value(state)}}, Rights::kAnyWorker,
               "Error writing target state to Kafka", deadline);
}

Result<void> KafkaConfigStore::put_task_count_record(const std::string& connector, std::int32_t task_count) {
  return write_and_read_back(
      {{key(config_keys::kTasksFencing, connector), object({{"task-count", Value(task_count)}})}},
      "Error writing task count record to Kafka");
}

Result<void> KafkaConfigStore::put_session_key(const SessionKey& session_key) {
  return write_and_read_back(
      {{std::string(config_keys::kSessionKey), object({{"key", Value(base64_encode(session_key.key))},
                                                       {"algorithm", Value(session_key.algorithm)},
                                                       {"creation-timestamp", Value(session_key.creation_ms)}})}},
      "Error writing session key to Kafka");
}

Result<void> KafkaConfigStore::put_restart_request(const RestartRecord& request) {
  const auto word = [](bool value) { return value ? "true" : "false"; };
  const std::string failure = "Error writing restart request for {connectorName='" + request.connector +
                              "', onlyFailed=" + word(request.only_failed) +
                              ", includeTasks=" + word(request.include_tasks) + "} to Kafka";
  return write_and_read_back(
      {{key(config_keys::kRestart, request.connector),
        object({{"include-tasks", Value(request.include_tasks)}, {"only-failed", Value(request.only_failed)}})}},
      failure);
}

Result<void> KafkaConfigStore::put_logger_level(const std::string& logger, const std::string& level) {
  const Deadline deadline;
  return write({{key(config_keys::kLoggerCluster, logger), object({{"level", Value(level)}})}}, Rights::kAnyWorker,
               "Error writing logger level to Kafka", deadline);
}

}  // namespace millrace::storage
