#include "runtime/config/key_rows.h"

#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace millrace::runtime {
namespace {

std::vector<std::string> split_words(std::string_view words) {
  std::vector<std::string> out;
  while (!words.empty()) {
    const std::size_t comma = words.find(", ");
    out.emplace_back(words.substr(0, comma));
    if (comma == std::string_view::npos) break;
    words.remove_prefix(comma + 2);
  }
  return out;
}

std::int64_t to_integer(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

ConfigCheck at_least_one_or_broker_default(const char* text) {
  return [text](const ConfigObject& value) -> std::optional<std::string> {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return "Value must be non-null";
    if (*number >= 1 || *number == -1) return std::nullopt;
    return text;
  };
}

ConfigCheck real_between(double minimum, double maximum, std::string minimum_text, std::string maximum_text) {
  return [=](const ConfigObject& value) -> std::optional<std::string> {
    const auto* number = std::get_if<double>(&value);
    if (number == nullptr) return "Value must be non-null";
    if (std::isnan(*number) || *number < minimum) return "Value must be at least " + minimum_text;
    if (*number > maximum) return "Value must be no more than " + maximum_text;
    return std::nullopt;
  };
}

}  // namespace

ConfigCheck check_of(std::string_view rule) {
  if (rule.empty()) return {};
  if (rule.starts_with(">=")) return at_least(to_integer(rule.substr(2)));
  if (rule.starts_with("one of: ")) return one_of(split_words(rule.substr(8)));
  if (rule.starts_with("any case: ")) return one_of_ignoring_case(split_words(rule.substr(10)));
  if (rule == "non-empty") return non_empty();
  if (rule == "non-null") {
    return [](const ConfigObject& value) -> std::optional<std::string> {
      if (std::holds_alternative<std::monostate>(value)) return "entry must be non null";
      return std::nullopt;
    };
  }
  if (rule == "partitions") {
    return at_least_one_or_broker_default("Number of partitions must be positive, or -1 to use the broker's default");
  }
  if (rule == "replication") {
    return at_least_one_or_broker_default(
        "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to "
        "use the "
        "broker's default");
  }
  const std::size_t dots = rule.find("..");
  const std::string_view minimum = rule.substr(0, dots);
  std::string_view maximum = rule.substr(dots + 2);
  if (rule.find('.', dots + 2) != std::string_view::npos) {
    return real_between(std::stod(std::string(minimum)), std::stod(std::string(maximum)), std::string(minimum),
                        std::string(maximum));
  }
  const std::size_t exception = maximum.find(" or ");
  if (exception == std::string_view::npos) return between(to_integer(minimum), to_integer(maximum));
  const std::int64_t excepted = to_integer(maximum.substr(exception + 4));
  ConfigCheck range = between(to_integer(minimum), to_integer(maximum.substr(0, exception)));
  return [range = std::move(range), excepted](const ConfigObject& value) -> std::optional<std::string> {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number != nullptr && *number == excepted ? std::nullopt : range(value);
  };
}

ConfigKey to_config_key(const KeyRow& row) {
  ConfigKey key;
  key.name = row.name;
  key.type = row.type;
  key.required = row.default_value == kRequired;
  if (!key.required && row.default_value != nullptr) key.default_value = row.default_value;
  key.importance = row.importance;
  key.documentation = row.documentation == nullptr ? "" : row.documentation;
  key.check = check_of(row.rule);
  return key;
}

void define_all(ConfigDef& definition, std::span<const KeyRow> rows) {
  for (const KeyRow& row : rows) definition.define(to_config_key(row));
}

}  // namespace millrace::runtime
