#include "rest/entities.h"

#include "json/writer.h"
#include "millrace/text.h"
#include "millrace/value.h"

namespace millrace::rest {
namespace {

using runtime::name_of;

/// Names of files, topics and records come from outside; a body is UTF-8 whatever they are.
void text(std::string& out, const std::string& value) {
  if (is_valid_utf8(value)) {
    json::append_string(out, value, json::Escape::kRawUtf8);
  } else {
    json::append_string(out, to_utf8(value), json::Escape::kRawUtf8);
  }
}

void text_or_null(std::string& out, const std::optional<std::string>& value) {
  if (value) {
    text(out, *value);
  } else {
    out += "null";
  }
}

void texts(std::string& out, const std::vector<std::string>& values) {
  out += '[';
  for (const std::string& value : values) {
    if (&value != values.data()) out += ',';
    text(out, value);
  }
  out += ']';
}

void config(std::string& out, const runtime::RawConfig& values) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : values) {
    if (!first) out += ',';
    first = false;
    text(out, key);
    out += ':';
    text_or_null(out, value);
  }
  out += '}';
}

const char* word_of(runtime::ConnectorType type) {
  switch (type) {
    case runtime::ConnectorType::kSource: return "source";
    case runtime::ConnectorType::kSink: return "sink";
    case runtime::ConnectorType::kUnknown: break;
  }
  return "unknown";
}

void task_id(std::string& out, const runtime::ConnectorTaskId& id) {
  out += "{\"connector\":";
  text(out, id.connector);
  out += ",\"task\":" + std::to_string(id.task) + "}";
}

/// The fields behind "state" or "id": they open the object's rest and close it.
void status_rest(std::string& out, const runtime::StatusInfo& status) {
  out += "\"state\":";
  text(out, name_of(status.state));
  out += ",\"worker_id\":";
  text(out, status.worker_id);
  out += ",\"version\":";
  if (status.version) {
    text(out, *status.version);
  } else {
    out += "null";
  }
  if (!status.trace.empty()) {
    out += ",\"trace\":";
    text(out, status.trace);
  }
  out += '}';
}

void value_json(std::string& out, const Value& value);

void map_json(std::string& out, const Map& map) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : map) {
    if (!first) out += ',';
    first = false;
    if (key.kind() == ValueKind::kString) {
      text(out, key.as_string());
    } else {
      std::string name;
      value_json(name, key);
      text(out, name);
    }
    out += ':';
    value_json(out, value);
  }
  out += '}';
}

void value_json(std::string& out, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNull: out += "null"; break;
    case ValueKind::kBool: out += value.as_bool() ? "true" : "false"; break;
    case ValueKind::kString: text(out, value.as_string()); break;
    case ValueKind::kFloat32: out += java_double_text(value.as_float32()); break;
    case ValueKind::kFloat64: out += java_double_text(value.as_float64()); break;
    case ValueKind::kMap: map_json(out, value.as_map()); break;
    case ValueKind::kArray: {
      out += '[';
      bool first = true;
      for (const Value& item : value.as_array()) {
        if (!first) out += ',';
        first = false;
        value_json(out, item);
      }
      out += ']';
      break;
    }
    default: out += value.is_integer() ? std::to_string(value.integer()) : "null";
  }
}

void key_info(std::string& out, const ConfigKey& key) {
  out += "{\"name\":";
  text(out, key.name);
  out += ",\"type\":\"";
  out += name_of(key.type);
  out += key.required ? "\",\"required\":true,\"default_value\":" : "\",\"required\":false,\"default_value\":";
  // Behaviour: a password prints as this, also one that is a default, also an empty one.
  const bool hidden = key.type == ConfigType::kPassword && key.default_value;
  text_or_null(out, hidden ? std::optional<std::string>("[hidden]") : key.default_value);
  out += ",\"importance\":\"";
  out += name_of(key.importance);
  out += "\",\"documentation\":";
  text(out, key.documentation);
  out += ",\"group\":";
  text_or_null(out, key.group);
  out += ",\"width\":\"";
  out += name_of(key.width);
  out += "\",\"display_name\":";
  text(out, key.display_name.empty() ? key.name : key.display_name);
  out += ",\"dependents\":";
  texts(out, key.dependents);
  out += ",\"order\":" + std::to_string(key.order_in_group) + "}";
}

void logger_level(std::string& out, const runtime::LoggerLevel& level) {
  out += "{\"level\":";
  text(out, level.level);
  out += ",\"last_modified\":";
  out += level.last_modified_ms ? std::to_string(*level.last_modified_ms) : "null";
  out += '}';
}

}  // namespace

std::string quoted(const std::string& value) {
  std::string out;
  text(out, value);
  return out;
}

std::string error_json(int code, const std::string& message) {
  return "{\"error_code\":" + std::to_string(code) + ",\"message\":" + (message.empty() ? "null" : quoted(message)) +
         "}";
}

std::string message_json(const std::string& message) { return "{\"message\":" + quoted(message) + "}"; }

std::string to_json(const runtime::Herder::ServerInfo& info) {
  std::string out =
      "{\"version\":" + quoted(info.version) + ",\"commit\":" + quoted(info.commit) + ",\"kafka_cluster_id\":";
  text_or_null(out, info.kafka_cluster_id);
  return out + "}";
}

std::string to_json(const runtime::Health& health) {
  const char* status = health.status == runtime::Health::Status::kHealthy    ? "healthy"
                       : health.status == runtime::Health::Status::kStarting ? "starting"
                                                                             : "unhealthy";
  return std::string("{\"status\":\"") + status + "\",\"message\":" + quoted(health.message) + "}";
}

std::string to_json(const runtime::ConnectorInfo& info) {
  std::string out = "{\"name\":" + quoted(info.name) + ",\"config\":";
  config(out, info.config);
  out += ",\"tasks\":[";
  for (const runtime::ConnectorTaskId& id : info.tasks) {
    if (&id != info.tasks.data()) out += ',';
    task_id(out, id);
  }
  return out + "],\"type\":\"" + word_of(info.type) + "\"}";
}

std::string task_status_json(std::int32_t task, const runtime::StatusInfo& status) {
  std::string out = "{\"id\":" + std::to_string(task) + ",";
  status_rest(out, status);
  return out;
}

std::string to_json(const runtime::ConnectorStateInfo& info) {
  std::string out = "{\"name\":" + quoted(info.name) + ",\"connector\":{";
  status_rest(out, info.connector);
  out += ",\"tasks\":[";
  bool first = true;
  for (const auto& [task, status] : info.tasks) {
    if (!first) out += ',';
    first = false;
    out += task_status_json(task, status);
  }
  return out + "],\"type\":\"" + word_of(info.type) + "\"}";
}

std::string to_json(const std::vector<runtime::TaskInfo>& tasks) {
  std::string out = "[";
  for (const runtime::TaskInfo& task : tasks) {
    if (&task != tasks.data()) out += ',';
    out += "{\"id\":";
    task_id(out, task.id);
    out += ",\"config\":";
    config(out, task.config);
    out += '}';
  }
  return out + "]";
}

std::string to_json(const runtime::RawConfig& values) {
  std::string out;
  config(out, values);
  return out;
}

std::string to_json(const std::vector<std::string>& values) {
  std::string out;
  texts(out, values);
  return out;
}

std::string to_json(const std::vector<runtime::PartitionOffset>& offsets) {
  std::string out = "{\"offsets\":[";
  for (const runtime::PartitionOffset& entry : offsets) {
    if (&entry != offsets.data()) out += ',';
    out += "{\"partition\":";
    if (entry.partition) {
      map_json(out, *entry.partition);
    } else {
      out += "null";
    }
    out += ",\"offset\":";
    if (entry.offset) {
      map_json(out, *entry.offset);
    } else {
      out += "null";
    }
    out += '}';
  }
  return out + "]}";
}

std::string to_json(const std::vector<runtime::Herder::PluginInfo>& plugins) {
  std::string out = "[";
  for (const runtime::Herder::PluginInfo& plugin : plugins) {
    if (&plugin != plugins.data()) out += ',';
    out += "{\"class\":" + quoted(plugin.class_name) + ",\"type\":" + quoted(plugin.type);
    if (!plugin.version.empty()) out += ",\"version\":" + quoted(plugin.version);
    out += '}';
  }
  return out + "]";
}

std::string to_json(const std::vector<ConfigKey>& keys) {
  std::string out = "[";
  for (const ConfigKey& key : keys) {
    if (&key != keys.data()) out += ',';
    key_info(out, key);
  }
  return out + "]";
}

std::string to_json(const runtime::ConfigInfos& infos) {
  std::string out =
      "{\"name\":" + quoted(infos.name) + ",\"error_count\":" + std::to_string(infos.error_count) + ",\"groups\":";
  texts(out, infos.groups);
  out += ",\"configs\":[";
  for (const runtime::ConfigInfos::Entry& entry : infos.configs) {
    if (&entry != infos.configs.data()) out += ',';
    out += "{\"definition\":";
    if (entry.definition) {
      key_info(out, *entry.definition);
    } else {
      out += "null";
    }
    out += ",\"value\":{\"name\":";
    text(out, entry.value.name);
    out += ",\"value\":";
    text_or_null(out, entry.value.value);
    out += ",\"recommended_values\":";
    texts(out, entry.value.recommended_values);
    out += ",\"errors\":";
    std::vector<std::string> problems = entry.value.errors;
    problems.insert(problems.end(), entry.value.warnings.begin(), entry.value.warnings.end());
    texts(out, problems);
    out += entry.value.visible ? ",\"visible\":true}}" : ",\"visible\":false}}";
  }
  return out + "]}";
}

std::string to_json(const runtime::LoggerLevel& level) {
  std::string out;
  logger_level(out, level);
  return out;
}

std::string to_json(const std::map<std::string, runtime::LoggerLevel>& levels) {
  std::string out = "{";
  for (const auto& [name, level] : levels) {
    if (out.size() > 1) out += ',';
    text(out, name);
    out += ':';
    logger_level(out, level);
  }
  return out + "}";
}

std::string topics_json(const std::string& connector, const std::vector<std::string>& topics) {
  std::string out = "{" + quoted(connector) + ":{\"topics\":";
  texts(out, topics);
  return out + "}}";
}

std::string create_request_json(const std::string& name, const runtime::RawConfig& values,
                                std::optional<runtime::TargetState> initial_state) {
  std::string out = "{\"name\":" + quoted(name) + ",\"config\":";
  config(out, values);
  out += ",\"initial_state\":";
  if (!initial_state) return out + "null}";
  return out + (*initial_state == runtime::TargetState::kStarted ? "\"RUNNING\"" : quoted(name_of(*initial_state))) +
         "}";
}

}  // namespace millrace::rest
