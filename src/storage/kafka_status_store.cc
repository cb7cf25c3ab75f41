#include "storage/kafka_status_store.h"

#include <charconv>

namespace millrace::storage {
namespace {

constexpr std::string_view kConnectorPrefix = "status-connector-";
constexpr std::string_view kTaskPrefix = "status-task-";
constexpr std::string_view kTopicPrefix = "status-topic-";
constexpr std::string_view kTopicConnector = ":connector-";
constexpr std::chrono::milliseconds kRepeatDelay{300};

std::string key_of(const std::string& connector) { return std::string(kConnectorPrefix) + connector; }
std::string key_of(const ConnectorTaskId& task) { return std::string(kTaskPrefix) + task.to_string(); }
std::string key_of(const std::string& connector, const std::string& topic) {
  return std::string(kTopicPrefix) + topic + std::string(kTopicConnector) + connector;
}

Value optional_text(const std::optional<std::string>& text) { return text ? Value(*text) : Value(); }

Value value_of(const Status& status) {
  Map map;
  map.append(Value("state"), Value(name_of(status.state)));
  map.append(Value("trace"), optional_text(status.trace));
  map.append(Value("worker_id"), Value(status.worker_id));
  map.append(Value("generation"), Value(status.generation));
  map.append(Value("version"), optional_text(status.version));
  return Value(std::move(map));
}

Value value_of(const TopicStatus& status) {
  Map topic;
  topic.append(Value("name"), Value(status.topic));
  topic.append(Value("connector"), Value(status.connector));
  topic.append(Value("task"), Value(status.task));
  topic.append(Value("discoverTimestamp"), Value(status.discover_ms));
  Map map;
  map.append(Value("topic"), Value(std::move(topic)));
  return Value(std::move(map));
}

std::optional<std::string> text(const Map& map, std::string_view name) {
  const Value* member = map.find(name);
  return member != nullptr && member->kind() == ValueKind::kString ? std::optional(member->as_string()) : std::nullopt;
}

std::optional<std::int64_t> number(const Map& map, std::string_view name) {
  const Value* member = map.find(name);
  return member != nullptr && member->is_integer() ? std::optional(member->integer()) : std::nullopt;
}

std::optional<Status> status_of(const Value& value) {
  if (value.kind() != ValueKind::kMap) return std::nullopt;
  const Map& map = value.as_map();
  const std::optional<State> state = state_of(text(map, "state").value_or(""));
  const std::optional<std::string> worker = text(map, "worker_id");
  const std::optional<std::int64_t> generation = number(map, "generation");
  if (!state || !worker || !generation) return std::nullopt;
  return Status{*state, *worker, static_cast<std::int32_t>(*generation), text(map, "version"), text(map, "trace")};
}

std::optional<ConnectorTaskId> task_of(std::string_view rest) {
  const std::size_t dash = rest.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  std::int32_t task = 0;
  const char* end = rest.data() + rest.size();
  const auto [at, error] = std::from_chars(rest.data() + dash + 1, end, task);
  if (error != std::errc() || at != end) return std::nullopt;
  return ConnectorTaskId{std::string(rest.substr(0, dash)), task};
}

}  // namespace

KafkaStatusStore::KafkaStatusStore(Deps deps) : deps_(std::move(deps)), codec_(deps_.converter) {}

KafkaStatusStore::~KafkaStatusStore() { stop(); }

Result<void> KafkaStatusStore::start() {
  auto log =
      kafka::TopicLog::create(deps_.log, deps_.topic, [this](const kafka::InRecord& record) { on_record(record); });
  if (!log.ok()) return std::move(log).error();
  log_ = std::move(*log);
  if (auto started = log_->start(); !started.ok()) return started;
  repeat_thread_ = std::jthread([this](const std::stop_token& stop) { run_repeats(stop); });
  return {};
}

void KafkaStatusStore::stop() {
  repeat_thread_ = {};
  if (log_) log_->stop();
}

template <class Id>
void KafkaStatusStore::write_status(const Id& id, std::string key, const Status& status, bool safe) {
  Write write;
  write.key = std::move(key);
  if (status.state != State::kDestroyed) write.value = codec_.encode(value_of(status));
  write.generation = status.generation;
  if (safe) {
    write.still_safe = [this, id, status] { return StatusTable::safe_to_replace(get(id), status); };
    if (!write.still_safe()) return;
  }
  this->write(std::move(write));
}

void KafkaStatusStore::put(const std::string& connector, const Status& status) {
  if (status.state ==
      State::kDestroyed) {  // readers drop the tasks with the connector; compaction needs a tombstone for each
    for (const auto& [task, old] : tasks_of(connector)) put(ConnectorTaskId{connector, task}, status);
  }
  write_status(connector, key_of(connector), status, /*safe=*/false);
}

void KafkaStatusStore::put(const ConnectorTaskId& task, const Status& status) {
  write_status(task, key_of(task), status, /*safe=*/false);
}

void KafkaStatusStore::put_safe(const std::string& connector, const Status& status) {
  write_status(connector, key_of(connector), status, /*safe=*/true);
}

void KafkaStatusStore::put_safe(const ConnectorTaskId& task, const Status& status) {
  write_status(task, key_of(task), status, /*safe=*/true);
}

void KafkaStatusStore::put(const TopicStatus& topic) {
  Write write;
  write.key = key_of(topic.connector, topic.topic);
  write.value = codec_.encode(value_of(topic));
  this->write(std::move(write));
}

void KafkaStatusStore::delete_topic(const std::string& connector, const std::string& topic) {
  Write write;
  write.key = key_of(connector, topic);
  this->write(std::move(write));
}

void KafkaStatusStore::write(Write write) {
  {
    const std::scoped_lock lock(mutex_);
    write.number = ++next_number_;
    newest_[write.key] = write.number;
  }
  send(std::make_shared<Write>(std::move(write)));
}

void KafkaStatusStore::send(std::shared_ptr<Write> write) {
  log_->send(write->key, write->value, [this, write](Result<void> result) {
    if (result.ok()) {
      const std::scoped_lock lock(mutex_);
      const auto newest = newest_.find(write->key);
      if (newest != newest_.end() && newest->second == write->number) newest_.erase(newest);
    } else if (result.error().retriable) {
      repeat_later(write);
    } else {
      deps_.warn("status topic: \"" + write->key + "\" could not be written: " + result.error().text);
    }
  });
}

bool KafkaStatusStore::still_wanted(const Write& write) const {
  {
    const std::scoped_lock lock(mutex_);
    const auto newest = newest_.find(write.key);
    if (newest != newest_.end() && newest->second != write.number) return false;
  }
  if (write.generation && *write.generation != deps_.generation()) return false;
  return !write.still_safe || write.still_safe();
}

void KafkaStatusStore::repeat_later(std::shared_ptr<Write> write) {
  const std::scoped_lock lock(repeats_mutex_);
  repeats_.emplace_back(std::chrono::steady_clock::now() + kRepeatDelay, std::move(write));
  repeats_changed_.notify_all();
}

void KafkaStatusStore::run_repeats(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::shared_ptr<Write> due;
    {
      std::unique_lock lock(repeats_mutex_);
      if (!repeats_changed_.wait(lock, stop, [&] { return !repeats_.empty(); })) return;
      const auto when = repeats_.front().first;
      repeats_changed_.wait_until(lock, stop, when, [] { return false; });
      if (stop.stop_requested()) return;
      due = std::move(repeats_.front().second);
      repeats_.pop_front();
    }
    if (still_wanted(*due)) send(std::move(due));
  }
}

void KafkaStatusStore::on_record(const kafka::InRecord& record) {
  const std::string_view key = record.key.value_or(std::string_view());
  std::optional<Value> value;
  std::string problem;
  if (record.value) {
    Result<Value> decoded = codec_.decode(*record.value);
    if (decoded.ok()) {
      if (!decoded->is_null()) value = std::move(*decoded);
    } else {
      problem = "its value is no JSON: " + decoded.error().text;
    }
  }
  if (problem.empty()) problem = apply(key, value, record.timestamp_ms);
  if (!problem.empty()) deps_.warn("status topic: record \"" + std::string(key) + "\" is ignored: " + problem);
}

std::string KafkaStatusStore::apply(std::string_view key, const std::optional<Value>& value, std::int64_t written_ms) {
  const std::scoped_lock lock(mutex_);
  if (key.starts_with(kConnectorPrefix)) {
    const std::string connector(key.substr(kConnectorPrefix.size()));
    if (connector.empty()) return "it names no connector";
    if (!value) {
      table_.erase(connector, written_ms);
      return {};
    }
    const std::optional<Status> status = status_of(*value);
    if (!status) return "it is no status";
    table_.set(connector, *status);
    return {};
  }
  if (key.starts_with(kTaskPrefix)) {
    const std::optional<ConnectorTaskId> task = task_of(key.substr(kTaskPrefix.size()));
    if (!task) return "it names no task";
    if (!value) {
      table_.erase(*task);
      stopped_.erase(*task);
      return {};
    }
    const std::optional<Status> status = status_of(*value);
    if (!status) return "it is no status";
    const std::optional<Status> current = table_.get(*task);
    if (!StatusTable::is_late(current, *status)) {
      table_.set(*task, *status, written_ms);
      stopped_.erase(*task);
    } else if (current->worker_id == status->worker_id) {
      stopped_.insert(*task);
    }
    return {};
  }
  if (key.starts_with(kTopicPrefix)) {
    const std::string_view rest = key.substr(kTopicPrefix.size());
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos || colon == 0 || !rest.substr(colon).starts_with(kTopicConnector)) {
      return "it names no topic and connector";
    }
    const std::string topic(rest.substr(0, colon));
    const std::string connector(rest.substr(colon + kTopicConnector.size()));
    if (connector.empty()) return "it names no connector";
    if (!value) {
      table_.erase_topic(connector, topic);
      return {};
    }
    const Value* members = value->kind() == ValueKind::kMap ? value->as_map().find("topic") : nullptr;
    if (members == nullptr || members->kind() != ValueKind::kMap) return "it is no topic status";
    table_.set(TopicStatus{topic, connector, static_cast<std::int32_t>(number(members->as_map(), "task").value_or(0)),
                           number(members->as_map(), "discoverTimestamp").value_or(0)});
    return {};
  }
  return "no such kind of record is known";
}

std::optional<Status> KafkaStatusStore::get(const std::string& connector) const {
  const std::scoped_lock lock(mutex_);
  return table_.get(connector);
}

std::optional<Status> KafkaStatusStore::get(const ConnectorTaskId& task) const {
  const std::scoped_lock lock(mutex_);
  return table_.get(task);
}

bool KafkaStatusStore::stopped_in_order(const ConnectorTaskId& task) const {
  const std::scoped_lock lock(mutex_);
  return stopped_.contains(task);
}

std::map<std::int32_t, Status> KafkaStatusStore::tasks_of(const std::string& connector) const {
  const std::scoped_lock lock(mutex_);
  return table_.tasks_of(connector);
}

std::set<std::string> KafkaStatusStore::connectors() const {
  const std::scoped_lock lock(mutex_);
  return table_.connectors();
}

std::optional<TopicStatus> KafkaStatusStore::topic(const std::string& connector, const std::string& topic) const {
  const std::scoped_lock lock(mutex_);
  return table_.topic(connector, topic);
}

std::vector<TopicStatus> KafkaStatusStore::topics_of(const std::string& connector) const {
  const std::scoped_lock lock(mutex_);
  return table_.topics_of(connector);
}

}  // namespace millrace::storage
