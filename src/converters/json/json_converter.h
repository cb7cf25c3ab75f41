#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "converters/json/payload_writer.h"
#include "json/reader.h"
#include "millrace/converter.h"

namespace millrace {

/// org.apache.kafka.connect.json.JsonConverter.
///
/// Writing: a schema is turned into its envelope bytes and a plan for its payloads once; a record costs its payload
/// only. Reading: schemas are recognised by their exact bytes, so records with the same schema text share one
/// SchemaPtr.
class JsonConverter final : public Converter {
 public:
  JsonConverter();
  ~JsonConverter() override;

  const ConfigDef& config() const override;
  void configure(const Props& config, ConverterType type) override;
  bool from_connect_data(std::string_view topic, const SchemaPtr& schema, const Value& value,
                         std::string& out) override;
  SchemaAndValue to_connect_data(std::string_view topic, std::optional<BytesView> bytes) override;

 private:
  struct WritePlan;
  using SchemaTexts = std::unordered_map<std::string, SchemaPtr>;

  const WritePlan& plan_for(const SchemaPtr& schema);
  bool read_fast(BytesView bytes, SchemaAndValue& out);
  bool read_envelope_fast(BytesView bytes, SchemaAndValue& out);
  SchemaAndValue read_document(BytesView bytes);
  bool schema_for(std::string_view text, SchemaPtr& out);

  bool schemas_enabled_ = true;
  std::size_t cache_size_ = 1000;
  json_converter::WriteOptions options_;

  std::unordered_map<const Schema*, std::unique_ptr<WritePlan>> plans_;
  std::deque<const WritePlan*> recent_plans_;
  const WritePlan* last_plan_ = nullptr;

  SchemaTexts schemas_;
  const SchemaTexts::value_type* last_schema_ = nullptr;
  json::Reader reader_;
};

}  // namespace millrace
