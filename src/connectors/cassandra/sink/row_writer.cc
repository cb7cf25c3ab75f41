#include "connectors/cassandra/sink/row_writer.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "connectors/cassandra/bound/encode.h"
#include "connectors/cassandra/cql/token.h"
#include "connectors/cassandra/cql/values.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

using cql::DataType;
using cql::TypeId;

/// The type of a key column whose values can be encoded here; nullopt: the node alone knows which row a value means.
std::optional<DataType> key_type(const std::string& cql) {
  static const std::map<std::string_view, TypeId> kTypes{
      {"ascii", TypeId::kAscii},       {"text", TypeId::kVarchar},        {"varchar", TypeId::kVarchar},
      {"tinyint", TypeId::kTinyint},   {"smallint", TypeId::kSmallint},   {"int", TypeId::kInt},
      {"bigint", TypeId::kBigint},     {"boolean", TypeId::kBoolean},     {"date", TypeId::kDate},
      {"time", TypeId::kTime},         {"timestamp", TypeId::kTimestamp}, {"uuid", TypeId::kUuid},
      {"timeuuid", TypeId::kTimeuuid}, {"inet", TypeId::kInet},           {"varint", TypeId::kVarint}};
  const auto found = kTypes.find(cql);
  if (found == kTypes.end()) return std::nullopt;
  return DataType(found->second);
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

/// Whether a member is for that column: names fold to lower case, unless they are quoted inside.
bool names_column(std::string_view name, std::string_view column) {
  if (name.size() == column.size() + 2)
    return name.front() == '"' && name.back() == '"' && name.substr(1, column.size()) == column;
  const auto folded = [](char c, char wanted) {
    return (is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c) == wanted;
  };
  return std::equal(name.begin(), name.end(), column.begin(), column.end(), folded);
}

template <class Object>
auto* member_for(Object& object, std::string_view column) {
  const auto found = std::find_if(object.members.begin(), object.members.end(),
                                  [&](const auto& member) { return names_column(member.first, column); });
  return found == object.members.end() ? nullptr : &found->second;
}

}  // namespace

std::string encode_key(const DataType& type, const Json& value, const std::string& column) {
  static const TimeCodec kCodec;
  try {
    return encode_value(type, nullptr, value_of_json(value), kCodec);
  } catch (const DataError& error) {
    throw DataError("column " + column + ": " + error.what());
  }
}

RowWriter::RowWriter(cql::Session& session, const SinkSettings& settings, const KcqlStatement& statement,
                     const cql::TableInfo& table)
    : statement_(statement),
      table_(table),
      table_name_(table.keyspace + "." + table.name),
      bound_(settings.bound),
      unset_(settings.unset),
      record_time_(settings.record_time) {
  for (const auto& column : table.columns) {
    const bool of_partition = column.kind == cql::TableColumn::Kind::kPartitionKey;
    if (of_partition || column.kind == cql::TableColumn::Kind::kClustering)
      keys_.push_back({column.name, key_type(column.type), of_partition});
    if (column.type == "time") time_columns_.push_back(column.name);
    if (column.type == "inet") inet_columns_.push_back(column.name);
  }
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
  if (record_time_) cql += " USING TIMESTAMP ?";
  if (statement.ttl) cql += (record_time_ ? " AND TTL " : " USING TTL ") + std::to_string(*statement.ttl);
  prepared_ = session.prepare(cql);
}

Write RowWriter::write(const SinkRecord& record) const {
  const bool structured = record.value.kind() == ValueKind::kStruct;
  Json row = project(statement_, value_as_json(record.value_schema, record.value),
                     structured ? MissingField::kFails : MissingField::kIsLeftOut);
  if (unset_) std::erase_if(row.members, [](const auto& member) { return member.second.is_null(); });
  for (auto& [name, value] : row.members) {
    // A column with capitals is only found under its quoted name.
    if (std::any_of(name.begin(), name.end(), is_upper) && table_.column(name) != nullptr &&
        table_.column(lower_case(name)) == nullptr)
      name = "\"" + name + "\"";
  }
  adapt(row);
  Write out;
  out.prepared = prepared_;
  find_row(row, out);
  if (bound_) {
    bind(row, out);
  } else {
    out.values = {cql::BoundValue::of(row.dump())};
  }
  if (record_time_) {
    const auto time = record_time_us(record);
    // Without any time the node takes its own.
    out.values.push_back(time ? cql::BoundValue::of(cql::encode_i64(*time)) : cql::BoundValue::not_set());
    out.time = WriteTime::kStatement;
  }
  return out;
}

/// Values as the Cassandra source gives them where the node takes another form: a time of day as nanoseconds, an address with the slash
/// of Java's text form.
void RowWriter::adapt(Json& row) const {
  for (const auto& name : time_columns_) {
    auto* member = member_for(row, name);
    if (member == nullptr || member->kind != Json::Kind::kNumber) continue;
    std::int64_t nanos = 0;
    const auto* end = member->text.data() + member->text.size();
    const auto parsed = std::from_chars(member->text.data(), end, nanos);
    constexpr std::int64_t kDay = 86400000000000;
    if (parsed.ec == std::errc{} && parsed.ptr == end && nanos >= 0 && nanos < kDay)
      *member = Json::of_string(cql::time_text(nanos));
  }
  for (const auto& name : inet_columns_) {
    auto* member = member_for(row, name);
    if (member != nullptr && member->kind == Json::Kind::kString && member->text.starts_with("/"))
      member->text.erase(0, 1);
  }
}

/// Which partition and row the write is for. By the keys' bytes, so that 1 and "1" are one row of an int column.
void RowWriter::find_row(const Json& row, Write& out) const {
  out.partition = table_name_;
  std::vector<std::string> partition_key;
  bool routable = true;
  for (const auto& column : keys_) {
    const Json* member = member_for(row, column.name);
    std::optional<std::string> bytes;
    if (member != nullptr && !member->is_null() && column.type) {
      try {
        bytes = encode_key(*column.type, *member, column.name);
      } catch (const DataError&) {
        bytes.reset();  // the server says what is wrong with it
      }
    }
    const auto begin = out.row.size();
    if (bytes) {
      out.row += std::to_string(bytes->size());
      out.row.push_back(':');
      out.row += *bytes;
    } else if (member != nullptr) {
      member->append_to(out.row);
    }
    out.row.push_back(',');
    if (!column.of_partition) continue;
    out.partition.append(out.row, begin);
    if (bytes)
      partition_key.push_back(std::move(*bytes));
    else
      routable = false;
  }
  if (routable) out.token = cql::key_token({partition_key.begin(), partition_key.end()});
}

std::optional<std::int64_t> record_time_us(const SinkRecord& record) {
  if (!record.timestamp) return std::nullopt;
  return convert_units(*record.timestamp, TimeUnit::kMilliseconds, TimeUnit::kMicroseconds);
}

/// Behaviour: what INSERT ... JSON does with the same row: names fold, what is absent is null unless UNSET, unknown names are refused.
void RowWriter::bind(const Json& row, Write& out) const {
  static const TimeCodec kCodec;
  for (const auto& [name, value] : row.members) {
    const bool known = std::any_of(table_.columns.begin(), table_.columns.end(),
                                   [&name = name](const auto& column) { return names_column(name, column.name); });
    if (!known) throw DataError("JSON values map contains unrecognized column: " + name);
  }
  const auto info = prepared_->info();
  for (std::size_t i = 0; i < table_.columns.size(); ++i) {
    const auto& column = (*info->bind_columns)[i];
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

}  // namespace millrace::cassandra
