#include "converters/string/string_converter.h"

#include <algorithm>
#include <cstring>

#include "millrace/errors.h"
#include "millrace/plugin.h"
#include "millrace/text.h"

namespace millrace {

namespace {

ConfigDef make_definition() {
  ConfigDef def;
  def.define(converter_type_key());
  ConfigKey encoding;
  encoding.name = "converter.encoding";
  encoding.type = ConfigType::kString;
  encoding.default_value = "UTF-8";
  encoding.importance = Importance::kHigh;
  encoding.documentation = "The name of the Java character set to use for encoding strings as byte arrays.";
  encoding.width = Width::kMedium;
  encoding.display_name = "Encoding";
  def.define(encoding);
  return def;
}

const ConfigDef& definition() {
  static const ConfigDef kDefinition = make_definition();
  return kDefinition;
}

/// An exception of Kafka's serializers, for the cause chain.
class SerializationError final : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "org.apache.kafka.common.errors.SerializationException"; }
};

/// `text` as UTF-8 bytes: a lone surrogate, which has none, becomes a question mark as in Java.
void append_without_surrogates(std::string& out, std::string_view text) {
  while (true) {
    const auto* at = static_cast<const char*>(std::memchr(text.data(), 0xED, text.size()));
    if (at == nullptr) break;
    const auto before = static_cast<std::size_t>(at - text.data());
    const bool surrogate = before + 3 <= text.size() && static_cast<unsigned char>(at[1]) >= 0xA0;
    out.append(text.substr(0, before + (surrogate ? 0 : 1)));
    if (surrogate) out += '?';
    text.remove_prefix(before + (surrogate ? 3 : 1));
  }
  out.append(text);
}

void append_unit(std::string& out, unsigned unit, bool big_endian) {
  const char high = static_cast<char>(unit >> 8);
  const char low = static_cast<char>(unit);
  out += big_endian ? high : low;
  out += big_endian ? low : high;
}

void decode_utf16(std::string_view bytes, bool big_endian, std::string& out) {
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]);
    const auto b = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<char32_t>(big_endian ? a << 8 | b : b << 8 | a);
  };
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    char32_t code = unit(i);
    if (code >= 0xD800 && code < 0xE000) {
      const bool pair = code < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000;
      if (pair) {
        code = 0x10000 + ((code - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
        i += 2;
      } else {
        code = 0xFFFD;
      }
    }
    append_code_point(out, code);
  }
  if (i < bytes.size()) append_code_point(out, 0xFFFD);
}

}  // namespace

const ConfigDef& StringConverter::config() const { return definition(); }

StringConverter::Charset StringConverter::charset_of(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower == "utf-8" || lower == "utf8") return Charset::kUtf8;
  if (lower == "iso-8859-1" || lower == "iso8859_1" || lower == "iso8859-1" || lower == "latin1" || lower == "l1") {
    return Charset::kLatin1;
  }
  if (lower == "us-ascii" || lower == "ascii" || lower == "iso646-us") return Charset::kAscii;
  if (lower == "utf-16" || lower == "utf16" || lower == "unicode") return Charset::kUtf16;
  if (lower == "utf-16be") return Charset::kUtf16Be;
  if (lower == "utf-16le") return Charset::kUtf16Le;
  return Charset::kSystem;
}

void StringConverter::configure(const Props& config, ConverterType type) {
  Props props = config;
  props["converter.type"] = name_of(type);
  encoding_ = definition().parse(props).string("converter.encoding");
  charset_ = charset_of(encoding_);
  system_ = charset_ == Charset::kSystem ? SystemCharset::open(encoding_) : nullptr;
  if (charset_ == Charset::kSystem && system_ == nullptr) throw SerializationError("Unsupported encoding " + encoding_);
}

void StringConverter::encode(std::string_view text, std::string& out) const {
  if (charset_ == Charset::kUtf8) return append_without_surrogates(out, text);
  if (charset_ == Charset::kSystem) return system_->encode(text, out);
  const bool wide = charset_ != Charset::kLatin1 && charset_ != Charset::kAscii;
  const bool big_endian = charset_ != Charset::kUtf16Le;
  if (charset_ == Charset::kUtf16 && !text.empty()) append_unit(out, 0xFEFF, true);
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const char32_t code = next_code_point(p, end);
    if (!wide) {
      const char32_t limit = charset_ == Charset::kLatin1 ? 0x100 : 0x80;
      out += code < limit ? static_cast<char>(code) : '?';
    } else if (code >= 0x10000) {
      append_unit(out, 0xD800 + ((code - 0x10000) >> 10), big_endian);
      append_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FF), big_endian);
    } else {
      append_unit(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, big_endian);
    }
  }
}

void StringConverter::decode(std::string_view bytes, std::string& out) const {
  switch (charset_) {
    case Charset::kUtf8: return append_as_utf8(out, bytes);
    case Charset::kLatin1:
      for (const char c : bytes) append_code_point(out, static_cast<unsigned char>(c));
      return;
    case Charset::kAscii:
      for (const char c : bytes)
        append_code_point(out, static_cast<unsigned char>(c) < 0x80 ? static_cast<unsigned char>(c) : 0xFFFD);
      return;
    case Charset::kUtf16: {
      const bool little = bytes.starts_with("\xFF\xFE");
      if (little || bytes.starts_with("\xFE\xFF")) bytes.remove_prefix(2);
      return decode_utf16(bytes, !little, out);
    }
    case Charset::kUtf16Be: return decode_utf16(bytes, true, out);
    case Charset::kUtf16Le: return decode_utf16(bytes, false, out);
    case Charset::kSystem: return system_->decode(bytes, out);
  }
}

bool StringConverter::from_connect_data(std::string_view, const SchemaPtr&, const Value& value, std::string& out) {
  if (value.is_null()) return false;
  if (value.kind() == ValueKind::kString) {
    encode(value.as_string(), out);
  } else {
    encode(value.to_string(), out);
  }
  return true;
}

SchemaAndValue StringConverter::to_connect_data(std::string_view, std::optional<BytesView> bytes) {
  if (!bytes) return {Schema::optional_string(), nullptr};
  std::string text;
  text.reserve(bytes->size());
  decode(*bytes, text);
  return {Schema::optional_string(), std::move(text)};
}

void register_string_converter(PluginRegistry& plugins) {
  static constexpr const char* kClass = "org.apache.kafka.connect.storage.StringConverter";
  static constexpr const char* kSummary = "The value's text, without schema.";
  plugins.converter<StringConverter>(kClass).config(definition()).summary(kSummary);
  plugins.header_converter<AsHeaderConverter<StringConverter>>(kClass).config(definition()).summary(kSummary);
}

}  // namespace millrace
