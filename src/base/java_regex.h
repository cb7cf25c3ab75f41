#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace {

/// A java.util.regex pattern rewritten for PCRE2.
struct TranslatedRegex {
  std::string pattern;                             ///< without flags and names
  std::map<std::string, int, std::less<>> groups;  ///< the numbers of named groups
};

/// Reads a pattern as java.util.regex.Pattern of Java 17 does and writes it for PCRE2. Flags are worked into what they
/// change; classes become sets (java_char_set.h); groups, quantifiers and look-arounds are the same in both. The error
/// is Java's text.
Result<TranslatedRegex> translate_java_regex(std::string_view pattern);

/// "rule near index 1", the pattern, and below it a caret: java.util.regex.PatternSyntaxException. `index` counts
/// characters.
std::string java_regex_error(const std::string& rule, std::string_view pattern, std::size_t index);

}  // namespace millrace
