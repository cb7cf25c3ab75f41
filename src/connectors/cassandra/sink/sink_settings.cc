#include "connectors/cassandra/sink/sink_settings.h"

#include <algorithm>
#include <set>

#include "connectors/cassandra/sink/cql_text.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

const std::vector<KeyAlias>& sink_aliases() {
  static const std::vector<KeyAlias> kAliases = [] {
    std::vector<KeyAlias> all = shared_aliases();
    const std::vector<KeyAlias> own{
        {"connect.cassandra.kcql", {"connect.cassandra.sink.kcql", "connect.cassandra.export.route.query"}},
        {"connect.cassandra.export.map", {"cassandra.export.map"}},
        {"connect.cassandra.threadpool.size", {"connect.cassandra.sink.threadpool.size"}},
        {"connect.cassandra.error.policy", {"connect.cassandra.sink.error.policy"}},
        {"connect.cassandra.max.retries",
         {"connect.cassandra.max.retires", "connect.cassandra.sink.max.retries", "connect.cassandra.sink.max.retires"}},
        {"connect.cassandra.retry.interval", {"connect.cassandra.sink.retry.interval"}},
        {"connect.progress.enabled", {"connect.cassandra.progress.enabled"}},
    };
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }();
  return kAliases;
}

std::string set_text(const std::set<std::string>& items) {
  std::string out = "Set(";
  for (const auto& item : items) out += (out.size() > 4 ? ", " : "") + item;
  return out + ")";
}

void check_topics(const Props& props, const std::vector<KcqlStatement>& statements) {
  const auto found = props.find("topics");
  const bool regex = props.contains("topics.regex") && !props.at("topics.regex").empty();
  if (found == props.end() || found->second.empty()) {
    if (regex) return;  // each record's topic is checked when it comes
    throw ConfigError(kNoTopics);
  }
  const auto list = split_commas(found->second);
  const std::set<std::string> topics(list.begin(), list.end());
  std::set<std::string> sources;
  for (const auto& st : statements) sources.insert(st.source);
  if (!std::includes(sources.begin(), sources.end(), topics.begin(), topics.end())) {
    throw ConfigError("Mandatory `topics` configuration contains topics not set in connect.cassandra.kcql: " +
                      set_text(topics) + ", kcql contains " + set_text(sources));
  }
  if (!std::includes(topics.begin(), topics.end(), sources.begin(), sources.end())) {
    throw ConfigError("connect.cassandra.kcql contains topics not set in the mandatory `topics` configuration: " +
                      set_text(sources) + ", topics contains " + set_text(topics));
  }
}

}  // namespace

const ConfigDef& sink_config_def() {
  static const ConfigDef kDef = [] {
    ConfigDef def;
    define_connection_keys(def);
    std::int32_t order = 0;
    const auto add = [&](const char* name, ConfigType type, const char* fallback, Importance importance,
                         const char* doc, ConfigCheck check = {}) {
      ConfigKey key = connector_option(name, type, fallback, importance, doc, std::move(check));
      key.group = "Export";
      key.order_in_group = ++order;
      def.define(std::move(key));
    };
    using enum ConfigType;
    add("connect.cassandra.kcql", kString, nullptr, Importance::kHigh,
        "KCQL statements, ; between them: INSERT INTO <table> SELECT <fields> FROM <topic> [IGNORE <fields>] [TTL = "
        "<seconds>].");
    add("connect.cassandra.threadpool.size", kInt, "0", Importance::kMedium,
        "Requests under way at the same time; 0 or less: 128.");
    add("connect.cassandra.batch.size", kInt, "500", Importance::kMedium,
        "Most rows of one partition that go into one unlogged batch; 1: no batches.", number_between(1, 65535));
    add("connect.progress.enabled", kBoolean, "false", Importance::kMedium,
        "Log the number of records delivered per topic once a minute.");
    add("connect.cassandra.delete.enabled", kBoolean, "false", Importance::kMedium,
        "Records without a value delete a row.");
    add("connect.cassandra.delete.statement", kString, "", Importance::kMedium,
        "CQL of the deletion, with ? for each value of the key. Several, ; between them: each is run for the topics "
        "that "
        "are written to its table.");
    add("connect.cassandra.delete.struct_flds", kList, "", Importance::kMedium,
        "Fields of the key to bind, in the order of the ?.");
    add("connect.cassandra.default.value", kString, "", Importance::kMedium,
        "UNSET: columns the record has no value for stay as they are. Otherwise they become null.");
    add("connect.cassandra.insert.mode", kString, "json", Importance::kLow,
        "json: INSERT ... JSON, which the node converts. bound: a value per column, for servers without JSON.",
        one_of_ignoring_case({"JSON", "BOUND"}));
    add("connect.cassandra.write.time", kString, "worker", Importance::kLow,
        "worker: the last write of a row wins. record: the one with the latest record timestamp, so that records that "
        "are "
        "read again do not overwrite newer ones.",
        one_of_ignoring_case({"WORKER", "RECORD"}));
    return def;
  }();
  return kDef;
}

Props canonical_sink_props(const Props& props, std::vector<std::string>& warnings) {
  Props out = with_canonical_keys(props, sink_aliases(), warnings);
  const auto map = out.find("connect.cassandra.export.map");
  if (map != out.end() && !out.contains("connect.cassandra.kcql")) {
    std::string kcql;
    for (const auto& item : split_commas(map->second)) {
      const auto colon = item.find(':');
      const auto topic = trimmed(item.substr(0, colon));
      const auto table = colon == std::string::npos ? topic : trimmed(item.substr(colon + 1));
      kcql += (kcql.empty() ? "" : ";") + std::string("INSERT INTO `") + table + "` SELECT * FROM `" + topic + "`";
    }
    out["connect.cassandra.kcql"] = kcql;
  }
  return out;
}

SinkSettings sink_settings(const Props& raw) {
  SinkSettings out;
  const Props props = canonical_sink_props(raw, out.warnings);
  const ParsedConfig parsed = sink_config_def().parse(props);
  out.session = session_config(parsed);
  out.keyspace = out.session.keyspace;
  out.error_policy = error_policy(parsed);
  out.max_retries = parsed.integer("connect.cassandra.max.retries");
  out.retry_interval = std::chrono::milliseconds(parsed.integer("connect.cassandra.retry.interval"));
  out.consistency = cql::parse_consistency(parsed.string("connect.cassandra.consistency.level"))
                        .value_or(cql::Consistency::kLocalOne);
  const auto pool = static_cast<std::int32_t>(parsed.integer("connect.cassandra.threadpool.size"));
  out.requests_in_flight = pool > 0 ? std::min(pool, 1000) : 128;
  out.batch_size = static_cast<std::int32_t>(parsed.integer("connect.cassandra.batch.size"));
  out.progress = parsed.boolean("connect.progress.enabled");
  out.delete_enabled = parsed.boolean("connect.cassandra.delete.enabled");
  out.delete_statements = split_statements(parsed.string("connect.cassandra.delete.statement"));
  out.delete_fields = parsed.list("connect.cassandra.delete.struct_flds");
  out.bound = upper_case(parsed.string("connect.cassandra.insert.mode")) == "BOUND";
  out.record_time = upper_case(parsed.string("connect.cassandra.write.time")) == "RECORD";
  out.unset = parsed.string("connect.cassandra.default.value") == "UNSET";
  if (out.delete_enabled && out.delete_statements.empty()) {
    throw ConfigError("If connect.cassandra.delete.enabled is true, connect.cassandra.delete.statement is required.");
  }
  const auto& text = parsed.string("connect.cassandra.kcql");
  try {
    out.statements = parse_kcql(text);
  } catch (const KcqlError& error) {
    throw ConfigError(error.what());
  }
  if (out.statements.empty()) throw ConfigError("Missing [connect.cassandra.kcql]");
  for (const auto& st : out.statements) {
    if (!st.ignored_text.empty())
      out.warnings.push_back("KCQL text without effect, since its clauses are out of order: " + st.ignored_text);
    for (const auto& clause : st.obsolete_clauses)
      out.warnings.push_back("KCQL clause " + clause + " of topic " + st.source + " has no effect.");
    for (const auto& field : st.fields) {
      if (field.function)
        throw ConfigError("KCQL of topic " + st.source + " selects the function " + field.path.front() +
                          "(), which this sink does not offer.");
    }
  }
  check_topics(props, out.statements);
  return out;
}

}  // namespace millrace::cassandra
