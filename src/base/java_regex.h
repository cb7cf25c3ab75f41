#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace {

/// A java.util.regex pattern rewritten for PCRE2.
struct TranslatedRegex {
  std::string pattern;
  bool unicode_classes = false;  ///< the pattern starts with (?U): \w, \d, \s mean Unicode
};

/// Rewrites what Java and PCRE2 spell differently: class intersection and nesting, \uXXXX, POSIX and Is/In properties,
/// octal escapes, back references, flags. Everything else is passed through. The error is Java's text where Java
/// refuses.
Result<TranslatedRegex> translate_java_regex(std::string_view pattern);

/// "rule near index 1", the pattern, and below it a caret: java.util.regex.PatternSyntaxException.
std::string java_regex_error(const std::string& rule, std::string_view pattern, std::size_t index);

}  // namespace millrace
