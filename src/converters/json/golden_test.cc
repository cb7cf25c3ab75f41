// Compares the converters and Values with what Apache Kafka's own classes said of the same inputs (tests/golden).

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "converters/boolean/boolean_converter.h"
#include "converters/bytearray/byte_array_converter.h"
#include "converters/json/json_converter.h"
#include "converters/numbers/number_converters.h"
#include "converters/simpleheader/simple_header_converter.h"
#include "converters/string/string_converter.h"
#include "json/node.h"
#include "millrace/errors.h"
#include "millrace/values.h"

namespace millrace {
namespace {

using json::Node;

std::vector<Node> rows(const std::string& name) {
  std::ifstream file(std::string(MILLRACE_SOURCE_DIR) + "/tests/golden/data/" + name);
  std::vector<Node> out;
  std::string line;
  while (std::getline(file, line)) {
    auto node = json::parse(line);
    if (node && node->find("about") == nullptr) out.push_back(*std::move(node));
  }
  EXPECT_FALSE(out.empty()) << name;
  return out;
}

std::string hex_of(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string bytes_of(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

// The notation of ConverterGoldens.java.

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (&part == parts.data() ? "" : ", ") + part;
  return out;
}

std::string describe(const Value& v) {
  std::vector<std::string> parts;
  switch (v.kind()) {
    case ValueKind::kNull: return "null";
    case ValueKind::kInt8: return "int8 " + v.to_string();
    case ValueKind::kInt16: return "int16 " + v.to_string();
    case ValueKind::kInt32: return "int32 " + v.to_string();
    case ValueKind::kInt64: return "int64 " + v.to_string();
    case ValueKind::kFloat32: return "float " + v.to_string();
    case ValueKind::kFloat64: return "double " + v.to_string();
    case ValueKind::kBool: return "boolean " + v.to_string();
    case ValueKind::kString: return "'" + v.as_string() + "'";
    case ValueKind::kBytes: return "bytes " + hex_of(std::string(v.as_bytes().begin(), v.as_bytes().end()));
    case ValueKind::kDecimal: return "decimal " + v.to_string();
    case ValueKind::kDate: return "date " + std::to_string(v.as_date().epoch_ms);
    case ValueKind::kArray:
      for (const Value& item : v.as_array()) parts.push_back(describe(item));
      return "[" + joined(parts) + "]";
    case ValueKind::kMap:
      for (const auto& [key, value] : v.as_map()) parts.push_back(describe(key) + ": " + describe(value));
      std::sort(parts.begin(), parts.end());
      return "{" + joined(parts) + "}";
    case ValueKind::kStruct:
      for (const Field& field : v.as_struct().schema()->fields()) {
        parts.push_back(field.name + "=" + describe(v.as_struct().get_without_default(field.name)));
      }
      return "struct(" + joined(parts) + ")";
  }
  return {};
}

std::string describe(const SchemaPtr& s) {
  if (s == nullptr) return "null";
  std::string type = name_of(s->type());
  for (char& c : type) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string out = (s->name() ? *s->name() + ":" : "") + type;
  if (s->type() == Type::kArray) out += "(" + describe(s->value_schema()) + ")";
  if (s->type() == Type::kMap) out += "(" + describe(s->key_schema()) + ", " + describe(s->value_schema()) + ")";
  if (const std::string* scale = s->parameter("scale")) out += "/" + *scale;
  return out + (s->is_optional() ? "?" : "");
}

/// Java has a lone surrogate where UTF-8 has none; its encoder wrote `?` into the golden.
std::string as_java_encodes(std::string text) {
  for (std::size_t at = text.find('\xED'); at != std::string::npos; at = text.find('\xED', at + 1)) {
    if (at + 2 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) text.replace(at, 3, "?");
  }
  return text;
}

/// The chain of causes as the golden lists it, as far as ours goes; nothing when it fits.
std::string difference(const Node& golden, const ConnectError& error) {
  std::string expected;
  std::string actual = error.trace();
  for (const Node& link : golden.items()) {
    expected += (expected.empty() ? "" : "\nCaused by: ") + link.string();
    if (expected == actual) return {};
  }
  return "expected " + expected + "\n  actual " + actual;
}

class GoldenTest : public testing::Test {
 protected:
  void check_write(const Node& row, const std::string& name, Props props, const SchemaAndValue& value) {
    props["schemas.enable"] = name == "enveloped" ? "true" : "false";
    JsonConverter converter;
    converter.configure(props, ConverterType::kValue);
    const Node* error = row.find(name + "_error");
    std::string out;
    try {
      const bool written = converter.from_connect_data("t", value.schema, value.value, out);
      ASSERT_EQ(error, nullptr) << "no error but " << out;
      const Node* expected = row.find(name);
      ASSERT_NE(expected, nullptr);
      ASSERT_EQ(written, expected->is_string());
      if (written) {
        EXPECT_EQ(out, expected->string());
      }
    } catch (const ConnectError& e) {
      ASSERT_NE(error, nullptr) << e.trace();
      EXPECT_EQ(difference(*error, e), "");
    }
  }
};

TEST_F(GoldenTest, JsonConverter) {
  for (const Node& row : rows("json_converter.jsonl")) {
    SCOPED_TRACE(row.find("text")->string());
    Props props;
    for (const auto& [key, value] : row.find("config")->members()) props[key] = value.string();
    JsonConverter converter;
    converter.configure(props, ConverterType::kValue);
    const std::string bytes = bytes_of(row.find("in")->string());
    SchemaAndValue read;
    try {
      read = converter.to_connect_data("t", bytes);
    } catch (const ConnectError& e) {
      const Node* error = row.find("error");
      if (error == nullptr) {
        ADD_FAILURE() << "unexpected: " << e.trace();
        continue;
      }
      EXPECT_EQ(difference(*error, e), "");
      continue;
    }
    if (const Node* error = row.find("error")) {
      ADD_FAILURE() << "no error but " << describe(read.value) << ": " << error->dump();
      continue;
    }
    EXPECT_EQ(as_java_encodes(describe(read.value)), row.find("value")->string());
    // Once more: with the schema known and with all plans made.
    EXPECT_EQ(describe(converter.to_connect_data("t", bytes).value), describe(read.value));
    check_write(row, "enveloped", props, read);
    check_write(row, "plain", props, read);
    if (const Node* text = row.find("string")) {
      StringConverter strings;
      strings.configure({}, ConverterType::kValue);
      std::string out;
      const bool written = strings.from_connect_data("t", read.schema, read.value, out);
      EXPECT_EQ(written, text->is_string());
      // Maps come in hash order there.
      if (written && text->string().find(", ") == std::string::npos) {
        EXPECT_EQ(out, text->string());
      }
    }
    const Node* header = row.find("header");
    if (header != nullptr && header->is_string() && header->string().find(",\"") == std::string::npos) {
      EXPECT_EQ(as_java_encodes(values::convert_to_string(read.value).value_or("none")), header->string());
    }
  }
}

TEST_F(GoldenTest, ValuesParseString) {
  SimpleHeaderConverter converter;
  for (const Node& row : rows("values.jsonl")) {
    const std::string& text = row.find("text")->string();
    SCOPED_TRACE(text);
    const SchemaAndValue parsed = values::parse_string(text);
    EXPECT_EQ(describe(parsed.schema), row.find("schema")->is_null() ? "null" : row.find("schema")->string());
    EXPECT_EQ(describe(parsed.value), row.find("value")->string());
    if (const Node* again = row.find("again")) {
      EXPECT_EQ(values::convert_to_string(parsed.value), again->string());
    }
    EXPECT_EQ(converter.to_connect_header("t", "h", text), parsed);
  }
}

std::unique_ptr<Converter> make(const std::string& name) {
  std::unique_ptr<Converter> converter;
  if (name == "Short") converter = std::make_unique<ShortConverter>();
  if (name == "Integer") converter = std::make_unique<IntegerConverter>();
  if (name == "Long") converter = std::make_unique<LongConverter>();
  if (name == "Float") converter = std::make_unique<FloatConverter>();
  if (name == "Double") converter = std::make_unique<DoubleConverter>();
  if (name == "Boolean") converter = std::make_unique<BooleanConverter>();
  if (name == "ByteArray") converter = std::make_unique<ByteArrayConverter>();
  converter->configure({}, ConverterType::kValue);
  return converter;
}

TEST_F(GoldenTest, BinaryConverters) {
  for (const Node& row : rows("binary_converters.jsonl")) {
    SCOPED_TRACE(row.dump());
    const auto converter = make(row.find("converter")->string());
    const Node* error = row.find("error");
    std::string out;
    try {
      if (const Node* write = row.find("write")) {
        converter->from_connect_data("t", write->string() == "string" ? nullptr : Schema::string(), "x", out);
        ADD_FAILURE() << "no error but " << hex_of(out);
        continue;
      }
      const SchemaAndValue read = converter->to_connect_data("t", bytes_of(row.find("in")->string()));
      if (error != nullptr) {
        ADD_FAILURE() << "no error but " << describe(read.value);
        continue;
      }
      EXPECT_EQ(describe(read.schema), row.find("schema")->string());
      EXPECT_EQ(describe(read.value), row.find("value")->string());
      EXPECT_TRUE(converter->from_connect_data("t", read.schema, read.value, out));
      EXPECT_EQ(hex_of(out), row.find("again")->string());
    } catch (const ConnectError& e) {
      if (error == nullptr) {
        ADD_FAILURE() << e.trace();
      } else if (error->is_string()) {
        EXPECT_EQ(std::string(e.java_class()) + ": " + e.what(), error->string());
      } else {
        EXPECT_EQ(difference(*error, e), "");
      }
    }
  }
}

TEST_F(GoldenTest, Definitions) {
  JsonConverter json_converter;
  StringConverter strings;
  ByteArrayConverter byte_arrays;
  BooleanConverter booleans;
  LongConverter longs;
  SimpleHeaderConverter simple;
  const std::map<std::string, const ConfigDef*> definitions{
      {"org.apache.kafka.connect.json.JsonConverter", &json_converter.config()},
      {"org.apache.kafka.connect.storage.StringConverter", &strings.config()},
      {"org.apache.kafka.connect.converters.ByteArrayConverter", &byte_arrays.config()},
      {"org.apache.kafka.connect.converters.BooleanConverter", &booleans.config()},
      {"org.apache.kafka.connect.converters.LongConverter", &longs.config()},
      {"org.apache.kafka.connect.storage.SimpleHeaderConverter", &simple.config()},
  };
  std::map<std::string, std::size_t> counts;
  for (const Node& row : rows("converter_definitions.jsonl")) {
    SCOPED_TRACE(row.dump());
    const std::string& converter = row.find("converter")->string();
    ++counts[converter];
    const ConfigKey* key = definitions.at(converter)->find(row.find("name")->string());
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(name_of(key->type), row.find("type")->string());
    EXPECT_EQ(key->required, row.find("required")->boolean());
    EXPECT_EQ(Node(key->default_value), *row.find("default"));
    EXPECT_EQ(name_of(key->importance), row.find("importance")->string());
    EXPECT_EQ(key->documentation, row.find("doc")->string());
    EXPECT_EQ(Node(key->group), *row.find("group"));
    EXPECT_EQ(std::to_string(key->order_in_group), row.find("order")->number().text);
    EXPECT_EQ(name_of(key->width), row.find("width")->string());
    EXPECT_EQ(key->display_name, row.find("display")->string());
  }
  for (const auto& [name, definition] : definitions) EXPECT_EQ(definition->keys().size(), counts[name]) << name;
}

}  // namespace
}  // namespace millrace
