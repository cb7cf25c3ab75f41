#include "connectors/jdbc/record_shape.h"

#include <algorithm>

#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

constexpr const char* kTopicColumn = "__connect_topic";
constexpr const char* kPartitionColumn = "__connect_partition";
constexpr const char* kOffsetColumn = "__connect_offset";

std::string list(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + "]";
}

bool contains(const std::vector<std::string>& items, const std::string& name) {
  return std::find(items.begin(), items.end(), name) != items.end();
}

const char* class_of(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNull: return "null";
    case ValueKind::kMap: return "HashMap";
    case ValueKind::kArray: return "ArrayList";
    case ValueKind::kStruct: return "Struct";
    case ValueKind::kString: return "String";
    case ValueKind::kBool: return "Boolean";
    case ValueKind::kInt8: return "Byte";
    case ValueKind::kInt16: return "Short";
    case ValueKind::kInt32: return "Integer";
    case ValueKind::kInt64: return "Long";
    case ValueKind::kFloat32: return "Float";
    case ValueKind::kFloat64: return "Double";
    case ValueKind::kBytes: return "byte[]";
    case ValueKind::kDecimal: return "BigDecimal";
    case ValueKind::kDate: return "Date";
  }
  return "null";
}

std::string schema_words(const SchemaPtr& schema) {
  if (!schema) return "null";
  switch (schema->type()) {
    case Type::kStruct: return "Struct";
    case Type::kString: return "String";
    default: return name_of(schema->type());
  }
}

std::string place_of(const SinkRecord& record) {
  return "(topic='" + record.topic + "',partition=" + std::to_string(record.kafka_partition.value_or(0)) +
         ",offset=" + std::to_string(record.kafka_offset) +
         ",timestamp=" + (record.timestamp ? std::to_string(*record.timestamp) : std::string("null")) + ")";
}

const char* pk_mode_word(PkMode mode) {
  switch (mode) {
    case PkMode::kNone: return "none";
    case PkMode::kKafka: return "kafka";
    case PkMode::kRecordKey: return "record_key";
    case PkMode::kRecordValue: return "record_value";
  }
  return "";
}

}  // namespace

void check_record(const SinkConfig& config, const std::string& connector, const SinkRecord& record) {
  // Made for refusals only: this runs for every record.
  const auto configured = [&] {
    return "Sink connector '" + connector +
           "' is configured with 'delete.enabled=" + (config.delete_enabled ? "true" : "false") +
           "' and 'pk.mode=" + pk_mode_word(config.pk_mode) + "' and therefore requires records with a non-null ";
  };
  // Differs: with deletes enabled the Java connector writes the key alone of a value without a schema.
  if (!config.delete_enabled || !record.value.is_null()) {
    const bool fits = !record.value.is_null() && record.value_schema &&
                      (record.value_schema->type() == Type::kStruct || record.value_schema->type() == Type::kString);
    if (!fits) {
      std::string hint;
      if (record.value.kind() == ValueKind::kMap)
        hint =
            " Records need a schema: set schemas.enable=true on the value converter and send the envelope, or use a "
            "converter with schemas.";
      throw ConnectError(configured() +
                         "Struct or String value and non-null Struct or String schema, but found record at " +
                         place_of(record) + " with a " + class_of(record.value) + " value and " +
                         schema_words(record.value_schema) + " value schema." + hint);
    }
  }
  if (config.pk_mode == PkMode::kRecordKey) {
    const bool fits = !record.key.is_null() && record.key_schema &&
                      (record.key_schema->type() == Type::kStruct || is_primitive(record.key_schema->type()));
    if (!fits) {
      throw ConnectError(configured() + "key and non-null Struct or primitive key schema, but found record at " +
                         place_of(record) + " with a " + class_of(record.key) + " key and " +
                         schema_words(record.key_schema) + " key schema.");
    }
  }
  if (record.value_schema && record.value_schema->type() == Type::kString &&
      (!config.fields_whitelist.empty() || !config.timestamp_fields.empty())) {
    throw ConnectError("Sink connector '" + connector + "' is configured with " +
                       (config.fields_whitelist.empty() ? "'timestamp.fields.list'" : "'fields.whitelist'") +
                       ", which names fields of Struct values, but found a String value at " + place_of(record));
  }
}

RecordShape::RecordShape(const SinkConfig& config, Arrays arrays, const SchemaPtr& key_schema,
                         const SchemaPtr& value_schema, const std::string& table)
    : config_(config), arrays_(arrays), value_schema_(value_schema) {
  if (value_schema && value_schema->type() != Type::kStruct && value_schema->type() != Type::kString) {
    throw ConnectError("Value schema must be of type Struct or String");
  }
  switch (config.pk_mode) {
    case PkMode::kNone: break;
    case PkMode::kKafka: add_kafka_keys(table); break;
    case PkMode::kRecordKey: add_record_keys(key_schema, table); break;
    case PkMode::kRecordValue: add_value_keys(value_schema, table); break;
  }
  key_count_ = columns_.size();
  if (value_schema) add_values(value_schema);
  if (columns_.empty()) throw ConnectError("No fields found using key and value schemas for table: " + table);
}

void RecordShape::add(const std::string& name, SchemaPtr schema, bool is_key, Source source) {
  SinkColumn column;
  column.name = name;
  column.schema = std::move(schema);
  column.is_key = is_key;
  column.type = write_type_of(*column.schema, contains(config_.timestamp_fields, name));
  column.epoch_is_nanos = config_.timestamp_fields_are_nanos;
  const bool nested =
      column.type == WriteType::kUnsupported || (column.type == WriteType::kArray && arrays_ == Arrays::kNone);
  if (nested && config_.nested_as_json && !is_key) column.type = WriteType::kJson;
  const bool replace = is_key || config_.replace_null_with_default;
  if (replace && column.schema->default_value()) source.fallback = &*column.schema->default_value();
  columns_.push_back(std::move(column));
  sources_.push_back(source);
}

void RecordShape::add_kafka_keys(const std::string& table) {
  std::vector<std::string> names = config_.pk_fields;
  if (names.empty()) names = {kTopicColumn, kPartitionColumn, kOffsetColumn};
  if (names.size() != 3) {
    throw ConnectError("PK mode for table '" + table +
                       "' is KAFKA so there should either be no field names defined for defaults " +
                       list({kTopicColumn, kPartitionColumn, kOffsetColumn}) +
                       " to be applicable, or exactly 3, defined fields are: " + list(names));
  }
  add(names[0], Schema::string(), true, {Origin::kTopic});
  add(names[1], Schema::int32(), true, {Origin::kPartition});
  add(names[2], Schema::int64(), true, {Origin::kOffset});
}

void RecordShape::add_record_keys(const SchemaPtr& key_schema, const std::string& table) {
  if (!key_schema)
    throw ConnectError("PK mode for table '" + table + "' is RECORD_KEY, but record key schema is missing");
  if (is_primitive(key_schema->type())) {
    if (config_.pk_fields.size() != 1) {
      throw ConnectError(
          "Need exactly one PK column defined since the key schema for records is a primitive type, defined columns "
          "are: " +
          list(config_.pk_fields));
    }
    add(config_.pk_fields[0], key_schema, true, {Origin::kKey});
    return;
  }
  if (key_schema->type() != Type::kStruct) {
    throw ConnectError(std::string("Key schema must be primitive type or Struct, but is of type: ") +
                       name_of(key_schema->type()));
  }
  std::vector<std::string> names = config_.pk_fields;
  if (names.empty()) {
    for (const Field& field : key_schema->fields()) names.push_back(field.name);
  }
  for (const std::string& name : names) {
    const Field* field = key_schema->field(name);
    if (field == nullptr) {
      throw ConnectError("PK mode for table '" + table + "' is RECORD_KEY with configured PK fields " +
                         list(config_.pk_fields) + ", but record key schema does not contain field: " + name);
    }
    add(name, field->schema, true, {Origin::kKeyField, static_cast<std::size_t>(field->index)});
  }
}

void RecordShape::add_value_keys(const SchemaPtr& value_schema, const std::string& table) {
  if (!value_schema)
    throw ConnectError("PK mode for table '" + table + "' is RECORD_VALUE, but record value schema is missing");
  if (value_schema->type() == Type::kString)
    throw ConnectError("pk.mode record_value is not supported with String value schemas");
  std::vector<std::string> names = config_.pk_fields;
  if (names.empty()) {
    for (const Field& field : value_schema->fields()) names.push_back(field.name);
  }
  for (const std::string& name : names) {
    const Field* field = value_schema->field(name);
    if (field == nullptr) {
      throw ConnectError("PK mode for table '" + table + "' is RECORD_VALUE with configured PK fields " +
                         list(config_.pk_fields) + ", but record value schema does not contain field: " + name);
    }
    add(name, field->schema, true, {Origin::kValueField, static_cast<std::size_t>(field->index)});
  }
}

void RecordShape::add_values(const SchemaPtr& value_schema) {
  const auto is_known = [this](const std::string& name) {
    return std::any_of(columns_.begin(), columns_.end(), [&](const SinkColumn& column) { return column.name == name; });
  };
  if (value_schema->type() == Type::kString) {
    if (is_known(config_.string_value_column)) {
      throw ConnectError("string.output.value.column.name: the column '" + config_.string_value_column +
                         "' is a primary key column already");
    }
    add(config_.string_value_column, Schema::optional_string(), false, {Origin::kValue});
    return;
  }
  for (const Field& field : value_schema->fields()) {
    if (is_known(field.name)) continue;
    if (!config_.fields_whitelist.empty() && !contains(config_.fields_whitelist, field.name)) continue;
    add(field.name, field.schema, false, {Origin::kValueField, static_cast<std::size_t>(field.index)});
  }
}

std::vector<const SinkColumn*> RecordShape::ddl_columns() const {
  std::vector<const SinkColumn*> ordered;
  std::vector<const SinkColumn*> rest;
  for (const SinkColumn& column : columns_) rest.push_back(&column);
  const auto take = [&](const std::string& name) {
    const auto at =
        std::find_if(rest.begin(), rest.end(), [&](const SinkColumn* column) { return column->name == name; });
    if (at == rest.end()) return;
    ordered.push_back(*at);
    rest.erase(at);
  };
  for (const char* name : {kTopicColumn, kPartitionColumn, kOffsetColumn}) take(name);
  if (value_schema_ && value_schema_->type() == Type::kStruct) {
    for (const Field& field : value_schema_->fields()) take(field.name);
  }
  std::sort(rest.begin(), rest.end(), [](const SinkColumn* a, const SinkColumn* b) { return a->name < b->name; });
  ordered.insert(ordered.end(), rest.begin(), rest.end());
  return ordered;
}

void RecordShape::append_cells(const SinkRecord& record, bool keys_only, std::vector<const Value*>& cells,
                               std::deque<Value>& storage) const {
  const std::size_t count = keys_only ? key_count_ : columns_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Source& source = sources_[i];
    const Value* value = nullptr;
    switch (source.origin) {
      case Origin::kTopic: value = &storage.emplace_back(record.topic); break;
      case Origin::kPartition: value = &storage.emplace_back(record.kafka_partition.value_or(0)); break;
      case Origin::kOffset: value = &storage.emplace_back(record.kafka_offset); break;
      case Origin::kKey: value = &record.key; break;
      case Origin::kKeyField: value = &record.key.as_struct().at(source.index); break;
      case Origin::kValueField: value = &record.value.as_struct().at(source.index); break;
      case Origin::kValue: value = &record.value; break;
    }
    cells.push_back(value->is_null() && source.fallback != nullptr ? source.fallback : value);
  }
}

}  // namespace millrace::jdbc
