#include "connectors/cassandra/sink/row_deleter.h"

#include <algorithm>

#include "connectors/cassandra/cql/token.h"
#include "connectors/cassandra/sink/cql_text.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

/// The value under a dotted path; nullptr when there is none.
const Json* find_path(const Json& object, const std::string& path) {
  const Json* at = &object;
  for (std::size_t begin = 0; at != nullptr && begin <= path.size();) {
    const auto end = std::min(path.find('.', begin), path.size());
    at = at->kind == Json::Kind::kObject ? at->member(path.substr(begin, end - begin)) : nullptr;
    begin = end + 1;
  }
  return at;
}

std::string last_name(const std::string& path) {
  const auto dot = path.rfind('.');
  return dot == std::string::npos ? path : path.substr(dot + 1);
}

}  // namespace

RowDeleter::RowDeleter(cql::Session& session, const SinkSettings& settings, const std::string& statement, Fields fields,
                       const std::string& keyspace)
    : settings_(settings), text_(statement), fields_(fields) {
  try {
    prepared_ = session.prepare(in_keyspace(text_, keyspace));
  } catch (const cql::CqlError& error) {
    if (error.transient()) throw;
    throw ConfigError("connect.cassandra.delete.statement \"" + text_ + "\" is refused: " + error.what());
  }
  conditional_ = upper_case(text_).find(" IF ") != std::string::npos;
}

std::vector<Json> RowDeleter::selected(const Json& key, const cql::Columns& markers) const {
  std::vector<std::string> paths;
  if (fields_ == Fields::kInOrder) {
    paths = settings_.delete_fields;
  } else {
    for (const auto& marker : markers) {
      const auto found =
          std::find_if(settings_.delete_fields.begin(), settings_.delete_fields.end(),
                       [&](const std::string& path) { return lower_case(last_name(path)) == lower_case(marker.name); });
      if (found == settings_.delete_fields.end())
        throw DataError("connect.cassandra.delete.struct_flds has no field for column " + marker.name + " of \"" +
                        text_ + "\"");
      paths.push_back(*found);
    }
  }
  std::vector<Json> values;
  for (const auto& path : paths) {
    const Json* found = find_path(key, path);
    if (found == nullptr)
      throw DataError("the record's key has no field " + path + " (connect.cassandra.delete.struct_flds)");
    values.push_back(*found);
  }
  return values;
}

std::vector<Json> RowDeleter::key_values(const SinkRecord& record, const cql::Columns& markers) const {
  if (!record.key_schema && record.key.kind() != ValueKind::kString && record.key.kind() != ValueKind::kMap)
    throw DataError("Missing key schema.");
  switch (record.key.kind()) {
    case ValueKind::kStruct:
    case ValueKind::kMap: return selected(any_as_json(record.key_schema, record.key), markers);
    case ValueKind::kString: {
      if (settings_.delete_fields.empty()) return {Json::of_string(record.key.as_string())};
      std::string error;
      const auto parsed = parse_json(record.key.as_string(), error);
      if (!parsed) throw DataError("the record's key is not JSON: " + error);
      return selected(*parsed, markers);
    }
    default: return {any_as_json(record.key_schema, record.key)};
  }
}

Write RowDeleter::write(const SinkRecord& record) const {
  const auto info = prepared_->info();
  const auto values = key_values(record, *info->bind_columns);
  if (values.size() != info->bind_columns->size()) {
    throw DataError("the delete statement has " + std::to_string(info->bind_columns->size()) +
                    " markers, but the record's key gives " + std::to_string(values.size()) +
                    " values (connect.cassandra.delete.struct_flds)");
  }
  Write out;
  out.prepared = prepared_;
  if (conditional_) out.time = WriteTime::kServer;
  if (settings_.record_time) out.timestamp_us = record_time_us(record);
  out.partition = text_;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& column = (*info->bind_columns)[i];
    if (values[i].is_null()) throw DataError("the record's key has no value for column " + column.name);
    out.values.push_back(cql::BoundValue::of(encode_key(column.type, values[i], column.name)));
    out.partition += "," + values[i].dump();
  }
  std::vector<std::string_view> key;
  for (const auto index : info->partition_key_indexes) key.emplace_back(out.values.at(index).bytes);
  out.token = cql::key_token(key);
  return out;
}

}  // namespace millrace::cassandra
