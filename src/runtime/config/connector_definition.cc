#include <set>

#include "millrace/regex.h"
#include "runtime/config/connector_config.h"

// The options that every connector has, in the order of Kafka 4.1.

namespace millrace::runtime {
namespace {

using T = ConfigType;
using I = Importance;
using W = Width;

struct Row {
  const char* name;
  T type;
  const char* default_value;  ///< nullptr: null
  I importance;
  const char* group;
  std::int32_t order;
  W width;
  const char* display_name;
  const char* documentation;
};

constexpr const char* kCommon = "Common";
constexpr const char* kErrors = "Error Handling";
constexpr const char* kTopicCreation = "Topic Creation";
constexpr const char* kExactlyOnce = "Exactly Once Support";

// clang-format off
constexpr Row kBase[] = {
    {"name", T::kString, nullptr, I::kHigh, kCommon, 1, W::kMedium, "Connector name",
     "Name of the connector, unique in the cluster."},
    {"connector.class", T::kString, nullptr, I::kHigh, kCommon, 2, W::kLong, "Connector class",
     "Class of the connector, or one of its aliases: the full name, or FileStreamSink or FileStreamSinkConnector for short."},
    {"connector.plugin.version", T::kString, nullptr, I::kMedium, kCommon, 3, W::kMedium, "Connector version",
     "Version, or range of versions, of the connector class."},
    {"tasks.max", T::kInt, "1", I::kHigh, kCommon, 4, W::kShort, "Tasks max", "Most tasks that this connector may have."},
    {"tasks.max.enforce", T::kBoolean, "true", I::kLow, kCommon, 5, W::kShort, "Enforce tasks max",
     "Whether a connector fails that makes more tasks than tasks.max; otherwise it is only warned of."},
    {"key.converter", T::kClass, nullptr, I::kLow, kCommon, 6, W::kShort, "Key converter class",
     "Converter of record keys, instead of the worker's; its settings are key.converter.*."},
    {"key.converter.plugin.version", T::kString, nullptr, I::kLow, kCommon, 7, W::kShort, "Key converter version",
     "Version of the key converter."},
    {"value.converter", T::kClass, nullptr, I::kLow, kCommon, 8, W::kShort, "Value converter class",
     "Converter of record values, instead of the worker's; its settings are value.converter.*."},
    {"value.converter.plugin.version", T::kString, nullptr, I::kLow, kCommon, 9, W::kShort, "Value converter version",
     "Version of the value converter."},
    {"header.converter", T::kClass, nullptr, I::kLow, kCommon, 10, W::kShort, "Header converter class",
     "Converter of record headers, instead of the worker's; its settings are header.converter.*."},
    {"header.converter.plugin.version", T::kString, nullptr, I::kLow, kCommon, 11, W::kShort, "Header converter version",
     "Version of the header converter."},
    {"transforms", T::kList, "", I::kLow, "Transforms", 12, W::kLong, "Transforms",
     "Aliases of the transforms that records go through, in this order."},
    {"predicates", T::kList, "", I::kLow, "Predicates", 13, W::kLong, "Predicates",
     "Aliases of the predicates that transforms may name."},
    {"config.action.reload", T::kString, "restart", I::kLow, kCommon, 14, W::kMedium, "Reload Action",
     "What happens when a value from a config provider expires: restart, or none."},
    {"errors.retry.timeout", T::kLong, "0", I::kMedium, kErrors, 1, W::kMedium, "Retry Timeout for Errors",
     "Total time in milliseconds for which a failed operation is repeated; 0: not at all, -1: for ever."},
    {"errors.retry.delay.max.ms", T::kLong, "60000", I::kMedium, kErrors, 2, W::kMedium,
     "Maximum Delay Between Retries for Errors", "Longest wait between two attempts."},
    {"errors.tolerance", T::kString, "none", I::kMedium, kErrors, 3, W::kShort, "Error Tolerance",
     "none: a bad record fails the task; all: it is skipped and reported."},
    {"errors.log.enable", T::kBoolean, "false", I::kMedium, kErrors, 4, W::kShort, "Log Errors",
     "Whether each error is logged, tolerated ones too."},
    {"errors.log.include.messages", T::kBoolean, "false", I::kMedium, kErrors, 5, W::kShort, "Log Error Details",
     "Whether the log of an error tells which record it was."},
};

constexpr Row kSource[] = {
    {"topic.creation.groups", T::kList, "", I::kLow, kTopicCreation, 1, W::kLong, "Topic Creation Groups",
     "Groups of topics that are created with settings of their own."},
    {"exactly.once.support", T::kString, "requested", I::kMedium, kExactlyOnce, 2, W::kShort, "Exactly once support",
     "required: fails unless the connector and the worker can deliver exactly once; requested: does so where possible."},
    {"transaction.boundary", T::kString, "poll", I::kMedium, kExactlyOnce, 3, W::kShort, "Transaction Boundary",
     "Where transactions end: with each poll, after an interval, or where the connector says."},
    {"transaction.boundary.interval.ms", T::kLong, nullptr, I::kLow, kExactlyOnce, 4, W::kShort,
     "Transaction boundary interval", "Interval of transactions; the worker's offset.flush.interval.ms when absent."},
    {"offsets.storage.topic", T::kString, nullptr, I::kLow, "offsets.topic", 1, W::kLong, "Offsets topic",
     "Topic of its own for this connector's offsets."},
};

constexpr Row kSink[] = {
    {"topics", T::kList, "", I::kHigh, kCommon, 4, W::kLong, "Topics", "Topics to read, separated by commas."},
    {"topics.regex", T::kString, "", I::kHigh, kCommon, 4, W::kLong, "Topics regex",
     "Regular expression of the topics to read. Either topics or topics.regex must be set, not both."},
    {"errors.deadletterqueue.topic.name", T::kString, "", I::kMedium, kErrors, 6, W::kMedium, "Dead Letter Queue Topic Name",
     "Topic that gets the records that failed; empty: none."},
    {"errors.deadletterqueue.topic.replication.factor", T::kShort, "3", I::kMedium, kErrors, 7, W::kMedium,
     "Dead Letter Queue Topic Replication Factor", "Replication factor of that topic when it is created."},
    {"errors.deadletterqueue.context.headers.enable", T::kBoolean, "false", I::kMedium, kErrors, 8, W::kMedium,
     "Enable Error Context Headers", "Whether failed records get headers that tell what went wrong."},
};
// What Kafka Connect does not have. REST lists these only where their value is wrong, so that its answers stay Kafka's.
constexpr Row kOwn[] = {
    {"errors.task.restart.max", T::kInt, "0", I::kLow, kErrors, -1, W::kShort, "Restarts of failed tasks",
     "How often a failed task is started again by itself; 0: never, -1: without limit. Counted anew once it has run for a minute, or for errors.task.restart.delay.max.ms where that is longer."},
    {"errors.task.restart.delay.ms", T::kLong, "1000", I::kLow, kErrors, -1, W::kShort, "Delay before a restart",
     "Wait before the first restart in milliseconds; each further one waits twice as long."},
    {"errors.task.restart.delay.max.ms", T::kLong, "60000", I::kLow, kErrors, -1, W::kShort, "Longest delay before a restart",
     "Longest of these waits."},
};

constexpr Row kOwnSink[] = {
    {"errors.put.bisect.enable", T::kBoolean, "false", I::kLow, kErrors, -1, W::kShort, "Find the refused record of a batch",
     "With errors.tolerance=all: a batch that the connector refuses is put again in halves, until the record at fault is found; that one is reported and skipped. The other records may be put more than once."},
};
// clang-format on

ConfigCheck valid_name() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return std::nullopt;  // a missing name has its own error
    if (text->empty()) return "String may not be empty";
    std::string codes;
    for (const char c : *text) {
      if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) continue;
      if (!codes.empty()) codes += ", ";
      codes += std::to_string(static_cast<int>(c));
    }
    if (codes.empty()) return std::nullopt;
    return "String may not contain control sequences but had the following ASCII chars: " + codes;
  };
}

ConfigCheck unique_aliases(const char* text) {
  return [text](const ConfigObject& value) -> std::optional<std::string> {
    const auto* list = std::get_if<std::vector<std::string>>(&value);
    if (list == nullptr) return "Value must be non-null";
    if (std::set<std::string>(list->begin(), list->end()).size() != list->size()) return text;
    return std::nullopt;
  };
}

ConfigCheck null_or(ConfigCheck check) {
  return [check = std::move(check)](const ConfigObject& value) -> std::optional<std::string> {
    return std::holds_alternative<std::monostate>(value) ? std::nullopt : check(value);
  };
}

ConfigCheck check_for(std::string_view name) {
  if (name == "name") return valid_name();
  if (name == "tasks.max") return at_least(1);
  if (name == "transforms" || name == "predicates") return unique_aliases("Duplicate alias provided.");
  if (name == "topic.creation.groups") return unique_aliases("Duplicate alias provided.");
  if (name == "config.action.reload") return one_of({"none", "restart"});
  if (name == "errors.tolerance") return one_of({"none", "all"});
  if (name == "exactly.once.support") return one_of_ignoring_case({"REQUIRED", "REQUESTED"});
  if (name == "transaction.boundary") return one_of_ignoring_case({"INTERVAL", "POLL", "CONNECTOR"});
  if (name == "transaction.boundary.interval.ms") return null_or(at_least(0));
  if (name == "offsets.storage.topic") return null_or(non_empty());
  if (name == "topics.regex") return valid_regex();
  if (name == "errors.task.restart.max") return at_least(-1);
  if (name == "errors.task.restart.delay.ms" || name == "errors.task.restart.delay.max.ms") return at_least(1);
  return {};
}

enum class Listed : bool { kNo, kYes };

void define(ConfigDef& definition, const Row& row, Listed listed = Listed::kYes) {
  ConfigKey key;
  key.internal = listed == Listed::kNo;
  key.name = row.name;
  key.type = row.type;
  key.required = key.name == "name" || key.name == "connector.class";
  if (row.default_value != nullptr) key.default_value = row.default_value;
  key.importance = row.importance;
  key.documentation = row.documentation;
  key.group = row.group;
  key.order_in_group = row.order;
  key.width = row.width;
  key.display_name = row.display_name;
  key.check = check_for(row.name);
  definition.define(std::move(key));
}

ConfigDef make(ConnectorType type) {
  ConfigDef definition;
  for (const Row& row : kBase) define(definition, row);
  if (type == ConnectorType::kSink) {
    for (const Row& row : kSink) define(definition, row);
  } else {
    for (const Row& row : kSource) define(definition, row);
  }
  for (const Row& row : kOwn) define(definition, row, Listed::kNo);
  if (type == ConnectorType::kSink) {
    for (const Row& row : kOwnSink) define(definition, row, Listed::kNo);
  }
  return definition;
}

}  // namespace

const ConfigDef& base_connector_definition(ConnectorType type) {
  static const ConfigDef kSourceDefinition = make(ConnectorType::kSource);
  static const ConfigDef kSinkDefinition = make(ConnectorType::kSink);
  return type == ConnectorType::kSink ? kSinkDefinition : kSourceDefinition;
}

}  // namespace millrace::runtime
