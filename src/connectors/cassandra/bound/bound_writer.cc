#include "connectors/cassandra/bound/bound_writer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>

#include "connectors/cassandra/bound/encode.h"
#include "connectors/cassandra/common/connection_config.h"
#include "connectors/cassandra/cql/token.h"
#include "connectors/cassandra/cql/values.h"
#include "connectors/cassandra/sink/put_policy.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

constexpr const char* kWriteTime = "message_internal_timestamp";
constexpr const char* kTtl = "message_internal_ttl";

/// A version 1 UUID of now; no two of this process are equal.
std::string new_timeuuid() {
  static const std::uint64_t kNode = [] {
    std::random_device random;
    return (static_cast<std::uint64_t>(random()) << 32U | random()) |
           (1ULL << 40U);  // the multicast bit: no real address
  }();
  static std::atomic<std::uint64_t> last{0};
  const auto now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch());
  constexpr std::uint64_t kGregorianToUnix = 0x01B21DD213814000ULL;  // in steps of 100 ns
  std::uint64_t ticks = static_cast<std::uint64_t>(now.count()) / 100 + kGregorianToUnix;
  std::uint64_t before = last.load();
  do {
    ticks = std::max(ticks, before + 1);
  } while (!last.compare_exchange_weak(before, ticks));
  std::string out;
  const auto append = [&out](std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
  };
  append(ticks & 0xFFFFFFFF, 4);
  append(ticks >> 32U & 0xFFFF, 2);
  append((ticks >> 48U & 0x0FFF) | 0x1000, 2);
  append(0x8000 | (kNode >> 48U & 0x3FFF), 2);
  append(kNode & 0xFFFFFFFFFFFFULL, 6);
  return out;
}

std::string marker(const std::string& name) { return ":" + cql::quoted_name(name); }

}  // namespace

/// What a source gave: nothing (absent), null, or a value.
struct BoundWriter::Found {
  bool present = false;
  bool whole_is_null = false;  // the key or value that should hold it is null itself
  Value value;
  SchemaPtr schema;
};

BoundWriter::BoundWriter(cql::Session& session, BoundStatement statement, const cql::TableInfo& table)
    : statement_(std::move(statement)), table_name_(table.keyspace + "." + table.name) {
  map_columns(table);
  const std::string target = cql::quoted_name(table.keyspace) + "." + cql::quoted_name(table.name);
  std::string where;
  for (const auto& key : table.primary_key())
    where += (where.empty() ? " WHERE " : " AND ") + cql::quoted_name(key) + " = " + marker(key);
  std::string cql = statement_.query;
  if (cql.empty() && counters_) {
    std::string sets;
    for (const auto& to : targets_) {
      const auto name = cql::quoted_name(to.mapping.column);
      if (!to.key) sets += (sets.empty() ? "" : ",") + name + " = " + name + " + " + marker(to.mapping.column);
    }
    cql = "UPDATE " + target + " SET " + sets + where;
  } else if (cql.empty()) {
    std::string columns;
    std::string markers;
    for (const auto& to : targets_) {
      columns += (columns.empty() ? "" : ",") + cql::quoted_name(to.mapping.column);
      markers += (markers.empty() ? "" : ",") + marker(to.mapping.column);
    }
    cql = "INSERT INTO " + target + "(" + columns + ") VALUES (" + markers + ") USING TIMESTAMP :" + kWriteTime;
    if (statement_.ttl) {
      cql += std::string(" AND TTL :") + kTtl;
    } else if (statement_.fixed_ttl_seconds >= 0) {
      cql += " AND TTL " + std::to_string(statement_.fixed_ttl_seconds);
    }
  }
  main_ = prepare(session, cql);
  if (statement_.deletes && all_mapped_ && has_plain_columns_ && statement_.query.empty())
    delete_ = prepare(
        session, "DELETE FROM " + target + (counters_ ? "" : std::string(" USING TIMESTAMP :") + kWriteTime) + where);
}

void BoundWriter::map_columns(const cql::TableInfo& table) {
  for (auto& mapping : statement_.columns) targets_.push_back({mapping, false, false, false});
  if (!statement_.query.empty()) return;
  const auto mapped = [this](const std::string& column) {
    return std::any_of(targets_.begin(), targets_.end(), [&](const Target& to) { return to.mapping.column == column; });
  };
  std::string unknown;
  for (const auto& to : targets_) {
    if (table.column(to.mapping.column) == nullptr) unknown += (unknown.empty() ? "" : ", ") + to.mapping.column;
  }
  if (!unknown.empty()) {
    std::string known;
    for (const auto& column : table.columns) known += (known.empty() ? "" : ", ") + column.name;
    throw ConfigError("The following columns do not exist in table " + table_name_ + ": " + unknown + ". It has " +
                      known + " (names are case-sensitive).");
  }
  if (statement_.all_fields) {
    for (const auto& column : table.columns) {
      if (mapped(column.name)) continue;
      targets_.push_back({{{ColumnSource::From::kValue, {column.name}}, column.name}, false, false, true});
    }
  }
  for (auto& to : targets_) {
    const auto kind = table.column(to.mapping.column)->kind;
    to.partition_key = kind == cql::TableColumn::Kind::kPartitionKey;
    to.key = to.partition_key || kind == cql::TableColumn::Kind::kClustering;
  }
  std::string missing;
  for (const auto& key : table.primary_key()) {
    if (!mapped(key)) missing += (missing.empty() ? "" : ", ") + key;
  }
  if (!missing.empty())
    throw ConfigError("Primary key columns of table " + table_name_ + " that no field is mapped to: " + missing + ".");
  counters_ = std::any_of(table.columns.begin(), table.columns.end(),
                          [](const auto& column) { return column.type == "counter"; });
  has_plain_columns_ = std::any_of(targets_.begin(), targets_.end(), [](const Target& to) { return !to.key; });
  all_mapped_ = targets_.size() == table.columns.size();
  if (counters_ && !has_plain_columns_)
    throw ConfigError("No counter of table " + table_name_ + " has a field mapped to it.");
}

BoundWriter::Bound BoundWriter::prepare(cql::Session& session, const std::string& cql) const {
  Bound out;
  try {
    out.prepared = session.prepare(cql);
  } catch (const cql::CqlError& error) {
    if (error.transient()) throw;
    throw ConfigError("CQL of topic " + statement_.topic + " is refused: " + error.what() + ": " + cql);
  }
  const auto info = out.prepared->info();
  for (const auto& column : *info->bind_columns) {
    const auto found = std::find_if(targets_.begin(), targets_.end(),
                                    [&](const Target& to) { return to.mapping.column == column.name; });
    if (found != targets_.end()) {
      out.targets.push_back(static_cast<std::size_t>(found - targets_.begin()));
    } else if (column.name == kWriteTime) {
      out.targets.push_back(kWriteTimeMark);
    } else if (column.name == kTtl) {
      out.targets.push_back(kTtlMark);
    } else {
      throw ConfigError("The query of topic " + statement_.topic + " has the marker :" + column.name +
                        ", but no field is mapped to " + column.name + ".");
    }
  }
  return out;
}

BoundWriter::Found BoundWriter::find(const ColumnSource& source, const SinkRecord& record) const {
  Found out;
  auto path = source.path.begin();
  switch (source.from) {
    case ColumnSource::From::kNow: out.present = true; return out;
    case ColumnSource::From::kKey:
      out.value = record.key;
      out.schema = record.key_schema;
      break;
    case ColumnSource::From::kValue:
      out.value = record.value;
      out.schema = record.value_schema;
      break;
    case ColumnSource::From::kHeader: {
      const auto* header = record.headers.last_with_name(*path++);
      if (header == nullptr) return out;
      out.value = header->value;
      out.schema = header->schema;
      break;
    }
  }
  out.whole_is_null = out.value.is_null();
  for (; path != source.path.end() && !out.value.is_null(); ++path) {
    if (out.value.kind() == ValueKind::kString) {
      std::string error;
      const auto json = parse_json(out.value.as_string(), error);
      if (!json || json->kind != Json::Kind::kObject) return {};
      out.value = value_of_json(*json);
      out.schema = nullptr;
    }
    if (out.value.kind() == ValueKind::kStruct) {
      const Value holder = out.value;
      const auto* field = holder.as_struct().schema()->field(*path);
      if (field == nullptr) return {};
      out.value = holder.as_struct().get(*field);
      out.schema = field->schema;
    } else if (out.value.kind() == ValueKind::kMap) {
      const Value holder = out.value;
      const auto* item = holder.as_map().find(*path);
      if (item == nullptr) return {};
      out.value = *item;
      out.schema = out.schema && out.schema->type() == Type::kMap ? out.schema->value_schema() : nullptr;
    } else {
      return {};
    }
  }
  out.present = true;
  return out;
}

cql::BoundValue BoundWriter::write_time(const SinkRecord& record) const {
  if (statement_.write_time) {
    const auto found = find(*statement_.write_time, record);
    if (found.present && !found.value.is_null()) {
      const auto unit = found.value.kind() == ValueKind::kDate ? TimeUnit::kMilliseconds : statement_.timestamp_unit;
      return cql::BoundValue::of(
          cql::encode_i64(convert_units(whole_number_of(found.value), unit, TimeUnit::kMicroseconds)));
    }
  }
  // Without any time the node takes its own.
  if (!record.timestamp) return cql::BoundValue::not_set();
  return cql::BoundValue::of(
      cql::encode_i64(convert_units(*record.timestamp, TimeUnit::kMilliseconds, TimeUnit::kMicroseconds)));
}

cql::BoundValue BoundWriter::ttl(const SinkRecord& record) const {
  const auto found = statement_.ttl ? find(*statement_.ttl, record) : Found{};
  if (!found.present || found.value.is_null()) return cql::BoundValue::not_set();
  const auto seconds = convert_units(whole_number_of(found.value), statement_.ttl_unit, TimeUnit::kSeconds);
  return cql::BoundValue::of(
      cql::encode_i32(static_cast<std::int32_t>(std::clamp<std::int64_t>(seconds, 0, INT32_MAX))));
}

void BoundWriter::bind(const Bound& bound, const std::vector<Found>& values, const SinkRecord& record,
                       Write& out) const {
  const auto info = bound.prepared->info();
  out.prepared = bound.prepared;
  for (std::size_t i = 0; i < bound.targets.size(); ++i) {
    const auto at = bound.targets[i];
    if (at == kWriteTimeMark) {
      out.values.push_back(write_time(record));
    } else if (at == kTtlMark) {
      out.values.push_back(ttl(record));
    } else if (targets_[at].mapping.source.from == ColumnSource::From::kNow) {
      out.values.push_back(cql::BoundValue::of(new_timeuuid()));
    } else if (values[at].value.is_null()) {
      const bool unset = statement_.null_to_unset || !values[at].present;
      out.values.push_back(unset ? cql::BoundValue::not_set() : cql::BoundValue::null());
    } else {
      const auto& column = (*info->bind_columns)[i];
      try {
        out.values.push_back(
            cql::BoundValue::of(encode_value(column.type, values[at].schema, values[at].value, *statement_.codec)));
      } catch (const DataError& error) {
        throw DataError("field " + targets_[at].mapping.source.text() + " cannot be written to column " + column.name +
                        ": " + error.what());
      }
    }
  }
}

Write BoundWriter::write(const SinkRecord& record) const {
  std::vector<Found> values;
  values.reserve(targets_.size());
  bool anything = false;
  for (const auto& to : targets_) {
    values.push_back(find(to.mapping.source, record));
    const auto& found = values.back();
    const bool now = to.mapping.source.from == ColumnSource::From::kNow;
    if (!found.present && !to.from_star) {
      throw DataError("Required field '" + to.mapping.source.text() + "' (mapped to column " + to.mapping.column +
                      ") was missing from record of " + place_of(record));
    }
    if (to.key && !now && found.value.is_null()) {
      throw DataError("Primary key column " + to.mapping.column + " cannot be mapped to null, and field " +
                      to.mapping.source.text() + " is");
    }
    anything = anything || (!to.key && (now || !found.value.is_null()));
  }
  Write out;
  const bool deletes = delete_.prepared && !anything;
  const auto& bound = deletes ? delete_ : main_;
  bind(bound, values, record, out);
  out.consistency = statement_.consistency;
  out.time = counters_ || !statement_.query.empty() ? WriteTime::kServer : WriteTime::kStatement;
  out.partition = statement_.topic + " " + table_name_;
  const auto info = bound.prepared->info();
  std::vector<std::string_view> key;
  for (const auto index : info->partition_key_indexes) {
    key.emplace_back(out.values.at(index).bytes);
    out.partition += "," + std::to_string(key.back().size()) + ":" + std::string(key.back());
  }
  out.token = cql::key_token(key);
  if (out.time == WriteTime::kServer) return out;
  for (std::size_t i = 0; i < bound.targets.size(); ++i) {
    if (bound.targets[i] < targets_.size() && targets_[bound.targets[i]].key)
      out.row += std::to_string(out.values[i].bytes.size()) + ":" + out.values[i].bytes + ",";
  }
  return out;
}

}  // namespace millrace::cassandra
