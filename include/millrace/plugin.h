#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/connector.h"
#include "millrace/converter.h"
#include "millrace/transform.h"

namespace millrace {

enum class PluginKind : std::uint8_t { kSink, kSource, kTransformation, kPredicate, kConverter, kHeaderConverter };

/// "sink", "source", "transformation", "predicate", "converter", "header_converter": the words of the REST API.
const char* name_of(PluginKind kind) noexcept;

/// One entry of the registry. Filled through the chained calls of `PluginRegistry::source` and its siblings.
struct PluginEntry {
  PluginKind kind = PluginKind::kSource;
  std::string class_name;            ///< the Java class it stands in for, or a name of its own in that form
  std::vector<std::string> aliases;  ///< further full names; the short aliases of Kafka Connect come by themselves
  std::string version;               ///< empty: the worker's own
  std::string location;              ///< "classpath" for built-in ones, the library's path otherwise
  std::string summary;
  std::string task_class;  ///< connectors: what `task.class` says
  const ConfigDef* config = nullptr;

  // Exactly the ones that fit the kind are set.
  std::function<std::unique_ptr<SourceConnector>()> make_source;
  std::function<std::unique_ptr<SinkConnector>()> make_sink;
  std::function<std::unique_ptr<SourceTask>()> make_source_task;
  std::function<std::unique_ptr<SinkTask>()> make_sink_task;
  std::function<std::unique_ptr<Transformation>()> make_transformation;
  std::function<std::unique_ptr<Predicate>()> make_predicate;
  std::function<std::unique_ptr<Converter>()> make_converter;
  std::function<std::unique_ptr<HeaderConverter>()> make_header_converter;
};

/// Where plugins announce themselves. Filled once at start, read-only afterwards.
class PluginRegistry {
 public:
  /// Chained calls on the entry that was just added.
  class Registration {
   public:
    explicit Registration(PluginEntry& entry) : entry_(entry) {}
    Registration& alias(std::string name) {
      entry_.aliases.push_back(std::move(name));
      return *this;
    }
    Registration& version(std::string version) {
      entry_.version = std::move(version);
      return *this;
    }
    Registration& summary(std::string text) {
      entry_.summary = std::move(text);
      return *this;
    }
    Registration& config(const ConfigDef& def) {
      entry_.config = &def;
      return *this;
    }
    /// The task's Java class name; default: the connector's with "Connector" at the end replaced by "Task".
    Registration& task_class(std::string name) {
      entry_.task_class = std::move(name);
      return *this;
    }

   private:
    PluginEntry& entry_;
  };

  PluginRegistry();
  ~PluginRegistry();
  PluginRegistry(const PluginRegistry&) = delete;
  PluginRegistry& operator=(const PluginRegistry&) = delete;

  template <class ConnectorT, class TaskT>
  Registration source(std::string class_name) {
    PluginEntry entry;
    entry.kind = PluginKind::kSource;
    entry.make_source = [] { return std::make_unique<ConnectorT>(); };
    entry.make_source_task = [] { return std::make_unique<TaskT>(); };
    return add(std::move(class_name), std::move(entry));
  }
  template <class ConnectorT, class TaskT>
  Registration sink(std::string class_name) {
    PluginEntry entry;
    entry.kind = PluginKind::kSink;
    entry.make_sink = [] { return std::make_unique<ConnectorT>(); };
    entry.make_sink_task = [] { return std::make_unique<TaskT>(); };
    return add(std::move(class_name), std::move(entry));
  }
  template <class T>
  Registration transformation(std::string class_name) {
    PluginEntry entry;
    entry.kind = PluginKind::kTransformation;
    entry.make_transformation = [] { return std::make_unique<T>(); };
    return add(std::move(class_name), std::move(entry));
  }
  template <class T>
  Registration predicate(std::string class_name) {
    PluginEntry entry;
    entry.kind = PluginKind::kPredicate;
    entry.make_predicate = [] { return std::make_unique<T>(); };
    return add(std::move(class_name), std::move(entry));
  }
  template <class T>
  Registration converter(std::string class_name) {
    PluginEntry entry;
    entry.kind = PluginKind::kConverter;
    entry.make_converter = [] { return std::make_unique<T>(); };
    return add(std::move(class_name), std::move(entry));
  }
  template <class T>
  Registration header_converter(std::string class_name) {
    PluginEntry entry;
    entry.kind = PluginKind::kHeaderConverter;
    entry.make_header_converter = [] { return std::make_unique<T>(); };
    return add(std::move(class_name), std::move(entry));
  }

  Registration add(std::string class_name, PluginEntry entry);

  /// Everything that is registered from here on comes from that library.
  void set_location(std::string location);

  /// What plugins without a version of their own report.
  void set_default_version(std::string version);

  /// The plugin's version, or the default one.
  std::string version_of(const PluginEntry& entry) const;

  /// In the order of GET /connector-plugins?connectorsOnly=false: by kind, then class name.
  std::vector<const PluginEntry*> list() const;

  /// By class name, further name or unambiguous short alias; nullptr when there is none.
  const PluginEntry* find(PluginKind kind, std::string_view name) const;

  /// Connectors of either kind; the looser lookup by simple name (+ "Connector") included.
  /// Throws ConnectError "Failed to find any class that implements Connector and which name matches ...".
  const PluginEntry& connector(std::string_view name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Plugins in shared libraries (plugin.path)

/// Changes whenever a type of this SDK changes its layout. A library built against another stamp is refused.
inline constexpr const char* kAbiStamp = "millrace-sdk-3";

}  // namespace millrace

/// Written once in a plugin library: MILLRACE_PLUGIN(registry) { registry.source<...>("..."); }
#define MILLRACE_PLUGIN(registry)                                                       \
  extern "C" __attribute__((visibility("default"))) const char* millrace_plugin_abi() { \
    return ::millrace::kAbiStamp;                                                       \
  }                                                                                     \
  extern "C" __attribute__((visibility("default"))) void millrace_plugin_register(::millrace::PluginRegistry& registry)
