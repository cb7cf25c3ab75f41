#include "json/reader.h"

#include <cstdio>
#include <cstring>

#include "base/utf8.h"
#include "json/scan.h"

namespace millrace::json {

namespace {

constexpr std::size_t kMaxDepth = 1000;
constexpr std::size_t kMaxNumberLength = 1000;
constexpr const char* kParseException = "com.fasterxml.jackson.core.JsonParseException";
constexpr const char* kEofException = "com.fasterxml.jackson.core.io.JsonEOFException";
constexpr const char* kConstraintsException = "com.fasterxml.jackson.core.exc.StreamConstraintsException";
constexpr const char* kValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool is_identifier_part(char c) {
  const auto u = static_cast<unsigned char>(c);
  return is_digit(c) || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || c == '_' || c == '$' || u >= 0x80;
}

bool is_identifier_start(char c) { return is_identifier_part(c) && !is_digit(c); }

std::string char_text(const char* at, const char* end) {
  const auto c = static_cast<unsigned char>(*at);
  if (c < 0x20) return "(CTRL-CHAR, code " + std::to_string(c) + ")";
  char32_t code = c;  // a byte that begins no character counts as Latin-1
  if (c >= 0x80 && base::utf8_sequence_at(at, static_cast<std::size_t>(end - at)).valid) {
    const char* p = at;
    code = base::next_utf8_unchecked(p, end);
  }
  std::string shown;
  base::append_utf8(shown, code);
  return "'" + shown + "' (code " + std::to_string(code) + (code > 255 ? " / 0x" : "") +
         (code > 255 ? [code] {
           char hex[16];
           std::snprintf(hex, sizeof hex, "%x", code);
           return std::string(hex);
         }()
                     : std::string()) +
         ")";
}

std::string unexpected(const char* at, const char* end, const std::string& rule) {
  return "Unexpected character (" + char_text(at, end) + ")" + rule;
}

}  // namespace

void Reader::reset(std::string_view text) {
  begin_ = p_ = text.data();
  end_ = begin_ + text.size();
  frames_.clear();
  string_ = {};
  if (text.starts_with("\xEF\xBB\xBF")) p_ += 3;
}

void Reader::reset_inside_object(std::string_view text) {
  reset(text);
  p_ = begin_;
  frames_.push_back(Frame{0, true, false});
}

// ---------------------------------------------------------------------------------------------------------------------
// Errors

std::string Reader::location(std::size_t offset) const {
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < offset && begin_ + i != end_; ++i) {
    const bool feed = begin_[i] == '\n';
    const bool lone_return = begin_[i] == '\r' && !(begin_ + i + 1 != end_ && begin_[i + 1] == '\n');
    if (feed || lone_return) {
      ++line;
      line_start = i + 1;
    }
  }
  return "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: " + std::to_string(line) +
         ", column: " + std::to_string(offset - line_start + 1) + "]";
}

void Reader::fail_at(const char* at, const std::string& message) const {
  const auto offset = static_cast<std::size_t>(at - begin_);
  throw ParseError(kParseException, message + "\n at " + location(offset), offset);
}

void Reader::fail_end(const std::string& message) const {
  const auto offset = static_cast<std::size_t>(end_ - begin_);
  throw ParseError(kEofException, message + "\n at " + location(offset), offset);
}

void Reader::fail_inside_end(bool between) const {
  const Frame& frame = frames_.back();
  const char* kind = frame.object ? "Object" : "Array";
  if (between) fail_end(std::string("Unexpected end-of-input within/between ") + kind + " entries");
  fail_end(std::string("Unexpected end-of-input: expected close marker for ") + kind + " (start marker at " +
           location(frame.start) + ")");
}

void Reader::fail_close(char marker, const char* at) const {
  const std::string shown(1, marker);
  if (frames_.empty()) {
    fail_at(at,
            "Unexpected close marker '" + shown + "': no open " + (marker == ']' ? "Array" : "Object") + " to close");
  }
  const Frame& frame = frames_.back();
  fail_at(at, "Unexpected close marker '" + shown + "': expected '" + (frame.object ? "}" : "]") + "' (for " +
                  (frame.object ? "Object" : "Array") + " starting at " + location(frame.start) + ")");
}

void Reader::fail_token(const char* from) {
  const char* p = from;
  std::string token;
  if (static_cast<unsigned char>(*p) >= 0x80) {  // the parser takes the byte for a Latin-1 letter, and goes on in UTF-8
    base::append_utf8(token, static_cast<unsigned char>(*p++));
  }
  while (p != end_ && is_identifier_part(*p)) {
    const char* const start = p;
    if (static_cast<unsigned char>(*p) < 0x80) {
      ++p;
    } else {
      check_multibyte(p);
    }
    token.append(start, p);
  }
  if (token == "NaN" || token == "Infinity" || token == "INF") {
    fail_at(p, "Non-standard token '" + token + "': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow");
  }
  // The parser has looked at the character behind the token, if there is one.
  fail_at(p == end_ ? p : p + 1, "Unrecognized token '" + token + "': was expecting " + kValues);
}

void Reader::fail_value() {
  const char c = *p_;
  switch (c) {
    case ']':
    case '}':
      if (frames_.empty() || frames_.back().object != (c == '}')) fail_close(c, p_);
      [[fallthrough]];
    case ',': fail_at(p_, unexpected(p_, end_, ": expected a value"));
    case '+':
      fail_at(p_ + 1, unexpected(p_, end_,
                                 " in numeric value: JSON spec does not allow numbers to have plus signs: enable "
                                 "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow"));
    default: break;
  }
  if (is_identifier_start(c)) fail_token(p_);
  if (static_cast<unsigned char>(c) < 0x20) {
    fail_at(p_ + 1, "Illegal character (" + char_text(p_, end_) +
                        "): only regular white space (\\r, \\n, \\t) is allowed between tokens");
  }
  if (c == '/') {
    fail_at(p_,
            unexpected(p_, end_,
                       ": maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not "
                       "enabled for parser)"));
  }
  fail_at(p_, unexpected(p_, end_, std::string(": expected a valid value ") + kValues));
}

// ---------------------------------------------------------------------------------------------------------------------
// Structure

void Reader::skip_blanks() {
  while (p_ != end_ && is_blank(*p_)) ++p_;
}

void Reader::open(bool object) {
  frames_.push_back(Frame{position(), object, true});
  if (frames_.size() > kMaxDepth) {
    throw ParseError(kConstraintsException,
                     "Document nesting depth (1001) exceeds the maximum allowed (1000, from "
                     "`StreamReadConstraints.getMaxNestingDepth()`)",
                     position());
  }
  ++p_;
}

Token Reader::next() {
  skip_blanks();
  if (p_ == end_) {
    if (frames_.empty()) return Token::kEnd;
    fail_inside_end(true);
  }
  switch (*p_) {
    case '{': open(true); return Token::kBeginObject;
    case '[': open(false); return Token::kBeginArray;
    case '"': string_ = read_string(scratch_, false); return Token::kString;
    case 't': return read_word("true", Token::kTrue);
    case 'f': return read_word("false", Token::kFalse);
    case 'n': return read_word("null", Token::kNull);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return read_number();
    default: fail_value();
  }
}

bool Reader::next_in(bool object) {
  Frame& frame = frames_.back();
  skip_blanks();
  if (p_ == end_) fail_inside_end(false);
  if (*p_ == (object ? '}' : ']')) {
    ++p_;
    frames_.pop_back();
    return false;
  }
  if (frame.first) {
    frame.first = false;
    return true;
  }
  if (*p_ != ',') {
    if (*p_ == ']' || *p_ == '}') fail_close(*p_, p_);
    fail_at(p_,
            unexpected(p_, end_,
                       std::string(": was expecting comma to separate ") + (object ? "Object" : "Array") + " entries"));
  }
  ++p_;
  skip_blanks();
  if (p_ == end_) {
    // The one end of input that Jackson does not report as such.
    fail_at(p_, std::string("Unexpected end-of-input within/between ") + (object ? "Object" : "Array") + " entries");
  }
  return true;
}

bool Reader::next_element() { return next_in(false); }

bool Reader::next_member(std::string_view& name) {
  if (!next_in(true)) return false;
  if (*p_ != '"') {
    if (*p_ == ']' && frames_.back().object) fail_close(']', p_);
    fail_at(p_, unexpected(p_, end_, ": was expecting double-quote to start field name"));
  }
  name = read_string(name_scratch_, true);
  skip_blanks();
  if (p_ == end_) fail_inside_end(true);
  if (*p_ != ':') fail_at(p_, unexpected(p_, end_, ": was expecting a colon to separate field name and value"));
  ++p_;
  return true;
}

void Reader::skip(Token first) {
  if (first != Token::kBeginArray && first != Token::kBeginObject) return;
  const std::size_t depth = frames_.size();
  std::string_view name;
  while (frames_.size() >= depth) {
    const bool more = frames_.back().object ? next_member(name) : next_element();
    if (more) next();
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Scalars

Token Reader::read_word(const char* word, Token token) {
  const std::size_t length = std::strlen(word);
  const bool matches = static_cast<std::size_t>(end_ - p_) >= length && std::memcmp(p_, word, length) == 0;
  if (!matches || (p_ + length != end_ && is_identifier_part(p_[length]))) fail_token(p_);
  p_ += length;
  return token;
}

Token Reader::read_number() {
  const char* const from = p_;
  const auto need_digit = [&](const char* rule) {
    if (p_ == end_) fail_end("Unexpected end-of-input in null");
    if (!is_digit(*p_)) fail_at(p_, unexpected(p_, end_, std::string(" in numeric value: ") + rule));
  };
  if (*p_ == '-') {
    ++p_;
    if (p_ != end_ && *p_ == 'I' && std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with("Infinity")) {
      fail_at(p_ + 8, "Non-standard token '-Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow");
    }
    need_digit("expected digit (0-9) to follow minus sign, for valid numeric value");
  }
  while (p_ != end_ && is_digit(*p_)) ++p_;
  bool real = false;
  if (p_ != end_ && *p_ == '.') {
    real = true;
    ++p_;
    if (p_ == end_)
      fail_at(p_ - 1, unexpected(p_ - 1, end_, " in numeric value: Decimal point not followed by a digit"));
    need_digit("Decimal point not followed by a digit");
    while (p_ != end_ && is_digit(*p_)) ++p_;
  }
  if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
    real = true;
    ++p_;
    if (p_ != end_ && (*p_ == '+' || *p_ == '-')) ++p_;
    need_digit("Exponent indicator not followed by a digit");
    while (p_ != end_ && is_digit(*p_)) ++p_;
  }
  if (frames_.empty() && p_ != end_ && !is_blank(*p_)) {
    fail_at(p_, unexpected(p_, end_, ": Expected space separating root-level values"));
  }
  string_ = {from, static_cast<std::size_t>(p_ - from)};
  if (string_.size() > kMaxNumberLength) {
    const std::size_t digits = string_.size() - (*from == '-' ? 1 : 0);
    if (digits > kMaxNumberLength) {
      throw ParseError(kConstraintsException,
                       "Number value length (" + std::to_string(digits) +
                           ") exceeds the maximum allowed (1000, from `StreamReadConstraints.getMaxNumberLength()`)",
                       position());
    }
  }
  return real ? Token::kReal : Token::kInteger;
}

bool Reader::small_integer(std::int64_t& out) const noexcept {
  const char* p = string_.data();
  const char* const end = p + string_.size();
  const bool negative = *p == '-';
  if (negative) ++p;
  if (end - p > 18) return false;
  std::int64_t value = 0;
  for (; p != end; ++p) value = value * 10 + (*p - '0');
  out = negative ? -value : value;
  return true;
}

void Reader::check_multibyte(const char*& p) const {
  const auto lead = static_cast<unsigned char>(*p);
  const auto invalid = [&](const char* at, const char* what) {
    char text[48];
    std::snprintf(text, sizeof text, "Invalid UTF-8 %s byte 0x%02x", what, static_cast<unsigned char>(*at));
    fail_at(at + 1, text);
  };
  int more = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1;
  } else if ((lead & 0xF0) == 0xE0) {
    more = 2;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
  } else {
    invalid(p, "start");
  }
  const char* const start = p++;
  for (int i = 0; i < more; ++i, ++p) {
    if (p == end_) fail_end("Unexpected end-of-input in VALUE_STRING");
    if (!is_continuation(*p)) invalid(p, "middle");
  }
  const auto second = static_cast<unsigned char>(start[1]);
  // Over-long forms and what lies beyond Unicode. A surrogate is kept: "\ud800" gives the same.
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
    invalid(start + 1, "middle");
  }
}

std::uint32_t Reader::read_hex4() {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i, ++p_) {
    if (p_ == end_) fail_end("Unexpected end-of-input in character escape sequence");
    const char c = *p_;
    std::uint32_t digit = 0;
    if (is_digit(c)) {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      fail_at(p_, unexpected(p_, end_, ": expected a hex-digit for character escape sequence"));
    }
    value = value << 4 | digit;
  }
  return value;
}

void Reader::read_escape(std::string& out) {
  ++p_;
  if (p_ == end_) fail_end("Unexpected end-of-input in character escape sequence");
  const char* const at = p_;
  switch (*p_++) {
    case '"': out += '"'; return;
    case '\\': out += '\\'; return;
    case '/': out += '/'; return;
    case 'b': out += '\b'; return;
    case 'f': out += '\f'; return;
    case 'n': out += '\n'; return;
    case 'r': out += '\r'; return;
    case 't': out += '\t'; return;
    case 'u': break;
    default: fail_at(at, "Unrecognized character escape " + char_text(at, end_));
  }
  std::uint32_t code = read_hex4();
  if (code >= 0xD800 && code < 0xDC00 && end_ - p_ >= 6 && p_[0] == '\\' && p_[1] == 'u') {
    const char* const back = p_;
    p_ += 2;
    const std::uint32_t low = read_hex4();
    if (low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else {
      p_ = back;
    }
  }
  base::append_utf8(out, code);
}

std::string_view Reader::read_string(std::string& scratch, bool is_name) {
  const char* run = ++p_;
  bool escaped = false;
  while (true) {
    p_ = skip_plain(p_, end_);
    if (p_ == end_)
      fail_end(is_name ? "Unexpected end-of-input in field name" : "Unexpected end-of-input in VALUE_STRING");
    const char c = *p_;
    if (c == '"') break;
    if (c == '\\') {
      if (!escaped) scratch.clear();
      escaped = true;
      scratch.append(run, p_);
      read_escape(scratch);
      run = p_;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fail_at(p_, "Illegal unquoted character (" + char_text(p_, end_) +
                      "): has to be escaped using backslash to be included in " + (is_name ? "name" : "string value"));
    } else {
      check_multibyte(p_);
    }
  }
  const std::string_view tail(run, static_cast<std::size_t>(p_ - run));
  ++p_;
  if (!escaped) return tail;
  scratch.append(tail);
  return scratch;
}

}  // namespace millrace::json
