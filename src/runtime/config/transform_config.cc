#include <algorithm>
#include <tuple>

#include "millrace/errors.h"
#include "runtime/config/connector_config.h"

namespace millrace::runtime {
namespace {

struct ChainKind {
  PluginKind kind;
  const char* list;   ///< "transforms"
  const char* word;   ///< "Transformation"
  const char* group;  ///< "Transforms"
};
constexpr ChainKind kTransforms{PluginKind::kTransformation, "transforms", "Transformation", "Transforms"};
constexpr ChainKind kPredicates{PluginKind::kPredicate, "predicates", "Predicate", "Predicates"};

const char* interface_of(PluginKind kind) {
  switch (kind) {
    case PluginKind::kTransformation: return "Transformation";
    case PluginKind::kPredicate: return "Predicate";
    case PluginKind::kConverter: return "Converter";
    case PluginKind::kHeaderConverter: return "HeaderConverter";
    case PluginKind::kSink:
    case PluginKind::kSource: break;
  }
  return "Connector";
}

/// Behaviour: ConfigDef.sortedConfigs, the order in which embedded keys are listed.
std::vector<ConfigKey> sorted(std::vector<ConfigKey> keys) {
  std::vector<std::string> groups;
  for (const ConfigKey& key : keys) {
    if (key.group && std::find(groups.begin(), groups.end(), *key.group) == groups.end()) groups.push_back(*key.group);
  }
  const auto group_rank = [&](const ConfigKey& key) -> std::ptrdiff_t {
    return key.group ? std::find(groups.begin(), groups.end(), *key.group) - groups.begin() : -1;
  };
  std::stable_sort(keys.begin(), keys.end(), [&](const ConfigKey& a, const ConfigKey& b) {
    const auto rank = [&](const ConfigKey& key) {
      return std::make_tuple(group_rank(key), key.order_in_group, !key.required, key.importance);
    };
    const auto left = rank(a);
    const auto right = rank(b);
    return left != right ? left < right : a.name < b.name;
  });
  return keys;
}

ConfigKey chain_key(const std::string& prefix, const char* name, ConfigType type, const std::string& group,
                    std::int32_t order) {
  ConfigKey key;
  key.name = prefix + name;
  key.type = type;
  key.importance = Importance::kHigh;
  key.group = group;
  key.order_in_group = order;
  key.width = Width::kLong;
  return key;
}

std::vector<ConfigKey> own_keys(const ChainKind& chain, const PluginEntry& entry) {
  std::vector<ConfigKey> keys;
  if (entry.config != nullptr) keys = entry.config->keys();
  if (chain.kind != PluginKind::kTransformation) return keys;
  // Behaviour: a transform's own keys of these names are masked.
  std::erase_if(keys, [](const ConfigKey& key) { return key.name == "predicate" || key.name == "negate"; });
  ConfigKey predicate;
  predicate.name = "predicate";
  predicate.documentation = "Alias of the predicate that decides whether this transform is applied to a record.";
  ConfigKey negate;
  negate.name = "negate";
  negate.type = ConfigType::kBoolean;
  negate.default_value = "false";
  negate.documentation = "Whether the transform is applied to the records that the predicate does not match.";
  keys.push_back(std::move(predicate));
  keys.push_back(std::move(negate));
  return keys;
}

void add_chain(const ChainKind& chain, ConfigDef& definition, const Props& props, const PluginRegistry& plugins,
               std::vector<PluginChainProblem>& problems) {
  const auto listed = props.find(chain.list);
  if (listed == props.end()) return;
  std::vector<std::string> aliases =
      std::get<std::vector<std::string>>(ConfigDef::parse_type(chain.list, listed->second, ConfigType::kList));
  std::vector<std::string> seen;
  for (const std::string& alias : aliases) {
    if (std::find(seen.begin(), seen.end(), alias) != seen.end()) continue;
    seen.push_back(alias);
    const std::string prefix = std::string(chain.list) + "." + alias + ".";
    const std::string group = std::string(chain.group) + ": " + alias;

    ConfigKey type = chain_key(prefix, "type", ConfigType::kClass, group, 0);
    type.required = true;
    type.display_name = std::string(chain.word) + " type for " + alias;
    type.documentation =
        "Class for the '" + alias + "' " + (chain.kind == PluginKind::kPredicate ? "predicate." : "transformation.");
    ConfigKey version = chain_key(prefix, "plugin.version", ConfigType::kString, group, 1);
    version.display_name = std::string(chain.word) + " version for " + alias;
    version.documentation =
        "Version of the '" + alias + "' " + (chain.kind == PluginKind::kPredicate ? "predicate." : "transformation.");

    const PluginEntry* entry = nullptr;
    if (const auto name = props.find(type.name); name != props.end()) {
      const std::string class_name =
          std::get<std::string>(ConfigDef::parse_type(type.name, name->second, ConfigType::kClass));
      entry = plugins.find(chain.kind, class_name);
      if (entry == nullptr) {
        problems.push_back({type.name, *class_problem(plugins, chain.kind, type.name, class_name)});
      } else {
        version.default_value = plugins.version_of(*entry);
      }
    }
    if (chain.kind == PluginKind::kTransformation && props.contains(prefix + "negate") &&
        !props.contains(prefix + "predicate")) {
      problems.push_back({type.name, "Config '" + prefix + "negate' was provided but there is no config '" + prefix +
                                         "predicate' defining a predicate to be negated."});
    }
    if (definition.find(type.name) != nullptr) continue;
    definition.define(std::move(type));
    if (definition.find(version.name) == nullptr) definition.define(std::move(version));
    if (entry == nullptr) continue;
    std::int32_t order = 2;
    for (ConfigKey key : sorted(own_keys(chain, *entry))) {
      if (key.name == "type" || key.name == "plugin.version") continue;
      if (key.display_name.empty()) key.display_name = key.name;
      key.name = prefix + key.name;
      key.group = key.group ? group + ": " + *key.group : group;
      key.order_in_group = order++;
      for (std::string& dependent : key.dependents) dependent = prefix + dependent;
      definition.define(std::move(key));
    }
  }
}

}  // namespace

std::optional<std::string> class_problem(const PluginRegistry& plugins, PluginKind kind, const std::string& key,
                                         const std::string& class_name) {
  if (plugins.find(kind, class_name) != nullptr) return std::nullopt;
  std::string nested;
  bool other_kind = class_name.starts_with("java.lang.") || class_name.starts_with("java.util.");
  for (const PluginEntry* entry : plugins.list()) {
    if (entry->class_name == class_name) other_kind = true;
    if (entry->kind != kind || !entry->class_name.starts_with(class_name + "$")) continue;
    nested += nested.empty() ? "" : ", ";
    nested += entry->class_name;
  }
  if (!nested.empty()) return "This class is abstract and cannot be created. Did you mean " + nested + "?";
  if (other_kind) return "Class class " + class_name + " does not implement the " + interface_of(kind) + " interface";
  return invalid_value(key, class_name, "Class " + class_name + " could not be found.");
}

void add_transforms_and_predicates(ConfigDef& definition, const Props& props, const PluginRegistry& plugins,
                                   std::vector<PluginChainProblem>& problems) {
  add_chain(kTransforms, definition, props, plugins, problems);
  add_chain(kPredicates, definition, props, plugins, problems);
}

}  // namespace millrace::runtime
