#include "base/java_char_set.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/java_blocks.h"

namespace millrace {
namespace {

std::string hex(char32_t code) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (int shift = 20; shift >= 0; shift -= 4) {
    if (!out.empty() || (code >> static_cast<unsigned>(shift)) != 0 || shift == 0)
      out += kDigits[(code >> static_cast<unsigned>(shift)) & 15U];
  }
  return "\\x{" + out + "}";
}

bool is_ascii_alnum(char32_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string written(char32_t c) { return is_ascii_alnum(c) ? std::string(1, static_cast<char>(c)) : hex(c); }

}  // namespace

CharSet CharSet::range(char32_t lowest, char32_t highest) {
  // Half of a pair of surrogates is no character of UTF-8.
  if (lowest >= 0xd800 && lowest <= 0xdfff) lowest = 0xe000;
  if (highest >= 0xd800 && highest <= 0xdfff) highest = 0xd7ff;
  CharSet out;
  if (lowest <= highest) out.ranges_.emplace_back(lowest, highest);
  return out;
}

CharSet CharSet::item(std::string text) {
  CharSet out;
  out.items_ = std::move(text);
  return out;
}

CharSet& CharSet::unite(const CharSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  items_ += other.items_;
  others_.insert(others_.end(), other.others_.begin(), other.others_.end());
  return *this;
}

std::vector<CharSet::Range> CharSet::sorted_ranges() const {
  std::vector<Range> sorted = ranges_;
  std::sort(sorted.begin(), sorted.end());
  std::vector<Range> out;
  for (const Range& range : sorted) {
    if (!out.empty() && range.first <= out.back().second + 1) {
      out.back().second = std::max(out.back().second, range.second);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

CharSet CharSet::complement() const {
  CharSet out;
  if (!others_.empty()) {
    out.others_.push_back("(?:(?!" + expression() + ")(?s:.))");
  } else if (!items_.empty()) {
    out.others_.push_back("[^" + inside() + "]");
  } else {
    char32_t next = 0;
    for (const Range& range : sorted_ranges()) {
      if (range.first > next) out.unite(CharSet::range(next, range.first - 1));
      next = range.second + 1;
    }
    if (next <= kLast) out.unite(CharSet::range(next, kLast));
  }
  return out;
}

CharSet CharSet::intersected(const CharSet& other) const {
  CharSet out;
  if (only_ranges() && other.only_ranges()) {
    const std::vector<Range> theirs = other.sorted_ranges();
    for (const Range& mine : sorted_ranges()) {
      for (const Range& range : theirs) {
        const Range both{std::max(mine.first, range.first), std::min(mine.second, range.second)};
        if (both.first <= both.second) out.ranges_.push_back(both);
      }
    }
  } else {
    out.others_.push_back("(?:(?=" + expression() + ")" + other.expression() + ")");
  }
  return out;
}

CharSet CharSet::ignoring_ascii_case() const {
  CharSet out = *this;
  for (const Range& range : ranges_) {
    for (const auto& [first, last, other] :
         {std::array<char32_t, 3>{'a', 'z', 'A'}, std::array<char32_t, 3>{'A', 'Z', 'a'}}) {
      const Range letters{std::max(range.first, first), std::min(range.second, last)};
      if (letters.first <= letters.second)
        out.ranges_.emplace_back(letters.first - first + other, letters.second - first + other);
    }
  }
  return out;
}

CharSet CharSet::ignoring_case() const {
  CharSet out;
  if (!ranges_.empty()) out.others_.push_back("(?i:[" + inside() + "])");
  return out;
}

std::string CharSet::inside() const {
  std::string out;
  for (const Range& range : sorted_ranges()) {
    out += written(range.first);
    if (range.second != range.first) out += (range.second == range.first + 1 ? "" : "-") + written(range.second);
  }
  return out + items_;
}

std::string CharSet::expression() const {
  const std::string plain = inside();
  if (others_.empty()) return plain.empty() ? "(?!)" : "[" + plain + "]";
  if (plain.empty() && others_.size() == 1) return others_.front();
  std::string out = plain.empty() ? "" : "[" + plain + "]";
  for (const std::string& other : others_) out += (out.empty() ? "" : "|") + other;
  return "(?:" + out + ")";
}

namespace {

CharSet ranges(std::initializer_list<std::pair<char32_t, char32_t>> list) {
  CharSet out;
  for (const auto& [lowest, highest] : list) out.unite(CharSet::range(lowest, highest));
  return out;
}

CharSet word() { return CharSet::item("\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}").unite(ranges({{0x200c, 0x200d}})); }

CharSet blank() { return CharSet::item("\\p{Zs}\\t"); }
CharSet graph() { return CharSet::item("\\p{Z}\\p{Cc}\\p{Cn}").complement(); }

struct Named {
  std::string_view name;
  CharSet (*set)();
};

template <std::size_t N>
std::optional<CharSet> find(const std::array<Named, N>& table, std::string_view name) {
  for (const Named& named : table) {
    if (named.name == name) return named.set();
  }
  return std::nullopt;
}

/// \p{Is...}, by its name in capitals.
std::optional<CharSet> unicode_property(std::string_view name) {
  static constexpr auto kHexDigit = [] {
    return CharSet::item("\\p{Nd}").unite(ranges({{'A', 'F'}, {'a', 'f'}, {0xff21, 0xff26}, {0xff41, 0xff46}}));
  };
  static constexpr auto kNoncharacter = [] {
    CharSet out = ranges({{0xfdd0, 0xfdef}});
    for (char32_t plane = 0; plane <= 0x10; ++plane)
      out.unite(CharSet::range(plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff));
    return out;
  };
  static constexpr auto kWhiteSpace = [] { return CharSet::item("\\p{Z}").unite(ranges({{9, 13}, {0x85, 0x85}})); };
  static constexpr auto kJoinControl = [] { return ranges({{0x200c, 0x200d}}); };
  static constexpr std::array kNames{
      Named{"ALPHABETIC", [] { return CharSet::item("\\p{Alphabetic}"); }},
      Named{"ASSIGNED", [] { return CharSet::item("\\P{Cn}"); }},
      Named{"CONTROL", [] { return CharSet::item("\\p{Cc}"); }},
      Named{"DIGIT", [] { return CharSet::item("\\p{Nd}"); }},
      Named{"HEXDIGIT", kHexDigit},
      Named{"HEX_DIGIT", kHexDigit},
      Named{"IDEOGRAPHIC", [] { return CharSet::item("\\p{Ideographic}"); }},
      Named{"JOINCONTROL", kJoinControl},
      Named{"JOIN_CONTROL", kJoinControl},
      Named{"LETTER", [] { return CharSet::item("\\p{L}"); }},
      Named{"LOWERCASE", [] { return CharSet::item("\\p{Lowercase}"); }},
      Named{"NONCHARACTERCODEPOINT", kNoncharacter},
      Named{"NONCHARACTER_CODE_POINT", kNoncharacter},
      Named{"PUNCTUATION", [] { return CharSet::item("\\p{P}"); }},
      Named{"TITLECASE", [] { return CharSet::item("\\p{Lt}"); }},
      Named{"UPPERCASE", [] { return CharSet::item("\\p{Uppercase}"); }},
      Named{"WHITESPACE", kWhiteSpace},
      Named{"WHITE_SPACE", kWhiteSpace},
      Named{"WORD", word},
  };
  return find(kNames, name);
}

/// The names of POSIX under (?U), in capitals.
std::optional<CharSet> unicode_posix(std::string_view name) {
  static constexpr std::array kNames{
      Named{"ALPHA", [] { return CharSet::item("\\p{Alphabetic}"); }},
      Named{"LOWER", [] { return CharSet::item("\\p{Lowercase}"); }},
      Named{"UPPER", [] { return CharSet::item("\\p{Uppercase}"); }},
      Named{"SPACE", [] { return *unicode_property("WHITE_SPACE"); }},
      Named{"PUNCT", [] { return CharSet::item("\\p{P}"); }},
      Named{"XDIGIT", [] { return *unicode_property("HEX_DIGIT"); }},
      Named{"ALNUM", [] { return CharSet::item("\\p{Alphabetic}\\p{Nd}"); }},
      Named{"CNTRL", [] { return CharSet::item("\\p{Cc}"); }},
      Named{"DIGIT", [] { return CharSet::item("\\p{Nd}"); }},
      Named{"BLANK", blank},
      Named{"GRAPH", graph},
      Named{"PRINT", [] { return graph().unite(blank()).intersected(CharSet::item("\\P{Cc}")); }},
  };
  return find(kNames, name);
}

/// General categories, POSIX in ASCII, and what java.lang.Character knows.
std::optional<CharSet> plain_property(std::string_view name) {
  static constexpr std::string_view kCategories[] = {
      "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cs",
      "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf", "L",  "M",  "N",  "Z",  "C",  "P",  "S"};
  if (std::find(std::begin(kCategories), std::end(kCategories), name) != std::end(kCategories))
    return CharSet::item("\\p{" + std::string(name) + "}");
  static constexpr std::array kNames{
      Named{"LC", [] { return CharSet::item("\\p{Lu}\\p{Ll}\\p{Lt}"); }},
      Named{"LD", [] { return CharSet::item("\\p{L}\\p{Nd}"); }},
      Named{"L1",
            [] {
              return ranges({{0, 0xff}});
            }},
      Named{"all", [] { return CharSet::all(); }},
      Named{"ASCII",
            [] {
              return ranges({{0, 0x7f}});
            }},
      Named{"Alnum",
            [] {
              return ranges({{'0', '9'}, {'A', 'Z'}, {'a', 'z'}});
            }},
      Named{"Alpha",
            [] {
              return ranges({{'A', 'Z'}, {'a', 'z'}});
            }},
      Named{"Blank",
            [] {
              return ranges({{' ', ' '}, {'\t', '\t'}});
            }},
      Named{"Cntrl",
            [] {
              return ranges({{0, 0x1f}, {0x7f, 0x7f}});
            }},
      Named{"Digit",
            [] {
              return ranges({{'0', '9'}});
            }},
      Named{"Graph",
            [] {
              return ranges({{'!', '~'}});
            }},
      Named{"Lower",
            [] {
              return ranges({{'a', 'z'}});
            }},
      Named{"Print",
            [] {
              return ranges({{' ', '~'}});
            }},
      Named{"Punct",
            [] {
              return ranges({{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}});
            }},
      Named{"Space",
            [] {
              return ranges({{' ', ' '}, {'\t', '\r'}});
            }},
      Named{"Upper",
            [] {
              return ranges({{'A', 'Z'}});
            }},
      Named{"XDigit",
            [] {
              return ranges({{'0', '9'}, {'A', 'F'}, {'a', 'f'}});
            }},
      Named{"javaLowerCase", [] { return CharSet::item("\\p{Lowercase}"); }},
      Named{"javaUpperCase", [] { return CharSet::item("\\p{Uppercase}"); }},
      Named{"javaAlphabetic", [] { return CharSet::item("\\p{Alphabetic}"); }},
      Named{"javaIdeographic", [] { return CharSet::item("\\p{Ideographic}"); }},
      Named{"javaTitleCase", [] { return CharSet::item("\\p{Lt}"); }},
      Named{"javaDigit", [] { return CharSet::item("\\p{Nd}"); }},
      Named{"javaDefined", [] { return CharSet::item("\\P{Cn}"); }},
      Named{"javaLetter", [] { return CharSet::item("\\p{L}"); }},
      Named{"javaLetterOrDigit", [] { return CharSet::item("\\p{L}\\p{Nd}"); }},
      Named{"javaSpaceChar", [] { return CharSet::item("\\p{Z}"); }},
      Named{"javaMirrored", [] { return CharSet::item("\\p{Bidi_Mirrored}"); }},
      Named{"javaISOControl",
            [] {
              return ranges({{0, 0x1f}, {0x7f, 0x9f}});
            }},
      Named{"javaIdentifierIgnorable",
            [] {
              return CharSet::item("\\p{Cf}").unite(ranges({{0, 8}, {0xe, 0x1b}, {0x7f, 0x9f}}));
            }},
      Named{"javaJavaIdentifierStart", [] { return CharSet::item("\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}"); }},
      Named{"javaJavaIdentifierPart",
            [] {
              return CharSet::item("\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}\\p{Nd}\\p{Mn}\\p{Mc}\\p{Cf}")
                  .unite(ranges({{0, 8}, {0xe, 0x1b}, {0x7f, 0x9f}}));
            }},
      Named{"javaUnicodeIdentifierStart", [] { return CharSet::item("\\p{ID_Start}"); }},
      Named{"javaUnicodeIdentifierPart",
            [] {
              return CharSet::item("\\p{ID_Continue}\\p{Cf}").unite(ranges({{0, 8}, {0xe, 0x1b}, {0x7f, 0x9f}}));
            }},
      Named{"javaWhitespace",
            [] {
              return CharSet::item("\\p{Zl}\\p{Zp}")
                  .unite(ranges({{9, 13},
                                 {0x1c, 0x20},
                                 {0x1680, 0x1680},
                                 {0x2000, 0x2006},
                                 {0x2008, 0x200a},
                                 {0x205f, 0x205f},
                                 {0x3000, 0x3000}}));
            }},
  };
  return find(kNames, name);
}

bool pcre_compiles(const std::string& pattern) {
  int error = 0;
  std::size_t offset = 0;
  pcre2_code* code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF, &error, &offset, nullptr);
  pcre2_code_free(code);
  return code != nullptr;
}

/// By its name or ISO 15924 code.
std::optional<CharSet> script(std::string_view name) {
  const bool possible = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_ascii_alnum(static_cast<unsigned char>(c)) || c == '_';
  });
  std::string item = "\\p{sc:" + std::string(name) + "}";
  if (!possible || !pcre_compiles(item)) return std::nullopt;
  return CharSet::item(std::move(item));
}

std::string capitals(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

/// With (?i), a property of one case is that of all cases.
std::string_view without_case(std::string_view name) {
  for (const auto& [one, any] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"Lu", "LC"}, {"Ll", "LC"}, {"Lt", "LC"}, {"Lower", "Alpha"}, {"Upper", "Alpha"}}) {
    if (name == one) return any;
  }
  return name;
}

bool is_case(const std::string& name) { return name == "LOWERCASE" || name == "UPPERCASE" || name == "TITLECASE"; }

CharSet any_case() { return CharSet::item("\\p{Lowercase}\\p{Uppercase}\\p{Lt}"); }

std::optional<CharSet> cased_property(std::string_view name, bool ignore_case) {
  if (!ignore_case) return plain_property(name);
  if (name == "javaLowerCase" || name == "javaUpperCase" || name == "javaTitleCase") return any_case();
  return plain_property(without_case(name));
}

}  // namespace

std::optional<CharSet> java_property(std::string_view name, const CharSetFlags& flags) {
  if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
    const std::string key = capitals(name.substr(0, equals));
    const std::string_view value = name.substr(equals + 1);
    if (key == "BLK" || key == "BLOCK") return java_block(value);
    if (key == "SC" || key == "SCRIPT") return script(value);
    if (key == "GC" || key == "GENERAL_CATEGORY") return cased_property(value, flags.ignore_case);
    return std::nullopt;
  }
  if (name.starts_with("In")) return java_block(name.substr(2));
  if (name.starts_with("Is")) {
    name.remove_prefix(2);
    const std::string large = capitals(name);
    if (flags.ignore_case && is_case(large)) return any_case();
    if (auto found = unicode_property(large)) return found;
    if (auto found = cased_property(name, flags.ignore_case)) return found;
    return script(name);
  }
  if (flags.unicode_classes) {
    const std::string large = capitals(name);
    if (flags.ignore_case && (large == "LOWER" || large == "UPPER")) return any_case();
    if (auto found = unicode_posix(large)) return found;
  }
  return cased_property(name, flags.ignore_case);
}

CharSet java_class_escape(char letter, const CharSetFlags& flags) {
  CharSet set;
  switch (letter | 32) {
    case 'd': set = flags.unicode_classes ? CharSet::item("\\p{Nd}") : ranges({{'0', '9'}}); break;
    case 's':
      set = flags.unicode_classes ? *unicode_property("WHITE_SPACE") : ranges({{' ', ' '}, {'\t', '\r'}});
      break;
    case 'w': set = flags.unicode_classes ? word() : ranges({{'0', '9'}, {'A', 'Z'}, {'a', 'z'}, {'_', '_'}}); break;
    case 'h':
      set = ranges({{'\t', '\t'},
                    {' ', ' '},
                    {0xa0, 0xa0},
                    {0x1680, 0x1680},
                    {0x180e, 0x180e},
                    {0x2000, 0x200a},
                    {0x202f, 0x202f},
                    {0x205f, 0x205f},
                    {0x3000, 0x3000}});
      break;
    default: set = ranges({{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}); break;  // v
  }
  return letter >= 'a' ? set : set.complement();
}

}  // namespace millrace
