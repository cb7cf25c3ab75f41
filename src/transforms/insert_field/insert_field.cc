#include "transforms/insert_field/insert_field.h"

#include <string_view>
#include <utility>

#include "millrace/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {

constexpr std::string_view kPurpose = "field insertion";

using Target = InsertFieldConfig::Target;

std::optional<Target> parse_target(const ConfigObject& value) {
  Target target{std::get<std::string>(value), true};
  if (target.name.ends_with('?')) {
    target.name.pop_back();
  } else if (target.name.ends_with('!')) {
    target.name.pop_back();
    target.is_optional = false;
  }
  return target;
}

Option<InsertFieldConfig> target_option(const char* name, std::optional<Target> InsertFieldConfig::*member,
                                        const char* what) {
  return option(name, member, ConfigType::kString, parse_target)
      .importance(Importance::kMedium)
      .doc(std::string("Name of the field for ") + what +
           ". With ! at its end the field is required, with ? (or nothing) it is optional.");
}

const SchemaPtr& timestamp_schema(bool is_optional) {
  static const SchemaPtr kRequired = SchemaBuilder::timestamp().build();
  static const SchemaPtr kOptional = SchemaBuilder::timestamp().optional().build();
  return is_optional ? kOptional : kRequired;
}

}  // namespace

const ConfigTable<InsertFieldConfig>& InsertFieldConfig::table() {
  using C = InsertFieldConfig;
  static const ConfigTable<C> kTable =
      ConfigTable<C>{
          target_option("topic.field", &C::topic, "the topic"),
          target_option("partition.field", &C::partition, "the Kafka partition"),
          target_option("offset.field", &C::offset, "the Kafka offset (sink connectors only)"),
          target_option("timestamp.field", &C::timestamp, "the record's timestamp"),
          target_option("static.field", &C::fixed, "the text of static.value"),
          option("static.value", &C::fixed_value).importance(Importance::kMedium).doc("Text for static.field."),
          replace_null_option(&C::replace_null_with_default),
      }
          .rule([](const C& config) {
            if (!config.topic && !config.partition && !config.offset && !config.timestamp && !config.fixed) {
              throw ConfigError("No field insertion configured");
            }
            if (config.fixed && !config.fixed_value) {
              throw ConfigError(invalid_value("static.value", std::nullopt,
                                              "No value specified for static field: " + config.fixed->name));
            }
          });
  return kTable;
}

SchemaPtr InsertField::schema_with_fields(const SchemaPtr& from) const {
  SchemaBuilder builder = SchemaBuilder::structure();
  copy_basics(*from, builder);
  for (const Field& field : from->fields()) builder.field(field.name, field.schema);
  const auto add = [&builder](const std::optional<Target>& target, const SchemaPtr& required,
                              const SchemaPtr& optional) {
    if (target) builder.field(target->name, target->is_optional ? optional : required);
  };
  add(config_.topic, Schema::string(), Schema::optional_string());
  add(config_.partition, Schema::int32(), Schema::optional_int32());
  add(config_.offset, Schema::int64(), Schema::optional_int64());
  add(config_.timestamp, timestamp_schema(false), timestamp_schema(true));
  add(config_.fixed, Schema::string(), Schema::optional_string());
  return builder.build();
}

template <class Put>
void InsertField::each_field(const ConnectRecord& record, std::optional<std::int64_t> kafka_offset, Put&& put) const {
  // No topic is an empty one; only records of `millrace transform` may lack it.
  if (config_.topic) put(*config_.topic, record.topic.empty() ? Value() : Value(record.topic));
  if (config_.partition) put(*config_.partition, record.kafka_partition ? Value(*record.kafka_partition) : Value());
  if (config_.offset) put(*config_.offset, Value(*kafka_offset));
  if (config_.timestamp) put(*config_.timestamp, record.timestamp ? Value(Date{*record.timestamp}) : Value());
  if (config_.fixed) put(*config_.fixed, Value(*config_.fixed_value));
}

bool InsertField::insert(ConnectRecord& record, std::optional<std::int64_t> kafka_offset, const char* record_class) {
  Value& value = value_of(record);
  SchemaPtr& schema = schema_of(record);
  if (value.is_null()) return true;
  const auto require_offset = [&] {
    if (config_.offset && !kafka_offset) {
      throw DataError("Only SinkRecord supported for [" + std::string(kPurpose) + "], found: " + record_class);
    }
  };
  if (schema == nullptr) {
    require_map(value, kPurpose);
    require_offset();
    Map& map = value.mutable_map();
    each_field(record, kafka_offset, [this, &map](const Target& target, Value added) {
      // Java leaves out what is not known, but for the topic.
      if (added.is_null() && !(config_.topic && &target == &*config_.topic)) return;
      map.put(Value(target.name),
              added.kind() == ValueKind::kDate ? Value(added.as_date().epoch_ms) : std::move(added));
    });
    return true;
  }
  require_struct_of(value, schema, kPurpose);
  const SchemaPtr& wider = schemas_.get(schema, [this](const SchemaPtr& from) { return schema_with_fields(from); });
  require_offset();
  Struct& edited = value.mutable_struct();
  std::vector<Value>& values = edited.mutable_values();
  fill_nulls(values, *schema, config_.replace_null_with_default);
  values.reserve(wider->fields().size());
  // A required field whose value is not known stays unset, which the converter refuses.
  each_field(record, kafka_offset, [&values](const Target&, Value added) { values.push_back(std::move(added)); });
  edited.reset(wider);
  schema = wider;
  return true;
}

bool InsertField::apply(ConnectRecord& record) {
  return insert(record, std::nullopt, "org.apache.kafka.connect.connector.ConnectRecord");
}

bool InsertField::apply_to_source(SourceRecord& record) {
  return insert(record, std::nullopt, "org.apache.kafka.connect.source.SourceRecord");
}

bool InsertField::apply_to_sink(SinkRecord& record) {
  return insert(record, record.kafka_offset, "org.apache.kafka.connect.sink.SinkRecord");
}

}  // namespace millrace::transforms
