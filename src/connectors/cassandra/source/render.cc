#include "connectors/cassandra/source/render.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "connectors/cassandra/common/json.h"
#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/cql/values.h"
#include "millrace/base64.h"

namespace millrace::cassandra {

namespace {

using cql::DataType;
using cql::TypeId;

float as_float(std::string_view bytes) {
  return std::bit_cast<float>(static_cast<std::int32_t>(cql::decode_i64(bytes)));
}
double as_double(std::string_view bytes) { return std::bit_cast<double>(cql::decode_i64(bytes)); }

/// Empty values of types that have no empty form count as null.
bool is_null(const DataType& type, std::string_view bytes) {
  if (bytes.data() == nullptr) return true;
  return bytes.empty() && !type.is_text() && type.id != TypeId::kBlob && type.id != TypeId::kCustom;
}

/// The text that both forms share; false for types they write differently.
bool append_common(std::string& out, const DataType& type, std::string_view bytes) {
  switch (type.id) {
    case TypeId::kBoolean: out += bytes[0] != 0 ? "true" : "false"; return true;
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInt:
    case TypeId::kBigint:
    case TypeId::kCounter: out += std::to_string(cql::decode_i64(bytes)); return true;
    case TypeId::kVarint: out += read_varint(bytes).unscaled_text(); return true;
    case TypeId::kDecimal: out += read_decimal(bytes).to_string(); return true;
    default: return false;
  }
}

std::string quoted_literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out.push_back('\'');
    out.push_back(c);
  }
  return out + "'";
}

/// A map key in JSON: the text of the value.
void append_json_key(std::string& out, const DataType& type, std::string_view bytes) {
  std::string text;
  append_json(text, type, bytes, JsonTimestamps::kIsoText);
  if (!text.empty() && text.front() == '"') {
    out += text;
  } else {
    append_json_string(out, text);
  }
}

}  // namespace

Decimal read_varint(std::string_view bytes) {
  auto value = Decimal::from_unscaled_bytes(Bytes(bytes.begin(), bytes.end()), 0);
  if (!value) throw cql::WireError("a varint without bytes");
  return std::move(*value);
}

Decimal read_decimal(std::string_view bytes) {
  cql::Reader in(bytes);
  const std::int32_t scale = in.i32();
  const auto unscaled = in.raw(in.remaining());
  auto value = Decimal::from_unscaled_bytes(Bytes(unscaled.begin(), unscaled.end()), scale);
  if (!value) throw cql::WireError("a decimal without digits");
  return std::move(*value);
}

void append_cql_literal(std::string& out, const DataType& type, std::string_view bytes) {
  if (is_null(type, bytes)) {
    out += "NULL";
    return;
  }
  if (append_common(out, type, bytes)) return;
  const auto items = [&](char open, char close) {
    out.push_back(open);
    for_each_item(type, bytes, [&](std::size_t i, std::string_view item) {
      if (i != 0) out.push_back(',');
      append_cql_literal(out, type.params[type.id == TypeId::kTuple ? i : 0], item);
    });
    out.push_back(close);
  };
  switch (type.id) {
    case TypeId::kAscii:
    case TypeId::kVarchar: out += quoted_literal(bytes); return;
    case TypeId::kFloat: append_java_float(out, as_float(bytes)); return;
    case TypeId::kDouble: append_java_double(out, as_double(bytes)); return;
    case TypeId::kUuid:
    case TypeId::kTimeuuid:
      if (bytes.size() != 16) throw cql::WireError("a uuid of " + std::to_string(bytes.size()) + " bytes");
      out += cql::uuid_text(bytes);
      return;
    case TypeId::kInet: out += quoted_literal(cql::inet_text(bytes).value_or("")); return;
    case TypeId::kTimestamp: out += std::to_string(cql::decode_i64(bytes)); return;
    case TypeId::kDate:
      out += quoted_literal(cql::date_text((cql::decode_i64(bytes) & 0xFFFFFFFF) - 0x80000000LL));
      return;
    case TypeId::kTime: out += quoted_literal(cql::time_text(cql::decode_i64(bytes))); return;
    case TypeId::kDuration: out += cql::duration_text(cql::read_duration(bytes)); return;
    case TypeId::kList:
    case TypeId::kVector: return items('[', ']');
    case TypeId::kSet: return items('{', '}');
    case TypeId::kTuple: return items('(', ')');
    case TypeId::kMap:
      out.push_back('{');
      for_each_item(type, bytes, [&](std::size_t i, std::string_view item) {
        if (i != 0) out.push_back(i % 2 == 0 ? ',' : ':');
        append_cql_literal(out, type.params[i % 2], item);
      });
      out.push_back('}');
      return;
    case TypeId::kUdt:
      out.push_back('{');
      for_each_item(type, bytes, [&](std::size_t i, std::string_view item) {
        if (i != 0) out.push_back(',');
        out += cql::quoted_name(type.field_names[i]) + ":";
        append_cql_literal(out, type.params[i], item);
      });
      out.push_back('}');
      return;
    default: out += "0x" + cql::hex(bytes); return;
  }
}

void append_json(std::string& out, const DataType& type, std::string_view bytes) {
  append_json(out, type, bytes, JsonTimestamps::kMilliseconds);
}

void append_json(std::string& out, const DataType& type, std::string_view bytes, JsonTimestamps timestamps) {
  if (is_null(type, bytes)) {
    out += type.is_collection() && bytes.data() == nullptr ? (type.id == TypeId::kMap ? "{}" : "[]") : "null";
    return;
  }
  if (append_common(out, type, bytes)) return;
  const auto array = [&] {
    out.push_back('[');
    for_each_item(type, bytes, [&](std::size_t i, std::string_view item) {
      if (i != 0) out.push_back(',');
      append_json(out, type.params[type.id == TypeId::kTuple ? i : 0], item, timestamps);
    });
    out.push_back(']');
  };
  switch (type.id) {
    case TypeId::kAscii:
    case TypeId::kVarchar: return append_json_string(out, bytes);
    case TypeId::kFloat: {
      const float value = as_float(bytes);
      if (std::isfinite(value)) return append_java_float(out, value);
      return append_json_string(out, java_float_text(value));
    }
    case TypeId::kDouble: {
      const double value = as_double(bytes);
      if (std::isfinite(value)) return append_java_double(out, value);
      return append_json_string(out, java_double_text(value));
    }
    case TypeId::kUuid:
    case TypeId::kTimeuuid:
      if (bytes.size() != 16) throw cql::WireError("a uuid of " + std::to_string(bytes.size()) + " bytes");
      return append_json_string(out, cql::uuid_text(bytes));
    case TypeId::kInet: return append_json_string(out, cql::inet_text(bytes).value_or(""));
    case TypeId::kTimestamp:
      if (timestamps == JsonTimestamps::kIsoText)
        return append_json_string(out, cql::instant_text(cql::decode_i64(bytes)));
      out += std::to_string(cql::decode_i64(bytes));
      return;
    case TypeId::kDate:
      return append_json_string(out, cql::date_text((cql::decode_i64(bytes) & 0xFFFFFFFF) - 0x80000000LL));
    case TypeId::kTime:
      if (timestamps == JsonTimestamps::kIsoText)
        return append_json_string(out, cql::time_text(cql::decode_i64(bytes)));
      out += std::to_string(cql::decode_i64(bytes));
      return;
    case TypeId::kDuration: return append_json_string(out, cql::duration_text(cql::read_duration(bytes)));
    case TypeId::kList:
    case TypeId::kSet:
    case TypeId::kVector:
    case TypeId::kTuple: return array();
    case TypeId::kMap:
      out.push_back('{');
      for_each_item(type, bytes, [&](std::size_t i, std::string_view item) {
        if (i != 0) out.push_back(i % 2 == 0 ? ',' : ':');
        if (i % 2 == 0) return append_json_key(out, type.params[0], item);
        append_json(out, type.params[1], item, timestamps);
      });
      out.push_back('}');
      return;
    case TypeId::kUdt:
      out.push_back('{');
      for_each_item(type, bytes, [&](std::size_t i, std::string_view item) {
        if (i != 0) out.push_back(',');
        append_json_string(out, type.field_names[i]);
        out.push_back(':');
        append_json(out, type.params[i], item, timestamps);
      });
      out.push_back('}');
      return;
    default:
      out.push_back('"');
      append_base64(out, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      out.push_back('"');
      return;
  }
}

}  // namespace millrace::cassandra
