#include "runtime/config/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "base/java_hash_order.h"
#include "millrace/errors.h"
#include "runtime/config/client_configs.h"
#include "runtime/config/connector_config.h"

namespace millrace::runtime {
namespace {

constexpr const char* kBadRequest = "org.apache.kafka.connect.runtime.rest.errors.BadRequestException";

Error bad_request(std::string text) {
  Error error{.code = Errc::kInvalid, .text = std::move(text)};
  error.trace = std::string(kBadRequest) + ": " + error.text;
  return error;
}

Error failed(const std::exception& problem) {
  return Error{.code = Errc::kPluginFailed,
               .text = problem.what(),
               .trace = std::string(java_class_of(problem)) + ": " + problem.what()};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Props without_nulls(const RawConfig& config) {
  Props out;
  for (const auto& [key, value] : config) {
    if (value) out.emplace(key, *value);
  }
  return out;
}

/// "{a=1, b=null}", as Java prints a HashMap.
std::string java_map(const RawConfig& config) {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : config) keys.emplace_back(key);
  std::string out = "{";
  for (const std::size_t index : base::java_copied_hash_order(keys)) {
    const std::string key(keys[index]);
    if (out.size() > 1) out += ", ";
    out += key + "=" + config.at(key).value_or("null");
  }
  return out + "}";
}

/// "[a, b]" for lists, else as REST shows it.
std::optional<std::string> text_in_error(const ConfigObject& value, ConfigType type) {
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  if (list == nullptr) return config_object_text(value, type);
  std::string out;
  for (const std::string& item : *list) out += (out.empty() ? "" : ", ") + item;
  return "[" + out + "]";
}

/// Why `version` of a plugin does not do for `wanted`, a version or a range; nullopt: it does.
std::optional<std::string> version_refusal(const PluginEntry& entry, const std::string& version,
                                           const std::string& wanted) {
  if (wanted == "latest") return std::nullopt;
  const Result<VersionRange> range = VersionRange::parse(wanted);
  if (!range) return range.error().text;
  if (range->contains(version)) return std::nullopt;
  return fmt::format("Plugin {} not found that matches the version range {}, available versions: [{}]",
                     entry.class_name, range->to_string(), version);
}

/// One validation: keys in the order they are answered, and what is said about each.
class Validation {
 public:
  Validation(const PluginRegistry& plugins, const WorkerConfig& worker, const PluginEntry& entry,
             const RawConfig& config)
      : plugins_(plugins),
        worker_(worker),
        entry_(entry),
        type_(entry.kind == PluginKind::kSink ? ConnectorType::kSink : ConnectorType::kSource),
        config_(config),
        props_(without_nulls(config)) {}

  Result<ConfigInfos> run() {
    ConfigInfos out;
    evaluate_base();
    add_cross_checks();
    const std::unique_ptr<Connector> connector = make_connector();
    if (worker_.distributed) add_distributed_checks(*connector);
    refuse_nulls();
    const std::vector<ConfigValue> own_values = connector->validate(props_);
    const ConfigDef& own = connector->config();  // may depend on what was validated
    merge(own, own_values, out);
    for (const ClientKind kind : {ClientKind::kProducer, ClientKind::kConsumer, ClientKind::kAdmin}) {
      if (!uses(kind)) continue;
      if (auto added = add_client_overrides(kind, out); !added) return std::move(added).error();
    }
    for (const ConverterPosition position :
         {ConverterPosition::kHeader, ConverterPosition::kKey, ConverterPosition::kValue}) {
      add_converter(position, out);
    }
    return out;
  }

 private:
  std::unique_ptr<Connector> make_connector() const {
    if (type_ == ConnectorType::kSink) return entry_.make_sink();
    return entry_.make_source();
  }

  // --- Part A: the base definition, transforms and predicates ---

  void evaluate_base() {
    definition_ = base_connector_definition(type_);
    std::vector<PluginChainProblem> problems;
    add_transforms_and_predicates(definition_, props_, plugins_, problems);
    adapt_to_worker();
    for (const ConfigKey& key : definition_.keys()) base_values_.emplace(key.name, evaluate(key));
    for (PluginChainProblem& problem : problems) {
      ConfigValue& value = base_values_.at(problem.key);
      value.errors.push_back(std::move(problem.text));
    }
    for (const ConfigKey& key : definition_.keys()) {
      if (key.type == ConfigType::kClass) check_class(key);
      if (key.name.ends_with(".plugin.version")) check_version(key);
    }
    for (const char* converter : {"key.converter", "value.converter", "header.converter"}) {
      if (base_values_.at(converter).value) continue;
      base_values_.at(std::string(converter) + ".plugin.version").visible = false;
    }
  }

  ConfigValue evaluate(const ConfigKey& key) const {
    ConfigValue out;
    out.name = key.name;
    ConfigObject value;
    bool default_null = false;
    if (const auto given = config_.find(key.name); given != config_.end()) {
      try {
        if (given->second) value = ConfigDef::parse_type(key.name, *given->second, key.type);
      } catch (const ConfigError& error) {
        out.errors.emplace_back(error.what());
      }
    } else if (key.required) {
      out.errors.push_back("Missing required configuration \"" + key.name + "\" which has no default value.");
    } else if (key.default_value) {
      value = ConfigDef::parse_type(key.name, *key.default_value, key.type);
    } else {
      default_null = true;
    }
    if (key.check && !default_null) {
      try {
        if (const auto broken = key.check(value)) {
          out.errors.push_back(invalid_value(name_in_check(key.name), text_in_error(value, key.type), *broken));
        }
      } catch (const ConfigError& error) {  // a sentence of its own
        out.errors.emplace_back(error.what());
      }
    }
    out.value = config_object_text(value, key.type);
    if (key.recommender) out.recommended_values = key.recommender(props_);
    return out;
  }

  /// Behaviour: the checks of a transform's own keys name them without the prefix.
  std::string name_in_check(const std::string& key) const {
    for (const char* list : {"transforms", "predicates"}) {
      const auto listed = props_.find(list);
      if (listed == props_.end() || !key.starts_with(std::string(list) + ".")) continue;
      const ConfigObject aliases = ConfigDef::parse_type(list, listed->second, ConfigType::kList);
      for (const std::string& alias : std::get<std::vector<std::string>>(aliases)) {
        const std::string prefix = std::string(list) + "." + alias + ".";
        if (key.starts_with(prefix) && key != prefix + "type") return key.substr(prefix.size());
      }
    }
    return key;
  }

  static PluginKind kind_of_class_key(const std::string& key) {
    if (key == "header.converter") return PluginKind::kHeaderConverter;
    if (key.starts_with("transforms.")) return PluginKind::kTransformation;
    if (key.starts_with("predicates.")) return PluginKind::kPredicate;
    return PluginKind::kConverter;
  }

  static bool is_class_key_of_plugins(const std::string& key) {
    return key == "key.converter" || key == "value.converter" || key == "header.converter" ||
           ((key.starts_with("transforms.") || key.starts_with("predicates.")) && key.ends_with(".type"));
  }

  /// The defaults and recommendations that depend on the worker and on the classes in use.
  void adapt_to_worker() {
    ConfigDef adapted;
    for (ConfigKey key : definition_.keys()) {
      if (key.name == "connector.plugin.version") key.default_value = plugins_.version_of(entry_);
      if (key.name == "key.converter") key.default_value = class_in_use(ConverterPosition::kKey, worker_.key_converter);
      if (key.name == "value.converter")
        key.default_value = class_in_use(ConverterPosition::kValue, worker_.value_converter);
      if (key.name == "header.converter")
        key.default_value = class_in_use(ConverterPosition::kHeader, worker_.header_converter);
      for (const ConverterPosition position :
           {ConverterPosition::kKey, ConverterPosition::kValue, ConverterPosition::kHeader}) {
        if (key.name == std::string(name_of(position)) + ".plugin.version")
          key.default_value = version_in_use(position);
      }
      adapted.define(std::move(key));
    }
    definition_ = std::move(adapted);
  }

  std::string class_in_use(ConverterPosition position, const std::string& name) const {
    const PluginEntry* entry = plugins_.find(kind_of_class_key(name_of(position)), name);
    return entry == nullptr ? name : entry->class_name;
  }

  std::optional<std::string> version_in_use(ConverterPosition position) const {
    const std::string class_name = choose_converter(position, props_, worker_).class_name;
    const PluginEntry* entry = plugins_.find(kind_of_class_key(name_of(position)), class_name);
    if (entry == nullptr) return std::nullopt;
    return plugins_.version_of(*entry);
  }

  void check_class(const ConfigKey& key) {
    if (!is_class_key_of_plugins(key.name)) return;
    ConfigValue& value = base_values_.at(key.name);
    const PluginKind kind = kind_of_class_key(key.name);
    for (const PluginEntry* entry : plugins_.list()) {
      if (entry->kind == kind) value.recommended_values.push_back(entry->class_name);
    }
    if (!value.value) return;
    if (const PluginEntry* entry = plugins_.find(kind, *value.value)) {
      value.value = entry->class_name;
      return;
    }
    if (!config_.contains(key.name)) return;  // the worker's own choice is the worker's to answer for
    const auto problem = class_problem(plugins_, kind, key.name, *value.value);
    if (std::find(value.errors.begin(), value.errors.end(), *problem) == value.errors.end())
      value.errors.push_back(*problem);
    if (problem->ends_with("could not be found.")) value.value.reset();
  }

  /// The class whose version `key` is about; nullptr when it is not known.
  const PluginEntry* versioned_class(const std::string& key) const {
    if (key == "connector.plugin.version") return &entry_;
    const std::string base = key.substr(0, key.size() - std::string(".plugin.version").size());
    if (base.starts_with("transforms.") || base.starts_with("predicates.")) {
      const auto given = props_.find(base + ".type");
      return given == props_.end() ? nullptr : plugins_.find(kind_of_class_key(key), given->second);
    }
    const ConverterPosition position = base == "key.converter"     ? ConverterPosition::kKey
                                       : base == "value.converter" ? ConverterPosition::kValue
                                                                   : ConverterPosition::kHeader;
    return plugins_.find(kind_of_class_key(base), choose_converter(position, props_, worker_).class_name);
  }

  void check_version(const ConfigKey& key) {
    const PluginEntry* entry = versioned_class(key.name);
    if (entry == nullptr) return;
    ConfigValue& value = base_values_.at(key.name);
    const std::string version = plugins_.version_of(*entry);
    value.recommended_values = {version};
    const auto given = props_.find(key.name);
    if (given == props_.end()) return;
    if (auto refused = version_refusal(*entry, version, given->second)) value.errors.push_back(std::move(*refused));
  }

  // --- Checks across keys ---

  /// The entry of a key, made when the key is unknown.
  ConfigValue& value_of(const std::string& key) {
    if (const auto found = base_values_.find(key); found != base_values_.end()) return found->second;
    for (ConfigValue& value : undefined_) {
      if (value.name == key) return value;
    }
    undefined_.emplace_back();
    undefined_.back().name = key;
    if (const auto given = config_.find(key); given != config_.end()) undefined_.back().value = given->second;
    return undefined_.back();
  }

  void add_cross_checks() {
    if (type_ != ConnectorType::kSink) return;
    for (auto& [key, text] : check_sink_topics(props_)) value_of(key).errors.push_back(std::move(text));
  }

  void refuse_nulls() {
    for (const auto& [key, value] : config_) {
      if (!value) value_of(key).errors.emplace_back("Null value can not be supplied as the configuration value.");
    }
  }

  std::string given(const std::string& key) const {
    const auto found = props_.find(key);
    return found == props_.end()
               ? ""
               : std::get<std::string>(ConfigDef::parse_type(key, found->second, ConfigType::kString));
  }

  void add_distributed_checks(const Connector& connector) {
    if (type_ == ConnectorType::kSink) {
      check_consumer_group();
      return;
    }
    const auto& source = static_cast<const SourceConnector&>(connector);
    if (lower(given("exactly.once.support")) == "required") check_exactly_once(source);
    if (lower(given("transaction.boundary")) == "connector") check_transaction_boundary(source);
  }

  void check_consumer_group() {
    const std::string& worker_group = worker_.distributed->group_id;
    const std::string name = given("name");
    const auto own = props_.find("consumer.override.group.id");
    if (own != props_.end()) {
      if (own->second == worker_group) {
        value_of("consumer.override.group.id")
            .errors.push_back(
                fmt::format("Consumer group {} conflicts with Connect worker group {}", worker_group, worker_group));
      }
    } else if ("connect-" + name == worker_group) {
      value_of("name").errors.push_back(fmt::format(
          "Consumer group for sink connector named {} conflicts with Connect worker group {}", name, worker_group));
    }
  }

  void check_exactly_once(const SourceConnector& connector) {
    std::vector<std::string>& errors = value_of("exactly.once.support").errors;
    if (!worker_.exactly_once_source_enabled()) {
      errors.emplace_back("This worker does not have exactly-once source support enabled.");
    }
    try {
      switch (connector.exactly_once_support(props_)) {
        case ExactlyOnceSupport::kSupported: break;
        case ExactlyOnceSupport::kUnsupported:
          errors.emplace_back("The connector does not support exactly-once semantics with the provided configuration.");
          break;
        case ExactlyOnceSupport::kUnknown:
          errors.emplace_back(
              "The connector does not implement the API required for preflight validation of exactly-once source "
              "support. Please "
              "consult the documentation for the connector to determine whether it supports exactly-once semantics, "
              "and then "
              "consider reconfiguring the connector to use the value \"requested\" for this property (which will "
              "disable this "
              "preflight check and allow the connector to be created).");
          break;
      }
    } catch (const std::exception& error) {
      errors.push_back(unexpected(error));
    }
  }

  void check_transaction_boundary(const SourceConnector& connector) {
    std::vector<std::string>& errors = value_of("transaction.boundary").errors;
    try {
      if (connector.can_define_transaction_boundaries(props_) == ConnectorTransactionBoundaries::kSupported) return;
      errors.emplace_back(
          "The connector does not support connector-defined transaction boundaries with the given configuration. "
          "Please "
          "reconfigure it to use a different transaction boundary definition.");
    } catch (const std::exception& error) {
      errors.push_back(unexpected(error));
    }
  }

  static std::string unexpected(const std::exception& error) {
    const std::string text = error.what();
    return text.empty() ? "An unexpected error occurred during validation; please see the worker logs for more details."
                        : "An unexpected error occurred during validation: " + text;
  }

  // --- The answer ---

  static void add_groups(const std::vector<ConfigKey>& keys, std::vector<std::string>& groups) {
    for (const ConfigKey& key : keys) {
      if (key.group && std::find(groups.begin(), groups.end(), *key.group) == groups.end())
        groups.push_back(*key.group);
    }
  }

  void merge(const ConfigDef& own, const std::vector<ConfigValue>& own_values, ConfigInfos& out) {
    out.name = given("connector.class");
    add_groups(definition_.keys(), out.groups);
    add_groups(own.keys(), out.groups);
    ConfigDef all = definition_;
    all.merge(own);
    std::map<std::string, const ConfigValue*> values;
    for (const auto& [key, value] : base_values_) values[key] = &value;
    for (const ConfigValue& value : undefined_) {
      if (own.find(value.name) == nullptr) add(out, std::nullopt, value);
      values[value.name] = &value;
    }
    for (const ConfigValue& value : own_values) {
      if (all.find(value.name) == nullptr) add(out, std::nullopt, value);
      values[value.name] = &value;
    }
    for (const ConfigKey& key : all.keys()) {
      const auto found = values.find(key.name);
      if (key.internal && (found == values.end() || found->second->errors.empty())) continue;
      ConfigValue value = found == values.end()
                              ? ConfigValue{.name = key.name, .value = {}, .recommended_values = {}, .errors = {}}
                              : *found->second;
      add(out, key, std::move(value));
    }
  }

  static void add(ConfigInfos& out, std::optional<ConfigKey> definition, ConfigValue value) {
    out.error_count += static_cast<std::int32_t>(value.errors.size() + value.warnings.size());
    out.configs.push_back({std::move(definition), std::move(value)});
  }

  bool uses(ClientKind kind) const {
    if (type_ == ConnectorType::kSink) {
      return kind == ClientKind::kConsumer || !given("errors.deadletterqueue.topic.name").empty();
    }
    const bool reads_offsets =
        worker_.distributed && (worker_.exactly_once_source_enabled() || !given("offsets.storage.topic").empty());
    switch (kind) {
      case ClientKind::kProducer: return true;
      case ClientKind::kConsumer: return reads_offsets;
      case ClientKind::kAdmin: break;
    }
    return reads_offsets || !with_prefix(props_, "topic.creation.").empty();
  }

  Result<void> add_client_overrides(ClientKind kind, ConfigInfos& out) const {
    const Result<OverridePolicy> policy = parse_override_policy(worker_.client_override_policy);
    if (!policy) return policy.error();
    const std::string prefix = override_prefix(kind);
    for (const auto& [name, text] : with_prefix(props_, prefix)) {
      const ConfigKey* known = client_definition(kind).find(name);
      ConfigInfos::Entry entry;
      entry.value.name = prefix + name;
      entry.value.value = text;
      if (known != nullptr) {
        entry.value.value = config_object_text(ConfigDef::parse_type(name, text, known->type), known->type);
        entry.definition = *known;
        if (entry.definition->display_name.empty()) entry.definition->display_name = name;
        entry.definition->name = prefix + name;
        add_groups({*entry.definition}, out.groups);
      }
      if (auto why = override_refusal(*policy, name)) entry.value.errors.push_back(std::move(*why));
      if (!entry.value.errors.empty()) ++out.error_count;
      out.configs.push_back(std::move(entry));
    }
    return {};
  }

  void add_converter(ConverterPosition position, ConfigInfos& out) const {
    const std::string key = name_of(position);
    if (!props_.contains(key) || !base_values_.at(key).errors.empty()) return;
    const PluginEntry* entry = plugins_.find(kind_of_class_key(key), *base_values_.at(key).value);
    if (entry == nullptr || entry->config == nullptr) return;
    Props own = with_prefix(props_, key + ".");
    own.emplace("converter.type", key.substr(0, key.find('.')));
    const std::vector<ConfigValue> values = entry->config->validate(own);
    std::vector<std::string_view> names;
    for (const ConfigValue& value : values) names.emplace_back(value.name);
    for (const std::size_t i : base::java_hash_order(names)) {
      ConfigInfos::Entry answer{.definition = entry->config->keys()[i], .value = values[i]};
      answer.definition->name = key + "." + answer.definition->name;
      answer.value.name = answer.definition->name;
      if (!answer.value.errors.empty()) ++out.error_count;
      add_groups({*answer.definition}, out.groups);
      out.configs.push_back(std::move(answer));
    }
  }

  const PluginRegistry& plugins_;
  const WorkerConfig& worker_;
  const PluginEntry& entry_;
  const ConnectorType type_;
  const RawConfig& config_;
  const Props props_;
  ConfigDef definition_;
  std::map<std::string, ConfigValue> base_values_;
  std::vector<ConfigValue> undefined_;
};

}  // namespace

Result<ConfigInfos> ConfigValidator::validate(const RawConfig& raw) const {
  Result<RawConfig> config = providers_.resolve(raw);
  if (!config) {
    Error error = std::move(config).error();
    error.code = Errc::kPluginFailed;
    error.trace = "org.apache.kafka.common.config.ConfigException: " + error.text;
    return error;
  }
  const auto class_name = config->find("connector.class");
  if (class_name == config->end() || !class_name->second) {
    return bad_request("Connector config " + java_map(raw) + " contains no connector type");
  }
  const PluginEntry* entry = nullptr;
  try {
    entry = &plugins_.connector(*class_name->second);
  } catch (const ConnectError& error) {
    Error refused = bad_request(error.what());
    refused.trace = fmt::format("{}: org.apache.kafka.connect.errors.ConnectException: {}", kBadRequest, refused.text);
    return refused;
  }
  try {
    return Validation(plugins_, worker_, *entry, *config).run();
  } catch (const std::exception& error) {
    return failed(error);
  }
}

std::optional<std::string> ConfigValidator::refusal(const ConfigInfos& infos) {
  auto count = infos.error_count;
  for (const ConfigInfos::Entry& entry : infos.configs) count -= static_cast<std::int32_t>(entry.value.warnings.size());
  if (count == 0) return std::nullopt;
  std::string out = fmt::format("Connector configuration is invalid and contains the following {} error(s):", count);
  for (const ConfigInfos::Entry& entry : infos.configs) {
    for (const std::string& error : entry.value.errors) out += "\n" + error;
  }
  return out +
         "\nYou can also find the above list of errors at the endpoint "
         "`/connector-plugins/{connectorType}/config/validate`";
}

Result<std::vector<ConfigKey>> ConfigValidator::plugin_config(const std::string& name,
                                                              const std::string& version) const {
  const PluginEntry* entry = nullptr;
  for (const PluginKind kind : {PluginKind::kSink, PluginKind::kSource, PluginKind::kConverter,
                                PluginKind::kHeaderConverter, PluginKind::kTransformation, PluginKind::kPredicate}) {
    if (entry == nullptr) entry = plugins_.find(kind, name);
  }
  if (entry == nullptr) {
    for (const std::string_view other : {"ConfigProvider", "ConnectorClientConfigOverridePolicy", "RestExtension"}) {
      if (!std::string_view(name).ends_with(other)) continue;
      return Error{
          .code = Errc::kInvalid,
          .text = fmt::format("Invalid plugin class {}. Valid types are sink, source, converter, header_converter, "
                              "transformation, predicate.",
                              name)};
    }
    return Error{.code = Errc::kNotFound, .text = fmt::format("Unknown plugin {}.", name)};
  }
  if (!version.empty()) {
    if (auto refused = version_refusal(*entry, plugins_.version_of(*entry), version)) {
      return Error{.code = Errc::kInvalid, .text = std::move(*refused)};
    }
  }
  std::vector<ConfigKey> out;
  if (entry->config != nullptr) out = entry->config->keys();
  if (entry->kind == PluginKind::kSink || entry->kind == PluginKind::kSource) {
    const auto type = entry->kind == PluginKind::kSink ? ConnectorType::kSink : ConnectorType::kSource;
    for (ConfigKey key : base_connector_definition(type).keys()) {
      if (key.name == "connector.plugin.version") key.default_value = plugins_.version_of(*entry);
      if (std::none_of(out.begin(), out.end(), [&](const ConfigKey& own) { return own.name == key.name; })) {
        out.push_back(std::move(key));
      }
    }
  }
  std::erase_if(out, [](const ConfigKey& key) { return key.internal; });
  return out;
}

}  // namespace millrace::runtime
