#include "runtime/transform_chain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "millrace/errors.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

Error invalid(std::string text) {
  Error error;
  error.code = Errc::kInvalid;
  error.text = std::move(text);
  return error;
}

/// "value (STRING)": the part that a nested class `X$Key` or `X$Value` works on, with its type.
std::string part_text(const std::string& class_name, const ConnectRecord& record) {
  const bool key = class_name.ends_with("$Key");
  if (!key && !class_name.ends_with("$Value")) return {};
  const SchemaPtr& schema = key ? record.key_schema : record.value_schema;
  const Value& value = key ? record.key : record.value;
  std::string type = value.java_class();
  if (schema != nullptr) type = schema->name() ? *schema->name() : name_of(schema->type());
  return std::string(key ? "key (" : "value (") + type + ")";
}

ConfigKey list_key(const char* name) {
  ConfigKey key;
  key.name = name;
  key.type = ConfigType::kList;
  key.default_value = "";
  key.check = [](const ConfigObject& value) -> std::optional<std::string> {
    auto list = std::get<std::vector<std::string>>(value);
    std::sort(list.begin(), list.end());
    if (std::adjacent_find(list.begin(), list.end()) != list.end()) return "Duplicate alias provided.";
    return std::nullopt;
  };
  return key;
}

std::optional<std::string> trimmed(const Props& props, const std::string& key) {
  const auto found = props.find(key);
  if (found == props.end()) return std::nullopt;
  return std::get<std::string>(ConfigDef::parse_type(key, found->second, ConfigType::kString));
}

TransformConfig entry_of(const std::string& list, const std::string& alias, const Props& props) {
  const std::string prefix = list + "." + alias + ".";
  TransformConfig out;
  out.alias = alias;
  out.class_name = trimmed(props, prefix + "type").value_or("");
  for (auto it = props.lower_bound(prefix); it != props.end() && it->first.starts_with(prefix); ++it) {
    out.config.emplace(it->first.substr(prefix.size()), it->second);
  }
  if (list == "transforms") {
    out.predicate = trimmed(props, prefix + "predicate");
    if (const auto negate = props.find(prefix + "negate"); negate != props.end()) {
      out.negate = std::get<bool>(ConfigDef::parse_type(prefix + "negate", negate->second, ConfigType::kBoolean));
    }
    out.config.erase("predicate");
    out.config.erase("negate");
  }
  out.config.erase("type");
  out.config.erase("plugin.version");
  return out;
}

/// Finds the class of an entry, or says what is wrong with it.
Result<const PluginEntry*> entry_for(const PluginRegistry& plugins, PluginKind kind, const std::string& prefix,
                                     const TransformConfig& config) {
  const PluginEntry* entry = plugins.find(kind, config.class_name);
  if (entry != nullptr) return entry;
  const std::string key = prefix + config.alias + ".type";
  if (config.class_name.empty()) {
    const char* word = kind == PluginKind::kPredicate ? "Not a Predicate" : "Not a Transformation";
    return invalid(invalid_value(key, std::nullopt, word));
  }
  return invalid(class_problem(plugins, kind, key, config.class_name).value_or(key + ": " + config.class_name));
}

Result<std::unique_ptr<Predicate>> make_predicate(const TransformConfig& user,
                                                  const std::map<std::string, TransformConfig>& predicates,
                                                  const PluginRegistry& plugins) {
  if (!user.predicate) {
    if (!user.negate) return std::unique_ptr<Predicate>();
    return invalid("Config 'transforms." + user.alias + ".negate' was provided but there is no config 'transforms." +
                   user.alias + ".predicate' defining a predicate to be negated.");
  }
  const auto found = predicates.find(*user.predicate);
  if (found == predicates.end()) {
    return invalid("Unknown configuration 'predicates." + *user.predicate + ".plugin.version': transforms." +
                   user.alias + ".predicate names a predicate that the option predicates does not list");
  }
  auto entry = entry_for(plugins, PluginKind::kPredicate, "predicates.", found->second);
  if (!entry) return std::move(entry).error();
  std::unique_ptr<Predicate> predicate;
  const auto failure = guard_plugin([&] {
    predicate = (*entry)->make_predicate();
    predicate->configure(found->second.config);
  });
  if (failure) return invalid("predicate \"" + found->first + "\" (" + (*entry)->class_name + "): " + failure->message);
  return predicate;
}

}  // namespace

ConfiguredTransform::ConfiguredTransform(const TransformConfig& config, std::unique_ptr<Transformation> transform,
                                         std::unique_ptr<Predicate> predicate, std::string class_name)
    : alias_(config.alias),
      class_name_(std::move(class_name)),
      negate_(config.negate),
      predicate_(std::move(predicate)),
      transform_(std::move(transform)) {}

template <class Record, class Apply>
bool ConfiguredTransform::guarded(Record& record, Apply&& apply) {
  try {
    if (predicate_ != nullptr && predicate_->test(record) == negate_) return true;
    return apply();
  } catch (ConnectError& error) {
    // Only adds to it on its way to the error policy.
    error.set_place(part_text(class_name_, record));
    error.add_outer_place("transform \"" + alias_ + "\" (" + class_name_ + ")");
    throw;
  }
}

bool ConfiguredTransform::apply(SourceRecord& record) {
  return guarded(record, [&] { return transform_->apply_to_source(record); });
}

bool ConfiguredTransform::apply(SinkRecord& record) {
  return guarded(record, [&] { return transform_->apply_to_sink(record); });
}

Result<TransformChain> TransformChain::make(const std::vector<TransformConfig>& transforms,
                                            const std::map<std::string, TransformConfig>& predicates,
                                            const PluginRegistry& plugins) {
  TransformChain chain;
  for (const TransformConfig& config : transforms) {
    auto entry = entry_for(plugins, PluginKind::kTransformation, "transforms.", config);
    if (!entry) return std::move(entry).error();
    auto predicate = make_predicate(config, predicates, plugins);
    if (!predicate) return std::move(predicate).error();
    std::unique_ptr<Transformation> transform;
    const auto failure = guard_plugin([&] {
      transform = (*entry)->make_transformation();
      transform->configure(config.config);
    });
    if (failure)
      return invalid("transform \"" + config.alias + "\" (" + (*entry)->class_name + "): " + failure->message);
    chain.steps_.push_back(std::make_shared<ConfiguredTransform>(config, std::move(transform),
                                                                 std::move(predicate).value(), (*entry)->class_name));
  }
  return chain;
}

Result<TransformChainConfig> TransformChainConfig::parse(const Props& props, const PluginRegistry& plugins) {
  ConfigDef definition;
  definition.define(list_key("transforms"));
  definition.define(list_key("predicates"));
  std::vector<PluginChainProblem> problems;
  add_transforms_and_predicates(definition, props, plugins, problems);
  if (!problems.empty()) return invalid(problems.front().text);
  for (const ConfigValue& value : definition.validate(props)) {
    if (!value.errors.empty()) return invalid(value.errors.front());
  }
  TransformChainConfig out;
  const ParsedConfig parsed = definition.parse(props);
  for (const std::string& alias : parsed.list("transforms"))
    out.transforms.push_back(entry_of("transforms", alias, props));
  for (const std::string& alias : parsed.list("predicates")) {
    out.predicates.emplace(alias, entry_of("predicates", alias, props));
  }
  return out;
}

std::string transform_error_text(const std::exception& error) {
  const auto* known = dynamic_cast<const ConnectError*>(&error);
  return known == nullptr || known->place().empty() ? std::string(error.what()) : known->place() + ": " + error.what();
}

}  // namespace millrace::runtime
