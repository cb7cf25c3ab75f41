#include "storage/offset_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/java_hash_order.h"

namespace millrace::storage {
namespace {

Error invalid(std::string text) {
  Error error;
  error.code = Errc::kInvalid;
  error.text = std::move(text);
  return error;
}

// ------------------------------------------------------------------------------------------------------- writing

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04X}", static_cast<int>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_base64(std::string& out, const Bytes& bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out += '"';
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const auto byte = [&](std::size_t k) {
      return k < left ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])) : 0U;
    };
    const std::uint32_t word = byte(0) << 16 | byte(1) << 8 | byte(2);
    out += kDigits[word >> 18];
    out += kDigits[word >> 12 & 63];
    out += left > 1 ? kDigits[word >> 6 & 63] : '=';
    out += left > 2 ? kDigits[word & 63] : '=';
  }
  out += '"';
}

Result<void> append_value(std::string& out, const Value& value, std::string_view field) {
  switch (value.kind()) {
    case ValueKind::kNull: out += "null"; return {};
    case ValueKind::kBool: out += value.as_bool() ? "true" : "false"; return {};
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32:
    case ValueKind::kInt64: out += std::to_string(value.integer()); return {};
    case ValueKind::kFloat32: append_java_float(out, value.as_float32()); return {};
    case ValueKind::kFloat64: append_java_double(out, value.as_float64()); return {};
    case ValueKind::kString: append_string(out, value.as_string()); return {};
    case ValueKind::kBytes: append_base64(out, value.as_bytes()); return {};
    default: break;
  }
  return invalid(fmt::format("Offsets may only contain primitive types as values, but field {} contains {}", field,
                             value.java_class()));
}

enum class FieldOrder : bool { kHashMap, kSorted };

Result<void> append_map(std::string& out, const Map& map, FieldOrder field_order) {
  std::vector<const Map::Entry*> entries;
  std::vector<std::string_view> keys;
  for (const Map::Entry& entry : map) {
    if (entry.first.kind() != ValueKind::kString) return invalid("Offsets may only use String keys");
    entries.push_back(&entry);
    keys.push_back(entry.first.as_string());
  }
  std::vector<std::size_t> order;
  if (field_order == FieldOrder::kHashMap) {
    order = base::java_hash_order(keys);
  } else {
    for (std::size_t i = 0; i < keys.size(); ++i) order.push_back(i);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  }
  char separator = '{';
  for (const std::size_t i : order) {
    out += std::exchange(separator, ',');
    append_string(out, keys[i]);
    out += ':';
    if (Result<void> appended = append_value(out, entries[i]->second, keys[i]); !appended) return appended;
  }
  out += separator == '{' ? "{}" : "}";
  return {};
}

// ------------------------------------------------------------------------------------------------------- reading

struct Malformed {};

/// JSON as far as offsets need it; nested arrays and objects are read too. Throws Malformed.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Value whole() {
    Value value = any(0);
    blanks();
    if (at_ != text_.size()) throw Malformed{};
    return value;
  }

 private:
  static constexpr int kMaxDepth = 100;

  void blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  char peek() {
    blanks();
    if (at_ >= text_.size()) throw Malformed{};
    return text_[at_];
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) throw Malformed{};
  }
  Value word(std::string_view expected, Value value) {
    if (!text_.substr(at_).starts_with(expected)) throw Malformed{};
    at_ += expected.size();
    return value;
  }

  Value any(int depth) {
    if (depth > kMaxDepth) throw Malformed{};
    switch (peek()) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': return Value(string());
      case 't': return word("true", Value(true));
      case 'f': return word("false", Value(false));
      case 'n': return word("null", Value());
      default: return number();
    }
  }

  Value object(int depth) {
    expect('{');
    Map map;
    if (take('}')) return Value(std::move(map));
    do {
      if (peek() != '"') throw Malformed{};
      std::string key = string();
      expect(':');
      map.put(Value(std::move(key)), any(depth + 1));
    } while (take(','));
    expect('}');
    return Value(std::move(map));
  }

  Value array(int depth) {
    expect('[');
    Array items;
    if (take(']')) return Value(std::move(items));
    do {
      items.push_back(any(depth + 1));
    } while (take(','));
    expect(']');
    return Value(std::move(items));
  }

  std::uint32_t hex4() {
    if (text_.size() - at_ < 4) throw Malformed{};
    std::uint32_t unit = 0;
    const char* end = text_.data() + at_ + 4;
    if (std::from_chars(text_.data() + at_, end, unit, 16).ptr != end) throw Malformed{};
    at_ += 4;
    return unit;
  }

  void append_point(std::string& out, std::uint32_t point) {
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x800) {
      out += static_cast<char>(0xC0 | point >> 6);
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      out += static_cast<char>(0xE0 | point >> 12);
      out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | point >> 18);
      out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
      out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    }
  }

  std::string string() {
    ++at_;  // the quote
    std::string out;
    while (true) {
      if (at_ >= text_.size()) throw Malformed{};
      const char c = text_[at_++];
      if (c == '"') return out;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (at_ >= text_.size()) throw Malformed{};
      switch (text_[at_++]) {
        case '"': out += '"'; break;
        case '\\': out += '\\'; break;
        case '/': out += '/'; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
          std::uint32_t point = hex4();
          if (point >= 0xD800 && point < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
            at_ += 2;
            point = 0x10000 + ((point - 0xD800) << 10) + (hex4() - 0xDC00);
          }
          append_point(out, point);
          break;
        }
        default: throw Malformed{};
      }
    }
  }

  Value number() {
    const std::size_t start = at_;
    while (at_ < text_.size() && std::string_view("+-0123456789.eE").find(text_[at_]) != std::string_view::npos) ++at_;
    const std::string_view digits = text_.substr(start, at_ - start);
    const char* end = digits.data() + digits.size();
    std::int64_t integer = 0;
    if (const auto r = std::from_chars(digits.data(), end, integer); r.ec == std::errc() && r.ptr == end)
      return Value(integer);
    double real = 0;
    if (const auto r = std::from_chars(digits.data(), end, real); r.ec == std::errc() && r.ptr == end)
      return Value(real);
    throw Malformed{};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<Value> parse(std::string_view text) {
  try {
    return Parser(text).whole();
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace

std::string offset_key_prefix(std::string_view connector) {
  std::string key = "[";
  append_string(key, connector);
  key += ',';
  return key;
}

Result<std::string> encode_offset_key(std::string_view connector, const OffsetMap& partition) {
  std::string key = offset_key_prefix(connector);
  if (!partition) {
    key += "null";
  } else if (Result<void> appended = append_map(key, *partition, FieldOrder::kHashMap); !appended) {
    return std::move(appended).error();
  }
  key += ']';
  return key;
}

Result<std::string> encode_offset_value(const OffsetMap& offset) {
  std::string value;
  if (Result<void> appended = append_map(value, *offset, FieldOrder::kHashMap); !appended)
    return std::move(appended).error();
  return value;
}

std::optional<OffsetKey> decode_offset_key(std::string_view bytes) {
  const std::optional<Value> value = parse(bytes);
  if (!value || value->kind() != ValueKind::kArray) return std::nullopt;
  const Array& pair = value->as_array();
  if (pair.size() != 2 || pair[0].kind() != ValueKind::kString) return std::nullopt;
  if (pair[1].is_null()) return OffsetKey{pair[0].as_string(), nullptr};
  if (pair[1].kind() != ValueKind::kMap) return std::nullopt;
  return OffsetKey{pair[0].as_string(), pair[1].map_ptr()};
}

Result<OffsetMap> decode_offset_value(std::string_view bytes) {
  const std::optional<Value> value = parse(bytes);
  if (value && value->is_null()) return OffsetMap();
  if (!value || value->kind() != ValueKind::kMap) {
    return invalid(fmt::format("a stored offset is not a JSON object: {}", bytes.substr(0, 200)));
  }
  return value->map_ptr();
}

std::string canonical_partition(const OffsetMap& partition) {
  std::string text;
  if (!partition) return "null";
  if (!append_map(text, *partition, FieldOrder::kSorted)) return "?" + Value(partition).to_string();
  return text;
}

}  // namespace millrace::storage
