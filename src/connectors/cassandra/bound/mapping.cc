#include "connectors/cassandra/bound/mapping.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "connectors/cassandra/common/connection_config.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

constexpr std::array kUnits{"NANOSECONDS", "MICROSECONDS", "MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS"};
constexpr std::array<std::int64_t, 7> kNanos{1, 1000, 1000000, 1000000000, 60000000000, 3600000000000, 86400000000000};

constexpr std::array kProperties{
    "consistencyLevel", "ttl",        "ttlTimeUnit",  "timestampTimeUnit", "nullToUnset",
    "deletesEnabled",   "query",      "codec.locale", "codec.timeZone",    "codec.timestamp",
    "codec.date",       "codec.time", "codec.unit"};

/// A statement's PROPERTIES; every error names the topic and the property.
class Properties {
 public:
  explicit Properties(const KcqlStatement& st) : topic_(st.source) {
    for (const auto& [key, value] : st.properties) {
      if (std::find(kProperties.begin(), kProperties.end(), key) == kProperties.end()) {
        std::string known;
        for (const char* name : kProperties) known += (known.empty() ? "" : ", ") + std::string(name);
        fail(key, value, "there is no such property: use " + known);
      }
      values_[key] = value;
    }
  }

  [[noreturn]] void fail(const std::string& key, const std::string& value, const std::string& rule) const {
    throw ConfigError("KCQL of topic " + topic_ + ": property " + key + "=" + value + ": " + rule);
  }
  std::string text(const char* key, const char* fallback) const {
    const auto found = values_.find(key);
    return found == values_.end() ? fallback : found->second;
  }
  bool has(const char* key) const { return values_.contains(key); }
  bool flag(const char* key, bool fallback) const {
    const auto value = lower_case(trimmed(text(key, fallback ? "true" : "false")));
    if (value != "true" && value != "false") fail(key, value, "use true or false");
    return value == "true";
  }
  TimeUnit unit(const char* key, TimeUnit fallback) const {
    if (!has(key)) return fallback;
    const auto value = upper_case(trimmed(text(key, "")));
    const auto found = std::find_if(kUnits.begin(), kUnits.end(), [&](const char* name) { return value == name; });
    if (found == kUnits.end())
      fail(key, value, "use NANOSECONDS, MICROSECONDS, MILLISECONDS, SECONDS, MINUTES, HOURS or DAYS");
    return static_cast<TimeUnit>(found - kUnits.begin());
  }
  std::int64_t number(const char* key, std::int64_t fallback) const {
    if (!has(key)) return fallback;
    const auto value = trimmed(text(key, ""));
    std::int64_t out = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), out);
    if (parsed.ec != std::errc{} || parsed.ptr != value.data() + value.size() || out < -1)
      fail(key, value, "use a whole number, -1 for none");
    return out;
  }
  const std::map<std::string, std::string>& all() const noexcept { return values_; }

 private:
  std::string topic_;
  std::map<std::string, std::string> values_;
};

std::shared_ptr<const TimeCodec> codec_of(const Properties& properties) {
  auto codec = std::make_shared<TimeCodec>();
  const auto locale = trimmed(properties.text("codec.locale", "en_US"));
  const auto pattern = [&](const char* key, const char* fallback) {
    const auto text = properties.text(key, fallback);
    try {
      return DatePattern(text, locale);
    } catch (const ConfigError& error) {
      properties.fail(key, text, error.what());
    }
  };
  const auto timestamp = properties.text("codec.timestamp", "CQL_TIMESTAMP");
  codec->timestamp_is_units = timestamp == "UNITS_SINCE_EPOCH";
  if (!codec->timestamp_is_units) codec->timestamp = pattern("codec.timestamp", "CQL_TIMESTAMP");
  codec->date = pattern("codec.date", "ISO_LOCAL_DATE");
  codec->time = pattern("codec.time", "ISO_LOCAL_TIME");
  const auto zone = trimmed(properties.text("codec.timeZone", "UTC"));
  codec->zone = ZoneRules::find(zone);
  if (!codec->zone)
    properties.fail("codec.timeZone", zone,
                    "there is no such time zone: use UTC, +02:00 or a name such as Europe/Paris");
  codec->unit = properties.unit("codec.unit", TimeUnit::kMilliseconds);
  return codec;
}

/// A back-ticked expression such as `_key.'odd name'`: parts between dots, each perhaps in single quotes.
std::vector<std::string> split_path(const std::string& text) {
  std::vector<std::string> out;
  std::string part;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '.') {
      out.push_back(std::move(part));
      part.clear();
    } else if (text[at] == '\'') {
      const auto close = std::min(text.find('\'', at + 1), text.size());
      part += text.substr(at + 1, close - at - 1);
      at = close;
    } else {
      part.push_back(text[at]);
    }
  }
  out.push_back(std::move(part));
  return out;
}

ColumnSource source_of(const KcqlField& field, const std::string& topic) {
  ColumnSource out;
  if (field.function) {
    if (lower_case(field.path.front()) != "now")
      throw ConfigError("KCQL of topic " + topic + " selects " + field.path.front() +
                        "(): the only function is now().");
    out.from = ColumnSource::From::kNow;
    return out;
  }
  std::vector<std::string> path = field.path.size() == 1 ? split_path(field.path.front()) : field.path;
  if (path.front() == "_key" || path.front() == "_value" || path.front() == "_header") {
    out.from = path.front() == "_key"     ? ColumnSource::From::kKey
               : path.front() == "_value" ? ColumnSource::From::kValue
                                          : ColumnSource::From::kHeader;
    path.erase(path.begin());
    if (out.from == ColumnSource::From::kHeader && path.empty())
      throw ConfigError("KCQL of topic " + topic + " selects _header without a name: write _header.<name>.");
  }
  if (std::any_of(path.begin(), path.end(), [](const std::string& part) { return part.empty(); }))
    throw ConfigError("KCQL of topic " + topic + " selects " + field.path.front() + ", a path with an empty part.");
  out.path = std::move(path);
  return out;
}

void check_name(const std::string& name, const std::string& target) {
  const bool fits =
      !name.empty() && name.size() <= 48 && std::isalpha(static_cast<unsigned char>(name[0])) != 0 &&
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  if (!fits) {
    throw ConfigError("KCQL target " + target + ": \"" + name +
                      "\" is no name of a keyspace or table (a letter, then at most 47 letters, digits and _).");
  }
}

BoundStatement statement_of(const KcqlStatement& st) {
  BoundStatement out;
  out.topic = st.source;
  const auto dot = st.target.find('.');
  if (dot == std::string::npos || st.target.find('.', dot + 1) != std::string::npos)
    throw ConfigError("KCQL target must be in the form namespace.table, got: " + st.target);
  out.keyspace = st.target.substr(0, dot);
  out.table = st.target.substr(dot + 1);
  check_name(out.keyspace, st.target);
  check_name(out.table, st.target);
  for (const auto& field : st.fields) {
    if (field.all) {
      if (!field.path.empty())
        throw ConfigError("KCQL of topic " + st.source + " selects " + field.path.back() +
                          ".*, which this sink does not offer: name the fields.");
      out.all_fields = true;
      continue;
    }
    auto source = source_of(field, st.source);
    std::string column = field.alias;
    if (column.empty()) {
      if (source.path.empty()) {
        throw ConfigError("KCQL of topic " + st.source + " selects " + source.text() +
                          " without a column: add AS <column>.");
      }
      column = source.path.back();
    }
    if (column == "message_internal_ttl" || column == "__ttl") {
      out.ttl = std::move(source);
    } else if (column == "message_internal_timestamp" || column == "__timestamp") {
      out.write_time = std::move(source);
    } else {
      if (std::any_of(out.columns.begin(), out.columns.end(),
                      [&](const auto& other) { return other.column == column; }))
        throw ConfigError("KCQL of topic " + st.source + " maps two fields to column " + column + ".");
      out.columns.push_back({std::move(source), std::move(column)});
    }
  }
  if (out.columns.empty() && !out.all_fields)
    throw ConfigError("KCQL of topic " + st.source + " maps no field to a column of " + st.target + ".");

  const Properties properties(st);
  const auto level = properties.text("consistencyLevel", "LOCAL_ONE");
  const auto consistency = cql::parse_consistency(level);
  if (!consistency) properties.fail("consistencyLevel", level, "use one of " + cql::consistency_names());
  out.consistency = *consistency;
  out.consistency_given = properties.has("consistencyLevel");
  out.ttl_unit = properties.unit("ttlTimeUnit", TimeUnit::kSeconds);
  out.timestamp_unit = properties.unit("timestampTimeUnit", TimeUnit::kMicroseconds);
  const auto ttl = properties.number("ttl", -1);
  if (ttl >= 0) out.fixed_ttl_seconds = convert_units(ttl, out.ttl_unit, TimeUnit::kSeconds);
  if (ttl < 0 && st.ttl) out.fixed_ttl_seconds = *st.ttl;
  out.null_to_unset = properties.flag("nullToUnset", true);
  out.deletes = properties.flag("deletesEnabled", true);
  out.query = trimmed(properties.text("query", ""));
  if (!out.query.empty() && out.deletes)
    properties.fail("query", out.query, "a query of one's own needs deletesEnabled=false");
  out.codec = codec_of(properties);
  return out;
}

}  // namespace

std::int64_t convert_units(std::int64_t amount, TimeUnit from, TimeUnit to) noexcept {
  const __int128 nanos = static_cast<__int128>(amount) * kNanos[static_cast<std::size_t>(from)];
  const auto unit = kNanos[static_cast<std::size_t>(to)];
  __int128 out = nanos / unit;
  if (nanos % unit < 0) --out;
  return static_cast<std::int64_t>(std::clamp<__int128>(out, INT64_MIN, INT64_MAX));
}

std::string ColumnSource::text() const {
  std::string out = from == From::kKey      ? "_key"
                    : from == From::kValue  ? "_value"
                    : from == From::kHeader ? "_header"
                                            : "now()";
  for (const auto& part : path) out += "." + part;
  return out;
}

std::vector<BoundStatement> bound_statements(const std::string& kcql, std::vector<std::string>& warnings) {
  std::vector<KcqlStatement> parsed;
  try {
    parsed = parse_kcql(kcql);
  } catch (const KcqlError& error) {
    throw ConfigError(error.what());
  }
  if (parsed.empty()) throw ConfigError("Missing [connect.cassandra.kcql]");
  std::vector<BoundStatement> out;
  std::map<std::string, std::shared_ptr<const TimeCodec>> codecs;  // by topic, where one is given
  for (const auto& st : parsed) {
    if (!st.ignored_text.empty())
      warnings.push_back("KCQL text without effect, since its clauses are out of order: " + st.ignored_text);
    out.push_back(statement_of(st));
    const bool has_codec = std::any_of(st.properties.begin(), st.properties.end(),
                                       [](const auto& property) { return property.first.starts_with("codec."); });
    if (!has_codec) continue;
    if (codecs.contains(st.source)) {
      throw ConfigError("KCQL of topic " + st.source +
                        ": codec.* properties hold for the whole topic: give them in one statement.");
    }
    codecs[st.source] = out.back().codec;
  }
  for (auto& statement : out) {
    if (const auto codec = codecs.find(statement.topic); codec != codecs.end()) statement.codec = codec->second;
  }
  return out;
}

}  // namespace millrace::cassandra
