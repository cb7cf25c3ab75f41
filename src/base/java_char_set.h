#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// A set of characters as a Java class has it ("[a-z&&[^b]\p{Lu}]"), written as an expression of PCRE2 that matches
/// exactly one of them. Ranges are kept as such and computed with; what only PCRE2's tables know stays in its words.
class CharSet {
 public:
  CharSet() = default;
  static CharSet range(char32_t lowest, char32_t highest);
  static CharSet of(char32_t character) { return range(character, character); }
  static CharSet all() { return range(0, kLast); }
  /// What may stand between the brackets of a PCRE2 class: "\\p{Lu}".
  static CharSet item(std::string text);

  CharSet& unite(const CharSet& other);
  CharSet intersected(const CharSet& other) const;
  CharSet complement() const;

  /// With the other case of its ASCII letters.
  CharSet ignoring_ascii_case() const;
  /// With all other cases of its characters. Precondition: made of ranges only.
  CharSet ignoring_case() const;

  /// One PCRE2 atom.
  std::string expression() const;

 private:
  using Range = std::pair<char32_t, char32_t>;
  static constexpr char32_t kLast = 0x10ffff;

  bool only_ranges() const { return items_.empty() && others_.empty(); }
  std::vector<Range> sorted_ranges() const;
  std::string inside() const;  ///< of the brackets

  std::vector<Range> ranges_;
  std::string items_;
  std::vector<std::string> others_;  ///< atoms
};

/// The flags of a pattern that change what a class means.
struct CharSetFlags {
  bool ignore_case = false;      ///< (?i)
  bool unicode_case = false;     ///< (?u)
  bool unicode_classes = false;  ///< (?U)
};

/// What \p{name} means; nullopt where Java knows no such name.
std::optional<CharSet> java_property(std::string_view name, const CharSetFlags& flags);

/// \d \D \s \S \w \W \h \H \v \V by their letter.
CharSet java_class_escape(char letter, const CharSetFlags& flags);

}  // namespace millrace
