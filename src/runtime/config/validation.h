#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "millrace/plugin.h"
#include "runtime/config/config_providers.h"
#include "runtime/config/worker_config.h"
#include "runtime/herder.h"

namespace millrace::runtime {

/// Answers what is wrong with a connector config. All members must outlive it. Thread-safe.
class ConfigValidator {
 public:
  ConfigValidator(const PluginRegistry& plugins, const WorkerConfig& worker, const ConfigProviders& providers)
      : plugins_(plugins), worker_(worker), providers_(providers) {}

  /// Runs the connector's own validation, so call it on a thread that may hang.
  /// Errors: kInvalid when there is no class or none that is known, kPluginFailed when a client override does not parse or the
  /// connector threw. `trace` then starts with the Java class that stands for it.
  Result<ConfigInfos> validate(const RawConfig& config) const;

  /// The sentence that refuses a config with errors, as creation answers it; nullopt when there are none.
  static std::optional<std::string> refusal(const ConfigInfos& infos);

  /// The keys of GET /connector-plugins/{name}/config. `version`: a version, a range or "latest"; empty: any.
  /// Errors: kNotFound, kInvalid.
  Result<std::vector<ConfigKey>> plugin_config(const std::string& name, const std::string& version) const;

 private:
  const PluginRegistry& plugins_;
  const WorkerConfig& worker_;
  const ConfigProviders& providers_;
};

/// A plain version ("4.1.0": exactly that one) or a range in Maven's form ("[1,2)").
class VersionRange {
 public:
  /// Errors: kInvalid.
  static Result<VersionRange> parse(const std::string& text);
  bool contains(const std::string& version) const;
  /// As Maven prints it: "[9.9,9.9]".
  std::string to_string() const;

 private:
  std::string low_;   ///< empty: open
  std::string high_;  ///< empty: open
  bool with_low_ = true;
  bool with_high_ = true;
};

}  // namespace millrace::runtime
