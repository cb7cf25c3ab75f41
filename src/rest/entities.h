#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/herder.h"

namespace millrace::rest {

// Response bodies: compact JSON with the fields in the order of Kafka Connect.

std::string to_json(const runtime::Herder::ServerInfo& info);
std::string to_json(const runtime::Health& health);
std::string to_json(const runtime::ConnectorInfo& info);
std::string to_json(const runtime::ConnectorStateInfo& info);
std::string to_json(const std::vector<runtime::TaskInfo>& tasks);
std::string to_json(const runtime::RawConfig& config);
std::string to_json(const std::vector<std::string>& texts);
std::string to_json(const std::vector<runtime::PartitionOffset>& offsets);
std::string to_json(const std::vector<runtime::Herder::PluginInfo>& plugins);
std::string to_json(const std::vector<ConfigKey>& keys);
std::string to_json(const runtime::ConfigInfos& infos);
std::string to_json(const runtime::LoggerLevel& level);
std::string to_json(const std::map<std::string, runtime::LoggerLevel>& levels);

std::string task_status_json(std::int32_t task, const runtime::StatusInfo& status);
std::string topics_json(const std::string& connector, const std::vector<std::string>& topics);
std::string message_json(const std::string& message);
/// What a leader gets that a connector's creation was forwarded to.
std::string create_request_json(const std::string& name, const runtime::RawConfig& config,
                                std::optional<runtime::TargetState> initial_state);
/// An empty text is written as null.
std::string error_json(int code, const std::string& message);
std::string quoted(const std::string& text);

}  // namespace millrace::rest
