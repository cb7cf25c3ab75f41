// The option checks that source and sink share.

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "connectors/jdbc/source_config.h"
#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

const std::string* as_text(const ConfigObject& value) { return std::get_if<std::string>(&value); }

}  // namespace

QuoteMethod to_quote_method(const ConfigObject& value) {
  const std::string& text = std::get<std::string>(value);
  const std::string lower = to_lower(text);
  if (lower == "always") return QuoteMethod::kAlways;
  if (lower == "never") return QuoteMethod::kNever;
  throw ConfigError("No matching QuoteMethod found for '" + text + "'");
}

std::shared_ptr<const TimeZone> to_time_zone(const ConfigObject& value) {
  auto zone = TimeZone::find(std::get<std::string>(value));
  return zone ? zone : TimeZone::utc();
}

CalendarSystem to_calendar(const ConfigObject& value) {
  return std::get<std::string>(value) == "LEGACY" ? CalendarSystem::kLegacy : CalendarSystem::kProlepticGregorian;
}

std::function<std::vector<std::string>(const Props&)> always(std::vector<std::string> words) {
  return [words = std::move(words)](const Props&) { return words; };
}

ConfigCheck valid_credentials_provider() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const std::string* name = as_text(value);
    if (name == nullptr || name->find("DefaultJdbcCredentialsProvider") != std::string::npos) return std::nullopt;
    return "Only the default provider, which takes connection.user and connection.password, is available";
  };
}

ConfigCheck valid_time_zone() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const std::string* id = as_text(value);
    if (id != nullptr && TimeZone::find(*id) != nullptr) return std::nullopt;
    return "Invalid time zone. See the list of valid time zones at "
           "https://en.wikipedia.org/wiki/List_of_tz_database_time_zones";
  };
}

ConfigCheck valid_jdbc_url() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const std::string* url = as_text(value);
    if (url == nullptr) return std::nullopt;
    try {
      split_jdbc_url(*url);
      return std::nullopt;
    } catch (const ConfigError& error) {
      const std::string shown = redact_url(*url);
      if (shown == *url) return error.what();
      // Not returned: the text would then begin with the value as it is, password included.
      throw ConfigError(invalid_value("connection.url", shown, error.what()));
    }
  };
}

std::vector<std::string> dialect_names() {
  return {"",
          "Db2DatabaseDialect",
          "DerbyDatabaseDialect",
          "GenericDatabaseDialect",
          "MySqlDatabaseDialect",
          "OracleDatabaseDialect",
          "PostgreSqlDatabaseDialect",
          "SapHanaDatabaseDialect",
          "SqlServerDatabaseDialect",
          "SqliteDatabaseDialect",
          "SybaseDatabaseDialect",
          "VerticaDatabaseDialect"};
}

ConfigCheck valid_dialect_name() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const std::string* name = as_text(value);
    const std::vector<std::string> names = dialect_names();
    if (name == nullptr || std::find(names.begin(), names.end(), *name) != names.end()) return std::nullopt;
    return "Invalid enumerator";
  };
}

ConfigCheck enumerator(std::vector<std::string> lower_case_words) {
  return [words = std::move(lower_case_words)](const ConfigObject& value) -> std::optional<std::string> {
    const std::string* text = as_text(value);
    if (text == nullptr) return std::nullopt;
    const bool known = std::any_of(words.begin(), words.end(),
                                   [&](const std::string& word) { return *text == word || *text == upper(word); });
    if (known) return std::nullopt;
    return "Invalid enumerator";
  };
}

std::map<std::string, std::string> driver_properties(const Props& props) {
  constexpr std::string_view kPrefix = "connection.";
  std::map<std::string, std::string> properties;
  for (const auto& [key, value] : props) {
    if (key.compare(0, kPrefix.size(), kPrefix) != 0) continue;
    if (key == "connection.url" || key == "connection.attempts" || key == "connection.backoff.ms") continue;
    properties[key.substr(kPrefix.size())] = value;
  }
  return properties;
}

void check_blocked_parameters(const ConnectionSettings& settings) {
  const char* list = std::getenv("JDBC_CONNECTION_URL_BLOCKED_PARAMS");
  if (list == nullptr) return;
  const std::string url = to_lower(url_decode(settings.url));
  for (const std::string& item : split(list, ',')) {
    const std::string blocked = to_lower(trim(item));
    if (blocked.empty()) continue;
    for (std::size_t at = url.find(blocked + "="); at != std::string::npos; at = url.find(blocked + "=", at + 1)) {
      if (at > 0 &&
          (std::isalnum(static_cast<unsigned char>(url[at - 1])) != 0 || url[at - 1] == '_' || url[at - 1] == '.'))
        continue;
      throw ConfigError("JDBC URL contains blocked connection parameter '" + trim(item) +
                        "' which is not permitted by the Connect cluster's configured policy.");
    }
    for (const auto& [key, value] : settings.properties) {
      if (to_lower(key) != blocked) continue;
      throw ConfigError("JDBC connection property '" + key +
                        "' is not permitted by the Connect cluster's configured policy.");
    }
  }
}

}  // namespace millrace::jdbc
