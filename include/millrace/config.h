#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {

/// A configuration as written: key to text. Variables (`${...}`) are resolved before a plugin sees it.
using Props = std::map<std::string, std::string>;

enum class ConfigType : std::uint8_t { kBoolean, kString, kInt, kShort, kLong, kDouble, kList, kClass, kPassword };
enum class Importance : std::uint8_t { kHigh, kMedium, kLow };
enum class Width : std::uint8_t { kNone, kShort, kMedium, kLong };

/// "BOOLEAN", "HIGH", "NONE", ...: the words of the REST API.
const char* name_of(ConfigType type) noexcept;
const char* name_of(Importance importance) noexcept;
const char* name_of(Width width) noexcept;

/// A text that never prints itself: log and error texts show "[hidden]".
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  /// The text itself, for the client that needs it. Never log it.
  const std::string& reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  static constexpr const char* kHidden = "[hidden]";

 private:
  std::string text_;
};

/// A parsed value: nothing (null), BOOLEAN, integers, DOUBLE, STRING/CLASS/PASSWORD, LIST.
using ConfigObject = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// As validation answers it: lists joined with ",", null as nullopt, passwords "[hidden]".
std::optional<std::string> config_object_text(const ConfigObject& value, ConfigType type);

/// Says which rule `value` breaks ("Value must be at least 1"), or nullopt. The table makes the sentence around it.
/// A check whose sentence is another one throws it as ConfigError.
using ConfigCheck = std::function<std::optional<std::string>(const ConfigObject& value)>;

// Checks with the texts of Kafka's ConfigDef. They see null only for a value that is missing or did not parse, never for a
// default of null; non_empty lets it pass, the others do not.
ConfigCheck at_least(std::int64_t minimum);                        ///< null: "Value must be non-null"
ConfigCheck between(std::int64_t minimum, std::int64_t maximum);   ///< null: "Value must be non-null"
ConfigCheck non_empty();                                           ///< "String must be non-empty"
ConfigCheck one_of(std::vector<std::string> words);                ///< "String must be one of: a, b"
ConfigCheck one_of_ignoring_case(std::vector<std::string> words);  ///< "... one of (case insensitive): A, B", as given
ConfigCheck all_of(std::vector<ConfigCheck> checks);

/// One option.
struct ConfigKey {
  std::string name;
  ConfigType type = ConfigType::kString;
  bool required = false;                     ///< no default: must be given
  std::optional<std::string> default_value;  ///< text; nullopt with !required means null
  Importance importance = Importance::kMedium;
  std::string documentation;
  std::optional<std::string> group;
  std::int32_t order_in_group = -1;
  Width width = Width::kNone;
  std::string display_name;  ///< empty: the name
  std::vector<std::string> dependents;
  ConfigCheck check;  ///< may be empty
  /// Values to recommend for a config; may be empty.
  std::function<std::vector<std::string>(const Props&)> recommender;
  bool internal = false;  ///< accepted but not listed by REST
};

/// One option's answer to validation.
struct ConfigValue {
  std::string name;
  std::optional<std::string> value;
  std::vector<std::string> recommended_values;
  std::vector<std::string> errors;
  /// Told like the errors, but no reason to refuse the connector: what somebody may mend before its tasks start.
  std::vector<std::string> warnings{};
  bool visible = true;
};

/// The values of all options of one config, parsed.
class ParsedConfig {
 public:
  bool is_null(std::string_view key) const;
  /// Precondition for all: the key is defined with that type and not null; std::logic_error otherwise (our bug).
  bool boolean(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;  ///< INT, SHORT, LONG
  double real(std::string_view key) const;
  const std::string& string(std::string_view key) const;  ///< STRING, CLASS, PASSWORD
  std::optional<std::string> optional_string(std::string_view key) const;
  const std::vector<std::string>& list(std::string_view key) const;
  const ConfigObject& object(std::string_view key) const;

 private:
  friend class ConfigDef;
  std::map<std::string, ConfigObject, std::less<>> values_;
};

/// The options of one component, in definition order: parsing, REST validation, redaction and docs derive from it.
class ConfigDef {
 public:
  ConfigDef& define(ConfigKey key);

  /// Options that only exist for some configs (say, of a chosen dialect) are added by a copy of the definition.
  ConfigDef& merge(const ConfigDef& other);

  const std::vector<ConfigKey>& keys() const noexcept { return keys_; }
  const ConfigKey* find(std::string_view name) const;

  /// Parses `props`; throws ConfigError with *all* problems, one a line (the first alone when there is one).
  ParsedConfig parse(const Props& props) const;

  /// Every option's value with its errors, in definition order.
  std::vector<ConfigValue> validate(const Props& props) const;

  /// One text as `key.type`; throws ConfigError "Invalid value abc for configuration x: Not a number of type INT".
  static ConfigObject parse_type(const std::string& name, const std::string& text, ConfigType type);

 private:
  std::pair<ConfigObject, std::vector<std::string>> evaluate(const ConfigKey& key, const Props& props) const;
  std::vector<ConfigKey> keys_;
};

/// "Invalid value <v> for configuration <name>: <rule>"; without ": <rule>" when it is empty.
std::string invalid_value(std::string_view name, const std::optional<std::string>& value, std::string_view rule);

// ---------------------------------------------------------------------------------------------------------------------
// ConfigTable<C>: the same, filling the members of a struct C.

namespace config_detail {
template <class M>
struct Traits;
template <>
struct Traits<bool> {
  static constexpr ConfigType kType = ConfigType::kBoolean;
  static bool from(const ConfigObject& o) { return std::get<bool>(o); }
};
template <>
struct Traits<std::int32_t> {
  static constexpr ConfigType kType = ConfigType::kInt;
  static std::int32_t from(const ConfigObject& o) { return static_cast<std::int32_t>(std::get<std::int64_t>(o)); }
};
template <>
struct Traits<std::int16_t> {
  static constexpr ConfigType kType = ConfigType::kShort;
  static std::int16_t from(const ConfigObject& o) { return static_cast<std::int16_t>(std::get<std::int64_t>(o)); }
};
template <>
struct Traits<std::int64_t> {
  static constexpr ConfigType kType = ConfigType::kLong;
  static std::int64_t from(const ConfigObject& o) { return std::get<std::int64_t>(o); }
};
template <>
struct Traits<double> {
  static constexpr ConfigType kType = ConfigType::kDouble;
  static double from(const ConfigObject& o) { return std::get<double>(o); }
};
template <>
struct Traits<std::string> {
  static constexpr ConfigType kType = ConfigType::kString;
  static std::string from(const ConfigObject& o) { return std::get<std::string>(o); }
};
template <>
struct Traits<Secret> {
  static constexpr ConfigType kType = ConfigType::kPassword;
  static Secret from(const ConfigObject& o) { return Secret(std::get<std::string>(o)); }
};
template <>
struct Traits<std::vector<std::string>> {
  static constexpr ConfigType kType = ConfigType::kList;
  static std::vector<std::string> from(const ConfigObject& o) { return std::get<std::vector<std::string>>(o); }
};
template <class T>
struct Traits<std::optional<T>> {
  static constexpr ConfigType kType = Traits<T>::kType;
  static std::optional<T> from(const ConfigObject& o) { return Traits<T>::from(o); }
};
}  // namespace config_detail

template <class C>
class Option {
 public:
  using Fill = std::function<void(C&, const ConfigObject&)>;
  Option(ConfigKey key, Fill fill) : key_(std::move(key)), fill_(std::move(fill)) {}

  Option&& required() && {
    key_.required = true;
    return std::move(*this);
  }
  Option&& default_to(std::string text) && {
    key_.default_value = std::move(text);
    key_.required = false;
    return std::move(*this);
  }
  Option&& default_to(const char* text) && { return std::move(*this).default_to(std::string(text)); }
  Option&& default_to(bool v) && { return std::move(*this).default_to(std::string(v ? "true" : "false")); }
  Option&& default_to(int v) && { return std::move(*this).default_to(std::to_string(v)); }
  Option&& default_to(std::int64_t v) && { return std::move(*this).default_to(std::to_string(v)); }
  /// The type REST shows where it differs from the member's (a STRING option that fills an enum, a CLASS, ...).
  Option&& type(ConfigType type) && {
    key_.type = type;
    return std::move(*this);
  }
  Option&& check(ConfigCheck check) && {
    key_.check = std::move(check);
    return std::move(*this);
  }
  Option&& importance(Importance i) && {
    key_.importance = i;
    return std::move(*this);
  }
  Option&& doc(std::string text) && {
    key_.documentation = std::move(text);
    return std::move(*this);
  }
  Option&& group(std::string group, std::int32_t order) && {
    key_.group = std::move(group);
    key_.order_in_group = order;
    return std::move(*this);
  }
  Option&& width(Width w) && {
    key_.width = w;
    return std::move(*this);
  }
  Option&& display(std::string name) && {
    key_.display_name = std::move(name);
    return std::move(*this);
  }
  Option&& dependents(std::vector<std::string> names) && {
    key_.dependents = std::move(names);
    return std::move(*this);
  }
  Option&& recommend(std::function<std::vector<std::string>(const Props&)> f) && {
    key_.recommender = std::move(f);
    return std::move(*this);
  }
  Option&& internal() && {
    key_.internal = true;
    return std::move(*this);
  }

  const ConfigKey& key() const noexcept { return key_; }
  void fill(C& config, const ConfigObject& value) const {
    if (fill_) fill_(config, value);
  }

 private:
  ConfigKey key_;
  Fill fill_;
};

/// An option that fills `member`. Its type follows the member's type; a null value leaves the member as it is.
template <class C, class M>
Option<C> option(std::string name, M C::*member) {
  ConfigKey key;
  key.name = std::move(name);
  key.type = config_detail::Traits<M>::kType;
  return Option<C>(std::move(key), [member](C& config, const ConfigObject& value) {
    if (!std::holds_alternative<std::monostate>(value)) config.*member = config_detail::Traits<M>::from(value);
  });
}

/// An option whose text is turned into the member by `convert` (enums, durations, regexes); `type` is what REST shows.
/// `convert` may throw ConfigError.
template <class C, class M, class F>
Option<C> option(std::string name, M C::*member, ConfigType type, F convert) {
  ConfigKey key;
  key.name = std::move(name);
  key.type = type;
  return Option<C>(std::move(key), [member, convert = std::move(convert)](C& config, const ConfigObject& value) {
    if (!std::holds_alternative<std::monostate>(value)) config.*member = convert(value);
  });
}

template <class C>
class ConfigTable {
 public:
  template <class... Options>
  explicit ConfigTable(Options&&... options) {
    (add(std::forward<Options>(options)), ...);
  }

  /// A rule across options: throws ConfigError when broken. Runs after all options were parsed.
  ConfigTable&& rule(std::function<void(const C&)> rule) && {
    rules_.push_back(std::move(rule));
    return std::move(*this);
  }

  const ConfigDef& definitions() const noexcept { return def_; }

  /// Throws ConfigError with all problems.
  C parse(const Props& props) const {
    const ParsedConfig parsed = def_.parse(props);
    C config{};
    for (const Option<C>& option : options_) option.fill(config, parsed.object(option.key().name));
    for (const auto& rule : rules_) rule(config);
    return config;
  }

  std::vector<ConfigValue> validate(const Props& props) const { return def_.validate(props); }

 private:
  void add(Option<C> option) {
    def_.define(option.key());
    options_.push_back(std::move(option));
  }
  ConfigDef def_;
  std::vector<Option<C>> options_;
  std::vector<std::function<void(const C&)>> rules_;
};

}  // namespace millrace
