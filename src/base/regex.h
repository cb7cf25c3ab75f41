#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::base {

/// A regular expression in the syntax of java.util.regex, run by PCRE2 with its just-in-time compiler.
///
/// Immutable and safe from any thread; copies share the compiled code. Texts are UTF-8. No pattern hangs its caller:
/// work is bounded by a match limit, past which the answer is an error. Differs: docs/reference/regular-expressions.md.
class Regex {
 public:
  /// The error names the rule, the place and the pattern.
  static Result<Regex> compile(std::string_view pattern);

  const std::string& pattern() const noexcept;

  /// Whether all of `text` matches: Matcher.matches().
  Result<bool> matches(std::string_view text) const;

  /// Whether some part of `text` matches: Matcher.find().
  Result<bool> find(std::string_view text) const;

  /// Matcher.replaceFirst and replaceAll: "$1", "${name}" and "\$" in `replacement`. `text` itself when nothing
  /// matches; a bad reference shows only when something does.
  Result<std::string> replace_first(std::string_view text, std::string_view replacement) const;
  Result<std::string> replace_all(std::string_view text, std::string_view replacement) const;

 private:
  struct Impl;
  explicit Regex(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  enum class Which : std::uint8_t { kFirst, kAll };
  Result<std::string> replace(std::string_view text, std::string_view replacement, Which which) const;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace millrace::base
