#include "base/java_regex.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/java_char_set.h"
#include "base/utf8.h"

namespace millrace {
namespace {

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_value(char32_t c) {
  if (is_digit(c)) return static_cast<int>(c - '0');
  const char32_t small = c | 32U;
  return small >= 'a' && small <= 'f' ? static_cast<int>(small - 'a') + 10 : -1;
}

std::u32string code_points(std::string_view utf8) {
  std::u32string out;
  const char* p = utf8.data();
  const char* const end = p + utf8.size();
  while (p != end) {
    if (static_cast<unsigned char>(*p) < 0x80) {
      out += static_cast<char32_t>(*p++);
      continue;
    }
    const base::Utf8Sequence sequence = base::utf8_sequence_at(p, static_cast<std::size_t>(end - p));
    if (sequence.valid) {
      out += base::next_utf8_unchecked(p, end);
    } else {
      out += U'\ufffd';
      p += sequence.length;
    }
  }
  return out;
}

std::string ascii(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) out += c < 0x80 ? static_cast<char>(c) : '?';
  return out;
}

/// \Q...\E as escaped characters: what Java does before it reads a pattern.
std::u32string without_quotes(const std::u32string& text) {
  std::u32string out;
  bool quoted = false;
  bool first = false;  // of a quotation
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == '\\' && i + 1 < text.size() && text[i + 1] == (quoted ? 'E' : 'Q')) {
      quoted = !quoted;
      first = quoted;
      ++i;
      continue;
    }
    if (!quoted) {
      out += c;
      if (c == '\\' && i + 1 < text.size()) out += text[++i];
      continue;
    }
    if (first && is_digit(c)) {
      out += U"\\x3";  // a digit by its number: an escape in front would take it for its own
    } else if (!is_letter(c) && !is_digit(c)) {
      out += '\\';
    }
    out += c;
    first = false;
  }
  return out;
}

struct Flags {
  bool i = false, m = false, s = false, d = false, u = false, x = false, U = false;  // Java's letters

  CharSetFlags of_sets() const { return {i, u || U, U}; }
};

/// Follows java.util.regex.Pattern's own recursive descent, so that what it takes and what it says are the same.
/// `at_` is its cursor; two zeros stand behind the pattern.
class Parser {
 public:
  Parser(std::string_view written, int groups)
      : written_(written), text_(without_quotes(code_points(written))), length_(text_.size()), total_groups_(groups) {
    text_ += U'\0';
    text_ += U'\0';
  }

  /// Throws Refused.
  TranslatedRegex parse() {
    expression();
    if (at_ != length_) {
      if (peek() == ')') fail("Unmatched closing ')'");
      fail("Unexpected internal error");
    }
    return {std::move(out_), std::move(names_)};
  }

  int groups() const { return groups_; }

  struct Refused {
    std::string text;
  };

 private:
  [[noreturn]] void fail(const std::string& rule) const {
    throw Refused{java_regex_error(rule, written_, at_ == 0 ? 0 : at_ - 1)};
  }

  /// Groups and classes within each other; PCRE2 takes no more than 250 either.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > 200) parser_.fail("More than 200 groups or classes within each other");
    }
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Parser& parser_;
  };

  // The cursor. Under (?x), blanks and comments are passed over.

  char32_t at(std::size_t index) const { return index < text_.size() ? text_[index] : 0; }

  bool ends_line(char32_t c) const {
    return c == '\n' || (!flags_.d && (c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029));
  }

  char32_t peek() {
    if (!flags_.x) return at(at_);
    while (is_space(at(at_)) || at(at_) == '#') {
      while (is_space(at(at_))) ++at_;
      if (at(at_) != '#') continue;
      while (at(at_) != 0 && !ends_line(at(at_))) ++at_;
    }
    return at(at_);
  }

  char32_t read() {
    const char32_t c = peek();
    ++at_;
    return c;
  }

  char32_t next() {
    ++at_;
    return peek();
  }

  // Sequences and quantifiers

  void expression() {
    while (true) {
      sequence();
      if (peek() != '|') return;
      ++at_;
      out_ += '|';
    }
  }

  void sequence() {
    while (true) {
      const char32_t c = peek();
      if (c == '|' || c == ')' || (c == 0 && at_ >= length_)) return;
      if (c == '?' || c == '*' || c == '+') {
        ++at_;
        fail(std::string("Dangling meta character '") + static_cast<char>(c) + "'");
      }
      if (c == '(') {
        if (!group()) continue;  // flags only: nothing to repeat
      } else {
        atom(c);
      }
      quantifier();
    }
  }

  void atom(char32_t c) {
    switch (c) {
      case '[': out_ += char_class(true).expression(); return;
      case '\\': escape_outside(); return;
      case '^':
        ++at_;
        out_ += caret();
        return;
      case '$':
        ++at_;
        out_ += dollar(flags_.m);
        return;
      case '.':
        ++at_;
        out_ += flags_.s ? "(?s:.)" : flags_.d ? "[^\\n]" : "[^\\n\\r\\x{85}\\x{2028}\\x{2029}]";
        return;
      case '{': out_ += "(?:)"; return;  // repeats nothing
      default: ++at_; out_ += single(c).expression();
    }
  }

  void quantifier() {
    const char32_t c = peek();
    if (c == '{') return counted();
    if (c != '?' && c != '*' && c != '+') return;
    out_ += static_cast<char>(c);
    kind_of_quantifier(next());
  }

  void kind_of_quantifier(char32_t c) {
    if (c != '?' && c != '+') return;
    out_ += static_cast<char>(c);
    ++at_;
  }

  std::int64_t number(char32_t& c) {
    std::int64_t value = 0;
    for (; is_digit(c); c = read()) {
      value = value * 10 + static_cast<std::int64_t>(c - '0');
      if (value > 2147483647) fail("Illegal repetition range");
    }
    return value;
  }

  void counted() {
    char32_t c = at(at_ + 1);
    at_ += 2;
    if (!is_digit(c)) fail("Illegal repetition");
    const std::int64_t least = number(c);
    std::string most = std::to_string(least);
    if (c == ',') {
      c = read();
      most.clear();
      if (c != '}') {
        if (!is_digit(c)) fail("Illegal repetition");
        const std::int64_t limit = number(c);
        if (c == '}' && limit < least) fail("Illegal repetition range");
        most = std::to_string(limit);
      }
      most = "," + most;
    } else {
      most.clear();
    }
    if (c != '}') fail("Unclosed counted closure");
    out_ += "{" + std::to_string(least) + most + "}";
    --at_;
    kind_of_quantifier(next());
  }

  // Groups

  /// At "("; false for one that only sets flags.
  bool group() {
    const Nesting nesting(*this);
    const Flags outer = flags_;
    if (next() != '?') {
      ++groups_;
      out_ += '(';
      inside_group(outer);
      return true;
    }
    const char32_t kind = at(at_ + 1);
    at_ += 2;
    if (kind == ':' || kind == '=' || kind == '!' || kind == '>') {
      // A look-ahead that is repeated must be an atom of PCRE2.
      const bool look = kind == '=' || kind == '!';
      out_ += look ? "(?:(?" : "(?";
      out_ += static_cast<char>(kind);
      inside_group(outer);
      if (look) out_ += ')';
      return true;
    }
    if (kind == '<') {
      const char32_t c = read();
      if (c == '=' || c == '!') {
        out_ += c == '=' ? "(?:(?<=" : "(?:(?<!";
        inside_group(outer);
        out_ += ')';
        return true;
      }
      const std::string name = group_name(c);
      if (names_.contains(name)) fail("Named capturing group <" + name + "> is already defined");
      names_[name] = ++groups_;
      out_ += '(';
      inside_group(outer);
      return true;
    }
    if (kind == '$' || kind == '@') fail("Unknown group type");
    --at_;
    set_flags();
    const char32_t c = read();
    if (c == ')') return false;
    if (c != ':') fail("Unknown inline modifier");
    out_ += "(?:";
    inside_group(outer);
    return true;
  }

  void inside_group(const Flags& outer) {
    expression();
    if (read() != ')') fail("Unclosed group");
    flags_ = outer;
    out_ += ')';
  }

  void set_flags() {
    bool on = true;
    while (true) {
      switch (peek()) {
        case 'i': flags_.i = on; break;
        case 'm': flags_.m = on; break;
        case 's': flags_.s = on; break;
        case 'd': flags_.d = on; break;
        case 'u': flags_.u = on; break;
        case 'c': break;
        case 'x': flags_.x = on; break;
        case 'U':
          flags_.U = on;
          flags_.u = on;
          break;
        case '-':
          if (!on) return;
          on = false;
          break;
        default: return;
      }
      next();
    }
  }

  std::string group_name(char32_t c) {
    if (!is_letter(c)) fail("capturing group name does not start with a Latin letter");
    std::string name;
    for (; is_letter(c) || is_digit(c); c = read()) name += static_cast<char>(c);
    if (c != '>') fail("named capturing group is missing trailing '>'");
    return name;
  }

  // What matches between characters

  std::string caret() const {
    if (!flags_.m) return "(?:\\A)";
    return flags_.d ? "(?:\\A|(?<=\\n)(?!\\z))"
                    : "(?:\\A|(?<=[\\n\\r\\x{85}\\x{2028}\\x{2029}])(?!(?<=\\r)\\n)(?!\\z))";
  }

  std::string dollar(bool every_line) const {
    if (flags_.d) return every_line ? "(?:(?=\\n|\\z))" : "(?:(?=\\n?\\z))";
    return every_line ? "(?:\\z|(?=[\\r\\x{85}\\x{2028}\\x{2029}])|(?<!\\r)(?=\\n))"
                      : "(?:\\z|(?=\\r\\n\\z)|(?=[\\r\\x{85}\\x{2028}\\x{2029}]\\z)|(?<!\\r)(?=\\n\\z))";
  }

  /// Java 17's: letters and digits of any script, although its \w is ASCII.
  std::string boundary(bool negated) const {
    const std::string word = flags_.U ? java_class_escape('w', flags_.of_sets()).expression() : "[_\\p{L}\\p{Nd}]";
    const std::string behind = "(?<=" + word + ")";
    const std::string not_behind = "(?<!" + word + ")";
    return negated ? "(?:" + behind + "(?=" + word + ")|" + not_behind + "(?!" + word + "))"
                   : "(?:" + behind + "(?!" + word + ")|" + not_behind + "(?=" + word + "))";
  }

  // Single characters and their classes

  CharSet cased(const CharSet& set) const {
    if (!flags_.i) return set;
    return flags_.u ? set.ignoring_case() : set.ignoring_ascii_case();
  }

  CharSet single(char32_t c) const { return cased(CharSet::of(c)); }

  /// Behind "[" once called; the cursor stands on it (or, for what follows "&&", in front of its first character).
  CharSet char_class(bool consume) {
    const Nesting nesting(*this);
    std::optional<CharSet> all;
    std::optional<CharSet> plain;  // single characters, kept apart until an intersection or the end
    CharSet last;
    bool negated = false;
    char32_t c = next();
    if (c == '^' && at(at_ - 1) == '[') {
      c = next();
      negated = true;
    }
    const auto merge = [&all](const CharSet& set) {
      if (all) {
        all->unite(set);
      } else {
        all = set;
      }
    };
    while (true) {
      if (c == '[') {
        last = char_class(true);
        merge(last);
        c = peek();
        continue;
      }
      if (c == '&') {
        if (next() == '&') {
          intersect(all, plain, last);
          c = peek();
          continue;
        }
        --at_;  // a literal
      } else if (c == 0 && at_ >= length_) {
        fail("Unclosed character class");
      } else if (c == ']' && (all || plain)) {
        if (consume) ++at_;
        if (plain) merge(*plain);
        return negated ? all->complement() : *all;
      }
      bool is_plain = false;
      const CharSet part = range(is_plain);
      if (is_plain) {
        if (plain) {
          plain->unite(part);
        } else {
          plain = part;
        }
      } else {
        last = part;
        merge(part);
      }
      c = peek();
    }
  }

  /// Behind the first "&" of "&&".
  void intersect(std::optional<CharSet>& all, std::optional<CharSet>& plain, CharSet& last) {
    std::optional<CharSet> right;
    for (char32_t c = next(); c != ']' && c != '&'; c = peek()) {
      if (c == '[') {
        const CharSet nested = char_class(true);
        if (right) {
          right->unite(nested);
        } else {
          right = nested;
        }
      } else {
        if (c == 0 && at_ >= length_) fail("Unclosed character class");
        --at_;
        const CharSet rest = char_class(false);
        if (right) {
          right->unite(rest);
        } else {
          right = rest;
        }
      }
    }
    if (plain) {
      if (all) {
        all->unite(*plain);
      } else {
        all = plain;
        last = *plain;
      }
      plain.reset();
    }
    if (right) last = *right;
    if (all) {
      all = all->intersected(last);
    } else if (right) {
      all = right;
    } else {
      fail("Bad class syntax");
    }
  }

  CharSet range(bool& is_plain) {
    char32_t c = peek();
    if (c == '\\') {
      const char32_t kind = at(at_ + 1);
      if (kind == 'p' || kind == 'P') {
        ++at_;
        return property(kind == 'P');
      }
      const Escaped escaped = escape(Place::kClass, at(at_ + 2) == '-');
      if (escaped.set) return *escaped.set;
      c = escaped.character;
    } else {
      ++at_;
    }
    if (peek() == '-') {
      const char32_t behind = at(at_ + 1);
      if (behind != '[' && behind != ']') {
        char32_t last = next();
        if (last == '\\') {
          const Escaped escaped = escape(Place::kClass, true);
          if (escaped.set) fail("Illegal character range");
          last = escaped.character;
        } else {
          ++at_;
        }
        if (last < c) fail("Illegal character range");
        return cased(CharSet::range(c, last));
      }
    }
    is_plain = true;
    return single(c);
  }

  /// The cursor stands on p or P.
  CharSet property(bool negated) {
    std::string name;
    if (next() == '{') {
      next();
      const std::size_t start = at_;
      while (at_ < length_ && at(at_) != '}') ++at_;
      const std::size_t end = at_++;
      if (end >= length_) fail("Unclosed character family");
      if (end == start) fail("Empty character family");
      name = ascii(std::u32string_view(text_).substr(start, end - start));
    } else {
      name = ascii(std::u32string_view(text_).substr(at_, 1));
      read();
    }
    const auto found = java_property(name, flags_.of_sets());
    if (!found) {
      const std::size_t equals = name.find('=');
      if (equals == std::string::npos) fail("Unknown character property name {" + name + "}");
      fail("Unknown Unicode property {name=<" + name.substr(0, equals) + ">, value=<" + name.substr(equals + 1) + ">}");
    }
    return negated ? found->complement() : *found;
  }

  // Escapes

  enum class Place : std::uint8_t { kOutside, kClass };

  struct Escaped {
    char32_t character = 0;
    std::optional<CharSet> set;  ///< instead of the character
    std::string text;            ///< outside of a class only: neither, but an assertion or a reference
  };

  void escape_outside() {
    const char32_t kind = at(at_ + 1);
    if (kind == 'p' || kind == 'P') {
      ++at_;
      out_ += property(kind == 'P').expression();
      return;
    }
    const Escaped escaped = escape(Place::kOutside, false);
    out_ += escaped.set             ? escaped.set->expression()
            : !escaped.text.empty() ? escaped.text
                                    : single(escaped.character).expression();
  }

  /// The cursor stands on the backslash.
  Escaped escape(Place place, bool in_range) {
    const char32_t c = at(at_ + 1);
    at_ += 2;
    switch (c) {
      case 'd':
      case 'D':
      case 's':
      case 'S':
      case 'w':
      case 'W':
      case 'h':
      case 'H':
      case 'V': return {0, java_class_escape(static_cast<char>(c), flags_.of_sets()), {}};
      case 'v':
        if (in_range) return {0x0b, std::nullopt, {}};
        return {0, java_class_escape('v', flags_.of_sets()), {}};
      case '0': return {octal(), std::nullopt, {}};
      case 'a': return {7, std::nullopt, {}};
      case 'e': return {033, std::nullopt, {}};
      case 'f': return {'\f', std::nullopt, {}};
      case 'n': return {'\n', std::nullopt, {}};
      case 'r': return {'\r', std::nullopt, {}};
      case 't': return {'\t', std::nullopt, {}};
      case 'u': return {unicode(), std::nullopt, {}};
      case 'x': return {hexadecimal(), std::nullopt, {}};
      case 'c':
        if (at_ >= length_) fail("Illegal control escape sequence");
        return {read() ^ 64U, std::nullopt, {}};
      default: break;
    }
    if (place == Place::kOutside) {
      std::string text = between(c);
      if (!text.empty()) return {0, std::nullopt, std::move(text)};
    }
    // What Java calls a reference or an assertion is none in a class.
    if (is_letter(c) || is_digit(c)) fail("Illegal/unsupported escape sequence");
    if (c == 0 && at_ > length_) fail("Unexpected internal error");
    return {c, std::nullopt, {}};
  }

  /// An assertion or a reference; empty for what is neither.
  std::string between(char32_t c) {
    switch (c) {
      case 'A': return "(?:\\A)";
      case 'G': return "(?:\\G)";
      case 'z': return "(?:\\z)";
      case 'Z': return dollar(false);
      case 'B': return boundary(true);
      case 'b':
        if (peek() == '{') fail("Illegal/unsupported escape sequence");  // \b{g}
        return boundary(false);
      case 'R': return "(?:\\r\\n|[\\n-\\r\\x{85}\\x{2028}\\x{2029}])";
      case 'X': return "\\X";
      case 'k': {
        if (read() != '<') fail("\\k is not followed by '<' for named capturing group");
        const std::string name = group_name(read());
        const auto known = names_.find(name);
        if (known == names_.end()) fail("named capturing group <" + name + "> does not exist");
        return reference(known->second);
      }
      default: return c >= '1' && c <= '9' ? numbered_reference(static_cast<int>(c - '0')) : "";
    }
  }

  /// As many digits as still name a group that was opened.
  std::string numbered_reference(int number) {
    while (is_digit(peek())) {
      const int longer = number * 10 + static_cast<int>(peek() - '0');
      if (longer > groups_) break;
      number = longer;
      read();
    }
    return reference(number);
  }

  std::string reference(int group) const {
    // One to a group that does not exist matches nothing.
    if (group > total_groups_) return "(?!)";
    const std::string text = "\\g{" + std::to_string(group) + "}";
    return flags_.i ? "(?i:" + text + ")" : text;
  }

  char32_t octal() {
    const auto digit = [](char32_t c) { return c >= '0' && c <= '7'; };
    const char32_t first = read();
    if (!digit(first)) fail("Illegal octal escape sequence");
    if (!digit(peek())) return first - '0';
    const char32_t second = read();
    if (!digit(peek()) || first > '3') return (first - '0') * 8 + (second - '0');
    return (first - '0') * 64 + (second - '0') * 8 + (read() - '0');
  }

  char32_t hexadecimal() {
    const char32_t first = read();
    if (hex_value(first) >= 0) {
      const char32_t second = read();
      if (hex_value(second) >= 0) return static_cast<char32_t>(hex_value(first) * 16 + hex_value(second));
    } else if (first == '{' && hex_value(peek()) >= 0) {
      char32_t code = 0;
      char32_t c = read();
      for (; hex_value(c) >= 0; c = read()) {
        code = code * 16 + static_cast<char32_t>(hex_value(c));
        if (code > 0x10ffff) fail("Hexadecimal codepoint is too big");
      }
      if (c != '}') fail("Unclosed hexadecimal escape sequence");
      return code;
    }
    fail("Illegal hexadecimal escape sequence");
  }

  char32_t four_digits() {
    char32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      const int value = hex_value(read());
      if (value < 0) fail("Illegal Unicode escape sequence");
      code = code * 16 + static_cast<char32_t>(value);
    }
    return code;
  }

  char32_t unicode() {
    const char32_t code = four_digits();
    if (code < 0xd800 || code > 0xdbff || at(at_) != '\\' || at(at_ + 1) != 'u') return code;
    const std::size_t behind = at_;
    at_ += 2;
    const char32_t low = four_digits();
    if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
    at_ = behind;
    return code;
  }

  std::string_view written_;
  std::u32string text_;  ///< with the two zeros
  std::size_t length_;   ///< without them
  std::size_t at_ = 0;
  int depth_ = 0;
  Flags flags_;
  std::string out_;
  std::map<std::string, int, std::less<>> names_;
  int groups_ = 0;
  int total_groups_;
};

}  // namespace

std::string java_regex_error(const std::string& rule, std::string_view pattern, std::size_t index) {
  std::string out = rule + " near index " + std::to_string(index) + "\n" + std::string(pattern);
  if (index < code_points(pattern).size()) out += "\n" + std::string(index, ' ') + "^";
  return out;
}

Result<TranslatedRegex> translate_java_regex(std::string_view pattern) {
  try {
    // References may point forward, so the groups are counted first.
    Parser counting(pattern, 0);
    counting.parse();
    return Parser(pattern, counting.groups()).parse();
  } catch (const Parser::Refused& refused) {
    Error error;
    error.code = Errc::kInvalid;
    error.text = refused.text;
    return error;
  }
}

}  // namespace millrace
