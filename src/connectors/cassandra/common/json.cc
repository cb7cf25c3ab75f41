#include "connectors/cassandra/common/json.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "millrace/text.h"

namespace millrace::cassandra {

namespace {

constexpr int kMaxDepth = 256;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Json> parse(std::string& error) {
    Json value;
    skip();
    if (read(value, 0)) {
      skip();
      if (at_ == text_.size()) return value;
      problem_ = "text after the value";
    }
    error = problem_ + " at byte " + std::to_string(at_);
    return std::nullopt;
  }

 private:
  void skip() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool fail(const char* problem) {
    if (problem_.empty()) problem_ = problem;
    return false;
  }
  bool accept(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return fail("unknown word");
    at_ += expected.size();
    return true;
  }

  bool read(Json& out, int depth) {
    if (depth > kMaxDepth) return fail("nested too deep");
    if (at_ >= text_.size()) return fail("the text ends early");
    switch (text_[at_]) {
      case '{': return object(out, depth);
      case '[': return array(out, depth);
      case '"': out.kind = Json::Kind::kString; return string(out.text);
      case 't': out = Json::of_bool(true); return word("true");
      case 'f': out = Json::of_bool(false); return word("false");
      case 'n': return word("null");
      default: return number(out);
    }
  }

  bool object(Json& out, int depth) {
    out = Json::object();
    ++at_;
    if (accept('}')) return true;
    do {
      skip();
      std::string name;
      if (at_ >= text_.size() || text_[at_] != '"' || !string(name)) return fail("a member name is missing");
      if (!accept(':')) return fail("a : is missing");
      skip();
      Json value;
      if (!read(value, depth + 1)) return false;
      out.set(std::move(name), std::move(value));
    } while (accept(','));
    return accept('}') || fail("a } is missing");
  }

  bool array(Json& out, int depth) {
    out = Json::array();
    ++at_;
    if (accept(']')) return true;
    do {
      skip();
      Json value;
      if (!read(value, depth + 1)) return false;
      out.items.push_back(std::move(value));
    } while (accept(','));
    return accept(']') || fail("a ] is missing");
  }

  bool number(Json& out) {
    const std::size_t begin = at_;
    const auto digits = [this] {
      const auto from = at_;
      while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
      return at_ > from;
    };
    if (text_[at_] == '-') ++at_;
    if (!digits()) return fail("unknown text");
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      if (!digits()) return fail("a number ends early");
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!digits()) return fail("a number ends early");
    }
    out = Json::of_number(std::string(text_.substr(begin, at_ - begin)));
    return true;
  }

  bool hex4(std::uint32_t& out) {
    if (at_ + 4 > text_.size()) return fail("an escape ends early");
    const auto* end = text_.data() + at_ + 4;
    if (std::from_chars(text_.data() + at_, end, out, 16).ptr != end) return fail("an escape is wrong");
    at_ += 4;
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const auto plain = at_;
      while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= 0x20 && text_[at_] != '"' &&
             text_[at_] != '\\')
        ++at_;
      out.append(text_, plain, at_ - plain);
      if (at_ >= text_.size()) break;
      const char c = text_[at_++];
      if (c == '"') return true;
      if (c != '\\') return fail("a control character in a text");
      if (at_ >= text_.size()) break;
      switch (const char escape = text_[at_++]) {
        case 'b': out.push_back('\b'); break;
        case 'f': out.push_back('\f'); break;
        case 'n': out.push_back('\n'); break;
        case 'r': out.push_back('\r'); break;
        case 't': out.push_back('\t'); break;
        case '"':
        case '\\':
        case '/': out.push_back(escape); break;
        case 'u': {
          std::uint32_t point = 0;
          if (!hex4(point)) return false;
          if (point >= 0xD800 && point < 0xDC00 && text_.substr(at_, 2) == "\\u") {
            at_ += 2;
            std::uint32_t low = 0;
            if (!hex4(low)) return false;
            if (low < 0xDC00 || low > 0xDFFF) return fail("half of a surrogate pair");
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
          } else if (point >= 0xD800 && point < 0xE000) {
            return fail("half of a surrogate pair");
          }
          append_code_point(out, point);
          break;
        }
        default: return fail("an unknown escape");
      }
    }
    return fail("a text is never closed");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
};

}  // namespace

Json Json::of_bool(bool v) {
  Json j;
  j.kind = Kind::kBool;
  j.truth = v;
  return j;
}
Json Json::of_number(std::string number) {
  Json j;
  j.kind = Kind::kNumber;
  j.text = std::move(number);
  return j;
}
Json Json::of_string(std::string string) {
  Json j;
  j.kind = Kind::kString;
  j.text = std::move(string);
  return j;
}

const Json* Json::member(std::string_view name) const {
  for (const auto& [key, value] : members) {
    if (key == name) return &value;
  }
  return nullptr;
}

void Json::set(std::string name, Json value) {
  for (auto& [key, old] : members) {
    if (key != name) continue;
    old = std::move(value);
    return;
  }
  members.emplace_back(std::move(name), std::move(value));
}

bool Json::erase(std::string_view name) {
  return std::erase_if(members, [name](const auto& member) { return member.first == name; }) > 0;
}

void Json::append_to(std::string& out) const {
  switch (kind) {
    case Kind::kNull: out += "null"; return;
    case Kind::kBool: out += truth ? "true" : "false"; return;
    case Kind::kNumber: out += text; return;
    case Kind::kString: return append_json_string(out, text);
    case Kind::kArray:
      out.push_back('[');
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i != 0) out.push_back(',');
        items[i].append_to(out);
      }
      out.push_back(']');
      return;
    case Kind::kObject:
      out.push_back('{');
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (i != 0) out.push_back(',');
        append_json_string(out, members[i].first);
        out.push_back(':');
        members[i].second.append_to(out);
      }
      out.push_back('}');
      return;
  }
}

std::string Json::dump() const {
  std::string out;
  append_to(out);
  return out;
}

std::optional<Json> parse_json(std::string_view text, std::string& error) { return Parser(text).parse(error); }

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out.push_back('"');
  std::size_t plain = 0;  // what begins here needs no escape
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, at - plain);
    plain = at + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
      default:
        out += "\\u00";
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.append(text, plain);
  out.push_back('"');
}

}  // namespace millrace::cassandra
