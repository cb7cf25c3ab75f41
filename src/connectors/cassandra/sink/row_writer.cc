#include "connectors/cassandra/sink/row_writer.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "connectors/cassandra/bound/encode.h"
#include "connectors/cassandra/cql/token.h"
#include "connectors/cassandra/cql/values.h"
#include "millrace/decimal.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

using cql::DataType;
using cql::TypeId;

/// The type of a key column whose values can be encoded here; nullopt: let the node route it.
std::optional<DataType> key_type(const std::string& cql) {
  if (cql == "text" || cql == "varchar" || cql == "ascii") return DataType(TypeId::kVarchar);
  if (cql == "int") return DataType(TypeId::kInt);
  if (cql == "bigint") return DataType(TypeId::kBigint);
  if (cql == "smallint") return DataType(TypeId::kSmallint);
  if (cql == "tinyint") return DataType(TypeId::kTinyint);
  if (cql == "uuid") return DataType(TypeId::kUuid);
  if (cql == "timeuuid") return DataType(TypeId::kTimeuuid);
  return std::nullopt;
}

std::string lower(std::string text) { return lower_case(std::move(text)); }

/// The member for a column: names fold to lower case, unless they are quoted inside.
const Json* member_for(const Json& object, const std::string& column) {
  for (const auto& [name, value] : object.members) {
    if (name == "\"" + column + "\"" || lower(name) == column) return &value;
  }
  return nullptr;
}

std::int64_t whole_number(const Json& value, std::int64_t min, std::int64_t max, const std::string& column,
                          const char* type) {
  std::int64_t number = 0;
  const auto* end = value.text.data() + value.text.size();
  const bool numeric = value.kind == Json::Kind::kNumber || value.kind == Json::Kind::kString;
  const auto parsed = std::from_chars(value.text.data(), end, number);
  if (!numeric || parsed.ec != std::errc{} || parsed.ptr != end || number < min || number > max) {
    throw DataError("value " + value.dump() + " does not fit column " + column + " (" + type + ")");
  }
  return number;
}

}  // namespace

std::string encode_scalar(const DataType& type, const Json& value, const std::string& column) {
  const auto unfit = [&] {
    return DataError("value " + value.dump() + " does not fit column " + column + " (" + type.cql() + ")");
  };
  const bool text_or_number = value.kind == Json::Kind::kNumber || value.kind == Json::Kind::kString;
  switch (type.id) {
    case TypeId::kAscii:
    case TypeId::kVarchar:
      if (text_or_number) return value.text;
      throw unfit();
    case TypeId::kTinyint:
      return cql::encode_i8(static_cast<std::int8_t>(whole_number(value, -128, 127, column, "tinyint")));
    case TypeId::kSmallint:
      return cql::encode_i16(static_cast<std::int16_t>(whole_number(value, -32768, 32767, column, "smallint")));
    case TypeId::kInt:
      return cql::encode_i32(static_cast<std::int32_t>(whole_number(value, INT32_MIN, INT32_MAX, column, "int")));
    case TypeId::kBigint:
    case TypeId::kCounter: return cql::encode_i64(whole_number(value, INT64_MIN, INT64_MAX, column, "bigint"));
    case TypeId::kBoolean:
      if (value.kind == Json::Kind::kBool) return std::string(1, value.truth ? '\1' : '\0');
      throw unfit();
    case TypeId::kUuid:
    case TypeId::kTimeuuid:
      if (auto uuid = cql::parse_uuid(value.text); uuid && value.kind == Json::Kind::kString) return std::move(*uuid);
      throw unfit();
    case TypeId::kInet:
      if (auto address = cql::parse_inet(value.text); address && value.kind == Json::Kind::kString)
        return std::move(*address);
      throw unfit();
    case TypeId::kTimestamp: {
      if (value.kind == Json::Kind::kNumber)
        return cql::encode_i64(whole_number(value, INT64_MIN, INT64_MAX, column, "timestamp"));
      if (const auto instant = cql::parse_instant(value.text); instant && value.kind == Json::Kind::kString)
        return cql::encode_i64(*instant);
      throw unfit();
    }
    case TypeId::kDate: {
      const auto days = value.kind == Json::Kind::kString ? cql::parse_date(value.text) : std::nullopt;
      if (!days) throw unfit();
      return cql::encode_i32(static_cast<std::int32_t>(static_cast<std::uint32_t>(*days + 0x80000000LL)));
    }
    case TypeId::kDouble:
    case TypeId::kFloat: {
      if (!text_or_number || !Decimal::parse(value.text)) throw unfit();
      const double number = std::strtod(value.text.c_str(), nullptr);
      if (type.id == TypeId::kDouble) return cql::encode_i64(std::bit_cast<std::int64_t>(number));
      return cql::encode_i32(std::bit_cast<std::int32_t>(static_cast<float>(number)));
    }
    case TypeId::kVarint:
    case TypeId::kDecimal: {
      const auto number = text_or_number ? Decimal::parse(value.text) : std::nullopt;
      if (!number) throw unfit();
      const auto exact = type.id == TypeId::kVarint ? number->with_scale_exact(0) : number;
      if (!exact) throw unfit();
      const auto digits = exact->unscaled_bytes();
      std::string out = type.id == TypeId::kDecimal ? cql::encode_i32(exact->scale()) : std::string();
      out.append(digits.begin(), digits.end());
      return out;
    }
    default: throw DataError("column " + column + " is " + type.cql() + ", which cannot be bound from a key");
  }
}

RowWriter::RowWriter(cql::Session& session, const SinkSettings& settings, const KcqlStatement& statement,
                     const cql::TableInfo& table)
    : statement_(statement),
      table_(table),
      table_name_(table.keyspace + "." + table.name),
      bound_(settings.bound),
      unset_(settings.unset) {
  std::string cql = "INSERT INTO " + cql::quoted_name(table.keyspace) + "." + cql::quoted_name(table.name);
  if (bound_) {
    std::string columns;
    std::string markers;
    for (const auto& column : table.columns) {
      columns += (columns.empty() ? "" : ",") + cql::quoted_name(column.name);
      markers += markers.empty() ? "?" : ",?";
    }
    cql += " (" + columns + ") VALUES (" + markers + ")";
  } else {
    cql += " JSON ?";
    if (unset_) cql += " DEFAULT UNSET";
  }
  if (statement.ttl) cql += " USING TTL " + std::to_string(*statement.ttl);
  prepared_ = session.prepare(cql);
}

Write RowWriter::write(const SinkRecord& record) const {
  const bool structured = record.value.kind() == ValueKind::kStruct;
  Json row = project(statement_, value_as_json(record.value_schema, record.value),
                     structured ? MissingField::kFails : MissingField::kIsLeftOut);
  if (unset_) std::erase_if(row.members, [](const auto& member) { return member.second.is_null(); });
  for (auto& [name, value] : row.members) {
    // A column with capitals is only found under its quoted name.
    if (lower(name) != name && table_.column(name) != nullptr && table_.column(lower(name)) == nullptr)
      name = "\"" + name + "\"";
  }
  Write out;
  out.prepared = prepared_;
  out.partition = table_name_;
  std::vector<std::string> key;
  bool routable = true;
  for (const auto& column : table_.columns) {
    if (column.kind != cql::TableColumn::Kind::kPartitionKey && column.kind != cql::TableColumn::Kind::kClustering)
      continue;
    const Json* member = member_for(row, column.name);
    const std::string text = member != nullptr ? member->dump() : "null";
    out.row += text + ",";
    if (column.kind != cql::TableColumn::Kind::kPartitionKey) continue;
    out.partition += "," + text;
    const auto type = key_type(column.type);
    if (!type || member == nullptr || member->is_null()) {
      routable = false;
      continue;
    }
    try {
      key.push_back(encode_scalar(*type, *member, column.name));
    } catch (const DataError&) {
      routable = false;  // the server says what is wrong with it
    }
  }
  if (routable && !key.empty()) {
    const std::vector<std::string_view> parts(key.begin(), key.end());
    out.token = cql::murmur3_token(cql::partition_key_bytes(parts));
  }
  if (bound_) {
    bind(row, out);
  } else {
    out.values = {cql::BoundValue::of(row.dump())};
  }
  return out;
}

/// Behaviour: what INSERT ... JSON does with the same row: names fold, what is absent is null unless UNSET, unknown names are refused.
void RowWriter::bind(const Json& row, Write& out) const {
  static const TimeCodec kCodec;
  for (const auto& [name, value] : row.members) {
    const bool known = std::any_of(table_.columns.begin(), table_.columns.end(), [&name = name](const auto& column) {
      return name == "\"" + column.name + "\"" || lower(name) == column.name;
    });
    if (!known) throw DataError("JSON values map contains unrecognized column: " + name);
  }
  const auto info = prepared_->info();
  for (const auto& column : *info->bind_columns) {
    const Json* member = member_for(row, column.name);
    if (member == nullptr || member->is_null()) {
      out.values.push_back(unset_ ? cql::BoundValue::not_set() : cql::BoundValue::null());
      continue;
    }
    try {
      out.values.push_back(cql::BoundValue::of(encode_value(column.type, nullptr, value_of_json(*member), kCodec)));
    } catch (const DataError& error) {
      throw DataError("column " + column.name + ": " + error.what());
    }
  }
}

std::string in_keyspace(const std::string& cql, const std::string& keyspace) {
  // Words and quoted parts; the name after FROM, UPDATE or INTO is the table's.
  bool wanted = false;
  for (std::size_t at = 0; at < cql.size();) {
    const char c = cql[at];
    std::size_t end = at + 1;
    if (c == '\'' || c == '"') {
      const auto close = cql.find(c, at + 1);
      end = close == std::string::npos ? cql.size() : close + 1;
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      while (end < cql.size() && (std::isalnum(static_cast<unsigned char>(cql[end])) != 0 || cql[end] == '_')) ++end;
    } else {
      ++at;
      continue;
    }
    if (wanted && c != '\'') {
      const auto next = cql.find_first_not_of(" \t\r\n", end);
      if (next != std::string::npos && cql[next] == '.') return cql;
      return cql.substr(0, at) + cql::quoted_name(keyspace) + "." + cql.substr(at);
    }
    const auto word = upper_case(cql.substr(at, end - at));
    wanted = word == "FROM" || word == "UPDATE" || word == "INTO";
    at = end;
  }
  return cql;
}

RowDeleter::RowDeleter(cql::Session& session, const SinkSettings& settings, const std::string& keyspace)
    : settings_(settings) {
  try {
    prepared_ = session.prepare(in_keyspace(settings.delete_statement, keyspace));
  } catch (const cql::CqlError& error) {
    if (error.transient()) throw;
    throw ConfigError("connect.cassandra.delete.statement \"" + settings.delete_statement +
                      "\" is refused: " + error.what());
  }
  conditional_ = upper_case(settings.delete_statement).find(" IF ") != std::string::npos;
}

Write RowDeleter::write(const SinkRecord& record) const {
  std::vector<Json> values;
  const auto take = [&](const Json& object) {
    for (const auto& path : settings_.delete_fields) {
      const Json* at = &object;
      for (std::size_t begin = 0; at != nullptr && begin <= path.size();) {
        const auto end = std::min(path.find('.', begin), path.size());
        at = at->kind == Json::Kind::kObject ? at->member(path.substr(begin, end - begin)) : nullptr;
        begin = end + 1;
      }
      if (at == nullptr)
        throw DataError("the record's key has no field " + path + " (connect.cassandra.delete.struct_flds)");
      values.push_back(*at);
    }
  };
  if (!record.key_schema && record.key.kind() != ValueKind::kString && record.key.kind() != ValueKind::kMap)
    throw DataError("Missing key schema.");
  switch (record.key.kind()) {
    case ValueKind::kStruct:
    case ValueKind::kMap: take(any_as_json(record.key_schema, record.key)); break;
    case ValueKind::kString:
      if (settings_.delete_fields.empty()) {
        values.push_back(Json::of_string(record.key.as_string()));
      } else {
        std::string error;
        const auto parsed = parse_json(record.key.as_string(), error);
        if (!parsed) throw DataError("the record's key is not JSON: " + error);
        take(*parsed);
      }
      break;
    default: values.push_back(any_as_json(record.key_schema, record.key));
  }
  const auto info = prepared_->info();
  if (values.size() != info->bind_columns->size()) {
    throw DataError("the delete statement has " + std::to_string(info->bind_columns->size()) +
                    " markers, but the record's key gives " + std::to_string(values.size()) +
                    " values (connect.cassandra.delete.struct_flds)");
  }
  Write out;
  out.prepared = prepared_;
  if (conditional_) out.time = WriteTime::kServer;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& column = (*info->bind_columns)[i];
    if (values[i].is_null()) throw DataError("the record's key has no value for column " + column.name);
    out.values.push_back(cql::BoundValue::of(encode_scalar(column.type, values[i], column.name)));
    out.partition += values[i].dump() + ",";
  }
  std::vector<std::string_view> key;
  for (const auto index : info->partition_key_indexes) key.emplace_back(out.values.at(index).bytes);
  if (!key.empty()) out.token = cql::murmur3_token(cql::partition_key_bytes(key));
  return out;
}

}  // namespace millrace::cassandra
