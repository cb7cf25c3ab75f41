#include "millrace/config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "api/unicode.h"
#include "millrace/errors.h"
#include "millrace/value.h"

namespace millrace {

const char* name_of(ConfigType type) noexcept {
  static constexpr const char* kNames[] = {"BOOLEAN", "STRING", "INT",   "SHORT",   "LONG",
                                           "DOUBLE",  "LIST",   "CLASS", "PASSWORD"};
  return kNames[static_cast<std::size_t>(type)];
}

const char* name_of(Importance importance) noexcept {
  static constexpr const char* kNames[] = {"HIGH", "MEDIUM", "LOW"};
  return kNames[static_cast<std::size_t>(importance)];
}

const char* name_of(Width width) noexcept {
  static constexpr const char* kNames[] = {"NONE", "SHORT", "MEDIUM", "LONG"};
  return kNames[static_cast<std::size_t>(width)];
}

std::string invalid_value(std::string_view name, const std::optional<std::string>& value, std::string_view rule) {
  std::string out = "Invalid value ";
  out += value ? *value : "null";
  out += " for configuration ";
  out += name;
  if (!rule.empty()) {
    out += ": ";
    out += rule;
  }
  return out;
}

namespace {

std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (&part != parts.data()) out += separator;
    out += part;
  }
  return out;
}

/// The value as Java's string concatenation shows it in an error text.
std::optional<std::string> java_text(const ConfigObject& value, ConfigType type) {
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) return "[" + join(*list, ", ") + "]";
  return config_object_text(value, type);
}

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
         });
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return out;
}

template <class Integer>
std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  Integer value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Java's Double.parseDouble: a decimal number with an optional sign, exponent and suffix, NaN or Infinity.
std::optional<double> parse_double(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  double value = 0;
  if (text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity") {
    value = std::numeric_limits<double>::infinity();
  } else {
    if (text.size() > 1 && std::string_view("fFdD").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
    if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return std::nullopt;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (rest != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range) value = std::strtod(std::string(text).c_str(), nullptr);
  }
  return negative ? -value : value;
}

std::vector<std::string> split_list(std::string_view text) {
  // "\s*,\s*", keeping empty elements; \s is blank, tab, line feed, vertical tab, form feed, carriage return.
  const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  std::vector<std::string> out;
  if (text.empty()) return out;
  std::size_t begin = 0;
  while (true) {
    const std::size_t comma = text.find(',', begin);
    std::size_t end = comma == std::string_view::npos ? text.size() : comma;
    if (comma != std::string_view::npos) {
      while (end > begin && is_blank(text[end - 1])) --end;
    }
    out.emplace_back(text.substr(begin, end - begin));
    if (comma == std::string_view::npos) return out;
    begin = comma + 1;
    while (begin < text.size() && is_blank(text[begin])) ++begin;
  }
}

}  // namespace

std::optional<std::string> config_object_text(const ConfigObject& value, ConfigType type) {
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  if (type == ConfigType::kPassword) return Secret::kHidden;
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* i = std::get_if<std::int64_t>(&value)) return std::to_string(*i);
  if (const auto* d = std::get_if<double>(&value)) return java_double_text(*d);
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  return join(std::get<std::vector<std::string>>(value), ",");
}

// ---------------------------------------------------------------------------------------------------------------------
// Checks

namespace {

std::optional<double> number_of(const ConfigObject& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&value)) return *d;
  return std::nullopt;
}

std::optional<std::string> check_range(const ConfigObject& value, std::optional<std::int64_t> minimum,
                                       std::optional<std::int64_t> maximum) {
  const auto number = number_of(value);
  if (!number) return "Value must be non-null";
  if (minimum && *number < static_cast<double>(*minimum)) return "Value must be at least " + std::to_string(*minimum);
  if (maximum && *number > static_cast<double>(*maximum))
    return "Value must be no more than " + std::to_string(*maximum);
  return std::nullopt;
}

}  // namespace

ConfigCheck at_least(std::int64_t minimum) {
  return [minimum](const ConfigObject& value) { return check_range(value, minimum, std::nullopt); };
}

ConfigCheck between(std::int64_t minimum, std::int64_t maximum) {
  return [minimum, maximum](const ConfigObject& value) { return check_range(value, minimum, maximum); };
}

ConfigCheck non_empty() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && text->empty()) return "String must be non-empty";
    return std::nullopt;
  };
}

ConfigCheck one_of(std::vector<std::string> words) {
  return [words = std::move(words)](const ConfigObject& value) -> std::optional<std::string> {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && std::find(words.begin(), words.end(), *text) != words.end()) return std::nullopt;
    return "String must be one of: " + join(words, ", ");
  };
}

ConfigCheck one_of_ignoring_case(std::vector<std::string> words) {
  return [words = std::move(words)](const ConfigObject& value) -> std::optional<std::string> {
    if (const auto* text = std::get_if<std::string>(&value)) {
      const std::string wanted = upper(*text);
      for (const std::string& word : words) {
        if (upper(word) == wanted) return std::nullopt;
      }
    }
    return "String must be one of (case insensitive): " + join(words, ", ");
  };
}

ConfigCheck all_of(std::vector<ConfigCheck> checks) {
  return [checks = std::move(checks)](const ConfigObject& value) -> std::optional<std::string> {
    for (const ConfigCheck& check : checks) {
      if (auto broken = check(value)) return broken;
    }
    return std::nullopt;
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// ParsedConfig

const ConfigObject& ParsedConfig::object(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) throw std::logic_error("Unknown configuration '" + std::string(key) + "'");
  return found->second;
}

namespace {

template <class T>
const T& typed(const ParsedConfig& config, std::string_view key) {
  const auto* value = std::get_if<T>(&config.object(key));
  if (value == nullptr) throw std::logic_error("configuration '" + std::string(key) + "' is null or of another type");
  return *value;
}

}  // namespace

bool ParsedConfig::is_null(std::string_view key) const { return std::holds_alternative<std::monostate>(object(key)); }
bool ParsedConfig::boolean(std::string_view key) const { return typed<bool>(*this, key); }
std::int64_t ParsedConfig::integer(std::string_view key) const { return typed<std::int64_t>(*this, key); }
double ParsedConfig::real(std::string_view key) const { return typed<double>(*this, key); }
const std::string& ParsedConfig::string(std::string_view key) const { return typed<std::string>(*this, key); }
const std::vector<std::string>& ParsedConfig::list(std::string_view key) const {
  return typed<std::vector<std::string>>(*this, key);
}

std::optional<std::string> ParsedConfig::optional_string(std::string_view key) const {
  if (is_null(key)) return std::nullopt;
  return string(key);
}

// ---------------------------------------------------------------------------------------------------------------------
// ConfigDef

ConfigDef& ConfigDef::define(ConfigKey key) {
  if (find(key.name) != nullptr) throw std::logic_error("Configuration " + key.name + " is defined twice.");
  if (key.display_name.empty()) key.display_name = key.name;
  const bool numeric =
      key.type != ConfigType::kString && key.type != ConfigType::kClass && key.type != ConfigType::kPassword;
  if (key.default_value && numeric) {
    // Kept the way it is printed ("0" as a DOUBLE is "0.0"); a default that does not parse is our bug and shows at
    // once.
    key.default_value = config_object_text(parse_type(key.name, *key.default_value, key.type), key.type);
  }
  keys_.push_back(std::move(key));
  return *this;
}

ConfigDef& ConfigDef::merge(const ConfigDef& other) {
  for (const ConfigKey& key : other.keys_) {
    const auto same = std::find_if(keys_.begin(), keys_.end(), [&](const ConfigKey& k) { return k.name == key.name; });
    if (same == keys_.end()) {
      keys_.push_back(key);
    } else {
      *same = key;
    }
  }
  return *this;
}

const ConfigKey* ConfigDef::find(std::string_view name) const {
  for (const ConfigKey& key : keys_) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

ConfigObject ConfigDef::parse_type(const std::string& name, const std::string& text, ConfigType type) {
  const std::string_view trimmed = api::java_trim(text);
  const auto number = [&](std::optional<std::int64_t> value) -> ConfigObject {
    if (!value) throw ConfigError(invalid_value(name, text, std::string("Not a number of type ") + name_of(type)));
    return *value;
  };
  switch (type) {
    case ConfigType::kBoolean:
      if (equals_ignoring_case(trimmed, "true")) return true;
      if (equals_ignoring_case(trimmed, "false")) return false;
      throw ConfigError(invalid_value(name, text, "Expected value to be either true or false"));
    case ConfigType::kInt: return number(parse_integer<std::int32_t>(trimmed));
    case ConfigType::kShort: return number(parse_integer<std::int16_t>(trimmed));
    case ConfigType::kLong: return number(parse_integer<std::int64_t>(trimmed));
    case ConfigType::kDouble:
      if (const auto value = parse_double(trimmed)) return *value;
      throw ConfigError(invalid_value(name, text, "Not a number of type DOUBLE"));
    case ConfigType::kList: return split_list(trimmed);
    case ConfigType::kString:
    case ConfigType::kClass:
    case ConfigType::kPassword: break;
  }
  return std::string(trimmed);
}

std::pair<ConfigObject, std::vector<std::string>> ConfigDef::evaluate(const ConfigKey& key, const Props& props) const {
  ConfigObject value;
  std::vector<std::string> errors;
  bool default_null = false;
  if (const auto given = props.find(key.name); given != props.end()) {
    try {
      value = parse_type(key.name, given->second, key.type);
    } catch (const ConfigError& e) {
      errors.emplace_back(e.what());
    }
  } else if (key.required) {
    errors.push_back("Missing required configuration \"" + key.name + "\" which has no default value.");
  } else if (key.default_value) {
    value = parse_type(key.name, *key.default_value, key.type);
  } else {
    default_null = true;
  }
  // The check runs on the null of a value that did not parse, too: tasks.max=abc has two errors. A default of null is
  // no mistake of the user's.
  if (key.check && !default_null) {
    try {
      if (const auto broken = key.check(value))
        errors.push_back(invalid_value(key.name, java_text(value, key.type), *broken));
    } catch (const ConfigError& e) {
      errors.emplace_back(e.what());
    }
  }
  return {std::move(value), std::move(errors)};
}

ParsedConfig ConfigDef::parse(const Props& props) const {
  ParsedConfig parsed;
  std::string problems;
  for (const ConfigKey& key : keys_) {
    auto [value, errors] = evaluate(key, props);
    if (!errors.empty()) {
      // One line for each option: what a check says of the null behind a value that did not parse adds nothing here.
      if (!problems.empty()) problems += '\n';
      problems += errors.front();
    }
    parsed.values_.insert_or_assign(key.name, std::move(value));
  }
  if (!problems.empty()) throw ConfigError(problems);
  return parsed;
}

std::vector<ConfigValue> ConfigDef::validate(const Props& props) const {
  std::vector<ConfigValue> out;
  out.reserve(keys_.size());
  for (const ConfigKey& key : keys_) {
    auto [value, errors] = evaluate(key, props);
    ConfigValue answer;
    answer.name = key.name;
    answer.value = config_object_text(value, key.type);
    answer.errors = std::move(errors);
    if (key.recommender) {
      try {
        answer.recommended_values = key.recommender(props);
      } catch (const ConfigError& e) {
        answer.errors.emplace_back(e.what());
      }
    }
    out.push_back(std::move(answer));
  }
  return out;
}

}  // namespace millrace
