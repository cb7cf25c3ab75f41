#include "connectors/cassandra/sink/value_json.h"

#include <algorithm>
#include <cmath>

#include "connectors/cassandra/cql/values.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

Json of_double(double value, std::string text) {
  return std::isfinite(value) ? Json::of_number(std::move(text)) : Json::of_string(std::move(text));
}

Json of_date(const SchemaPtr& schema, Date date) {
  constexpr std::int64_t kDay = 86400000;
  const auto logical = schema ? schema->logical() : LogicalType::kNone;
  if (logical == LogicalType::kDate) {
    return Json::of_string(cql::date_text(date.epoch_ms / kDay - (date.epoch_ms % kDay < 0 ? 1 : 0)));
  }
  if (logical == LogicalType::kTime)
    return Json::of_string(cql::time_text(date.epoch_ms % kDay * 1000000).substr(0, 12));
  // Cassandra takes a number that fits 32 bits (January 1970) for no timestamp, but its text for one.
  auto ms = std::to_string(date.epoch_ms);
  const bool small = date.epoch_ms >= INT32_MIN && date.epoch_ms <= INT32_MAX;
  return small ? Json::of_string(std::move(ms)) : Json::of_number(std::move(ms));
}

Json parse_text(std::string_view text, const char* what) {
  std::string error;
  auto parsed = parse_json(text, error);
  if (!parsed) throw DataError(std::string("the record's value is ") + what + " that is not JSON: " + error);
  return std::move(*parsed);
}

const Json* find_path(const Json& value, const std::vector<std::string>& path) {
  const Json* at = &value;
  for (const auto& name : path) {
    at = at->kind == Json::Kind::kObject ? at->member(name) : nullptr;
    if (at == nullptr) return nullptr;
  }
  return at;
}

void erase_path(Json& value, const std::vector<std::string>& path, std::size_t depth = 0) {
  if (value.kind != Json::Kind::kObject || depth >= path.size()) return;
  if (depth + 1 == path.size()) {
    value.erase(path[depth]);
    return;
  }
  for (auto& [name, inner] : value.members) {
    if (name == path[depth]) erase_path(inner, path, depth + 1);
  }
}

/// Puts `value` under its path, as WITHSTRUCTURE keeps it.
void set_path(Json& out, const std::vector<std::string>& path, const std::string& last, Json value) {
  Json* at = &out;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (at->member(path[i]) == nullptr) at->set(path[i], Json::object());
    for (auto& [name, inner] : at->members) {
      if (name == path[i]) {
        at = &inner;
        break;
      }
    }
  }
  at->set(last, std::move(value));
}

std::string joined(const std::vector<std::string>& path) {
  std::string out;
  for (const auto& part : path) out += (out.empty() ? "" : ".") + part;
  return out;
}

}  // namespace

Json any_as_json(const SchemaPtr& schema, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNull:
      if (schema && schema->default_value()) return any_as_json(schema, *schema->default_value());
      return {};
    case ValueKind::kBool: return Json::of_bool(value.as_bool());
    case ValueKind::kInt8:
    case ValueKind::kInt16:
    case ValueKind::kInt32:
    case ValueKind::kInt64: return Json::of_number(std::to_string(value.integer()));
    case ValueKind::kFloat32: return of_double(value.as_float32(), java_float_text(value.as_float32()));
    case ValueKind::kFloat64: return of_double(value.as_float64(), java_double_text(value.as_float64()));
    case ValueKind::kString: return Json::of_string(value.as_string());
    case ValueKind::kBytes: {
      const auto& bytes = value.as_bytes();
      return Json::of_string("0x" + cql::hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    }
    // As text, which Cassandra keeps exactly; a JSON number would pass through a double.
    case ValueKind::kDecimal: return Json::of_string(value.as_decimal().to_string());
    case ValueKind::kDate: return of_date(schema, value.as_date());
    case ValueKind::kArray: {
      Json out = Json::array();
      for (const auto& item : value.as_array())
        out.items.push_back(any_as_json(schema ? schema->value_schema() : nullptr, item));
      return out;
    }
    case ValueKind::kMap: {
      Json out = Json::object();
      for (const auto& [key, item] : value.as_map()) {
        const Json name = any_as_json(schema ? schema->key_schema() : nullptr, key);
        out.set(name.kind == Json::Kind::kString ? name.text : name.dump(),
                any_as_json(schema ? schema->value_schema() : nullptr, item));
      }
      return out;
    }
    case ValueKind::kStruct: {
      Json out = Json::object();
      const auto& record = value.as_struct();
      for (const auto& field : record.schema()->fields())
        out.members.emplace_back(field.name,
                                 any_as_json(field.schema, record.at(static_cast<std::size_t>(field.index))));
      return out;
    }
  }
  return {};
}

Json value_as_json(const SchemaPtr& schema, const Value& value) {
  Json out;
  switch (value.kind()) {
    case ValueKind::kStruct:
    case ValueKind::kMap: out = any_as_json(schema, value); break;
    case ValueKind::kString: out = parse_text(value.as_string(), "a text"); break;
    case ValueKind::kBytes: {
      const auto& bytes = value.as_bytes();
      out = parse_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "bytes");
      break;
    }
    default:
      throw DataError(std::string("the record's value is a ") + value.java_class() +
                      ": a Struct, a Map or JSON text is needed");
  }
  if (out.kind != Json::Kind::kObject) throw DataError("the record's value is JSON, but not an object");
  return out;
}

Json project(const KcqlStatement& statement, Json value, MissingField missing) {
  for (const auto& field : statement.ignored_fields) erase_path(value, field.path);
  const bool everything = statement.fields.size() == 1 && statement.fields.front().path.empty();
  if (everything) return value;
  const Json* from = &value;
  Json out = Json::object();
  for (const auto& field : statement.fields) {
    if (field.path.empty()) {
      for (const auto& [name, member] : from->members) out.set(name, member);
      continue;
    }
    const Json* found = find_path(*from, field.path);
    if (found == nullptr) {
      if (missing == MissingField::kIsLeftOut) continue;
      throw DataError("the record has no field " + joined(field.path));
    }
    if (field.all) {
      if (found->kind != Json::Kind::kObject)
        throw DataError("field " + joined(field.path) + " has no fields of its own for " + joined(field.path) + ".*");
      if (statement.with_structure) {
        set_path(out, field.path, field.path.back(), *found);
      } else {
        for (const auto& [name, member] : found->members) out.set(name, member);
      }
      continue;
    }
    if (statement.with_structure) {
      set_path(out, field.path, field.name(), *found);
    } else {
      // A field of a former `*` gives way to its new name.
      if (!field.alias.empty() && field.path.size() == 1 && statement.selects_all()) out.erase(field.path.front());
      out.set(field.name(), *found);
    }
  }
  return out;
}

}  // namespace millrace::cassandra
