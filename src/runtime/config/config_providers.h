#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "millrace/config.h"
#include "runtime/herder.h"

namespace millrace::runtime {

/// Where the values of variables `${provider:path:key}` come from.
class ConfigProvider {
 public:
  virtual ~ConfigProvider() = default;
  /// The value, or nullopt when there is none (the variable then stays as it is). Errors: kInvalid, one sentence.
  virtual Result<std::optional<std::string>> get(const std::string& path, const std::string& key) = 0;
};

/// Resolves variables by the providers that `config.providers` names. Thread-safe after `create`.
class ConfigProviders {
 public:
  ConfigProviders() = default;

  /// Makes the providers of a worker's properties. Errors: kInvalid for an unknown class or a bad parameter.
  static Result<ConfigProviders> create(const Props& worker);

  /// Replaces every variable that can be resolved; replacements are not looked at again. An unknown provider or key leaves
  /// the text as it is.
  Result<std::string> resolve(std::string_view text) const;
  Result<Props> resolve(const Props& props) const;
  /// Null values stay null.
  Result<RawConfig> resolve(const RawConfig& config) const;

  bool empty() const noexcept { return providers_.empty(); }

 private:
  std::map<std::string, std::shared_ptr<ConfigProvider>> providers_;
};

/// Whether `text` holds something of the form of a variable.
bool has_variable(std::string_view text);

/// A task config as it is stored: every key whose value in the connector's raw config holds a variable gets that raw value
/// back, so that no secret is written.
void restore_variables(const RawConfig& connector, RawConfig& task);

/// Reads a worker's properties file and resolves its variables with its own providers. "" stands for no properties at all.
Result<Props> load_worker_properties(const std::string& path);

}  // namespace millrace::runtime
