#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "millrace/config.h"
#include "millrace/plugin.h"
#include "runtime/config/worker_config.h"
#include "runtime/herder.h"

namespace millrace::runtime {

/// The options of every connector of that kind, in the order REST lists them. What depends on
/// the worker or the class in use (defaults and recommended values of converters and versions) is filled in by
/// validation.
const ConfigDef& base_connector_definition(ConnectorType type);

/// One configured transform, or one predicate (`negate` and `predicate` unused then).
struct TransformConfig {
  std::string alias;
  std::string class_name;  ///< as written
  std::optional<std::string> predicate;
  bool negate = false;
  Props config;  ///< the keys below "transforms.<alias>.", without type, predicate, negate and plugin.version
};

enum class ErrorTolerance : std::uint8_t { kNone, kAll };

struct ErrorHandlingConfig {
  std::optional<std::chrono::milliseconds> retry_timeout{};  ///< nullopt: for ever
  std::chrono::milliseconds retry_delay_max{60000};
  ErrorTolerance tolerance = ErrorTolerance::kNone;
  bool log = false;
  bool log_messages = false;
  // Sinks only.
  std::string dead_letter_topic;  ///< empty: off
  std::int16_t dead_letter_replication_factor = 3;
  bool dead_letter_headers = false;
  bool bisect_put = false;  ///< a batch that the connector refuses is put again in parts
};

/// errors.task.restart.*: whether a failed task is started again by itself.
struct TaskRestarts {
  std::int32_t most = 0;  ///< -1: without limit
  std::chrono::milliseconds delay{1000};
  std::chrono::milliseconds delay_max{60000};
};

/// Class and settings of a converter: the connector's own when it names one, else the worker's.
struct ConverterConfig {
  std::string class_name;
  Props config;  ///< without prefix
};

enum class TransactionBoundary : std::uint8_t { kPoll, kInterval, kConnector };

/// One group of `topic.creation.*`.
struct TopicCreationGroup {
  std::string name;
  std::vector<std::string> include;  ///< regexes, full match
  std::vector<std::string> exclude;
  std::int16_t replication_factor = -1;
  std::int32_t partitions = -1;
  Props topic_settings;
};

/// A connector's configuration with variables resolved, parsed for the runtime. Plugins get `props`.
struct ConnectorConfig {
  ConnectorType type = ConnectorType::kUnknown;
  Props props;
  std::string name;
  std::string connector_class;
  std::int32_t tasks_max = 1;
  bool tasks_max_enforce = true;
  bool restart_on_reload = true;  ///< config.action.reload
  std::vector<TransformConfig> transforms;
  std::map<std::string, TransformConfig> predicates;
  ErrorHandlingConfig errors;

  // Sources.
  bool exactly_once_required = false;
  TransactionBoundary transaction_boundary = TransactionBoundary::kPoll;
  std::optional<std::chrono::milliseconds> transaction_interval;
  std::optional<std::string> offsets_topic;
  /// Empty: topics are left to the broker. Otherwise the groups in order, the default group last.
  std::vector<TopicCreationGroup> topic_creation;

  // Sinks: one of the two.
  std::vector<std::string> topics;
  std::string topics_regex;

  /// Parses and checks `props`, as at the start of a connector or task: base options, transforms, predicates, sink
  /// cross-checks, topic creation. `worker` says whether topic creation is on. Errors: kInvalid, the first problem
  /// alone.
  static Result<ConnectorConfig> parse(ConnectorType type, const Props& props, const PluginRegistry& plugins,
                                       const WorkerConfig& worker);
};

enum class ConverterPosition : std::uint8_t { kKey, kValue, kHeader };
/// "key.converter", ...
const char* name_of(ConverterPosition position) noexcept;

/// Which converter a connector uses. `connector` holds resolved values.
ConverterConfig choose_converter(ConverterPosition position, const Props& connector, const WorkerConfig& worker);

/// Of a connector's resolved options. No restarts when one of them is wrong: making the task says which.
TaskRestarts task_restarts(const Props& connector);

/// Messages that the sink's topics, topics.regex and dead letter topic earn together, by key, in the order found.
std::vector<std::pair<std::string, std::string>> check_sink_topics(const Props& props);

/// "The connector <c> has generated <n> tasks, which is greater than <max>, ...".
std::string too_many_tasks(const std::string& connector, std::size_t generated, std::int32_t max);

/// Adds the keys of the transforms and predicates that `props` names.
struct PluginChainProblem {
  std::string key;
  std::string text;
};
/// `definition` gets the embedded keys; `problems` what is wrong with a `.type` beyond what the definition finds.
void add_transforms_and_predicates(ConfigDef& definition, const Props& props, const PluginRegistry& plugins,
                                   std::vector<PluginChainProblem>& problems);

/// What a class name that should be a plugin of `kind` is: a usable class, or the Java sentence that says why not.
/// Known but abstract or foreign Java classes get their own sentences.
std::optional<std::string> class_problem(const PluginRegistry& plugins, PluginKind kind, const std::string& key,
                                         const std::string& class_name);

}  // namespace millrace::runtime
