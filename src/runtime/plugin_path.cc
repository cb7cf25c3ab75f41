#include "runtime/plugin_path.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/log.h"
#include "millrace/plugin.h"

namespace millrace::runtime {
namespace {

namespace fs = std::filesystem;

struct Files {
  std::vector<fs::path> libraries;
  std::size_t jars = 0;
};

void list_folder(const fs::path& folder, bool descend, Files& files, PluginPathReport& report) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) {
    report.problems.push_back(fmt::format("plugin.path: cannot list {}: {}", folder.string(), error.message()));
    return;
  }
  for (const fs::directory_entry& entry : entries) {
    const fs::path& path = entry.path();
    if (entry.is_directory(error)) {
      if (descend) list_folder(path, false, files, report);
    } else if (path.extension() == ".so") {
      files.libraries.push_back(path);
    } else if (path.extension() == ".jar") {
      ++files.jars;
    }
  }
}

/// Why the library was not loaded; empty when it was.
std::string load_library(const fs::path& path, PluginRegistry& registry) {
  // Lazily at first: a library built against another SDK may want symbols that are not there, and its stamp says that better.
  void* handle = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) return fmt::format("cannot be loaded: {}", ::dlerror());
  auto refuse = [handle](std::string why) {
    ::dlclose(handle);
    return why;
  };
  auto* abi = reinterpret_cast<const char* (*)()>(::dlsym(handle, "millrace_plugin_abi"));
  auto* enlist = reinterpret_cast<void (*)(PluginRegistry&)>(::dlsym(handle, "millrace_plugin_register"));
  if (abi == nullptr || enlist == nullptr) {
    return refuse("is no Millrace plugin: it does not export what MILLRACE_PLUGIN(registry) defines");
  }
  const std::string stamp = abi();
  if (stamp != kAbiStamp) {
    return refuse(
        fmt::format("was built against another SDK: its ABI stamp is \"{}\", this worker's is \"{}\"; rebuild it",
                    stamp, kAbiStamp));
  }
  if (::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) {
    return refuse(fmt::format("cannot be loaded: {}", ::dlerror()));
  }
  registry.set_location(path.string());
  std::string failure;
  try {
    enlist(registry);
  } catch (const std::exception& e) {
    failure = fmt::format("failed to register: {}", e.what());
  } catch (...) {
    failure = "failed to register: it threw something that is not a std::exception";
  }
  registry.set_location("classpath");
  return failure;  // loaded even then: what it did register points into it
}

}  // namespace

PluginPathReport load_plugin_path(const std::vector<std::string>& folders, PluginRegistry& registry) {
  PluginPathReport report;
  for (const std::string& folder : folders) {
    if (folder.empty()) continue;
    Files files;
    list_folder(folder, true, files, report);
    std::sort(files.libraries.begin(), files.libraries.end());
    for (const fs::path& library : files.libraries) {
      const std::string failure = load_library(library, registry);
      if (failure.empty()) {
        report.loaded.push_back(library.string());
      } else {
        report.problems.push_back(fmt::format("plugin {} {}", library.string(), failure));
      }
    }
    if (files.jars != 0) {
      report.notes.push_back(
          fmt::format("plugin.path: {} holds {} jar file{}; Java plugins do not run here and are left alone", folder,
                      files.jars, files.jars == 1 ? "" : "s"));
    }
  }
  return report;
}

void log_report(const PluginPathReport& report) {
  const base::Log& log = base::log_named("runtime.plugins");
  for (const std::string& path : report.loaded) log.info("Loaded plugin {}", path);
  for (const std::string& text : report.notes) log.info("{}", text);
  for (const std::string& text : report.problems) log.error("{}", text);
}

}  // namespace millrace::runtime
