#include "apps/transform_session.h"

#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

#include "json/reader.h"
#include "json/writer.h"
#include "millrace/errors.h"
#include "millrace/text.h"
#include "runtime/config/connector_config.h"

namespace millrace::apps {
namespace {

constexpr const char* kJsonConverter = "org.apache.kafka.connect.json.JsonConverter";

Error invalid(std::string text) {
  Error error;
  error.code = Errc::kInvalid;
  error.text = std::move(text);
  return error;
}

/// The settings that hold here of a converter that the connector names. Only another JsonConverter's mean anything.
Props converter_settings(const Props& connector, const std::string& name, const PluginRegistry& plugins) {
  Props settings;
  const auto named = connector.find(name);
  if (named == connector.end()) return settings;
  const PluginEntry* entry = plugins.find(PluginKind::kConverter, named->second);
  if (entry == nullptr || entry->class_name != kJsonConverter) return settings;
  const std::string prefix = name + ".";
  for (auto it = connector.lower_bound(prefix); it != connector.end() && it->first.starts_with(prefix); ++it) {
    settings.emplace(it->first.substr(prefix.size()), it->second);
  }
  settings.erase("schemas.enable");
  return settings;
}

Result<std::unique_ptr<Converter>> make_converter(const Props& connector, const std::string& name, ConverterType type,
                                                  const PluginRegistry& plugins, bool schemas) {
  Props settings = converter_settings(connector, name, plugins);
  settings["schemas.enable"] = schemas ? "true" : "false";
  auto converter = plugins.find(PluginKind::kConverter, kJsonConverter)->make_converter();
  try {
    converter->configure(settings, type);
  } catch (const ConfigError& e) {
    return invalid(name + ": " + e.what());
  }
  return converter;
}

/// Sink connectors read topics. A class that is not known here is judged by its options.
bool is_sink(const Props& connector, const PluginRegistry& plugins) {
  if (const auto named = connector.find("connector.class"); named != connector.end()) {
    try {
      return plugins.connector(named->second).kind == PluginKind::kSink;
    } catch (const ConnectError&) {  // not a class of this worker
    }
  }
  return connector.contains("topics") || connector.contains("topics.regex");
}

/// Options of the connector that are given and wrong. What is missing is not asked for: no connector is started.
Result<void> check_options(const Props& connector, bool sink) {
  const ConfigDef& options =
      runtime::base_connector_definition(sink ? runtime::ConnectorType::kSink : runtime::ConnectorType::kSource);
  for (const ConfigValue& value : options.validate(connector)) {
    // Class names are looked up elsewhere, or stand for classes that need not be here.
    if (!connector.contains(value.name) || value.errors.empty() || value.name.ends_with(".class")) continue;
    return invalid(value.errors.front());
  }
  return {};
}

/// One member of a record, and its text.
std::string_view value_text(json::Reader& reader, json::Token& token) {
  const std::size_t begin = reader.position();
  token = reader.next();
  reader.skip(token);
  return reader.text().substr(begin, reader.position() - begin);
}

std::string error_line(std::string_view text) {
  std::string out = R"({"error":)";
  json::append_string(out, to_utf8(text), json::Escape::kRawUtf8);  // it may quote bytes of the line
  out += '}';
  return out;
}

}  // namespace

struct TransformSession::Parsed {
  ConnectRecord record;
  bool has_topic = false;
};

Result<TransformSession> TransformSession::open(const Props& connector, const PluginRegistry& plugins,
                                                const Options& options) {
  TransformSession session;
  session.options_ = options;
  session.is_sink_ = is_sink(connector, plugins);
  if (auto checked = check_options(connector, session.is_sink_); !checked) return std::move(checked).error();
  auto key = make_converter(connector, "key.converter", ConverterType::kKey, plugins, !options.schemaless);
  if (!key) return std::move(key).error();
  session.key_converter_ = std::move(key).value();
  auto value = make_converter(connector, "value.converter", ConverterType::kValue, plugins, !options.schemaless);
  if (!value) return std::move(value).error();
  session.value_converter_ = std::move(value).value();
  auto header = make_converter(connector, "header.converter", ConverterType::kHeader, plugins, true);
  if (!header) return std::move(header).error();
  session.header_converter_ = std::move(header).value();
  auto config = runtime::TransformChainConfig::parse(connector, plugins);
  if (!config) return std::move(config).error();
  auto chain = runtime::TransformChain::make(config->transforms, config->predicates, plugins);
  if (!chain) return std::move(chain).error();
  session.chain_ = std::move(chain).value();
  return session;
}

TransformSession::Parsed TransformSession::parse(std::string_view line) {
  Parsed parsed;
  ConnectRecord& record = parsed.record;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::string_view headers;
  json::Reader reader(line);
  if (reader.next() != json::Token::kBeginObject) throw DataError("A record must be a JSON object");
  std::string_view name;
  while (reader.next_member(name)) {
    const std::string member(name);
    json::Token token{};
    const std::string_view text = value_text(reader, token);
    if (token == json::Token::kNull) continue;
    const auto integer = [&](std::int64_t lowest, std::int64_t highest) {
      std::int64_t number = 0;
      const std::string_view digits = reader.number();
      const bool fits = token == json::Token::kInteger &&
                        std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc();
      if (!fits || number < lowest || number > highest) {
        throw DataError("Member \"" + member + "\" of the record must be an integer, not " + std::string(text));
      }
      return number;
    };
    if (member == "topic") {
      if (token != json::Token::kString) throw DataError("Member \"topic\" of the record must be a string");
      record.topic = reader.string();
      parsed.has_topic = true;
    } else if (member == "partition") {
      record.kafka_partition = static_cast<std::int32_t>(
          integer(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
    } else if (member == "timestamp") {
      record.timestamp = integer(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
    } else if (member == "key") {
      key = text;
    } else if (member == "value") {
      value = text;
    } else if (member == "headers") {
      headers = text;
    } else {
      throw DataError("A record has no member \"" + member +
                      "\"; its members are topic, partition, timestamp, key, value, headers");
    }
  }
  const std::string_view behind = line.substr(reader.position());
  if (const std::size_t text = behind.find_first_not_of(" \t\r\n"); text != std::string_view::npos) {
    throw DataError("A line holds one record, but there is more behind it: " + std::string(behind.substr(text, 40)));
  }
  SchemaAndValue converted = key_converter_->to_connect_data(record.topic, key);
  record.key_schema = std::move(converted.schema);
  record.key = std::move(converted.value);
  converted = value_converter_->to_connect_data(record.topic, value);
  record.value_schema = std::move(converted.schema);
  record.value = std::move(converted.value);
  if (!headers.empty()) parse_headers(headers, record);
  return parsed;
}

void TransformSession::parse_headers(std::string_view text, ConnectRecord& record) {
  json::Reader reader(text);
  if (reader.next() != json::Token::kBeginArray) throw DataError("Member \"headers\" of the record must be an array");
  while (reader.next_element()) {
    if (reader.next() != json::Token::kBeginObject) throw DataError("A header must be a JSON object");
    std::optional<std::string> key;
    std::string_view schema = "null";
    std::string_view payload = "null";
    std::string_view name;
    while (reader.next_member(name)) {
      const std::string member(name);
      json::Token token{};
      const std::string_view value = value_text(reader, token);
      if (member == "key" && token == json::Token::kString) {
        key = reader.string();
      } else if (member == "schema") {
        schema = value;
      } else if (member == "payload") {
        payload = value;
      } else {
        throw DataError("A header has the members key (a string), schema and payload, not " + member);
      }
    }
    if (!key) throw DataError("A header needs a member \"key\"");
    const std::string envelope = R"({"schema":)" + std::string(schema) + R"(,"payload":)" + std::string(payload) + "}";
    SchemaAndValue converted = header_converter_->to_connect_data(record.topic, envelope);
    record.headers.add(std::move(*key), std::move(converted.value), std::move(converted.schema));
  }
}

void TransformSession::print_part(std::string& out, Converter& converter, const ConnectRecord& record,
                                  const SchemaPtr& schema, const Value& value) {
  if (!converter.from_connect_data(record.topic, schema, value, out)) out += "null";
}

std::string TransformSession::print(const ConnectRecord& record, bool has_topic) {
  std::string out = R"({"topic":)";
  if (has_topic || !record.topic.empty()) {
    json::append_string(out, record.topic, json::Escape::kRawUtf8);
  } else {
    out += "null";
  }
  out += R"(,"partition":)";
  out += record.kafka_partition ? std::to_string(*record.kafka_partition) : "null";
  out += R"(,"timestamp":)";
  out += record.timestamp ? std::to_string(*record.timestamp) : "null";
  out += R"(,"key":)";
  print_part(out, *key_converter_, record, record.key_schema, record.key);
  out += R"(,"value":)";
  print_part(out, *value_converter_, record, record.value_schema, record.value);
  out += R"(,"headers":[)";
  const char* separator = "";
  for (const Header& header : record.headers) {
    out += separator;
    separator = ",";
    out += R"({"key":)";
    json::append_string(out, header.key, json::Escape::kRawUtf8);
    std::string envelope;
    if (!header_converter_->from_connect_data(record.topic, header.schema, header.value, envelope)) {
      envelope = R"({"schema":null,"payload":null})";
    }
    out += ',';
    out += std::string_view(envelope).substr(1);
  }
  out += "]}";
  return out;
}

template <class Record>
void TransformSession::run_steps(Record& record, bool has_topic, std::string& out) {
  for (const auto& step : chain_.steps()) {
    const auto show = [&](std::string_view member, const std::string& json) {
      if (!options_.steps) return;
      out += R"({"transform":)";
      json::append_string(out, step->alias(), json::Escape::kRawUtf8);
      out += ",\"" + std::string(member) + "\":" + json + "}\n";
    };
    if (!step->apply(record)) {
      show("record", "null");
      out += "null";
      return;
    }
    if (options_.steps) show("record", print(record, has_topic));
  }
  out += print(record, has_topic);
}

std::string TransformSession::run(std::string_view line) {
  const std::int64_t offset = lines_++;
  std::string out;
  try {
    Parsed parsed = parse(line);
    if (is_sink_) {
      SinkRecord record;
      static_cast<ConnectRecord&>(record) = std::move(parsed.record);
      record.kafka_offset = record.original_kafka_offset = offset;
      record.original_topic = record.topic;
      record.original_kafka_partition = record.kafka_partition.value_or(0);
      record.timestamp_type = record.timestamp ? TimestampType::kCreateTime : TimestampType::kNoTimestampType;
      run_steps(record, parsed.has_topic, out);
    } else {
      SourceRecord record;
      static_cast<ConnectRecord&>(record) = std::move(parsed.record);
      run_steps(record, parsed.has_topic, out);
    }
  } catch (const std::exception& e) {
    out += error_line(runtime::transform_error_text(e));
  }
  return out;
}

}  // namespace millrace::apps
