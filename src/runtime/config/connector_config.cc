#include "runtime/config/connector_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "millrace/errors.h"
#include "millrace/regex.h"
#include "runtime/config/key_rows.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;

Error invalid(std::string text) { return Error{.code = Errc::kInvalid, .text = std::move(text)}; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string trimmed_value(const Props& props, const std::string& key) {
  const auto found = props.find(key);
  if (found == props.end()) return {};
  return std::get<std::string>(ConfigDef::parse_type(key, found->second, ConfigType::kString));
}

std::vector<std::string> topics_of(const Props& props) {
  const auto found = props.find("topics");
  if (found == props.end()) return {};
  std::vector<std::string> out;
  const ConfigObject listed = ConfigDef::parse_type("topics", found->second, ConfigType::kList);
  for (const std::string& topic : std::get<std::vector<std::string>>(listed)) {
    if (!topic.empty() && std::find(out.begin(), out.end(), topic) == out.end()) out.push_back(topic);
  }
  return out;
}

ErrorHandlingConfig errors_of(ConnectorType type, const ParsedConfig& parsed) {
  ErrorHandlingConfig out;
  const std::int64_t timeout = parsed.integer("errors.retry.timeout");
  if (timeout != -1) out.retry_timeout = milliseconds(timeout);
  out.retry_delay_max = milliseconds(parsed.integer("errors.retry.delay.max.ms"));
  out.tolerance = parsed.string("errors.tolerance") == "all" ? ErrorTolerance::kAll : ErrorTolerance::kNone;
  out.log = parsed.boolean("errors.log.enable");
  out.log_messages = parsed.boolean("errors.log.include.messages");
  if (type != ConnectorType::kSink) return out;
  out.dead_letter_topic = parsed.string("errors.deadletterqueue.topic.name");
  out.dead_letter_replication_factor =
      static_cast<std::int16_t>(parsed.integer("errors.deadletterqueue.topic.replication.factor"));
  out.dead_letter_headers = parsed.boolean("errors.deadletterqueue.context.headers.enable");
  out.bisect_put = parsed.boolean("errors.put.bisect.enable");
  return out;
}

TransformConfig chain_entry(const std::string& list, const std::string& alias, const Props& props) {
  TransformConfig out;
  out.alias = alias;
  const std::string prefix = list + "." + alias + ".";
  out.config = with_prefix(props, prefix);
  out.class_name = trimmed_value(props, prefix + "type");
  if (list == "transforms") {
    if (props.contains(prefix + "predicate")) out.predicate = trimmed_value(props, prefix + "predicate");
    out.negate = lower(trimmed_value(props, prefix + "negate")) == "true";
    out.config.erase("predicate");
    out.config.erase("negate");
  }
  out.config.erase("type");
  out.config.erase("plugin.version");
  return out;
}

ConfigCheck valid_patterns() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const auto* patterns = std::get_if<std::vector<std::string>>(&value);
    if (patterns == nullptr) return std::nullopt;
    for (const std::string& pattern : *patterns) {
      try {
        const Regex regex(pattern);
      } catch (const RegexError& error) {
        return std::string("Syntax error in regular expression: ") + error.what();
      }
    }
    return std::nullopt;
  };
}

ConfigKey group_key(std::string name, ConfigType type, std::optional<std::string> default_value, ConfigCheck check) {
  ConfigKey key;
  key.name = std::move(name);
  key.type = type;
  key.required = !default_value;
  key.default_value = std::move(default_value);
  key.importance = Importance::kLow;
  key.check = std::move(check);
  return key;
}

TopicCreationGroup creation_group(const std::string& name, const Props& props, const TopicCreationGroup* fallback) {
  const std::string prefix = "topic.creation." + name + ".";
  const auto default_number = [&](auto TopicCreationGroup::*member) {
    return fallback == nullptr ? std::optional<std::string>() : std::to_string(fallback->*member);
  };
  ConfigDef definition;
  definition.define(group_key(prefix + "replication.factor", ConfigType::kShort,
                              default_number(&TopicCreationGroup::replication_factor), check_of("replication")));
  definition.define(group_key(prefix + "partitions", ConfigType::kInt, default_number(&TopicCreationGroup::partitions),
                              check_of("partitions")));
  definition.define(group_key(prefix + "include", ConfigType::kList, "", valid_patterns()));
  definition.define(group_key(prefix + "exclude", ConfigType::kList, "", valid_patterns()));
  const ParsedConfig parsed = definition.parse(props);

  TopicCreationGroup out;
  out.name = name;
  out.replication_factor = static_cast<std::int16_t>(parsed.integer(prefix + "replication.factor"));
  out.partitions = static_cast<std::int32_t>(parsed.integer(prefix + "partitions"));
  if (fallback == nullptr) {
    out.include = {".*"};  // Behaviour: the default group takes every topic, whatever the user wrote
  } else {
    out.include = parsed.list(prefix + "include");
    out.exclude = parsed.list(prefix + "exclude");
  }
  out.topic_settings = with_prefix(props, prefix);
  for (const char* own : {"replication.factor", "partitions", "include", "exclude"}) out.topic_settings.erase(own);
  return out;
}

std::vector<TopicCreationGroup> topic_creation_of(const Props& props, const std::vector<std::string>& groups) {
  std::vector<TopicCreationGroup> out;
  const TopicCreationGroup fallback = creation_group("default", props, nullptr);
  for (const std::string& group : groups) {
    if (group != "default") out.push_back(creation_group(group, props, &fallback));
  }
  out.push_back(fallback);
  return out;
}

void fill_source(ConnectorConfig& out, const ParsedConfig& parsed, const WorkerConfig& worker) {
  out.exactly_once_required = lower(parsed.string("exactly.once.support")) == "required";
  const std::string boundary = lower(parsed.string("transaction.boundary"));
  out.transaction_boundary = boundary == "interval"    ? TransactionBoundary::kInterval
                             : boundary == "connector" ? TransactionBoundary::kConnector
                                                       : TransactionBoundary::kPoll;
  if (!parsed.is_null("transaction.boundary.interval.ms")) {
    out.transaction_interval = milliseconds(parsed.integer("transaction.boundary.interval.ms"));
  }
  out.offsets_topic = parsed.optional_string("offsets.storage.topic");
  const auto first = out.props.lower_bound("topic.creation.");
  const bool asked = first != out.props.end() && first->first.starts_with("topic.creation.");
  if (worker.topic_creation_enable && asked) {
    out.topic_creation = topic_creation_of(out.props, parsed.list("topic.creation.groups"));
  }
}

}  // namespace

const char* name_of(ConverterPosition position) noexcept {
  switch (position) {
    case ConverterPosition::kKey: return "key.converter";
    case ConverterPosition::kValue: return "value.converter";
    case ConverterPosition::kHeader: break;
  }
  return "header.converter";
}

ConverterConfig choose_converter(ConverterPosition position, const Props& connector, const WorkerConfig& worker) {
  const std::string key = name_of(position);
  if (connector.contains(key)) return {trimmed_value(connector, key), with_prefix(connector, key + ".")};
  const std::string& class_name = position == ConverterPosition::kKey     ? worker.key_converter
                                  : position == ConverterPosition::kValue ? worker.value_converter
                                                                          : worker.header_converter;
  return {class_name, worker.with_prefix(key + ".")};
}

std::vector<std::pair<std::string, std::string>> check_sink_topics(const Props& props) {
  const std::string list = trimmed_value(props, "topics");
  const std::string regex = trimmed_value(props, "topics.regex");
  const std::string dead_letters = trimmed_value(props, "errors.deadletterqueue.topic.name");
  std::vector<std::pair<std::string, std::string>> out;
  const auto on_both = [&](const char* text) {
    out.emplace_back("topics", text);
    out.emplace_back("topics.regex", text);
  };
  if (!list.empty() && !regex.empty())
    on_both("topics and topics.regex are mutually exclusive options, but both are set.");
  if (list.empty() && regex.empty()) on_both("Must configure one of topics or topics.regex");
  if (dead_letters.empty()) return out;
  const std::vector<std::string> topics = topics_of(props);
  if (std::find(topics.begin(), topics.end(), dead_letters) != topics.end()) {
    out.emplace_back(
        "topics", fmt::format("The DLQ topic '{}' may not be included in the list of topics ('topics=[{}]') consumed "
                              "by the connector",
                              dead_letters, fmt::join(topics, ", ")));
  }
  if (regex.empty()) return out;
  try {
    if (Regex(regex).matches(dead_letters)) {
      out.emplace_back("topics.regex", fmt::format("The DLQ topic '{}' may not be matched by the regex for the topics "
                                                   "('topics.regex={}') consumed by the connector",
                                                   dead_letters, regex));
    }
  } catch (const RegexError&) {
    // The definition's own check reports it.
  }
  return out;
}

TaskRestarts task_restarts(const Props& connector) {
  constexpr milliseconds kLongestDelay = std::chrono::hours(24);
  const auto value_of = [&connector](const char* name) {
    const ConfigKey& key = *base_connector_definition(ConnectorType::kSource).find(name);
    const auto given = connector.find(name);
    const std::string& text = given == connector.end() ? *key.default_value : given->second;
    return std::get<std::int64_t>(ConfigDef::parse_type(name, text, key.type));
  };
  try {
    TaskRestarts out;
    out.most = static_cast<std::int32_t>(value_of("errors.task.restart.max"));
    out.delay = std::min(milliseconds(value_of("errors.task.restart.delay.ms")), kLongestDelay);
    out.delay_max = std::min(milliseconds(value_of("errors.task.restart.delay.max.ms")), kLongestDelay);
    const bool sound = out.most >= -1 && out.delay.count() > 0 && out.delay_max.count() > 0;
    return sound ? out : TaskRestarts{};
  } catch (const ConnectError&) {
    return {};
  }
}

std::string too_many_tasks(const std::string& connector, std::size_t generated, std::int32_t max) {
  return fmt::format(
      "The connector {} has generated {} tasks, which is greater than {}, the maximum number of tasks it is configured "
      "to create. "
      "This behaviour should be considered a bug and is disallowed. If necessary, it can be permitted by reconfiguring "
      "the "
      "connector with 'tasks.max.enforce' set to false; however, this option will be removed in a future release of "
      "Kafka Connect.",
      connector, generated, max);
}

Result<ConnectorConfig> ConnectorConfig::parse(ConnectorType type, const Props& props, const PluginRegistry& plugins,
                                               const WorkerConfig& worker) {
  try {
    ConfigDef definition = base_connector_definition(type);
    std::vector<PluginChainProblem> problems;
    add_transforms_and_predicates(definition, props, plugins, problems);
    const ParsedConfig parsed = definition.parse(props);
    if (!problems.empty()) return invalid(problems.front().text);
    if (type == ConnectorType::kSink) {
      if (const auto found = check_sink_topics(props); !found.empty()) {
        const auto& [key, text] = found.front();
        const auto given = props.find(key);
        return invalid(invalid_value(key, given == props.end() ? "" : given->second, text));
      }
    }
    ConnectorConfig out;
    out.type = type;
    out.props = props;
    out.name = parsed.string("name");
    out.connector_class = parsed.string("connector.class");
    out.tasks_max = static_cast<std::int32_t>(parsed.integer("tasks.max"));
    out.tasks_max_enforce = parsed.boolean("tasks.max.enforce");
    out.restart_on_reload = parsed.string("config.action.reload") == "restart";
    for (const std::string& alias : parsed.list("transforms"))
      out.transforms.push_back(chain_entry("transforms", alias, props));
    for (const std::string& alias : parsed.list("predicates")) {
      out.predicates.emplace(alias, chain_entry("predicates", alias, props));
    }
    out.errors = errors_of(type, parsed);
    if (type == ConnectorType::kSink) {
      out.topics = topics_of(props);
      out.topics_regex = parsed.string("topics.regex");
    } else {
      fill_source(out, parsed, worker);
    }
    return out;
  } catch (const ConnectError& error) {
    return invalid(error.what());
  }
}

}  // namespace millrace::runtime
