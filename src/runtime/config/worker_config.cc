#include "runtime/config/worker_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "millrace/errors.h"
#include "millrace/plugin.h"
#include "runtime/config/client_configs.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

Error invalid(std::string text) { return Error{.code = Errc::kInvalid, .text = std::move(text)}; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// `rest.port` and `rest.host.name` were replaced by `listeners`; tutorials still have them.
void accept_old_rest_keys(Props& props, std::vector<std::string>& warnings) {
  const auto port = props.find("rest.port");
  const auto host = props.find("rest.host.name");
  if (port == props.end() && host == props.end()) return;
  if (props.contains("listeners")) {
    warnings.push_back("rest.host.name and rest.port are ignored because listeners is set");
    return;
  }
  const std::string url = fmt::format("http://{}:{}", host == props.end() ? "" : host->second,
                                      port == props.end() || port->second.empty() ? "8083" : port->second);
  warnings.push_back(fmt::format("rest.host.name and rest.port are old names; they are read as listeners={}", url));
  props["listeners"] = url;
}

void warn_of_ignored_keys(WorkerConfig& config) {
  for (const char* prefix : {"internal.key.converter", "internal.value.converter"}) {
    for (const auto& [key, value] : config.originals) {
      if (key != prefix && !key.starts_with(std::string(prefix) + ".")) continue;
      config.warnings.push_back(fmt::format(
          "{} is ignored: the format of the internal topics is fixed. Remove it from the worker configuration.", key));
    }
  }
  if (config.mode != WorkerMode::kDistributed) return;
  for (const char* storage : {"config", "offset", "status"}) {
    if (config.originals.contains(fmt::format("{}.storage.cleanup.policy", storage))) {
      config.warnings.push_back(
          fmt::format("{}.storage.cleanup.policy is ignored: internal topics are always compacted", storage));
    }
  }
  if (config.originals.contains("config.storage.partitions")) {
    config.warnings.push_back("config.storage.partitions is ignored: the config topic always has one partition");
  }
}

Result<void> check_converter(const PluginRegistry& plugins, PluginKind kind, const char* key, const std::string& name) {
  if (plugins.find(kind, name) != nullptr) return {};
  return invalid(invalid_value(key, name, fmt::format("Class {} could not be found.", name)));
}

StorageTopicConfig storage_topic(const Props& originals, const ParsedConfig& parsed, const std::string& kind) {
  const std::string prefix = kind + ".storage.";
  StorageTopicConfig out;
  out.topic = parsed.string(prefix + "topic");
  out.replication_factor = static_cast<std::int16_t>(parsed.integer(prefix + "replication.factor"));
  if (kind != "config") out.partitions = static_cast<std::int32_t>(parsed.integer(prefix + "partitions"));
  out.topic_settings = with_prefix(originals, prefix);
  for (const char* own : {"topic", "replication.factor", "partitions", "cleanup.policy"}) out.topic_settings.erase(own);
  return out;
}

// The message authentication codes that both Java and OpenSSL have.
constexpr const char* kMacs[] = {"HmacMD5", "HmacSHA1", "HmacSHA224", "HmacSHA256", "HmacSHA384", "HmacSHA512"};

bool is_supported_mac(const std::string& name) {
  return std::any_of(std::begin(kMacs), std::end(kMacs), [&](const char* mac) { return lower(mac) == lower(name); });
}

Result<void> check_mac(const char* key, const std::string& shown, const std::string& name) {
  if (is_supported_mac(name)) return {};
  return invalid(
      invalid_value(key, shown,
                    fmt::format("the algorithm is not supported by this worker; the supported algorithms are: [{}]",
                                fmt::join(kMacs, ", "))));
}

Result<void> check_session_keys(const DistributedConfig& config) {
  if (auto checked = check_mac("inter.worker.key.generation.algorithm", config.key_generation_algorithm,
                               config.key_generation_algorithm);
      !checked) {
    return checked;
  }
  if (auto checked =
          check_mac("inter.worker.signature.algorithm", config.signature_algorithm, config.signature_algorithm);
      !checked) {
    return checked;
  }
  const std::string list = fmt::format("[{}]", fmt::join(config.verification_algorithms, ", "));
  constexpr const char* kList = "inter.worker.verification.algorithms";
  if (config.verification_algorithms.empty()) {
    return invalid(invalid_value(kList, list, "At least one signature verification algorithm must be provided"));
  }
  for (const std::string& algorithm : config.verification_algorithms) {
    if (auto checked = check_mac(kList, list, algorithm); !checked) return checked;
  }
  if (std::find(config.verification_algorithms.begin(), config.verification_algorithms.end(),
                config.signature_algorithm) == config.verification_algorithms.end()) {
    return invalid(invalid_value("inter.worker.signature.algorithm", config.signature_algorithm,
                                 fmt::format("Signature algorithm must be present in {} list", kList)));
  }
  return {};
}

Result<DistributedConfig> distributed_of(const Props& originals, const ParsedConfig& parsed) {
  const auto time = [&](const char* key) { return milliseconds(parsed.integer(key)); };
  DistributedConfig out;
  out.group_id = parsed.string("group.id");
  out.session_timeout = time("session.timeout.ms");
  out.heartbeat_interval = time("heartbeat.interval.ms");
  out.rebalance_timeout = time("rebalance.timeout.ms");
  const std::string exactly_once = lower(parsed.string("exactly.once.source.support"));
  out.exactly_once_source = exactly_once == "enabled"     ? ExactlyOnceSource::kEnabled
                            : exactly_once == "preparing" ? ExactlyOnceSource::kPreparing
                                                          : ExactlyOnceSource::kDisabled;
  out.offsets = storage_topic(originals, parsed, "offset");
  out.configs = storage_topic(originals, parsed, "config");
  out.statuses = storage_topic(originals, parsed, "status");
  out.worker_sync_timeout = time("worker.sync.timeout.ms");
  out.worker_unsync_backoff = time("worker.unsync.backoff.ms");
  const std::string& protocol = parsed.string("connect.protocol");
  if (lower(protocol) == "eager") {
    out.protocol = ConnectProtocol::kEager;
  } else if (lower(protocol) == "compatible") {
    out.protocol = ConnectProtocol::kCompatible;
  } else if (lower(protocol) == "sessioned") {
    out.protocol = ConnectProtocol::kSessioned;
  } else {
    return invalid(invalid_value("connect.protocol", protocol, "Invalid Connect protocol compatibility"));
  }
  out.scheduled_rebalance_max_delay = time("scheduled.rebalance.max.delay.ms");
  out.clean_stops_are_waited_for = parsed.boolean("scheduled.rebalance.delay.clean.stops");
  out.key_ttl = time("inter.worker.key.ttl.ms");
  out.key_generation_algorithm = parsed.string("inter.worker.key.generation.algorithm");
  if (!parsed.is_null("inter.worker.key.size")) {
    out.key_size_bits = static_cast<std::int32_t>(parsed.integer("inter.worker.key.size"));
  }
  out.signature_algorithm = parsed.string("inter.worker.signature.algorithm");
  out.verification_algorithms = parsed.list("inter.worker.verification.algorithms");
  out.client_id = parsed.string("client.id");
  out.request_timeout = time("request.timeout.ms");
  out.retry_backoff = time("retry.backoff.ms");
  out.retry_backoff_max = time("retry.backoff.max.ms");
  out.reconnect_backoff = time("reconnect.backoff.ms");
  // Behaviour: whoever sets only the first wait gets it for all of them.
  out.reconnect_backoff_max =
      originals.contains("reconnect.backoff.ms") && !originals.contains("reconnect.backoff.max.ms")
          ? out.reconnect_backoff
          : time("reconnect.backoff.max.ms");
  if (out.heartbeat_interval >= out.session_timeout) {
    return invalid(
        invalid_value("heartbeat.interval.ms", std::to_string(out.heartbeat_interval.count()),
                      fmt::format("Value must be below session.timeout.ms ({})", out.session_timeout.count())));
  }
  if (auto checked = check_session_keys(out); !checked) return std::move(checked).error();
  return out;
}

Result<WorkerConfig> build(WorkerMode mode, Props originals, const PluginRegistry* plugins) {
  WorkerConfig out;
  out.mode = mode;
  accept_old_rest_keys(originals, out.warnings);
  const ParsedConfig parsed = WorkerConfig::definition(mode).parse(originals);
  out.originals = std::move(originals);
  warn_of_ignored_keys(out);

  const std::vector<std::string>& servers = parsed.list("bootstrap.servers");
  out.bootstrap_servers = fmt::format("{}", fmt::join(servers, ","));
  if (out.bootstrap_servers.empty()) {
    return invalid(invalid_value("bootstrap.servers", "", "name at least one broker as host:port"));
  }
  out.key_converter = parsed.string("key.converter");
  out.value_converter = parsed.string("value.converter");
  out.header_converter = parsed.string("header.converter");
  if (plugins != nullptr) {
    if (auto known = check_converter(*plugins, PluginKind::kConverter, "key.converter", out.key_converter); !known) {
      return std::move(known).error();
    }
    if (auto known = check_converter(*plugins, PluginKind::kConverter, "value.converter", out.value_converter);
        !known) {
      return std::move(known).error();
    }
    if (auto known = check_converter(*plugins, PluginKind::kHeaderConverter, "header.converter", out.header_converter);
        !known) {
      return std::move(known).error();
    }
  }
  out.task_shutdown_graceful_timeout = milliseconds(parsed.integer("task.shutdown.graceful.timeout.ms"));
  out.offset_flush_interval = milliseconds(parsed.integer("offset.flush.interval.ms"));
  out.offset_flush_timeout = milliseconds(parsed.integer("offset.flush.timeout.ms"));
  if (!parsed.is_null("plugin.path")) out.plugin_path = parsed.list("plugin.path");
  out.client_override_policy = parsed.string("connector.client.config.override.policy");
  if (auto policy = parse_override_policy(out.client_override_policy); !policy) return std::move(policy).error();
  out.topic_creation_enable = parsed.boolean("topic.creation.enable");
  out.topic_tracking_enable = parsed.boolean("topic.tracking.enable");
  out.topic_tracking_allow_reset = parsed.boolean("topic.tracking.allow.reset");

  Result<RestConfig> rest = rest_config_of(out.originals, parsed);
  if (!rest) return std::move(rest).error();
  out.rest = std::move(rest).value();
  if (mode == WorkerMode::kStandalone) {
    out.offset_storage_file = parsed.string("offset.storage.file.filename");
    return out;
  }
  Result<DistributedConfig> distributed = distributed_of(out.originals, parsed);
  if (!distributed) return std::move(distributed).error();
  out.distributed = std::move(distributed).value();
  return out;
}

}  // namespace

Props with_prefix(const Props& props, const std::string& prefix) {
  Props out;
  for (auto entry = props.lower_bound(prefix); entry != props.end() && entry->first.starts_with(prefix); ++entry) {
    if (entry->first.size() > prefix.size()) out.emplace(entry->first.substr(prefix.size()), entry->second);
  }
  return out;
}

Props WorkerConfig::with_prefix(const std::string& prefix) const { return runtime::with_prefix(originals, prefix); }

Result<WorkerConfig> WorkerConfig::parse(WorkerMode mode, Props originals, const PluginRegistry* plugins) {
  try {
    return build(mode, std::move(originals), plugins);
  } catch (const ConfigError& error) {
    return invalid(error.what());
  }
}

}  // namespace millrace::runtime
