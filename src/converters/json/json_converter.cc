#include "converters/json/json_converter.h"

#include <algorithm>

#include "converters/json/java_cause.h"
#include "converters/json/payload_reader.h"
#include "json/node.h"
#include "millrace/errors.h"
#include "millrace/plugin.h"

namespace millrace {

using json_converter::DecimalFormat;
using json_converter::NullPolicy;
using json_converter::PayloadWriter;

namespace {

constexpr std::string_view kSchemaStart = "{\"schema\":";
constexpr std::string_view kPayloadStart = ",\"payload\":";
constexpr std::size_t kRecentPlans = 8;

ConfigDef make_definition() {
  ConfigDef def;
  def.define(converter_type_key());
  const auto add = [&](const char* name, ConfigType type, const char* standby, const char* group, std::int32_t order,
                       Importance importance, Width width, const char* display, const char* doc,
                       ConfigCheck check = {}) {
    ConfigKey key;
    key.name = name;
    key.type = type;
    key.default_value = standby;
    key.group = group;
    key.order_in_group = order;
    key.importance = importance;
    key.width = width;
    key.display_name = display;
    key.documentation = doc;
    key.check = std::move(check);
    def.define(std::move(key));
  };
  add("schemas.enable", ConfigType::kBoolean, "true", "Schemas", 0, Importance::kHigh, Width::kMedium, "Enable Schemas",
      "Include schemas within each of the serialized values and keys.");
  add("schemas.cache.size", ConfigType::kInt, "1000", "Schemas", 1, Importance::kHigh, Width::kMedium,
      "Schema Cache Size", "The maximum number of schemas that can be cached in this converter instance.");
  add("decimal.format", ConfigType::kString, "BASE64", "Serialization", 0, Importance::kLow, Width::kMedium,
      "Decimal Format",
      "Controls which format this converter will serialize decimals in. This value is case insensitive and can be "
      "either "
      "'BASE64' (default) or 'NUMERIC'",
      one_of_ignoring_case({"NUMERIC", "BASE64"}));
  add("replace.null.with.default", ConfigType::kBoolean, "true", "Serialization", 1, Importance::kLow, Width::kMedium,
      "Replace null with default",
      "Whether to replace fields that have a default value and that are null to the default value. When set to true, "
      "the "
      "default value is used, otherwise null is used.");
  return def;
}

const ConfigDef& definition() {
  static const ConfigDef kDefinition = make_definition();
  return kDefinition;
}

}  // namespace

struct JsonConverter::WritePlan {
  SchemaPtr schema;
  std::string prefix;  // {"schema":...,"payload":
  std::unique_ptr<PayloadWriter> writer;
};

JsonConverter::JsonConverter() = default;
JsonConverter::~JsonConverter() = default;

const ConfigDef& JsonConverter::config() const { return definition(); }

void JsonConverter::configure(const Props& config, ConverterType type) {
  Props props = config;
  props["converter.type"] = name_of(type);
  const ParsedConfig parsed = definition().parse(props);
  schemas_enabled_ = parsed.boolean("schemas.enable");
  cache_size_ = static_cast<std::size_t>(std::max<std::int64_t>(0, parsed.integer("schemas.cache.size")));
  const std::string& format = parsed.string("decimal.format");
  options_.decimal_format = format[0] == 'N' || format[0] == 'n' ? DecimalFormat::kNumeric : DecimalFormat::kBase64;
  options_.nulls = parsed.boolean("replace.null.with.default") ? NullPolicy::kReplaceWithDefault : NullPolicy::kKeep;
  last_plan_ = nullptr;
  recent_plans_.clear();
  plans_.clear();
  last_schema_ = nullptr;
  schemas_.clear();
}

// ---------------------------------------------------------------------------------------------------------------------
// Writing

const JsonConverter::WritePlan& JsonConverter::plan_for(const SchemaPtr& schema) {
  if (last_plan_ != nullptr && last_plan_->schema == schema) return *last_plan_;
  if (const auto found = plans_.find(schema.get()); found != plans_.end()) {
    last_plan_ = found->second.get();
    return *last_plan_;
  }
  // A connector that builds its schema anew for each batch still gets the plan of the equal one.
  for (const WritePlan* plan : recent_plans_) {
    if (*plan->schema == *schema) return *plan;
  }
  auto plan = std::make_unique<WritePlan>();
  plan->schema = schema;
  plan->prefix = kSchemaStart;
  plan->prefix += json_converter::schema_json(*schema, options_);
  plan->prefix += kPayloadStart;
  plan->writer = std::make_unique<PayloadWriter>(schema, options_);
  if (plans_.size() >= std::max<std::size_t>(cache_size_, 1)) {
    recent_plans_.clear();
    plans_.clear();
  }
  last_plan_ = plan.get();
  recent_plans_.push_front(last_plan_);
  if (recent_plans_.size() > kRecentPlans) recent_plans_.pop_back();
  plans_.emplace(schema.get(), std::move(plan));
  return *last_plan_;
}

bool JsonConverter::from_connect_data(std::string_view, const SchemaPtr& schema, const Value& value, std::string& out) {
  if (schema == nullptr && value.is_null()) return false;
  const std::size_t start = out.size();
  try {
    if (schema == nullptr) {
      if (schemas_enabled_) out += "{\"schema\":null,\"payload\":";
      json_converter::write_schemaless(value, out);
    } else {
      const WritePlan& plan = plan_for(schema);
      if (schemas_enabled_) out += plan.prefix;
      plan.writer->write(value, out);
    }
    if (schemas_enabled_) out += '}';
  } catch (...) {
    out.resize(start);
    throw;
  }
  return true;
}

// ---------------------------------------------------------------------------------------------------------------------
// Reading

SchemaAndValue JsonConverter::to_connect_data(std::string_view, std::optional<BytesView> bytes) {
  if (!bytes) return {};
  SchemaAndValue out;
  if (read_fast(*bytes, out)) return out;
  return read_document(*bytes);
}

bool JsonConverter::read_fast(BytesView bytes, SchemaAndValue& out) {
  try {
    if (schemas_enabled_) return read_envelope_fast(bytes, out);
    reader_.reset(bytes);
    return json_converter::read_value(reader_, reader_.next(), nullptr, options_.nulls, out.value);
  } catch (const json::ParseError&) {
    return false;
  } catch (const ConnectError&) {
    return false;  // read again as a document, which finds the error that comes first
  }
}

bool JsonConverter::read_envelope_fast(BytesView bytes, SchemaAndValue& out) {
  // {"schema":S,"payload":P} with nothing else and no blanks: what JsonConverters write.
  if (!bytes.starts_with(kSchemaStart)) return false;
  const std::string_view rest = bytes.substr(kSchemaStart.size());
  std::size_t length = 0;
  if (last_schema_ != nullptr && rest.starts_with(last_schema_->first) &&
      rest.substr(last_schema_->first.size()).starts_with(kPayloadStart)) {
    out.schema = last_schema_->second;
    length = last_schema_->first.size();
  } else {
    reader_.reset(rest);
    reader_.skip(reader_.next());
    length = reader_.position();
    if (!rest.substr(length).starts_with(kPayloadStart)) return false;
    if (!schema_for(rest.substr(0, length), out.schema)) return false;
  }
  const std::string_view payload = rest.substr(length + kPayloadStart.size());
  if (payload.empty()) return false;
  reader_.reset_inside_object(payload);
  if (!json_converter::read_value(reader_, reader_.next(), out.schema, options_.nulls, out.value)) return false;
  std::string_view name;
  return !reader_.next_member(name);
}

bool JsonConverter::schema_for(std::string_view text, SchemaPtr& out) {
  std::string key(text);
  auto found = schemas_.find(key);
  if (found == schemas_.end()) {
    const auto node = json::parse(text);
    if (!node) return false;
    SchemaPtr schema = json_converter::schema_of(*node, options_.nulls);
    if (schemas_.size() >= std::max<std::size_t>(cache_size_, 1)) {
      last_schema_ = nullptr;
      schemas_.clear();
    }
    found = schemas_.emplace(std::move(key), std::move(schema)).first;
  }
  last_schema_ = &*found;
  out = found->second;
  return true;
}

SchemaAndValue JsonConverter::read_document(BytesView bytes) {
  std::optional<json::Node> document;
  try {
    document = json::parse(bytes, json::Trailing::kIgnore);
  } catch (const json::ParseError& e) {
    throw json_converter::not_json(e);
  }
  if (!schemas_enabled_) {
    return {nullptr, json_converter::value_of(nullptr, nullptr, document ? &*document : nullptr, options_.nulls)};
  }
  const json::Node* schema_node = document ? document->find("schema") : nullptr;
  const json::Node* payload = document ? document->find("payload") : nullptr;
  if (schema_node == nullptr || payload == nullptr || document->members().size() != 2) {
    throw DataError(
        "JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields and may not contain additional "
        "fields. If "
        "you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.");
  }
  // Equal schemas share one pointer however the text around them is laid out.
  SchemaPtr schema;
  schema_for(schema_node->dump(), schema);
  Value value = json_converter::value_of(schema.get(), schema, payload, options_.nulls);
  return {std::move(schema), std::move(value)};
}

void register_json_converter(PluginRegistry& plugins) {
  plugins.converter<JsonConverter>("org.apache.kafka.connect.json.JsonConverter")
      .config(definition())
      .summary("JSON, with the schema beside each value unless schemas.enable=false.");
  plugins.header_converter<AsHeaderConverter<JsonConverter>>("org.apache.kafka.connect.json.JsonConverter")
      .config(definition())
      .summary("JSON, with the schema beside each value unless schemas.enable=false.");
}

}  // namespace millrace
