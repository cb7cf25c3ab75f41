#include "runtime/config/config_providers.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/properties.h"
#include "millrace/errors.h"
#include "millrace/regex.h"
#include "runtime/config/worker_config.h"

namespace millrace::runtime {
namespace {

namespace fs = std::filesystem;
using Value = Result<std::optional<std::string>>;

const base::Log& log() {
  static const base::Log& kLog = base::log_named("org.apache.kafka.common.config.provider");
  return kLog;
}

Error invalid(std::string text) { return Error{.code = Errc::kInvalid, .text = std::move(text)}; }

std::string param(const Props& params, const char* key) {
  const auto found = params.find(key);
  if (found == params.end()) return {};
  return std::get<std::string>(ConfigDef::parse_type(key, found->second, ConfigType::kString));
}

/// `allowed.paths`: empty allows all.
class AllowedPaths {
 public:
  static Result<AllowedPaths> parse(const Props& params) {
    AllowedPaths out;
    const std::string text = param(params, "allowed.paths");
    if (text.empty()) return out;
    const ConfigObject list = ConfigDef::parse_type("allowed.paths", text, ConfigType::kList);
    for (const std::string& entry : std::get<std::vector<std::string>>(list)) {
      const fs::path path = fs::path(entry).lexically_normal();
      std::error_code error;
      if (!path.is_absolute()) return invalid(fmt::format("Path {} is not absolute", entry));
      if (!fs::exists(path, error)) return invalid(fmt::format("Path {} does not exist", entry));
      out.paths_.push_back(path.has_filename() ? path : path.parent_path());
    }
    return out;
  }

  bool allows(const std::string& path) const {
    if (paths_.empty()) return true;
    const fs::path wanted = fs::path(path).lexically_normal();
    for (const fs::path& allowed : paths_) {
      const fs::path relative = wanted.lexically_relative(allowed);
      if (wanted == allowed || (!relative.empty() && *relative.begin() != "..")) return true;
    }
    log().warn("Path {} is not below any of allowed.paths; its variables stay unresolved", path);
    return false;
  }

 private:
  std::vector<fs::path> paths_;
};

class FileConfigProvider final : public ConfigProvider {
 public:
  explicit FileConfigProvider(AllowedPaths allowed) : allowed_(std::move(allowed)) {}

  Value get(const std::string& path, const std::string& key) override {
    if (path.empty() || !allowed_.allows(path)) return std::optional<std::string>();
    const Result<base::Properties> file = base::read_properties_file(path, base::PropertiesEncoding::kUtf8);
    if (!file) return invalid(fmt::format("Could not read properties from file {}", path));
    const std::string* value = file->find(key);
    return value == nullptr ? std::optional<std::string>() : *value;
  }

 private:
  AllowedPaths allowed_;
};

class DirectoryConfigProvider final : public ConfigProvider {
 public:
  explicit DirectoryConfigProvider(AllowedPaths allowed) : allowed_(std::move(allowed)) {}

  Value get(const std::string& path, const std::string& key) override {
    if (path.empty() || !allowed_.allows(path)) return std::optional<std::string>();
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      log().warn("The path {} is not a directory; its variables stay unresolved", path);
      return std::optional<std::string>();
    }
    // Only files of the directory itself: a key with a slash would lead out of it.
    const fs::path file_path = fs::path(path) / key;
    if (key.find('/') != std::string::npos || !fs::is_regular_file(file_path, error))
      return std::optional<std::string>();
    std::ifstream file(file_path, std::ios::binary);
    std::string content;
    char chunk[4096];
    while (file.read(chunk, sizeof chunk) || file.gcount() > 0)
      content.append(chunk, static_cast<std::size_t>(file.gcount()));
    if (!file.is_open() || file.bad())
      return invalid(fmt::format("Could not read file {} for property {}", file_path.string(), key));
    return std::optional<std::string>(std::move(content));
  }

 private:
  AllowedPaths allowed_;
};

class EnvVarConfigProvider final : public ConfigProvider {
 public:
  explicit EnvVarConfigProvider(Regex allowed) : allowed_(std::move(allowed)) {}

  Value get(const std::string& path, const std::string& key) override {
    if (!path.empty()) {
      return invalid(fmt::format("Path is not supported for EnvVarConfigProvider, invalid value '{}'", path));
    }
    const char* value = std::getenv(key.c_str());
    if (value == nullptr || !allowed_.matches(key)) return std::optional<std::string>();
    return std::optional<std::string>(value);
  }

 private:
  Regex allowed_;
};

Result<std::shared_ptr<ConfigProvider>> make_provider(const std::string& name, const std::string& class_name,
                                                      const Props& params) {
  constexpr std::string_view kPackage = "org.apache.kafka.common.config.provider.";
  constexpr std::string_view kSuffix = "ConfigProvider";
  std::string_view simple = class_name;
  if (simple.starts_with(kPackage)) simple.remove_prefix(kPackage.size());
  if (simple.ends_with(kSuffix)) simple.remove_suffix(kSuffix.size());
  if (simple == "File" || simple == "Directory") {
    Result<AllowedPaths> allowed = AllowedPaths::parse(params);
    if (!allowed) return invalid(fmt::format("config provider {}: {}", name, allowed.error().text));
    if (simple == "File") return std::shared_ptr<ConfigProvider>(new FileConfigProvider(std::move(allowed).value()));
    return std::shared_ptr<ConfigProvider>(new DirectoryConfigProvider(std::move(allowed).value()));
  }
  if (simple == "EnvVar") {
    const std::string pattern = param(params, "allowlist.pattern");
    try {
      return std::shared_ptr<ConfigProvider>(new EnvVarConfigProvider(Regex(pattern.empty() ? ".*" : pattern)));
    } catch (const RegexError& error) {
      return invalid(fmt::format("config provider {}: allowlist.pattern: {}", name, error.what()));
    }
  }
  return invalid(invalid_value(fmt::format("config.providers.{}.class", name), class_name,
                               "Could not load config provider class or one of its dependencies; use "
                               "FileConfigProvider, DirectoryConfigProvider or "
                               "EnvVarConfigProvider"));
}

/// `${provider:[path:]key}`, as the pattern \$\{([^}]*?):(([^}]*?):)?([^}]*?)\} takes it apart.
struct Variable {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string provider;
  std::string path;
  std::string key;
};

std::optional<Variable> next_variable(std::string_view text, std::size_t from) {
  for (std::size_t begin = text.find("${", from); begin != std::string_view::npos; begin = text.find("${", begin + 2)) {
    const std::size_t close = text.find('}', begin);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view inside = text.substr(begin + 2, close - begin - 2);
    const std::size_t first = inside.find(':');
    if (first == std::string_view::npos) continue;
    Variable out{
        .begin = begin, .end = close + 1, .provider = std::string(inside.substr(0, first)), .path = {}, .key = {}};
    const std::string_view rest = inside.substr(first + 1);
    const std::size_t second = rest.find(':');
    if (second != std::string_view::npos) out.path = rest.substr(0, second);
    out.key = second == std::string_view::npos ? rest : rest.substr(second + 1);
    return out;
  }
  return std::nullopt;
}

}  // namespace

Result<ConfigProviders> ConfigProviders::create(const Props& worker) {
  ConfigProviders out;
  const auto listed = worker.find("config.providers");
  if (listed == worker.end()) return out;
  const ConfigObject names = ConfigDef::parse_type("config.providers", listed->second, ConfigType::kList);
  for (const std::string& name : std::get<std::vector<std::string>>(names)) {
    const std::string prefix = "config.providers." + name + ".";
    const std::string class_name = param(worker, (prefix + "class").c_str());
    if (class_name.empty()) {
      log().warn("config.providers lists {}, but there is no {}class; its variables stay unresolved", name, prefix);
      continue;
    }
    Result<std::shared_ptr<ConfigProvider>> provider =
        make_provider(name, class_name, with_prefix(worker, prefix + "param."));
    if (!provider) return std::move(provider).error();
    out.providers_[name] = std::move(provider).value();
  }
  return out;
}

Result<std::string> ConfigProviders::resolve(std::string_view text) const {
  std::string out;
  std::size_t done = 0;
  while (const std::optional<Variable> variable = next_variable(text, done)) {
    out += text.substr(done, variable->begin - done);
    done = variable->end;
    const auto provider = providers_.find(variable->provider);
    std::optional<std::string> value;
    if (provider != providers_.end()) {
      Result<std::optional<std::string>> found = provider->second->get(variable->path, variable->key);
      if (!found) return std::move(found).error();
      value = std::move(found).value();
    }
    out += value ? *value : text.substr(variable->begin, variable->end - variable->begin);
  }
  out += text.substr(done);
  return out;
}

Result<Props> ConfigProviders::resolve(const Props& props) const {
  if (providers_.empty()) return props;
  Props out;
  for (const auto& [key, value] : props) {
    Result<std::string> resolved = resolve(value);
    if (!resolved) return std::move(resolved).error();
    out.emplace(key, std::move(resolved).value());
  }
  return out;
}

Result<RawConfig> ConfigProviders::resolve(const RawConfig& config) const {
  RawConfig out = config;
  if (providers_.empty()) return out;
  for (auto& [key, value] : out) {
    if (!value) continue;
    Result<std::string> resolved = resolve(*value);
    if (!resolved) return std::move(resolved).error();
    value = std::move(resolved).value();
  }
  return out;
}

bool has_variable(std::string_view text) { return next_variable(text, 0).has_value(); }

void restore_variables(const RawConfig& connector, RawConfig& task) {
  for (auto& [key, value] : task) {
    const auto raw = connector.find(key);
    if (raw != connector.end() && raw->second && has_variable(*raw->second)) value = raw->second;
  }
}

Result<Props> load_worker_properties(const std::string& path) {
  if (path.empty()) return Props{};
  Result<base::Properties> file = base::read_properties_file(path);
  if (!file) return std::move(file).error();
  Props raw = file->to_map();
  Result<ConfigProviders> providers = ConfigProviders::create(raw);
  if (!providers) return std::move(providers).error();
  auto plugin_path = raw.extract("plugin.path");  // Behaviour: used as written
  Result<Props> resolved = providers->resolve(raw);
  if (resolved && plugin_path) resolved->insert(std::move(plugin_path));
  return resolved;
}

}  // namespace millrace::runtime
