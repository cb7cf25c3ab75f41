#include "connectors/cassandra/source/settings.h"

#include <algorithm>
#include <array>
#include <set>

#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

const std::vector<KeyAlias>& source_aliases() {
  static const std::vector<KeyAlias> kAliases = [] {
    std::vector<KeyAlias> all = shared_aliases();
    const std::vector<KeyAlias> own{
        {"connect.cassandra.kcql", {"connect.cassandra.source.kcql", "connect.cassandra.import.route.query"}},
        {"connect.cassandra.import.poll.interval",
         {"connect.cassandra.source.import.poll.interval", "cassandra.import.poll.interval"}},
        {"connect.cassandra.batch.size",
         {"connect.cassandra.source.batch.size", "connect.cassandra.source.task.batch.size", "source.task.batch.size"}},
        {"connect.cassandra.task.buffer.size",
         {"connect.cassandra.source.task.buffer.size", "source.task.buffer.size"}},
        {"connect.cassandra.import.allow.filtering",
         {"connect.cassandra.import.source.allow.filtering", "connect.cassandra.source.import.allow.filtering",
          "cassandra.import.source.allow.filtering"}},
        {"connect.cassandra.fetch.size",
         {"connect.cassandra.source.fetch.size", "connect.cassandra.import.fetch.size", "cassandra.import.fetch.size"}},
        {"connect.cassandra.error.policy", {"connect.cassandra.source.error.policy"}},
        {"connect.cassandra.max.retries",
         {"connect.cassandra.max.retires", "connect.cassandra.source.max.retries",
          "connect.cassandra.source.max.retires"}},
        {"connect.cassandra.retry.interval", {"connect.cassandra.source.retry.interval"}},
        {"connect.cassandra.assigned.tables", {"cassandra.assigned.tables"}},
        {"connect.cassandra.import.mode", {"cassandra.import.mode"}},
        {"connect.cassandra.source.timestamp.type", {"connect.cassandra.timestamp.type"}},
        {"connect.cassandra.import.map", {"cassandra.import.map"}},
        {"connect.cassandra.import.timestamp.column", {"cassandra.import.timestamp.column"}},
    };
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }();
  return kAliases;
}

/// The 2016 and 2017 generations: their defaults differ, and their records have no schema name.
bool is_legacy(const Props& props) {
  static const std::set<std::string> kMarkers{"connect.cassandra.import.mode", "connect.cassandra.import.route.query",
                                              "connect.cassandra.import.map", "connect.cassandra.source.kcql"};
  return std::any_of(props.begin(), props.end(), [](const auto& entry) {
    return kMarkers.contains(entry.first) || entry.first.starts_with("cassandra.");
  });
}

/// "table:topic,table2" with "table:column,..." as KCQL.
std::string kcql_of_maps(const std::string& map, const std::string& columns) {
  const auto pairs = [](const std::string& text) {
    std::vector<std::pair<std::string, std::string>> out;
    for (std::size_t at = 0; at <= text.size();) {
      const auto end = std::min(text.find(',', at), text.size());
      const auto item = trimmed(text.substr(at, end - at));
      const auto colon = item.find(':');
      if (!item.empty())
        out.emplace_back(trimmed(item.substr(0, colon)),
                         colon == std::string::npos ? "" : trimmed(item.substr(colon + 1)));
      at = end + 1;
    }
    return out;
  };
  std::string out;
  const auto keys = pairs(columns);
  for (const auto& [table, topic] : pairs(map)) {
    out += (out.empty() ? "" : ";") + std::string("INSERT INTO `") + (topic.empty() ? table : topic) +
           "` SELECT * FROM `" + table + "`";
    for (const auto& [owner, column] : keys) {
      if (owner == table) out += " PK `" + column + "`";
    }
  }
  return out;
}

std::optional<ImportMode> mode_of(const std::string& word) {
  const auto upper = upper_case(word);
  if (upper == "TIMEUUID") return ImportMode::kTimeuuid;
  if (upper == "TIMESTAMP") return ImportMode::kTimestamp;
  if (upper == "TOKEN") return ImportMode::kToken;
  if (upper == "DSESEARCHTIMESTAMP") return ImportMode::kDseSearch;
  if (upper == "BUCKETTIMESERIES") return ImportMode::kBuckets;
  return std::nullopt;
}

ImportMode resolve_mode(const KcqlStatement& st, const std::string& import_mode, const std::string& timestamp_type) {
  const auto mode = upper_case(trimmed(import_mode));
  if (mode == "BULK") return ImportMode::kBulk;
  if (!mode.empty() && mode != "INCREMENTAL") throw ConfigError("Unsupported import mode " + import_mode + ".");
  std::string word = st.incremental_mode;
  if (word.empty()) {
    if (mode.empty()) return ImportMode::kBulk;
    word = timestamp_type.empty() ? "TIMEUUID" : trimmed(timestamp_type);
  }
  if (const auto found = mode_of(word)) return *found;
  throw ConfigError("INCREMENTALMODE=" + word + " of source " + st.source +
                    " is unknown: use TIMEUUID, TIMESTAMP, TOKEN, DSESEARCHTIMESTAMP or BUCKETTIMESERIES.");
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ",") + item;
  return out;
}

void check_route(const Route& route) {
  const auto& st = route.kcql;
  for (const auto& field : st.fields) {
    if (field.function)
      throw ConfigError("KCQL of source " + st.source + " selects the function " + field.path.front() +
                        "(): a source selects columns only.");
  }
  if (route.mode == ImportMode::kBulk) return;
  if (st.primary_keys.size() != 1) {
    throw ConfigError("Only one primary key column is allowed to be specified in Incremental mode. Received " +
                      joined(st.primary_keys) + " for source " + st.source);
  }
  if (st.selects_all()) return;
  const bool selected = std::any_of(st.fields.begin(), st.fields.end(), [&](const KcqlField& field) {
    return !field.path.empty() && lower_case(field.path.back()) == lower_case(route.pk);
  });
  if (!selected) {
    throw ConfigError("the primary key column (" + route.pk + ") must appear in the SELECT statement: add " + route.pk +
                      " to the fields of source " + st.source);
  }
}

std::vector<Route> routes_of(const ParsedConfig& parsed, std::vector<std::string>& warnings) {
  const auto& text = parsed.string("connect.cassandra.kcql");
  if (trimmed(text).empty()) throw ConfigError("Missing [connect.cassandra.kcql]");
  std::vector<KcqlStatement> statements;
  try {
    statements = parse_kcql(text);
  } catch (const KcqlError& error) {
    throw ConfigError(error.what());
  }
  if (statements.empty()) throw ConfigError("Missing [connect.cassandra.kcql]");
  std::vector<Route> routes;
  for (auto& st : statements) {
    if (!st.ignored_text.empty()) {
      const auto text_of = "KCQL text without effect, since its clauses are out of order: " + st.ignored_text;
      if (parsed.boolean("connect.cassandra.kcql.strict")) throw ConfigError(text_of);
      warnings.push_back(text_of);
    }
    for (const auto& clause : st.obsolete_clauses)
      warnings.push_back("KCQL clause " + clause + " of source " + st.source + " has no effect.");
    Route route;
    route.mode = resolve_mode(st, parsed.string("connect.cassandra.import.mode"),
                              parsed.string("connect.cassandra.source.timestamp.type"));
    if (!st.primary_keys.empty()) route.pk = st.primary_keys.front();
    if (route.mode == ImportMode::kBulk && !st.primary_keys.empty()) {
      warnings.push_back("Source " + st.source + " has PK " + joined(st.primary_keys) +
                         " but no INCREMENTALMODE: the whole table is read again at every poll interval.");
    }
    route.kcql = std::move(st);
    check_route(route);
    for (const auto& other : routes) {
      if (lower_case(other.kcql.source) == lower_case(route.kcql.source)) {
        throw ConfigError("Two KCQL statements read table " + route.kcql.source +
                          ": their offsets would be the same. Use one connector for each.");
      }
    }
    routes.push_back(std::move(route));
  }
  return routes;
}

void read_buckets(const ParsedConfig& parsed, SourceSettings& out) {
  const auto& mode = parsed.string("connect.cassandra.bucket.timeseries.mode");
  if (mode == "DAY") out.bucket_unit = BucketUnit::kDay;
  if (mode == "HOUR") out.bucket_unit = BucketUnit::kHour;
  if (mode == "MINUTE") out.bucket_unit = BucketUnit::kMinute;
  if (mode == "SECOND") out.bucket_unit = BucketUnit::kSecond;
  out.bucket_format = parsed.string("connect.cassandra.bucket.timeseries.format");
  out.bucket_column = parsed.string("connect.cassandra.bucket.timeseries.field.name");
  const bool wanted = std::any_of(out.routes.begin(), out.routes.end(),
                                  [](const Route& route) { return route.mode == ImportMode::kBuckets; });
  if (wanted && !out.bucket_unit) throw ConfigError("You should specify a bucketMode while using BUCKETTIMESERIES");
  if (out.bucket_unit && out.bucket_format.empty())
    throw ConfigError("You should specify a bucketFormat while using BUCKETTIMESERIES");
  if (const auto complaint = check_bucket_format(out.bucket_format)) {
    throw ConfigError(invalid_value("connect.cassandra.bucket.timeseries.format", out.bucket_format, *complaint));
  }
  if (!wanted) return;
  const bool fine = *out.bucket_unit == BucketUnit::kMinute || *out.bucket_unit == BucketUnit::kSecond;
  const auto start = parse_offset_text(out.initial_offset, out.zone);
  if (fine && start && year_of(*start, out.zone) == 1900) {
    throw ConfigError(
        "BUCKETTIMESERIES needs connect.cassandra.initial.offset: from 1900 on there would be millions of " +
        lower_case(mode) + " buckets.");
  }
}

}  // namespace

const char* name_of(ImportMode mode) noexcept {
  static constexpr std::array kNames{"BULK",  "TIMEUUID",           "TIMESTAMP",
                                     "TOKEN", "DSESEARCHTIMESTAMP", "BUCKETTIMESERIES"};
  return kNames[static_cast<std::size_t>(mode)];
}

const ConfigDef& source_config_def() {
  static const ConfigDef kDef = [] {
    ConfigDef def;
    define_connection_keys(def);
    std::int32_t order = 0;
    const auto add = [&](const char* name, ConfigType type, const char* fallback, Importance importance,
                         const char* doc, ConfigCheck check = {}) {
      ConfigKey key = connector_option(name, type, fallback, importance, doc, std::move(check));
      key.group = "Import";
      key.order_in_group = ++order;
      def.define(std::move(key));
    };
    using enum ConfigType;
    add("connect.cassandra.kcql", kString, nullptr, Importance::kHigh,
        "KCQL statements, ; between them: INSERT INTO <topic> SELECT <fields> FROM <table> [PK <column>] "
        "[INCREMENTALMODE=<mode>].");
    add("connect.cassandra.import.poll.interval", kLong, "1000", Importance::kMedium,
        "Milliseconds between two queries of a table (60000 with the names of 2016 and 2017).", number_at_least(0));
    add("connect.cassandra.batch.size", kInt, "100", Importance::kMedium, "Most records of one table in one poll.",
        number_at_least(1));
    add("connect.cassandra.task.buffer.size", kInt, "10000", Importance::kMedium,
        "Most rows of one table that wait in memory.", number_at_least(1));
    add("connect.cassandra.import.allow.filtering", kBoolean, "true", Importance::kMedium,
        "Add ALLOW FILTERING to the queries of the time modes. Without it they need an index.");
    add("connect.cassandra.slice.duration", kLong, "10000", Importance::kMedium,
        "Width of a time window in milliseconds.", number_at_least(1));
    add("connect.cassandra.slice.delay.ms", kLong, "30000", Importance::kMedium,
        "How far behind now a time window may end. Rows that arrive later than this are not seen.", number_at_least(0));
    add("connect.cassandra.slice.overlap.ms", kLong, "0", Importance::kMedium,
        "How much of the time before it a window reads again, to find rows that arrived late. Rows handed out before "
        "are "
        "left out, but for those before a restart.",
        number_at_least(0));
    add("connect.cassandra.slice.target.rows", kLong, "0", Importance::kLow,
        "While the source catches up: windows with fewer rows make the next ones wider than slice.duration. 0: they do "
        "not.",
        number_at_least(0));
    add("connect.cassandra.initial.offset", kString, "1900-01-01 00:00:00.0000000Z", Importance::kMedium,
        "Where the time modes begin while no offset is stored.");
    add("connect.cassandra.offset.timezone", kString, "system", Importance::kLow,
        "Zone of offset texts: system (the worker's), UTC, a distance such as +02:00 or a name such as Europe/Berlin.",
        [](const ConfigObject& value) -> std::optional<std::string> {
          const auto* text = std::get_if<std::string>(&value);
          if (text == nullptr || TimeZone::parse(trimmed(*text))) return std::nullopt;
          return "use system, UTC, a distance such as +02:00 or a name such as Europe/Berlin";
        });
    add("connect.cassandra.mapping.collection.to.json", kBoolean, "true", Importance::kMedium,
        "Collections as JSON text; false: as arrays and maps.");
    add("connect.cassandra.bucket.timeseries.mode", kString, "", Importance::kMedium,
        "DAY, HOUR, MINUTE or SECOND: the width of a bucket.");
    add("connect.cassandra.bucket.timeseries.format", kString, "", Importance::kMedium,
        "Date pattern of a bucket's value, for example yyyyMMddHH.");
    add("connect.cassandra.bucket.timeseries.field.name", kString, "bucket", Importance::kMedium,
        "Column of the bucket.");
    add("connect.cassandra.time.slice.ms", kLong, "10000", Importance::kMedium,
        "Accepted; without effect, as in the original.");
    add("connect.cassandra.assigned.tables", kString, "", Importance::kLow, "Filled in for each task.");
    add("connect.cassandra.import.mode", kString, "", Importance::kLow,
        "bulk or incremental: names of 2016 and 2017. INCREMENTALMODE of the KCQL is today's way.");
    add("connect.cassandra.source.timestamp.type", kString, "", Importance::kLow,
        "timeuuid, timestamp or token for import.mode=incremental without INCREMENTALMODE.");
    add("connect.cassandra.bulk.once", kBoolean, "false", Importance::kMedium,
        "Bulk mode reads each table once; the offset remembers that.");
    add("connect.cassandra.bulk.parallelism", kInt, "1", Importance::kMedium,
        "Token ranges of a table that bulk mode reads at the same time.", number_between(1, 256));
    add("connect.cassandra.window.parallelism", kInt, "1", Importance::kMedium,
        "Token ranges of a table in which TIMEUUID and TIMESTAMP look for a window's rows at the same time.",
        number_between(1, 256));
    add("connect.cassandra.schema.name", kString, "auto", Importance::kLow,
        "table: value schemas are called <keyspace>.<table>; none: they have no name, as in 2016; auto: none with the "
        "names of 2016 and 2017.",
        one_of_ignoring_case({"AUTO", "TABLE", "NONE"}));
    add("connect.cassandra.varint.handling", kString, "long", Importance::kLow,
        "varint columns as long (too large values fail), string or decimal.",
        one_of_ignoring_case({"LONG", "STRING", "DECIMAL"}));
    add("connect.cassandra.decimal.handling", kString, "decimal", Importance::kLow,
        "decimal columns as decimal (of one scale, rounded half up) or string (exactly).",
        one_of_ignoring_case({"DECIMAL", "STRING"}));
    add("connect.cassandra.decimal.scale", kInt, "18", Importance::kLow, "Digits behind the point of decimal columns.",
        number_between(0, 1000));
    add("connect.cassandra.null.as.zero", kBoolean, "false", Importance::kLow,
        "Null numbers as 0 and null booleans as false, as the original has it.");
    add("connect.cassandra.inet.format", kString, "plain", Importance::kLow, "plain (1.2.3.4) or java (/1.2.3.4).",
        one_of_ignoring_case({"PLAIN", "JAVA"}));
    add("connect.cassandra.kcql.strict", kBoolean, "false", Importance::kLow,
        "Refuse KCQL whose clauses are out of order instead of leaving them out.");
    return def;
  }();
  return kDef;
}

Props canonical_source_props(const Props& props, std::vector<std::string>& warnings) {
  const bool legacy = is_legacy(props);
  Props out = with_canonical_keys(props, source_aliases(), warnings);
  if (const auto map = out.find("connect.cassandra.import.map"); map != out.end()) {
    const auto columns = out.find("connect.cassandra.import.timestamp.column");
    if (!out.contains("connect.cassandra.kcql")) {
      out["connect.cassandra.kcql"] = kcql_of_maps(map->second, columns == out.end() ? "" : columns->second);
    }
  }
  for (const char* key : {"connect.cassandra.authentication.mode", "cassandra.authentication.mode"}) {
    if (const auto mode = out.find(key); mode != out.end() && lower_case(trimmed(mode->second)) == "none") {
      out.erase("connect.cassandra.username");
      out.erase("connect.cassandra.password");
    }
  }
  if (legacy) {
    out.try_emplace("connect.cassandra.import.poll.interval", "60000");
    const auto name = out.try_emplace("connect.cassandra.schema.name", "none").first;
    if (lower_case(name->second) == "auto") name->second = "none";
  }
  return out;
}

SourceSettings source_settings(const Props& raw) {
  SourceSettings out;
  const Props props = canonical_source_props(raw, out.warnings);
  const ParsedConfig parsed = source_config_def().parse(props);
  std::string unknown;
  for (const auto& [key, value] : props) {
    if ((key.starts_with("connect.cassandra.") || key.starts_with("cassandra.") ||
         key.starts_with("connect.progress")) &&
        source_config_def().find(key) == nullptr && !key.ends_with("authentication.mode") &&
        !key.ends_with("import.map") && !key.ends_with("import.timestamp.column")) {
      unknown += (unknown.empty() ? "" : ", ") + key;
    }
  }
  if (!unknown.empty()) out.warnings.push_back("Options without effect: " + unknown);
  out.session = session_config(parsed);
  out.keyspace = out.session.keyspace;
  out.error_policy = error_policy(parsed);
  out.max_retries = parsed.integer("connect.cassandra.max.retries");
  out.retry_interval = std::chrono::milliseconds(parsed.integer("connect.cassandra.retry.interval"));
  out.consistency = cql::parse_consistency(parsed.string("connect.cassandra.consistency.level"))
                        .value_or(cql::Consistency::kLocalOne);
  out.fetch_size = static_cast<std::int32_t>(parsed.integer("connect.cassandra.fetch.size"));
  out.buffer_size = static_cast<std::int32_t>(parsed.integer("connect.cassandra.task.buffer.size"));
  out.batch_size = static_cast<std::int32_t>(parsed.integer("connect.cassandra.batch.size"));
  out.poll_interval = std::chrono::milliseconds(parsed.integer("connect.cassandra.import.poll.interval"));
  out.allow_filtering = parsed.boolean("connect.cassandra.import.allow.filtering");
  out.slice = std::chrono::milliseconds(parsed.integer("connect.cassandra.slice.duration"));
  out.slice_delay = std::chrono::milliseconds(parsed.integer("connect.cassandra.slice.delay.ms"));
  out.slice_overlap = std::chrono::milliseconds(parsed.integer("connect.cassandra.slice.overlap.ms"));
  out.slice_target_rows = parsed.integer("connect.cassandra.slice.target.rows");
  out.initial_offset = parsed.string("connect.cassandra.initial.offset");
  out.zone = TimeZone::parse(trimmed(parsed.string("connect.cassandra.offset.timezone"))).value_or(TimeZone{});
  if (!parse_offset_text(out.initial_offset, out.zone)) {
    throw ConfigError(invalid_value("connect.cassandra.initial.offset", out.initial_offset,
                                    "write 2018-03-09 16:12:32.584Z or 2018-03-09T16:12:32.584Z"));
  }
  out.bulk_once = parsed.boolean("connect.cassandra.bulk.once");
  out.bulk_parallelism = static_cast<std::int32_t>(parsed.integer("connect.cassandra.bulk.parallelism"));
  out.window_parallelism = static_cast<std::int32_t>(parsed.integer("connect.cassandra.window.parallelism"));
  out.named_schema = upper_case(parsed.string("connect.cassandra.schema.name")) != "NONE";
  out.types.collections_to_json = parsed.boolean("connect.cassandra.mapping.collection.to.json");
  out.types.null_as_zero = parsed.boolean("connect.cassandra.null.as.zero");
  out.types.java_inet = upper_case(parsed.string("connect.cassandra.inet.format")) == "JAVA";
  out.types.decimal_as_text = upper_case(parsed.string("connect.cassandra.decimal.handling")) == "STRING";
  out.types.decimal_scale = static_cast<std::int32_t>(parsed.integer("connect.cassandra.decimal.scale"));
  const auto varint = upper_case(parsed.string("connect.cassandra.varint.handling"));
  out.types.varint = varint == "STRING"    ? VarintHandling::kString
                     : varint == "DECIMAL" ? VarintHandling::kDecimal
                                           : VarintHandling::kLong;
  out.routes = routes_of(parsed, out.warnings);
  read_buckets(parsed, out);
  out.assigned_tables = split_commas(parsed.string("connect.cassandra.assigned.tables"));
  return out;
}

}  // namespace millrace::cassandra
