#include "base/java_regex.h"

#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// One code point as it may stand in a PCRE2 class or outside of one.
std::string literal(std::string_view utf8) {
  if (utf8.size() == 1 && !is_digit(utf8[0]) && !is_letter(utf8[0]) && static_cast<unsigned char>(utf8[0]) < 0x80) {
    return utf8[0] >= ' ' ? "\\" + std::string(utf8) : std::string(utf8);
  }
  return std::string(utf8);
}

/// What the braces of \p{...} mean, ready to stand inside a class; empty: not known.
std::string property(std::string_view name, bool negated) {
  struct Posix {
    std::string_view name, set, complement;
  };
  static constexpr std::array kPosix{
      Posix{"Lower", "a-z", "\\x{0}-`{-\\x{10ffff}"},
      Posix{"Upper", "A-Z", "\\x{0}-@\\[-\\x{10ffff}"},
      Posix{"ASCII", "\\x{0}-\\x{7f}", "\\x{80}-\\x{10ffff}"},
      Posix{"Alpha", "A-Za-z", "\\x{0}-@\\[-`{-\\x{10ffff}"},
      Posix{"Digit", "0-9", "\\x{0}-/:-\\x{10ffff}"},
      Posix{"Alnum", "0-9A-Za-z", "\\x{0}-/:-@\\[-`{-\\x{10ffff}"},
      Posix{"Punct", "!-/:-@\\[-`{-~", "\\x{0}- 0-9A-Za-z\\x{7f}-\\x{10ffff}"},
      Posix{"Graph", "!-~", "\\x{0}- \\x{7f}-\\x{10ffff}"},
      Posix{"Print", " -~", "\\x{0}-\\x{1f}\\x{7f}-\\x{10ffff}"},
      Posix{"Blank", " \\t", "\\x{0}-\\x{8}\\x{a}-\\x{1f}!-\\x{10ffff}"},
      Posix{"Cntrl", "\\x{0}-\\x{1f}\\x{7f}", " -~\\x{80}-\\x{10ffff}"},
      Posix{"XDigit", "0-9A-Fa-f", "\\x{0}-/:-@G-`g-\\x{10ffff}"},
      Posix{"Space", " \\t-\\r", "\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{10ffff}"},
  };
  for (const Posix& posix : kPosix) {
    if (posix.name == name) return std::string(negated ? posix.complement : posix.set);
  }
  struct Renamed {
    std::string_view java, pcre;
  };
  static constexpr std::array kRenamed{
      Renamed{"javaLowerCase", "Ll"},
      Renamed{"javaUpperCase", "Lu"},
      Renamed{"javaWhitespace", "Xsp"},
      Renamed{"javaLetter", "L"},
      Renamed{"javaDigit", "Nd"},
      Renamed{"javaLetterOrDigit", "Xan"},
      Renamed{"javaAlphabetic", "L"},
      Renamed{"IsAlphabetic", "L"},
      Renamed{"IsLetter", "L"},
      Renamed{"IsLowercase", "Ll"},
      Renamed{"IsUppercase", "Lu"},
      Renamed{"IsDigit", "Nd"},
      Renamed{"IsPunctuation", "P"},
      Renamed{"IsWhite_Space", "Xsp"},
      Renamed{"IsWhiteSpace", "Xsp"},
      Renamed{"IsControl", "Cc"},
      Renamed{"L1", ""},
  };
  std::string_view found = name;
  for (const Renamed& renamed : kRenamed) {
    if (renamed.java == name) {
      found = renamed.pcre;
      break;
    }
  }
  for (const std::string_view key : {"script=", "sc=", "general_category=", "gc="}) {
    if (found.starts_with(key)) found.remove_prefix(key.size());
  }
  if (found.size() > 2 && (found.starts_with("Is"))) found.remove_prefix(2);
  if (found == "LC") found = "L&";
  if (found.empty()) return {};
  return (negated ? "\\P{" : "\\p{") + std::string(found) + "}";
}

class Translator {
 public:
  explicit Translator(std::string_view text) : text_(text) {}

  Result<TranslatedRegex> run() {
    while (at_ < text_.size() && error_.empty()) step();
    if (!error_.empty()) {
      Error error;
      error.code = Errc::kInvalid;
      error.text = std::move(error_);
      return error;
    }
    return TranslatedRegex{std::move(out_), unicode_classes_};
  }

 private:
  void fail(const std::string& rule, std::size_t index) {
    if (error_.empty()) error_ = java_regex_error(rule, text_, index);
    at_ = text_.size();
  }

  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::string_view take_code_point() {
    const auto first = static_cast<unsigned char>(text_[at_]);
    std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    length = std::min(length, text_.size() - at_);
    const std::string_view point = text_.substr(at_, length);
    at_ += length;
    return point;
  }

  void step() {
    const char c = peek();
    if (c == '\\') {
      ++at_;
      if (at_ == text_.size()) return fail("Unexpected internal error", at_);
      if (peek() == 'Q') {
        ++at_;
        out_ += quoted();
        return;
      }
      out_ += escape(Place::kOutside);
    } else if (c == '[') {
      ++at_;
      out_ += char_class().expression;
    } else if (c == '(') {
      group();
    } else if (c == '{') {
      repetition();
    } else {
      out_ += take_code_point();
    }
  }

  /// The text up to \E, each character as a literal.
  std::string quoted() {
    std::string out;
    while (at_ < text_.size()) {
      if (text_.substr(at_).starts_with("\\E")) {
        at_ += 2;
        break;
      }
      out += literal(take_code_point());
    }
    // "\Qab\E+" repeats the last character only, here as in Java.
    return out;
  }

  void repetition() {
    const std::size_t start = at_;
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end == at_ + 1) return fail("Illegal repetition", start + 1);
    if (end < text_.size() && text_[end] == ',') {
      ++end;
      while (end < text_.size() && is_digit(text_[end])) ++end;
    }
    if (end == text_.size() || text_[end] != '}') return fail("Unclosed counted closure", end);
    out_ += text_.substr(start, end + 1 - start);
    at_ = end + 1;
  }

  void group() {
    const std::size_t start = at_;
    ++at_;
    if (peek() != '?') {
      ++groups_;
      out_ += '(';
      return;
    }
    ++at_;
    const char kind = peek();
    if (kind == ':' || kind == '=' || kind == '!' || kind == '>') {
      ++at_;
      out_ += "(?";
      out_ += kind;
      return;
    }
    if (kind == '<') {
      const char next = peek(1);
      if (next == '=' || next == '!') {
        at_ += 2;
        out_ += "(?<";
        out_ += next;
        return;
      }
      const std::size_t end = text_.find('>', at_);
      if (!is_letter(next) || end == std::string_view::npos) {
        return fail("capturing group name does not start with a Latin letter", at_ + 1);
      }
      ++groups_;
      out_ += "(?" + std::string(text_.substr(at_, end + 1 - at_));
      at_ = end + 1;
      return;
    }
    flags(start);
  }

  /// (?idmsuxU-idmsuxU) and (?idmsuxU-idmsuxU:X). d and u go away; U becomes a flag of the whole pattern.
  void flags(std::size_t start) {
    std::string kept = "(?";
    while (at_ < text_.size() && peek() != ')' && peek() != ':') {
      const char c = peek();
      if (c == 'U') {
        unicode_classes_ = true;
      } else if (c == 'i' || c == 'm' || c == 's' || c == 'x' || c == '-') {
        kept += c;
      } else if (c != 'd' && c != 'u') {
        return fail(start + 2 == at_ ? "Unknown inline modifier" : "Unknown group type", at_);
      }
      ++at_;
    }
    if (at_ == text_.size()) return fail("Unclosed group", at_);
    if (kept.back() == '-') kept.pop_back();
    kept += peek();
    ++at_;
    out_ += kept == "(?)" ? "" : kept;
  }

  enum class Place : std::uint8_t { kOutside, kInClass };

  std::string code_point_escape(std::string_view hex) { return "\\x{" + std::string(hex) + "}"; }

  /// Behind the backslash.
  std::string escape(Place place) {
    const std::size_t start = at_;
    const char c = peek();
    if (c == 'u') return unicode_escape();
    if (c == 'x') {
      if (peek(1) == '{') {
        const std::size_t end = text_.find('}', at_);
        if (end == std::string_view::npos) return fail("Unclosed hexadecimal escape sequence", at_ + 1), "";
        std::string out = code_point_escape(text_.substr(at_ + 2, end - at_ - 2));
        at_ = end + 1;
        return out;
      }
      if (std::isxdigit(static_cast<unsigned char>(peek(1))) == 0 ||
          std::isxdigit(static_cast<unsigned char>(peek(2))) == 0) {
        return fail("Illegal hexadecimal escape sequence", at_ + 1), "";
      }
      std::string out = code_point_escape(text_.substr(at_ + 1, 2));
      at_ += 3;
      return out;
    }
    if (c == '0') return octal_escape();
    if (c == 'p' || c == 'P') return property_escape();
    if (is_digit(c))
      return place == Place::kOutside ? back_reference() : (fail("Illegal/unsupported escape sequence", start), "");
    if (is_letter(c)) {
      static constexpr std::string_view kBoth = "tnrfaedDsSwWhHvV";
      static constexpr std::string_view kOutside = "bBAGZzRXk";
      if (kBoth.find(c) == std::string_view::npos &&
          (place == Place::kInClass || kOutside.find(c) == std::string_view::npos)) {
        if (c == 'c' && at_ + 1 < text_.size()) {
          static constexpr char kHex[] = "0123456789abcdef";
          const auto code = static_cast<unsigned char>(static_cast<unsigned char>(peek(1)) ^ 64U);
          at_ += 2;
          return code_point_escape(std::string{kHex[code >> 4U], kHex[code & 15U]});
        }
        return fail("Illegal/unsupported escape sequence", start), "";
      }
      ++at_;
      if (c == 'k') {
        const std::size_t end = text_.find('>', at_);
        if (peek() != '<' || end == std::string_view::npos)
          return fail("\\k is not followed by '<' for named capturing group", at_), "";
        std::string out = "\\k" + std::string(text_.substr(at_, end + 1 - at_));
        at_ = end + 1;
        return out;
      }
      return std::string{'\\', c};
    }
    return literal(take_code_point());
  }

  std::string unicode_escape() {
    const auto hex4 = [this](std::size_t from) -> std::int32_t {
      if (from + 4 > text_.size()) return -1;
      std::int32_t value = 0;
      for (std::size_t i = from; i < from + 4; ++i) {
        const char c = text_[i];
        const int digit = is_digit(c)                                         ? c - '0'
                          : std::isxdigit(static_cast<unsigned char>(c)) != 0 ? (c | 32) - 'a' + 10
                                                                              : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
      }
      return value;
    };
    std::int32_t code = hex4(at_ + 1);
    if (code < 0) return fail("Illegal Unicode escape sequence", at_ + 1), "";
    at_ += 5;
    if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_).starts_with("\\u")) {
      const std::int32_t low = hex4(at_ + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
        at_ += 6;
      }
    }
    static constexpr char kHex[] = "0123456789abcdef";
    std::string hex;
    for (int shift = 20; shift >= 0; shift -= 4) hex += kHex[(code >> shift) & 15];
    return code_point_escape(hex);
  }

  std::string octal_escape() {
    std::size_t end = at_ + 1;
    int value = 0;
    while (end < text_.size() && end < at_ + 4 && text_[end] >= '0' && text_[end] <= '7' &&
           value * 8 + (text_[end] - '0') < 256) {
      value = value * 8 + (text_[end++] - '0');
    }
    if (end == at_ + 1) return fail("Illegal octal escape sequence", end), "";
    at_ = end;
    static constexpr char kHex[] = "0123456789abcdef";
    return code_point_escape(std::string{kHex[value >> 4], kHex[value & 15]});
  }

  /// As many digits as still name a group that is open or closed already.
  std::string back_reference() {
    int number = peek() - '0';
    ++at_;
    while (is_digit(peek()) && number * 10 + (peek() - '0') <= groups_) {
      number = number * 10 + (peek() - '0');
      ++at_;
    }
    // A reference to a group that does not exist never matches.
    return number <= groups_ ? "\\g{" + std::to_string(number) + "}" : "(?!)";
  }

  std::string property_escape() {
    const std::size_t start = at_;
    bool negated = peek() == 'P';
    ++at_;
    std::string_view name;
    if (peek() == '{') {
      const std::size_t end = text_.find('}', at_);
      if (end == std::string_view::npos) return fail("Unclosed character family", text_.size() - 1), "";
      name = text_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
    } else if (at_ < text_.size()) {
      name = take_code_point();
    }
    const std::string set = property(name, negated);
    if (set.empty()) return fail("Unknown character property name {" + std::string(name) + "}", start), "";
    return in_class_ ? set : "[" + set + "]";
  }

  /// A class or an operand of one, as something that matches exactly one character.
  struct CharSet {
    std::string expression;
  };

  /// Behind "[". Plain classes stay one PCRE2 class; nested ones become alternatives, intersections look-aheads.
  CharSet char_class() {
    const std::size_t start = at_ - 1;
    const bool was_in_class = std::exchange(in_class_, true);
    const bool negated = peek() == '^';
    if (negated) ++at_;
    std::vector<std::string> operands;
    std::vector<std::string> parts;  // nested classes of the operand at hand
    std::string plain;               // its own characters and ranges
    bool first = true;
    const auto close_operand = [&] {
      if (!plain.empty()) parts.push_back("[" + plain + "]");
      std::string joined;
      for (const std::string& part : parts) joined += (joined.empty() ? "" : "|") + part;
      if (!joined.empty()) operands.push_back(parts.size() > 1 ? "(?:" + joined + ")" : joined);
      parts.clear();
      plain.clear();
    };
    bool closed = false;
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == ']' && !first) {
        ++at_;
        closed = true;
        break;
      }
      first = false;
      if (c == '[') {
        ++at_;
        parts.push_back(char_class().expression);
      } else if (c == '&' && peek(1) == '&') {
        while (peek() == '&') ++at_;
        close_operand();
      } else if (c == '\\') {
        ++at_;
        if (at_ == text_.size()) break;
        if (peek() == 'Q') {
          ++at_;
          plain += quoted();
        } else {
          plain += escape(Place::kInClass);
        }
      } else if (c == '-') {
        ++at_;
        // A range when something stands on both sides; a literal at an edge or before a nested class.
        plain += plain.empty() || peek() == ']' || peek() == '[' ? "\\-" : "-";
      } else {
        plain += literal(take_code_point());
      }
    }
    in_class_ = was_in_class;
    if (!closed) return fail("Unclosed character class", text_.empty() ? start : text_.size() - 1), CharSet{};
    if (operands.empty() && parts.empty()) return CharSet{(negated ? "[^" : "[") + plain + "]"};
    close_operand();
    std::string all;
    for (std::size_t i = 0; i < operands.size(); ++i)
      all += i + 1 < operands.size() ? "(?=" + operands[i] + ")" : operands[i];
    return CharSet{negated ? "(?:(?!" + all + ")(?s:.))" : "(?:" + all + ")"};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::string error_;
  int groups_ = 0;
  bool in_class_ = false;
  bool unicode_classes_ = false;
};

}  // namespace

std::string java_regex_error(const std::string& rule, std::string_view pattern, std::size_t index) {
  std::string out = rule + " near index " + std::to_string(index) + "\n" + std::string(pattern);
  if (index < pattern.size()) out += "\n" + std::string(index, ' ') + "^";
  return out;
}

Result<TranslatedRegex> translate_java_regex(std::string_view pattern) { return Translator(pattern).run(); }

}  // namespace millrace
