#include "converters/json/payload_writer.h"

#include <algorithm>
#include <cmath>

#include "json/writer.h"
#include "millrace/base64.h"
#include "millrace/errors.h"

namespace millrace::json_converter {

namespace {

void append_text(std::string& out, std::string_view text) { json::append_string(out, text, json::Escape::kSurrogates); }

void append_float(std::string& out, float value) {
  const bool finite = std::isfinite(value);
  if (!finite) out += '"';
  append_java_float(out, value);
  if (!finite) out += '"';
}

void append_double(std::string& out, double value) {
  const bool finite = std::isfinite(value);
  if (!finite) out += '"';
  append_java_double(out, value);
  if (!finite) out += '"';
}

void append_bytes(std::string& out, const Bytes& bytes) {
  out += '"';
  append_base64(out, bytes.data(), bytes.size());
  out += '"';
}

std::string class_text(const Value& value) { return std::string("class ") + value.java_class(); }

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// With a schema

PayloadWriter::PayloadWriter(SchemaPtr schema, WriteOptions options) : schema_(std::move(schema)), options_(options) {
  switch (schema_->type()) {
    case Type::kStruct:
      fields_.reserve(schema_->fields().size());
      for (const Field& field : schema_->fields()) {
        std::string prefix = fields_.empty() ? "" : ",";
        append_text(prefix, field.name);
        prefix += ':';
        fields_.push_back({std::move(prefix), std::make_unique<PayloadWriter>(field.schema, options)});
      }
      break;
    case Type::kMap:
      if (schema_->key_schema() != nullptr) keys_ = std::make_unique<PayloadWriter>(schema_->key_schema(), options);
      [[fallthrough]];
    case Type::kArray:
      if (schema_->value_schema() != nullptr)
        values_ = std::make_unique<PayloadWriter>(schema_->value_schema(), options);
      break;
    default: break;
  }
}

PayloadWriter::~PayloadWriter() = default;

void PayloadWriter::throw_wrong_class(const Value& value) const {
  if (schema_->type() == Type::kBytes) throw DataError("Invalid type for bytes type: " + class_text(value));
  throw DataError(std::string("Invalid type for ") + name_of(schema_->type()) + ": " + class_text(value));
}

void PayloadWriter::write(const Value& value, std::string& out) const {
  if (value.is_null()) return write_null(out);
  if (schema_->logical() != LogicalType::kNone) return write_logical(value, out);
  const ValueKind kind = value.kind();
  switch (schema_->type()) {
    case Type::kInt8:
      if (kind != ValueKind::kInt8) throw_wrong_class(value);
      return json::append_integer(out, value.as_int8());
    case Type::kInt16:
      if (kind != ValueKind::kInt16) throw_wrong_class(value);
      return json::append_integer(out, value.as_int16());
    case Type::kInt32:
      if (kind != ValueKind::kInt32) throw_wrong_class(value);
      return json::append_integer(out, value.as_int32());
    case Type::kInt64:
      if (kind != ValueKind::kInt64) throw_wrong_class(value);
      return json::append_integer(out, value.as_int64());
    case Type::kFloat32:
      if (kind != ValueKind::kFloat32) throw_wrong_class(value);
      return append_float(out, value.as_float32());
    case Type::kFloat64:
      if (kind != ValueKind::kFloat64) throw_wrong_class(value);
      return append_double(out, value.as_float64());
    case Type::kBoolean:
      if (kind != ValueKind::kBool) throw_wrong_class(value);
      out += value.as_bool() ? "true" : "false";
      return;
    case Type::kString:
      if (kind != ValueKind::kString) throw_wrong_class(value);
      return append_text(out, value.as_string());
    case Type::kBytes:
      if (kind != ValueKind::kBytes) throw_wrong_class(value);
      return append_bytes(out, value.as_bytes());
    case Type::kArray: return write_array(value, out);
    case Type::kMap: return write_map(value, out);
    case Type::kStruct: return write_struct(value, out);
  }
}

void PayloadWriter::write_null(std::string& out) const {
  const auto& standby = schema_->default_value();
  if (standby && options_.nulls == NullPolicy::kReplaceWithDefault) return write(*standby, out);
  if (!schema_->is_optional()) {
    throw DataError("Conversion error: null value for field that is required and has no default value");
  }
  out += "null";
}

void PayloadWriter::write_logical(const Value& value, std::string& out) const {
  if (schema_->logical() == LogicalType::kDecimal) {
    if (value.kind() != ValueKind::kDecimal) {
      throw DataError("Invalid type for Decimal, expected BigDecimal but was " + class_text(value));
    }
    if (options_.decimal_format == DecimalFormat::kNumeric) {
      out += value.as_decimal().to_string();
    } else {
      append_bytes(out, from_logical(*schema_, value).as_bytes());
    }
    return;
  }
  if (value.kind() != ValueKind::kDate) {
    const char* word = schema_->logical() == LogicalType::kDate   ? "Date"
                       : schema_->logical() == LogicalType::kTime ? "Time"
                                                                  : "Timestamp";
    throw DataError(std::string("Invalid type for ") + word + ", expected Date but was " + class_text(value));
  }
  json::append_integer(out, from_logical(*schema_, value).integer());
}

/// Collections of unknown content have no schema for it.
void PayloadWriter::write_element(const std::unique_ptr<PayloadWriter>& writer, const Value& value, std::string& out) {
  if (writer == nullptr) return write_schemaless(value, out);
  writer->write(value, out);
}

void PayloadWriter::write_array(const Value& value, std::string& out) const {
  if (value.kind() != ValueKind::kArray) throw_wrong_class(value);
  char before = '[';
  for (const Value& element : value.as_array()) {
    out += before;
    before = ',';
    write_element(values_, element, out);
  }
  if (before == '[') out += '[';
  out += ']';
}

void PayloadWriter::write_map(const Value& value, std::string& out) const {
  if (value.kind() != ValueKind::kMap) throw_wrong_class(value);
  // Java's converter fails here, too; nobody could read the schema back.
  if (schema_->key_schema() == nullptr)
    throw DataError("A map whose schema has no key schema cannot be written as JSON");
  const bool object = schema_->key_schema()->type() == Type::kString;
  const char open = object ? '{' : '[';
  char before = open;
  for (const auto& [key, entry] : value.as_map()) {
    out += before;
    before = ',';
    if (object) {
      // A null key is the text "null", in quotes.
      const std::size_t at = out.size();
      write_element(keys_, key, out);
      if (out[at] != '"') {
        const std::string bare = out.substr(at);
        out.resize(at);
        append_text(out, bare);
      }
      out += ':';
      write_element(values_, entry, out);
    } else {
      out += '[';
      write_element(keys_, key, out);
      out += ',';
      write_element(values_, entry, out);
      out += ']';
    }
  }
  if (before == open) out += open;
  out += object ? '}' : ']';
}

void PayloadWriter::write_struct(const Value& value, std::string& out) const {
  if (value.kind() != ValueKind::kStruct) throw_wrong_class(value);
  const Struct& record = value.as_struct();
  if (!same_schema(record.schema(), schema_)) throw DataError("Mismatching schema.");
  out += '{';
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    out += fields_[i].prefix;
    fields_[i].writer->write(record.at(i), out);
  }
  out += '}';
}

// ---------------------------------------------------------------------------------------------------------------------
// Without a schema

void write_schemaless(const Value& value, std::string& out) {
  switch (value.kind()) {
    case ValueKind::kNull: out += "null"; return;
    case ValueKind::kBool: out += value.as_bool() ? "true" : "false"; return;
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32:
    case ValueKind::kInt64: return json::append_integer(out, value.integer());
    case ValueKind::kFloat32: return append_float(out, value.as_float32());
    case ValueKind::kFloat64: return append_double(out, value.as_float64());
    case ValueKind::kString: return append_text(out, value.as_string());
    case ValueKind::kBytes: return append_bytes(out, value.as_bytes());
    case ValueKind::kArray: {
      out += '[';
      const Array& array = value.as_array();
      for (const Value& element : array) {
        if (&element != array.data()) out += ',';
        write_schemaless(element, out);
      }
      out += ']';
      return;
    }
    case ValueKind::kMap: {
      const Map& map = value.as_map();
      const bool object =
          std::all_of(map.begin(), map.end(), [](const auto& e) { return e.first.kind() == ValueKind::kString; });
      out += object ? '{' : '[';
      bool first = true;
      for (const auto& [key, entry] : map) {
        if (!first) out += ',';
        first = false;
        if (!object) out += '[';
        write_schemaless(key, out);
        out += object ? ':' : ',';
        write_schemaless(entry, out);
        if (!object) out += ']';
      }
      out += object ? '}' : ']';
      return;
    }
    case ValueKind::kStruct: throw DataError("Mismatching schema.");
    case ValueKind::kDecimal:
    case ValueKind::kDate: break;
  }
  throw DataError("Java class " + class_text(value) + " does not have corresponding schema type.");
}

// ---------------------------------------------------------------------------------------------------------------------
// The schema itself

namespace {

void append_schema(std::string& out, const Schema& schema, WriteOptions options, const std::string* field);

void append_element_schema(std::string& out, const SchemaPtr& schema, WriteOptions options) {
  if (schema == nullptr) {
    out += "null";
  } else {
    append_schema(out, *schema, options, nullptr);
  }
}

void append_schema(std::string& out, const Schema& schema, WriteOptions options, const std::string* field) {
  out += "{\"type\":\"";
  out += json_name_of(schema.type());
  out += '"';
  switch (schema.type()) {
    case Type::kArray:
      out += ",\"items\":";
      append_element_schema(out, schema.value_schema(), options);
      break;
    case Type::kMap:
      out += ",\"keys\":";
      append_element_schema(out, schema.key_schema(), options);
      out += ",\"values\":";
      append_element_schema(out, schema.value_schema(), options);
      break;
    case Type::kStruct: {
      out += ",\"fields\":[";
      bool first = true;
      for (const Field& f : schema.fields()) {
        if (!first) out += ',';
        first = false;
        append_schema(out, *f.schema, options, &f.name);
      }
      out += ']';
      break;
    }
    default: break;
  }
  out += schema.is_optional() ? ",\"optional\":true" : ",\"optional\":false";
  if (schema.name()) {
    out += ",\"name\":";
    append_text(out, *schema.name());
  }
  if (schema.version()) {
    out += ",\"version\":";
    json::append_integer(out, *schema.version());
  }
  if (schema.doc()) {
    out += ",\"doc\":";
    append_text(out, *schema.doc());
  }
  if (!schema.parameters().empty()) {
    out += ",\"parameters\":{";
    bool first = true;
    for (const auto& [name, value] : schema.parameters()) {
      if (!first) out += ',';
      first = false;
      append_text(out, name);
      out += ':';
      append_text(out, value);
    }
    out += '}';
  }
  if (schema.default_value()) {
    out += ",\"default\":";
    // The writer needs a shared pointer; this one owns nothing.
    PayloadWriter(SchemaPtr(SchemaPtr(), &schema), options).write(*schema.default_value(), out);
  }
  if (field != nullptr) {
    out += ",\"field\":";
    append_text(out, *field);
  }
  out += '}';
}

}  // namespace

std::string schema_json(const Schema& schema, WriteOptions options) {
  std::string out;
  append_schema(out, schema, options, nullptr);
  return out;
}

}  // namespace millrace::json_converter
