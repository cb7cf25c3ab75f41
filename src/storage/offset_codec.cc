#include "storage/offset_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/java_hash_order.h"
#include "json/node.h"
#include "json/reader.h"
#include "json/writer.h"
#include "millrace/base64.h"

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
  json::append_string(out, text, json::Escape::kSurrogates);  // JsonConverter's bytes
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
    case ValueKind::kBytes: {
      out += '"';
      append_base64(out, value.as_bytes().data(), value.as_bytes().size());
      out += '"';
      return {};
    }
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

Value value_of(const json::Node& node) {
  switch (node.kind()) {
    case json::Node::Kind::kNull: break;
    case json::Node::Kind::kBool: return Value(node.boolean());
    case json::Node::Kind::kString: return Value(node.string());
    case json::Node::Kind::kNumber: {
      const auto integer = node.is_integer() ? node.integer() : std::nullopt;
      return integer ? Value(*integer) : Value(node.real());
    }
    case json::Node::Kind::kArray: {
      Array items;
      for (const json::Node& item : node.items()) items.push_back(value_of(item));
      return Value(std::move(items));
    }
    case json::Node::Kind::kObject: {
      Map map;
      for (const auto& [name, member] : node.members()) map.append(Value(name), value_of(member));
      return Value(std::move(map));
    }
  }
  return {};
}

std::optional<Value> parse(std::string_view text) {
  try {
    const std::optional<json::Node> node = json::parse(text);
    return node ? std::optional(value_of(*node)) : std::nullopt;
  } catch (const json::ParseError&) {
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
