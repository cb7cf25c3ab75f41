#pragma once

#include <string>
#include <vector>

namespace millrace {
class PluginRegistry;
}

namespace millrace::runtime {

/// What came of a worker's `plugin.path`. One line each, naming the file.
struct PluginPathReport {
  std::vector<std::string> loaded;
  std::vector<std::string> problems;  ///< someone must act: a library that does not load, a folder that cannot be read
  std::vector<std::string> notes;     ///< worth knowing: Java plugins, which a native worker cannot run
};

/// Loads the plugins in shared libraries: every `*.so` in the folders of `plugin.path` and in the folders just below them,
/// in order of their names. Each is asked for its ABI stamp before any of its code that uses the SDK runs, and stays loaded
/// for good. A library that is broken or has another stamp is reported, and the others are loaded all the same.
/// Runs on: the thread that starts the worker, before the registry is read.
PluginPathReport load_plugin_path(const std::vector<std::string>& folders, PluginRegistry& registry);

/// Writes the report to the log `runtime.plugins`.
void log_report(const PluginPathReport& report);

}  // namespace millrace::runtime
