#include "storage/config_state.h"

#include <charconv>
#include <utility>

#include "millrace/base64.h"

namespace millrace::storage {
namespace {

const Map* object_of(const std::optional<Value>& value) {
  return value && value->kind() == ValueKind::kMap ? &value->as_map() : nullptr;
}

const Value* text_member(const Map& object, std::string_view name) {
  const Value* member = object.find(name);
  return member != nullptr && member->kind() == ValueKind::kString ? member : nullptr;
}

std::optional<std::int32_t> int_member(const Map& object, std::string_view name) {
  const Value* member = object.find(name);
  if (member == nullptr || !member->is_integer()) return std::nullopt;
  return static_cast<std::int32_t>(member->integer());
}

bool flag_member(const Map& object, std::string_view name) {
  const Value* member = object.find(name);
  return member != nullptr && member->kind() == ValueKind::kBool && member->as_bool();
}

/// The `properties` of a connector or task record, or nullopt. Values that are no text become Java's text of them.
std::optional<RawConfig> properties_of(const std::optional<Value>& value) {
  const Map* object = object_of(value);
  const Value* properties = object == nullptr ? nullptr : object->find("properties");
  if (properties == nullptr || properties->kind() != ValueKind::kMap) return std::nullopt;
  RawConfig config;
  for (const auto& [key, entry] : properties->as_map()) {
    if (entry.is_null()) {
      config[key.to_string()] = std::nullopt;
    } else {
      config[key.to_string()] = entry.to_string();
    }
  }
  return config;
}

std::string not_readable(std::string_view key, std::string_view why) {
  return "config topic: record \"" + std::string(key) + "\" is ignored: " + std::string(why);
}

/// "task-<connector>-<n>"; the connector's name may hold dashes.
std::optional<ConnectorTaskId> task_id_of(std::string_view key) {
  const std::string_view rest = key.substr(config_keys::kTask.size());
  const std::size_t dash = rest.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  std::int32_t number = 0;
  const char* end = rest.data() + rest.size();
  const auto [at, error] = std::from_chars(rest.data() + dash + 1, end, number);
  if (error != std::errc() || at != end || number < 0) return std::nullopt;
  return ConnectorTaskId{std::string(rest.substr(0, dash)), number};
}

template <class Map, class Key>
auto* find_in(Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

template <class Map, class Key>
auto copy_of(const Map& map, const Key& key) {
  const auto* found = find_in(map, key);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

}  // namespace

Value properties_value(const RawConfig& config) {
  Map properties;
  for (const auto& [key, text] : config) properties.append(Value(key), text ? Value(*text) : Value());
  Map record;
  record.append(Value("properties"), Value(std::move(properties)));
  return Value(std::move(record));
}

const RawConfig* ClusterConfigState::connector_config(const std::string& connector) const {
  return find_in(connectors, connector);
}

std::optional<TargetState> ClusterConfigState::target_state(const std::string& connector) const {
  return copy_of(target_states, connector);
}

const RawConfig* ClusterConfigState::task_config(const ConnectorTaskId& id) const { return find_in(task_configs, id); }

std::vector<ConnectorTaskId> ClusterConfigState::tasks(const std::string& connector) const {
  std::vector<ConnectorTaskId> ids;
  if (inconsistent.contains(connector)) return ids;
  for (std::int32_t task = 0; task < task_count(connector); ++task) ids.push_back({connector, task});
  return ids;
}

std::vector<RawConfig> ClusterConfigState::all_task_configs(const std::string& connector) const {
  std::vector<RawConfig> configs;
  for (const ConnectorTaskId& id : tasks(connector)) {
    if (const RawConfig* config = task_config(id)) configs.push_back(*config);
  }
  return configs;
}

std::int32_t ClusterConfigState::task_count(const std::string& connector) const {
  return copy_of(task_counts, connector).value_or(0);
}

std::optional<std::int32_t> ClusterConfigState::task_count_record(const std::string& connector) const {
  return copy_of(task_count_records, connector);
}

std::optional<std::int32_t> ClusterConfigState::task_config_generation(const std::string& connector) const {
  return copy_of(task_config_generations, connector);
}

std::string ConfigRecordReader::apply(std::string_view key, const std::optional<Value>& value, std::int64_t offset,
                                      Phase phase, ConfigUpdateListener* listener) {
  state_.offset = offset + 1;
  const auto named = [key](std::string_view prefix) { return std::string(key.substr(prefix.size())); };
  if (phase == Phase::kReplay) listener = nullptr;
  if (key.starts_with(config_keys::kTargetState)) {
    return apply_target_state(named(config_keys::kTargetState), value, listener);
  }
  if (key.starts_with(config_keys::kConnector)) {
    return apply_connector(named(config_keys::kConnector), value, listener);
  }
  if (key.starts_with(config_keys::kTask)) return apply_task(std::string(key), value);
  if (key.starts_with(config_keys::kCommit)) return apply_commit(named(config_keys::kCommit), value, listener);
  if (key.starts_with(config_keys::kRestart)) {
    if (listener == nullptr) return {};  // an old request
    const Map* object = object_of(value);
    if (object == nullptr) return not_readable(key, "a restart request must be an object");
    listener->on_restart_request(
        {named(config_keys::kRestart), flag_member(*object, "only-failed"), flag_member(*object, "include-tasks")});
    return {};
  }
  if (key.starts_with(config_keys::kTasksFencing)) return apply_fencing(named(config_keys::kTasksFencing), value);
  if (key == config_keys::kSessionKey) return apply_session_key(value, listener);
  if (key.starts_with(config_keys::kLoggerCluster)) {
    if (listener == nullptr) return {};
    const Map* object = object_of(value);
    const Value* level = object == nullptr ? nullptr : text_member(*object, "level");
    if (level == nullptr) return not_readable(key, "a logger record must be an object with a text \"level\"");
    listener->on_logger_level(named(config_keys::kLoggerCluster), level->as_string());
    return {};
  }
  return not_readable(key, "no such kind of record is known");
}

std::string ConfigRecordReader::apply_target_state(const std::string& connector, const std::optional<Value>& value,
                                                   ConfigUpdateListener* listener) {
  const bool configured = state_.connectors.contains(connector);
  if (!value) {
    state_.target_states.erase(connector);
    if (configured) state_.target_states[connector] = TargetState::kStarted;
    return {};
  }
  const Map* object = object_of(value);
  const Value* word = object == nullptr ? nullptr : text_member(*object, "state.v2");
  if (object != nullptr && word == nullptr) word = text_member(*object, "state");
  const std::optional<TargetState> state = word == nullptr ? std::nullopt : target_state_of(word->as_string());
  if (!state) {
    return not_readable(
        std::string(config_keys::kTargetState) + connector,
        "\"state\" must be STARTED, PAUSED or STOPPED, but is " + (word ? word->to_string() : "absent"));
  }
  const std::optional<TargetState> before = state_.target_state(connector);
  state_.target_states[connector] = *state;
  if (listener != nullptr && configured && before != state) listener->on_target_state_changed(connector);
  return {};
}

void ConfigRecordReader::forget_tasks(const std::string& connector) {
  state_.task_counts.erase(connector);
  std::erase_if(state_.task_configs, [&](const auto& entry) { return entry.first.connector == connector; });
  deferred_.erase(connector);
  state_.applied_configs.erase(connector);
}

std::string ConfigRecordReader::apply_connector(const std::string& connector, const std::optional<Value>& value,
                                                ConfigUpdateListener* listener) {
  if (!value) {
    state_.connectors.erase(connector);
    forget_tasks(connector);
    if (listener != nullptr) listener->on_connector_config_removed(connector);
    return {};
  }
  std::optional<RawConfig> config = properties_of(value);
  if (!config) {
    return not_readable(std::string(config_keys::kConnector) + connector,
                        "it must be an object with an object \"properties\"");
  }
  state_.connectors[connector] = std::move(*config);
  state_.target_states.try_emplace(connector, TargetState::kStarted);
  if (listener != nullptr) listener->on_connector_config_updated(connector);
  return {};
}

std::string ConfigRecordReader::apply_task(const std::string& key, const std::optional<Value>& value) {
  const std::optional<ConnectorTaskId> id = task_id_of(key);
  if (!id) return not_readable(key, "it must be named task-<connector>-<number>");
  std::optional<RawConfig> config = properties_of(value);
  if (!config) return not_readable(key, "it must be an object with an object \"properties\"");
  deferred_[id->connector][id->task] = std::move(*config);
  return {};
}

std::string ConfigRecordReader::apply_commit(const std::string& connector, const std::optional<Value>& value,
                                             ConfigUpdateListener* listener) {
  if (!state_.connectors.contains(connector)) {
    forget_tasks(connector);
    return {};
  }
  const Map* object = object_of(value);
  const std::optional<std::int32_t> count = object == nullptr ? std::nullopt : int_member(*object, "tasks");
  if (!count) {
    return not_readable(std::string(config_keys::kCommit) + connector, "it must be an object with a number \"tasks\"");
  }
  std::vector<ConnectorTaskId> updated;
  const auto deferred = deferred_.find(connector);
  const auto is_complete = [&] {
    for (std::int32_t task = 0; task < *count; ++task) {
      if (deferred == deferred_.end() || !deferred->second.contains(task)) return false;
    }
    return true;
  };
  if (!is_complete()) {
    state_.inconsistent.insert(connector);
  } else {
    if (deferred != deferred_.end()) {
      for (auto& [task, config] : deferred->second) {
        updated.push_back({connector, task});
        state_.task_configs[{connector, task}] = std::move(config);
      }
      const auto generation = state_.task_config_generations.find(connector);
      if (generation == state_.task_config_generations.end()) {
        state_.task_config_generations[connector] = 0;
      } else {
        ++generation->second;
      }
    }
    state_.inconsistent.erase(connector);
    state_.applied_configs[connector] = state_.connectors[connector];
  }
  if (deferred != deferred_.end()) deferred->second.clear();
  state_.task_counts[connector] = *count;
  state_.pending_fencing.insert(connector);
  if (listener != nullptr) listener->on_task_configs_updated(updated);
  return {};
}

std::string ConfigRecordReader::apply_fencing(const std::string& connector, const std::optional<Value>& value) {
  const Map* object = object_of(value);
  const std::optional<std::int32_t> count = object == nullptr ? std::nullopt : int_member(*object, "task-count");
  if (!count) {
    return not_readable(std::string(config_keys::kTasksFencing) + connector,
                        "it must be an object with a number \"task-count\"");
  }
  state_.task_count_records[connector] = *count;
  state_.pending_fencing.erase(connector);
  return {};
}

std::string ConfigRecordReader::apply_session_key(const std::optional<Value>& value, ConfigUpdateListener* listener) {
  const Map* object = object_of(value);
  const Value* key = object == nullptr ? nullptr : text_member(*object, "key");
  const Value* algorithm = object == nullptr ? nullptr : text_member(*object, "algorithm");
  const Value* creation = object == nullptr ? nullptr : object->find("creation-timestamp");
  if (key == nullptr || algorithm == nullptr || creation == nullptr || !creation->is_integer()) {
    return not_readable(config_keys::kSessionKey, "\"key\", \"algorithm\" or \"creation-timestamp\" is missing");
  }
  const std::optional<Bytes> bytes = base64_decode(key->as_string());
  if (!bytes) return not_readable(config_keys::kSessionKey, "\"key\" is not base64");
  state_.session_key = SessionKey{*bytes, algorithm->as_string(), creation->integer()};
  if (listener != nullptr) listener->on_session_key(*state_.session_key);
  return {};
}

}  // namespace millrace::storage
