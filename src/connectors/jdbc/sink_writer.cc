#include "connectors/jdbc/sink_writer.h"

#include <algorithm>

#include "connectors/jdbc/url.h"

namespace millrace::jdbc {
namespace {

constexpr std::size_t kMostShapesPerTable = 64;

const char* type_words(const std::string& type) {
  return type == "VIEW" ? "View" : type == "PARTITIONED TABLE" ? "Partitioned Table" : "Table";
}

std::string field_list(const std::vector<const SinkColumn*>& columns) {
  std::string text = "[";
  for (const SinkColumn* column : columns) {
    text += (text.size() > 1 ? ", " : "") + std::string("SinkRecordField{schema=") + column->schema->to_string() +
            ", name='" + column->name + "', isPrimaryKey=" + (column->is_key ? "true" : "false") + "}";
  }
  return text + "]";
}

}  // namespace

SinkWriter::SinkWriter(const SinkConfig& config, const Dialect& dialect, Connection& connection, Logger& log)
    : config_(config), dialect_(dialect), connection_(connection), log_(log), options_(config.write_options()) {}

std::string SinkWriter::table_of(const std::string& topic) const {
  constexpr std::string_view kTopic = "${topic}";
  std::string name = trim(config_.table_name_format);
  for (std::size_t at = name.find(kTopic); at != std::string::npos; at = name.find(kTopic, at + topic.size()))
    name.replace(at, kTopic.size(), topic);
  if (name.empty()) {
    throw ConnectError("Destination table name for topic '" + topic + "' is empty using the format string '" +
                       config_.table_name_format + "'");
  }
  return name;
}

void SinkWriter::write(const SinkRecord* const* records, std::size_t count, AfterWrite after, WriteFailure& failure) {
  storage_.clear();
  std::map<std::string, Buffer> buffers;
  Buffer* last = nullptr;
  const std::string* last_topic = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    const SinkRecord& record = *records[i];
    if (last == nullptr || *last_topic != record.topic) {
      auto name = table_names_.find(record.topic);
      if (name == table_names_.end()) name = table_names_.emplace(record.topic, table_of(record.topic)).first;
      last = &buffers[name->second];
      last->table = name->second;
      last_topic = &record.topic;
    }
    Buffer& buffer = *last;
    failure.table = buffer.table;
    failure.record = i;
    const bool is_delete = config_.delete_enabled && record.value.is_null();
    const Prepared* current = buffer.prepared;
    // A tombstone has no value schema: it goes with whatever the buffer holds.
    const SchemaPtr& value_schema = is_delete && current != nullptr ? current->value_schema : record.value_schema;
    const bool fits =
        current != nullptr &&
        (current->key_schema == record.key_schema || same_schema(current->key_schema, record.key_schema)) &&
        (current->value_schema == value_schema || same_schema(current->value_schema, value_schema));
    if (!fits || (!is_delete && !buffer.deletes.empty())) {
      flush(buffer, records, AfterWrite::kStayOpen, failure);
      failure.table = buffer.table;
      failure.record = i;
      if (!fits) buffer.prepared = &prepare(buffer.table, record.key_schema, is_delete ? nullptr : record.value_schema);
    }
    (is_delete ? buffer.deletes : buffer.upserts).push_back(i);
    // What the last record fills is left for the commit.
    if (i + 1 < count && buffer.size() >= static_cast<std::size_t>(std::max(config_.batch_size, 1)))
      flush(buffer, records, AfterWrite::kStayOpen, failure);
  }
  auto waiting = std::count_if(buffers.begin(), buffers.end(), [](const auto& one) { return one.second.size() > 0; });
  for (auto& [name, buffer] : buffers) {
    if (buffer.size() > 0) flush(buffer, records, --waiting == 0 ? after : AfterWrite::kStayOpen, failure);
  }
}

void SinkWriter::flush(Buffer& buffer, const SinkRecord* const* records, AfterWrite after, WriteFailure& failure) {
  failure.table = buffer.table;
  const AfterWrite after_upserts = buffer.deletes.empty() ? after : AfterWrite::kStayOpen;
  if (!buffer.upserts.empty()) run(config_.insert_mode, buffer, buffer.upserts, records, after_upserts, failure);
  if (!buffer.deletes.empty()) run(WriteKind::kDelete, buffer, buffer.deletes, records, after, failure);
  buffer.upserts.clear();
  buffer.deletes.clear();
}

void SinkWriter::run(WriteKind kind, const Buffer& buffer, const std::vector<std::size_t>& indexes,
                     const SinkRecord* const* records, AfterWrite after, WriteFailure& failure) {
  const RecordShape& shape = *buffer.prepared->shape;
  if (kind == WriteKind::kUpsert && shape.key_count() == 0) {
    throw ConnectError("Write to table '" + buffer.table +
                       "' in UPSERT mode requires key field names to be known, check the primary key configuration: "
                       "set pk.mode and pk.fields");
  }
  if (kind == WriteKind::kDelete && shape.key_count() == 0) {
    throw ConnectError("Deletes from table '" + buffer.table + "' need key columns; check pk.mode and pk.fields");
  }
  const bool keys_only = kind == WriteKind::kDelete;
  WriteBatch batch;
  batch.kind = kind;
  batch.table = buffer.prepared->table;
  batch.options = &options_;
  batch.key_count = shape.key_count();
  const std::size_t width = keys_only ? shape.key_count() : shape.columns().size();
  for (std::size_t i = 0; i < width; ++i) batch.columns.push_back(&shape.columns()[i]);
  batch.cells.reserve(width * indexes.size());
  storage_.clear();
  for (const std::size_t index : indexes) {
    failure.record = index;
    shape.append_cells(*records[index], keys_only, batch.cells, storage_);
  }
  failure.record.reset();
  try {
    switch (after) {
      case AfterWrite::kStayOpen: connection_.write(batch); break;
      case AfterWrite::kCommit: connection_.write_and_commit(batch); break;
      case AfterWrite::kCommitUnanswered: connection_.write_and_commit_unanswered(batch); break;
    }
  } catch (const RowError& error) {
    if (error.row() < indexes.size()) failure.record = indexes[error.row()];
    throw;
  }
}

const SinkWriter::Prepared& SinkWriter::prepare(const std::string& table, const SchemaPtr& key_schema,
                                                const SchemaPtr& value_schema) {
  auto& all = prepared_[table];
  for (const auto& one : all) {
    if (same_schema(one->key_schema, key_schema) && same_schema(one->value_schema, value_schema)) return *one;
  }
  auto fresh = std::make_unique<Prepared>();
  fresh->key_schema = key_schema;
  fresh->value_schema = value_schema;
  fresh->shape = std::make_unique<RecordShape>(
      config_, dialect_.has_arrays() ? RecordShape::Arrays::kNative : RecordShape::Arrays::kNone, key_schema,
      value_schema, table);
  fresh->table = ensure_table(table, *fresh->shape);
  if (all.size() >= kMostShapesPerTable) all.erase(all.begin());
  all.push_back(std::move(fresh));
  return *all.back();
}

TableId SinkWriter::ensure_table(const std::string& table, const RecordShape& shape) {
  const IdentifierRules rules = dialect_.identifiers();
  const TableId wanted = dialect_.table_id(rules.parse(table), config_.quote);
  const std::string shown = wanted.quoted(rules, QuoteMethod::kAlways);
  auto known = described_.find(wanted);
  if (known == described_.end()) {
    auto found = connection_.find_table(wanted, config_.table_types);
    const bool of_type =
        found && std::any_of(config_.table_types.begin(), config_.table_types.end(),
                             [&](const std::string& type) { return equals_ignoring_case(type, found->type); });
    if (found && !of_type) {
      throw TableAlterOrCreateError(
          "Table " + shown + " is missing" + (config_.auto_create ? "" : " and auto-creation is disabled") +
          ": there is a " + found->type + " of that name; to write to it add " + found->type + " to table.types");
    }
    if (!found) {
      if (!config_.auto_create)
        throw TableAlterOrCreateError("Table " + shown + " is missing and auto-creation is disabled");
      create_table(wanted, shape);
      found = connection_.find_table(wanted, config_.table_types);
      if (!found) throw TableAlterOrCreateError("Table " + shown + " was created but cannot be found");
    }
    known = described_.emplace(wanted, std::make_pair(*found, connection_.columns(found->id))).first;
  }
  for (std::int32_t attempt = 0;; ++attempt) {
    const auto& [info, columns] = known->second;
    std::vector<const SinkColumn*> missing;
    for (const SinkColumn& column : shape.columns()) {
      const bool there = std::any_of(columns.begin(), columns.end(),
                                     [&](const TableColumn& one) { return one.name == column.name; }) ||
                         std::any_of(columns.begin(), columns.end(), [&](const TableColumn& one) {
                           return equals_ignoring_case(one.name, column.name);
                         });
      if (!there) missing.push_back(&column);
    }
    if (missing.empty()) return info.id;
    try {
      add_columns(info, missing);
    } catch (const SqlError& error) {
      if (error.kind() == SqlErrorKind::kConnection) throw;
      connection_.rollback();
      if (attempt >= config_.max_retries) {
        throw TableAlterOrCreateError(
            "Failed to amend TABLE '" + shown + "' to add missing fields: " + field_list(missing), error);
      }
    }
    known->second.second = connection_.columns(info.id);
  }
}

void SinkWriter::create_table(const TableId& table, const RecordShape& shape) {
  const std::string sql = dialect_.create_table(table, shape.ddl_columns(), options_);
  log_.info("Creating table with sql: " + sql);
  try {
    connection_.execute(sql);
    connection_.commit();
  } catch (const SqlError& error) {
    if (error.kind() == SqlErrorKind::kConnection) throw;
    connection_.rollback();
    // Another task may have been quicker.
    if (connection_.find_table(table, config_.table_types)) return;
    throw TableAlterOrCreateError(
        "Could not create table " + table.quoted(dialect_.identifiers(), QuoteMethod::kAlways) + ": " + error.what(),
        error);
  }
}

void SinkWriter::add_columns(const TableInfo& table, const std::vector<const SinkColumn*>& missing) {
  const std::string shown = table.id.quoted(dialect_.identifiers(), QuoteMethod::kAlways);
  if (table.type != "TABLE") {
    std::string upper = type_words(table.type);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    throw TableAlterOrCreateError(std::string(type_words(table.type)) + " " + shown + " is missing fields (" +
                                  field_list(missing) + ") and ALTER " + upper + " is unsupported");
  }
  for (const SinkColumn* column : missing) {
    if (column->is_optional() || column->schema->default_value()) continue;
    throw TableAlterOrCreateError("Cannot ALTER TABLE " + shown + " to add missing field " +
                                  field_list({column}).substr(1, field_list({column}).size() - 2) +
                                  ", as the field is not optional and does not have a default value");
  }
  if (!config_.auto_evolve) {
    throw TableAlterOrCreateError("Table " + shown + " is missing fields (" + field_list(missing) +
                                  ") and auto-evolution is disabled");
  }
  for (const std::string& sql : dialect_.alter_table(table.id, missing, options_)) {
    log_.info("Amending table to add missing fields: " + sql);
    connection_.execute(sql);
  }
  connection_.commit();
}

}  // namespace millrace::jdbc
