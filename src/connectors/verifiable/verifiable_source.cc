#include "connectors/verifiable/verifiable_source.h"

#include <algorithm>
#include <cctype>

#include "connectors/verifiable/json_line.h"

namespace millrace::verifiable {
namespace {

constexpr std::string_view kId = "id";
constexpr std::string_view kSeqno = "seqno";

OffsetMap single(std::string_view key, Value value) {
  Map map;
  map.append(Value(key), std::move(value));
  return std::make_shared<const Map>(std::move(map));
}

/// The number behind the last stored one, or 0.
std::int64_t next_seqno(OffsetStorageReader& reader, const Map& partition) {
  const OffsetMap stored = reader.offset(partition);
  const Value* seqno = stored ? stored->find(kSeqno) : nullptr;
  return seqno != nullptr && seqno->is_integer() ? seqno->integer() + 1 : 0;
}

bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text == "true";
}

const SchemaPtr& complete_schema() {
  static const SchemaPtr kSchema = SchemaBuilder::structure()
                                       .field("name", Schema::string())
                                       .field("task", Schema::int32())
                                       .field("topic", Schema::string())
                                       .field("time_ms", Schema::int64())
                                       .field("seqno", Schema::int64())
                                       .build();
  return kSchema;
}

SchemaPtr record_schema(std::int32_t version) {
  SchemaBuilder builder = SchemaBuilder::structure();
  builder.version(version)
      .name("record")
      .field("boolean", Schema::boolean())
      .field("int", Schema::int32())
      .field("long", Schema::int64())
      .field("float", Schema::float32())
      .field("double", Schema::float64())
      .field("partitioning", Schema::int32());
  if (version == 2) builder.field("string", SchemaBuilder(Type::kString).default_value(Value("abc")).build());
  builder.field("id", Schema::int32()).field("seqno", Schema::int64());
  return builder.build();
}

}  // namespace

void VerifiableSourceTask::start(const Props& config) {
  name_ = text_of(config, "name");
  topic_ = text_of(config, "topic");
  id_ = static_cast<std::int32_t>(whole_number(config, "id", "VerifiableSourceTask"));
  throttle_.emplace(real_number(config, "throughput", "VerifiableSourceTask"));
  complete_record_ = is_true(text_of(config, "complete.record.data"));
  partition_ = single(kId, Value(id_));
  first_seqno_ = seqno_ = next_seqno(context().offset_storage_reader(), *partition_);
}

std::vector<SourceRecord> VerifiableSourceTask::poll() {
  if (!throttle_->wait(seqno_ - first_seqno_, context())) return {};
  const std::int64_t now = wall_clock_ms();
  JsonLine().add("name", name_).add("task", id_).add("topic", topic_).add("time_ms", now).add("seqno", seqno_).print();
  SourceRecord record;
  record.topic = topic_;
  record.source_partition = partition_;
  record.source_offset = single(kSeqno, Value(seqno_));
  record.key_schema = Schema::int32();
  record.key = Value(id_);
  if (complete_record_) {
    record.value_schema = complete_schema();
    record.value = Value(Struct(
        complete_schema(), std::vector<Value>{Value(name_), Value(id_), Value(topic_), Value(now), Value(seqno_)}));
  } else {
    record.value_schema = Schema::int64();
    record.value = Value(seqno_);
  }
  ++seqno_;
  std::vector<SourceRecord> records;
  records.push_back(std::move(record));
  return records;
}

void VerifiableSourceTask::commit_record(const SourceRecord& record, const RecordMetadata* metadata) {
  if (metadata == nullptr) return;  // dropped on the way: nothing was committed
  if (record.value.kind() != ValueKind::kInt64) {
    // Java's JSON writer cannot print a struct; readers of these lines skip what is no JSON.
    print_line("Bad data can't be written as json: " + record.value.to_string());
    return;
  }
  JsonLine()
      .add("name", name_)
      .add("task", id_)
      .add("topic", topic_)
      .add("time_ms", wall_clock_ms())
      .add("seqno", record.value.as_int64())
      .add_true("committed")
      .print();
}

void SchemaSourceTask::start(const Props& config) {
  constexpr const char* kTask = "SchemaSourceTask";
  topic_ = text_of(config, "topic");
  id_ = static_cast<std::int32_t>(whole_number(config, "id", kTask));
  max_records_ = whole_number(config, "num.messages", kTask);
  two_schemas_ = is_true(text_of(config, "multiple.schema"));
  if (config.contains("partition.count")) {
    partition_count_ = static_cast<std::int32_t>(whole_number(config, "partition.count", kTask));
  }
  throttle_.emplace(real_number(config, "throughput", kTask));
  partition_ = single(kId, Value(id_));
  first_seqno_ = seqno_ = next_seqno(context().offset_storage_reader(), *partition_);
}

std::vector<SourceRecord> SchemaSourceTask::poll() {
  static const SchemaPtr kFirst = record_schema(1);
  static const SchemaPtr kSecond = record_schema(2);
  if (emitted_ >= max_records_) {
    context().wait_for(std::chrono::milliseconds(1000));
    return {};
  }
  if (!throttle_->wait(seqno_ - first_seqno_, context())) return {};
  const bool second = two_schemas_ && emitted_ % 2 == 1;
  std::vector<Value> values{Value(true),
                            Value(std::int32_t{12}),
                            Value(std::int64_t{12}),
                            Value(12.2F),
                            Value(12.2),
                            Value(static_cast<std::int32_t>(seqno_ % std::max(1, partition_count_)))};
  if (second) values.emplace_back("def");
  values.emplace_back(id_);
  values.emplace_back(seqno_);
  SourceRecord record;
  record.topic = topic_;
  record.kafka_partition = id_;
  record.source_partition = partition_;
  record.source_offset = single(kSeqno, Value(seqno_));
  record.key_schema = Schema::string();
  record.key = Value("key");
  record.value_schema = second ? kSecond : kFirst;
  record.value = Value(Struct(record.value_schema, std::move(values)));
  print_line("{\"task\": " + std::to_string(id_) + ", \"seqno\": " + std::to_string(seqno_) + "}");
  ++seqno_;
  ++emitted_;
  std::vector<SourceRecord> records;
  records.push_back(std::move(record));
  return records;
}

}  // namespace millrace::verifiable
