#include "apps/reference_pages.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <limits>

#include "kafka/rdkafka/settings_table.h"
#include "millrace/config.h"
#include "millrace/plugin.h"
#include "runtime/config/connector_config.h"
#include "runtime/config/worker_config.h"

namespace millrace::runtime {
void register_builtin_plugins(PluginRegistry& plugins);  // generated
}

namespace millrace::apps {
namespace {

/// What a page says about its origin.
std::string made_by(std::string_view name) {
  return fmt::format("<!-- Made by `millrace reference {}` from the tables in the code; a test compares it. -->\n\n",
                     name);
}

std::string in_table(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

/// The rules of a check, found by what it says to values that none allows.
std::string rule_of(const ConfigKey& key) {
  if (!key.check) return {};
  std::vector<ConfigObject> probes;
  switch (key.type) {
    case ConfigType::kInt:
    case ConfigType::kShort:
    case ConfigType::kLong:
      probes = {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
      break;
    case ConfigType::kDouble:
      probes = {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()};
      break;
    case ConfigType::kList: probes = {std::vector<std::string>{"no such value", "no such value"}}; break;
    default: probes = {std::string("no such value"), std::string()};
  }
  std::string rules;
  for (const ConfigObject& probe : probes) {
    const auto said = key.check(probe);
    if (!said || rules.find(*said) != std::string::npos) continue;
    rules += (rules.empty() ? "" : "; ") + *said;
  }
  return rules;
}

std::string default_of(const ConfigKey& key) {
  if (key.required) return "required";
  if (!key.default_value) return "none";
  return key.default_value->empty() ? "empty" : "`" + in_table(*key.default_value) + "`";
}

std::string row_of(const ConfigKey& key) {
  std::string meaning = key.documentation;
  if (const std::string rule = rule_of(key); !rule.empty()) meaning += " *" + rule + (rule.ends_with('.') ? "*" : ".*");
  return fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, name_of(key.type), default_of(key),
                     name_of(key.importance), in_table(meaning));
}

constexpr const char* kHead = "| Option | Type | Default | Importance | Meaning |\n|---|---|---|---|---|\n";

/// Those of `definition` that are also in `other`, or that are not.
std::string table(const ConfigDef& definition, const ConfigDef& other, bool shared) {
  std::string out = kHead;
  for (const ConfigKey& key : definition.keys()) {
    if (!key.internal && (other.find(key.name) != nullptr) == shared) out += row_of(key);
  }
  return out;
}

std::string table_of_internal(const ConfigDef& definition) {
  std::string out = kHead;
  for (const ConfigKey& key : definition.keys()) {
    if (key.internal) out += row_of(key);
  }
  return out;
}

std::string worker_page() {
  const ConfigDef& standalone = runtime::WorkerConfig::definition(runtime::WorkerMode::kStandalone);
  const ConfigDef& distributed = runtime::WorkerConfig::definition(runtime::WorkerMode::kDistributed);
  return "# Options of a worker\n\n" + made_by("worker-config") +
         "Java `.properties` syntax. Unknown options are kept for plugins and Kafka clients. Values may hold "
         "variables,\n"
         "`${provider:path:key}`, of the providers that `config.providers` names.\n\n"
         "Options with these prefixes go on without them: `key.converter.`, `value.converter.` and `header.converter.` "
         "to the worker's\n"
         "converters; `producer.`, `consumer.` and `admin.` to the clients of tasks "
         "([client-settings.md](client-settings.md));\n"
         "`listeners.https.` and `admin.listeners.https.` take the place of `ssl.` for the REST listeners;\n"
         "`config.providers.NAME.class` and `config.providers.NAME.param.` set a provider up;\n"
         "`config.storage.`, `offset.storage.` and `status.storage.` (distributed) are settings of the internal "
         "topics.\n\n"
         "## Both kinds of worker\n\n" +
         table(standalone, distributed, true) + "\n## Standalone\n\n" + table(standalone, distributed, false) +
         "\n## Distributed\n\n" + table(distributed, standalone, false);
}

std::string connector_page() {
  const ConfigDef& source = runtime::base_connector_definition(runtime::ConnectorType::kSource);
  const ConfigDef& sink = runtime::base_connector_definition(runtime::ConnectorType::kSink);
  return "# Options of every connector\n\n" + made_by("connector-config") +
         "Each connector adds its own: see [connectors](connectors). A connector's file is Java `.properties`, or "
         "JSON: an object of\n"
         "options, or `{\"name\": ..., \"config\": {...}, \"initial_state\": \"RUNNING\"}`.\n\n"
         "`key.converter.`, `value.converter.` and `header.converter.` are prefixes of a converter's options where the "
         "connector names that\n"
         "converter; `producer.override.`, `consumer.override.` and `admin.override.` of its Kafka clients' settings\n"
         "([client-settings.md](client-settings.md)).\n\n"
         "## Sources and sinks\n\n" +
         table(source, sink, true) +
         "\n`transforms.ALIAS.type` names the class of a transform, `transforms.ALIAS.predicate` and "
         "`transforms.ALIAS.negate` when it applies, other\n"
         "`transforms.ALIAS.` options are its own ([transforms](transforms)); likewise `predicates.ALIAS.type` "
         "([predicates](predicates)).\n" +
         "\n## Sources\n\n" + table(source, sink, false) +
         "\n`topic.creation.default.` and `topic.creation.GROUP.` take `partitions`, `replication.factor` (required "
         "for the default group), `include` and\n"
         "`exclude` (lists of regular expressions) and any setting of a topic.\n"
         "\n## Sinks\n\n" +
         table(sink, source, false) +
         "\n## Beyond Kafka Connect\n\n"
         "Off by default, and unknown to Kafka's own worker, which ignores them. Validation lists them only where a "
         "value is wrong.\n\n" +
         table_of_internal(sink) +
         "\nWhile it waits for its restart a task is FAILED, with its trace; `connector_task_restart_total` of `GET "
         "/metrics` counts the restarts.\n"
         "`errors.put.bisect.enable` is for sinks.\n";
}

/// The options of one built-in connector alone.
std::string options_page(std::string_view name, const std::string& class_name) {
  PluginRegistry plugins;
  runtime::register_builtin_plugins(plugins);
  std::string out = fmt::format("# Options of {}\n\n", class_name.substr(class_name.rfind('.') + 1)) + made_by(name) +
                    "Beside those of [every connector](../connector-config.md).\n";
  std::optional<std::string> group;
  for (const ConfigKey& key : plugins.connector(class_name).config->keys()) {
    if (key.internal) continue;
    if (key.group != group)
      out += fmt::format("\n## {}\n\n| Option | Type | Default | Importance | Meaning |\n|---|---|---|---|---|\n",
                         key.group.value_or("Others"));
    group = key.group;
    out += row_of(key);
  }
  return out;
}

std::string fate_of(const kafka::SettingRow& row) {
  switch (row.treatment) {
    case kafka::Treatment::kMapped: return fmt::format("librdkafka's `{}`", row.detail);
    case kafka::Treatment::kEmulated: return fmt::format("done here: {}", row.detail);
    case kafka::Treatment::kSecurity: return "TLS and login";
    case kafka::Treatment::kIrrelevant: return fmt::format("accepted, without effect: {}", row.detail);
    case kafka::Treatment::kUnsupported: break;
  }
  return fmt::format("said to be without effect when the client starts: {}", row.detail);
}

std::string clients_page() {
  std::string out = "# Settings of Kafka clients\n\n" + made_by("client-settings") +
                    "Settings have the names and values of Kafka's Java clients; here is what becomes of each. P, C, "
                    "A: producer, consumer, admin client.\n"
                    "A setting that is not listed is unknown to Kafka's clients too, and ignored.\n\n"
                    "| Setting | Clients | What becomes of it |\n|---|---|---|\n";
  for (const kafka::SettingRow& row : kafka::setting_table()) {
    std::string clients;
    if ((row.kinds & kafka::kP) != 0) clients += "P";
    if ((row.kinds & kafka::kC) != 0) clients += "C";
    if ((row.kinds & kafka::kA) != 0) clients += "A";
    out += fmt::format("| `{}` | {} | {} |\n", row.key, clients, in_table(fate_of(row)));
  }
  return out;
}

}  // namespace

const std::vector<std::string_view>& reference_page_names() {
  static const std::vector<std::string_view> kNames{"worker-config", "connector-config", "client-settings",
                                                    "connectors/jdbc-source-options", "connectors/jdbc-sink-options"};
  return kNames;
}

std::optional<std::string> reference_page(std::string_view name) {
  if (name == "worker-config") return worker_page();
  if (name == "connector-config") return connector_page();
  if (name == "client-settings") return clients_page();
  if (name == "connectors/jdbc-source-options")
    return options_page(name, "io.confluent.connect.jdbc.JdbcSourceConnector");
  if (name == "connectors/jdbc-sink-options") return options_page(name, "io.confluent.connect.jdbc.JdbcSinkConnector");
  return std::nullopt;
}

int run_reference(const std::vector<std::string>& arguments) {
  const auto page = arguments.size() == 1 ? reference_page(arguments.front()) : std::nullopt;
  if (!page) {
    std::fprintf(stderr, "usage: millrace reference %s\n",
                 fmt::format("{}", fmt::join(reference_page_names(), "|")).c_str());
    return 1;
  }
  std::fputs(page->c_str(), stdout);
  return 0;
}

}  // namespace millrace::apps
