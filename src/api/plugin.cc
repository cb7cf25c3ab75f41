#include "millrace/plugin.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "millrace/errors.h"

namespace millrace {

const char* name_of(PluginKind kind) noexcept {
  static constexpr const char* kNames[] = {"sink",      "source",    "transformation",
                                           "predicate", "converter", "header_converter"};
  return kNames[static_cast<std::size_t>(kind)];
}

struct PluginRegistry::Impl {
  std::deque<PluginEntry> entries;  // a deque: registrations hold references
  std::string location = "classpath";
  std::string default_version;
};

PluginRegistry::PluginRegistry() : impl_(std::make_unique<Impl>()) {}
PluginRegistry::~PluginRegistry() = default;

namespace {

/// Class.getSimpleName of a class name.
std::string_view simple_name(std::string_view class_name) {
  const std::size_t cut = class_name.find_last_of(".$");
  return cut == std::string_view::npos ? class_name : class_name.substr(cut + 1);
}

std::string_view suffix_of(PluginKind kind) {
  switch (kind) {
    case PluginKind::kSink:
    case PluginKind::kSource: return "Connector";
    case PluginKind::kTransformation: return "Transformation";
    case PluginKind::kPredicate: return "Predicate";
    case PluginKind::kConverter: return "Converter";
    case PluginKind::kHeaderConverter: return "HeaderConverter";
  }
  return {};
}

/// The simple name without the kind's word: "FileStreamSource" of FileStreamSourceConnector.
std::string_view pruned_name(PluginKind kind, std::string_view class_name) {
  const std::string_view simple = simple_name(class_name);
  const std::size_t at = simple.rfind(suffix_of(kind));
  return at == std::string_view::npos || at == 0 ? simple : simple.substr(0, at);
}

bool has_full_name(const PluginEntry& entry, std::string_view name) {
  return entry.class_name == name || std::find(entry.aliases.begin(), entry.aliases.end(), name) != entry.aliases.end();
}

bool has_short_name(const PluginEntry& entry, std::string_view name) {
  const auto matches = [&](std::string_view class_name) {
    return simple_name(class_name) == name || pruned_name(entry.kind, class_name) == name;
  };
  return matches(entry.class_name) || std::any_of(entry.aliases.begin(), entry.aliases.end(), matches);
}

bool is_connector(const PluginEntry& entry) {
  return entry.kind == PluginKind::kSink || entry.kind == PluginKind::kSource;
}

}  // namespace

PluginRegistry::Registration PluginRegistry::add(std::string class_name, PluginEntry entry) {
  for (const PluginEntry& other : impl_->entries) {
    if (other.kind == entry.kind && has_full_name(other, class_name)) {
      throw ConfigError("Plugin " + class_name + " (" + name_of(entry.kind) + ") of " + impl_->location +
                        " is registered already by " + other.location);
    }
  }
  entry.location = impl_->location;
  if (entry.make_source_task || entry.make_sink_task) {
    static constexpr std::string_view kSuffix = "Connector";
    entry.task_class = class_name;
    if (entry.task_class.ends_with(kSuffix)) entry.task_class.resize(entry.task_class.size() - kSuffix.size());
    entry.task_class += "Task";
  }
  entry.class_name = std::move(class_name);
  impl_->entries.push_back(std::move(entry));
  return Registration(impl_->entries.back());
}

void PluginRegistry::set_location(std::string location) { impl_->location = std::move(location); }

void PluginRegistry::set_default_version(std::string version) { impl_->default_version = std::move(version); }

std::string PluginRegistry::version_of(const PluginEntry& entry) const {
  return entry.version.empty() ? impl_->default_version : entry.version;
}

std::vector<const PluginEntry*> PluginRegistry::list() const {
  std::vector<const PluginEntry*> out;
  out.reserve(impl_->entries.size());
  for (const PluginEntry& entry : impl_->entries) out.push_back(&entry);
  std::stable_sort(out.begin(), out.end(), [](const PluginEntry* a, const PluginEntry* b) {
    return a->kind != b->kind ? a->kind < b->kind : a->class_name < b->class_name;
  });
  return out;
}

const PluginEntry* PluginRegistry::find(PluginKind kind, std::string_view name) const {
  for (const PluginEntry& entry : impl_->entries) {
    if (entry.kind == kind && has_full_name(entry, name)) return &entry;
  }
  // Short names count over all kinds: one that leads to two classes leads nowhere.
  const PluginEntry* found = nullptr;
  const std::string* class_name = nullptr;
  for (const PluginEntry& entry : impl_->entries) {
    if (!has_short_name(entry, name)) continue;
    if (class_name != nullptr && *class_name != entry.class_name) return nullptr;
    class_name = &entry.class_name;
  }
  if (class_name == nullptr) return nullptr;
  for (const PluginEntry& entry : impl_->entries) {
    if (entry.kind == kind && entry.class_name == *class_name) found = &entry;
  }
  return found;
}

const PluginEntry& PluginRegistry::connector(std::string_view name) const {
  for (const PluginKind kind : {PluginKind::kSource, PluginKind::kSink}) {
    if (const PluginEntry* entry = find(kind, name)) return *entry;
  }
  std::vector<const PluginEntry*> matches;
  std::vector<const PluginEntry*> connectors;
  const std::string with_suffix = std::string(name) + "Connector";
  for (const PluginEntry* entry : list()) {
    if (!is_connector(*entry)) continue;
    connectors.push_back(entry);
    const std::string_view simple = simple_name(entry->class_name);
    if (simple == name || simple == with_suffix) matches.push_back(entry);
  }
  if (matches.size() == 1) return *matches.front();
  const auto describe = [this](const std::vector<const PluginEntry*>& entries) {
    std::string out;
    for (const PluginEntry* entry : entries) {
      const std::string version = version_of(*entry);
      if (!out.empty()) out += ", ";
      out += "PluginDesc{klass=class " + entry->class_name + ", name='" + entry->class_name + "', version='" + version +
             "', encodedVersion=" + version + ", type=" + name_of(entry->kind) + ", typeName='" + name_of(entry->kind) +
             "', location='" + entry->location + "'}";
    }
    return out;
  };
  if (matches.empty()) {
    throw ConnectError("Failed to find any class that implements Connector and which name matches " +
                       std::string(name) + ", available connectors are: " + describe(connectors));
  }
  throw ConnectError("More than one connector matches alias " + std::string(name) +
                     ". Please use full package and class name instead. Classes found: " + describe(matches));
}

}  // namespace millrace
