#include "millrace/regex.h"

#include <optional>
#include <utility>
#include <variant>

#include "base/regex.h"

namespace millrace {

struct Regex::Impl {
  base::Regex regex;
};

namespace {
template <class T>
T value_or_throw(Result<T> result) {
  if (result) return std::move(result).value();
  if (result.error().code == Errc::kNotFound) throw RegexGroupError(result.error().text);
  throw RegexError(result.error().text);
}
}  // namespace

Regex::Regex(std::string_view pattern)
    : impl_(std::make_shared<const Impl>(Impl{value_or_throw(base::Regex::compile(pattern))})) {}

Regex::~Regex() = default;
Regex::Regex(const Regex&) = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(const Regex&) = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

const std::string& Regex::pattern() const noexcept { return impl_->regex.pattern(); }
bool Regex::matches(std::string_view text) const { return value_or_throw(impl_->regex.matches(text)); }
bool Regex::find(std::string_view text) const { return value_or_throw(impl_->regex.find(text)); }

std::string Regex::replace_first(std::string_view text, std::string_view replacement) const {
  return value_or_throw(impl_->regex.replace_first(text, replacement));
}

std::string Regex::replace_all(std::string_view text, std::string_view replacement) const {
  return value_or_throw(impl_->regex.replace_all(text, replacement));
}

ConfigCheck valid_regex() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const auto* text = std::get_if<std::string>(&value);
    // Java's words for a required option that is missing, which is told first.
    if (text == nullptr) return "Invalid regex: Cannot invoke \"String.isEmpty()\" because \"this.pattern\" is null";
    auto compiled = base::Regex::compile(*text);
    if (compiled) return std::nullopt;
    return "Invalid regex: " + compiled.error().text;
  };
}

}  // namespace millrace
