#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "millrace/config.h"
#include "millrace/errors.h"

namespace millrace {

/// A pattern that does not compile, a bad group reference in a replacement, or a text that a pattern gave up on.
class RegexError : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "java.lang.IllegalArgumentException"; }
};

/// "No group 2": what Java reports as an index out of bounds.
class RegexGroupError : public RegexError {
 public:
  using RegexError::RegexError;
  const char* java_class() const noexcept override { return "java.lang.IndexOutOfBoundsException"; }
};

/// A regular expression as java.util.regex.Pattern reads it. Immutable, cheap to copy, safe from any thread.
/// Work is bounded: a text that a pattern cannot decide in reasonable time is a RegexError, never a hang.
class Regex {
 public:
  /// RegexError names the rule, the place and the pattern.
  explicit Regex(std::string_view pattern);
  ~Regex();
  Regex(const Regex&);
  Regex(Regex&&) noexcept;
  Regex& operator=(const Regex&);
  Regex& operator=(Regex&&) noexcept;

  const std::string& pattern() const noexcept;
  /// All of `text` matches: Matcher.matches().
  bool matches(std::string_view text) const;
  /// Some part of `text` matches: Matcher.find().
  bool find(std::string_view text) const;
  /// Matcher.replaceFirst and replaceAll: "$1", "${name}" and "\$" in `replacement`.
  std::string replace_first(std::string_view text, std::string_view replacement) const;
  std::string replace_all(std::string_view text, std::string_view replacement) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

/// "Invalid regex: ...", of null too.
ConfigCheck valid_regex();

}  // namespace millrace
