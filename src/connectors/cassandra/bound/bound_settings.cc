#include "connectors/cassandra/bound/bound_settings.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

constexpr const char* kDriver = "connect.cassandra.driver.";

/// Options of the Java driver's configuration that have a meaning here: durations as it writes them ("5 seconds", "500 ms", "5000").
std::chrono::milliseconds duration_of(const std::string& key, const std::string& value) {
  const auto text = trimmed(value);
  double amount = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), amount);
  const auto unit = lower_case(trimmed(text.substr(static_cast<std::size_t>(parsed.ptr - text.data()))));
  static const std::vector<std::pair<std::set<std::string>, double>> kUnits{
      {{"", "ms", "milli", "millis", "millisecond", "milliseconds"}, 1},
      {{"s", "second", "seconds"}, 1000},
      {{"m", "minute", "minutes"}, 60000},
      {{"h", "hour", "hours"}, 3600000}};
  if (parsed.ec == std::errc{} && amount > 0) {
    for (const auto& [names, factor] : kUnits) {
      if (names.contains(unit)) return std::chrono::milliseconds(static_cast<std::int64_t>(amount * factor));
    }
  }
  throw ConfigError(invalid_value(key, value, "write a duration such as 5 seconds or 500 milliseconds"));
}

void read_driver_options(const Props& props, BoundSinkSettings& out) {
  for (const auto& [key, value] : props) {
    if (!key.starts_with(kDriver)) continue;
    const auto name = key.substr(std::string_view(kDriver).size());
    if (name == "basic.request.timeout") {
      out.session.request_timeout = duration_of(key, value);
    } else if (name == "advanced.heartbeat.interval") {
      out.session.heartbeat_interval = duration_of(key, value);
    } else if (name == "advanced.reconnection-policy.base-delay") {
      out.session.reconnect_base = duration_of(key, value);
    } else if (name == "advanced.reconnection-policy.max-delay") {
      out.session.reconnect_max = duration_of(key, value);
    } else if (name == "basic.request.consistency") {
      const auto level = cql::parse_consistency(trimmed(value));
      if (!level) throw ConfigError(invalid_value(key, value, "use one of " + cql::consistency_names()));
      for (auto& statement : out.statements) {
        if (!statement.consistency_given) statement.consistency = *level;
      }
    } else {
      out.warnings.push_back("Option " + key + " of the Java driver has no effect here.");
    }
  }
}

void read_tls(const ParsedConfig& parsed, cql::SessionConfig& session) {
  const auto provider = upper_case(trimmed(parsed.string("connect.cassandra.ssl.provider")));
  if (!parsed.boolean("connect.cassandra.ssl.enabled")) {
    if (provider != "NONE")
      session.log_warn("connect.cassandra.ssl.provider is set, but connect.cassandra.ssl.enabled is false: no TLS.");
    return;
  }
  cql::TlsConfig tls;
  tls.trust_store_path = parsed.string("connect.cassandra.ssl.truststore.path");
  tls.trust_store_password = parsed.string("connect.cassandra.ssl.truststore.password");
  if (provider == "OPENSSL") {
    tls.key_store_path = parsed.string("connect.cassandra.ssl.openssl.key.cert.chain");
    tls.private_key_path = parsed.string("connect.cassandra.ssl.openssl.private.key");
    if (tls.key_store_path.empty() != tls.private_key_path.empty()) {
      throw ConfigError(
          "connect.cassandra.ssl.openssl.key.cert.chain and connect.cassandra.ssl.openssl.private.key belong together: "
          "give both or neither.");
    }
  } else {
    tls.key_store_path = parsed.string("connect.cassandra.ssl.keystore.path");
    tls.key_store_password = parsed.string("connect.cassandra.ssl.keystore.password");
  }
  tls.cipher_suites = parsed.string("connect.cassandra.ssl.cipher.suites");
  std::replace(tls.cipher_suites.begin(), tls.cipher_suites.end(), ',', ':');
  tls.cipher_suites.erase(std::remove(tls.cipher_suites.begin(), tls.cipher_suites.end(), ' '),
                          tls.cipher_suites.end());
  tls.verify_hostname = parsed.boolean("connect.cassandra.ssl.hostname.verification");
  session.tls = std::move(tls);
}

void read_login(const ParsedConfig& parsed, cql::SessionConfig& session) {
  const auto provider = upper_case(trimmed(parsed.string("connect.cassandra.auth.provider")));
  const auto user = trimmed(parsed.string("connect.cassandra.auth.username"));
  const auto& password = parsed.string("connect.cassandra.auth.password");
  if (provider == "GSSAPI")
    throw ConfigError(
        invalid_value("connect.cassandra.auth.provider", "GSSAPI", "Kerberos is not offered: use PLAIN or None"));
  if (user.empty() && !password.empty())
    throw ConfigError("connect.cassandra.auth.password is given without connect.cassandra.auth.username.");
  if (user.empty() && provider == "PLAIN")
    throw ConfigError(
        "connect.cassandra.auth.provider=PLAIN needs connect.cassandra.auth.username and "
        "connect.cassandra.auth.password.");
  session.user = user;
  session.password = password;
}

}  // namespace

const ConfigDef& bound_sink_config_def() {
  static const ConfigDef kDef = [] {
    ConfigDef def;
    std::int32_t order = 0;
    const auto add = [&](const char* name, ConfigType type, const char* fallback, const char* group, const char* doc,
                         ConfigCheck check = {}) {
      ConfigKey key;
      key.name = name;
      key.type = type;
      if (fallback != nullptr) key.default_value = fallback;
      key.required = fallback == nullptr;
      key.importance = fallback == nullptr ? Importance::kHigh : Importance::kMedium;
      key.group = group;
      key.order_in_group = ++order;
      key.width = Width::kMedium;
      key.display_name = name;
      key.documentation = doc;
      key.check = std::move(check);
      def.define(std::move(key));
    };
    using enum ConfigType;
    add("connect.cassandra.contact.points", kString, "localhost", "Connection",
        "Nodes to reach the cluster through: a comma list of host, host:port or [v6]:port.",
        [](const ConfigObject& value) -> std::optional<std::string> {
          const auto* text = std::get_if<std::string>(&value);
          if (text == nullptr || !split_commas(*text).empty()) return std::nullopt;
          return "contact.points must be set";
        });
    add("connect.cassandra.port", kInt, "9042", "Connection", "Native protocol port of all nodes.",
        number_between(1, 65535));
    add("connect.cassandra.max.concurrent.requests", kInt, "100", "Connection",
        "Statements and batches under way at the same time.", number_between(1, 1000));
    add("connect.cassandra.connection.pool.size", kInt, "2", "Connection",
        "Accepted; one connection to each node carries all requests.", number_at_least(1));
    add("connect.cassandra.compression", kString, "none", "Connection",
        "none, lz4 or snappy: compression between the nodes and the worker.",
        one_of_ignoring_case({"NONE", "LZ4", "SNAPPY"}));
    add("connect.cassandra.query.timeout.ms", kInt, "20000", "Connection", "Time for the answer to one request.",
        number_at_least(1));
    add("connect.cassandra.max.batch.size", kInt, "64", "Connection",
        "Most rows of one partition that go into one unlogged batch; 1: no batches.", number_between(1, 65535));
    add("connect.cassandra.load.balancing.local.dc", kString, "", "Connection",
        "Data centre to stay in. Empty: that of the first node reached.");
    add("connect.cassandra.ssl.enabled", kBoolean, "false", "SSL", "TLS to the nodes.");
    add("connect.cassandra.ssl.provider", kString, "None", "SSL",
        "None, JDK (the stores below) or OpenSSL (the PEM files below): which of the two groups holds the client's "
        "certificate.",
        one_of_ignoring_case({"NONE", "JDK", "OPENSSL"}));
    add("connect.cassandra.ssl.truststore.path", kString, "", "SSL",
        "Authorities to trust, as PKCS12, JKS or PEM. Empty: the system's.");
    add("connect.cassandra.ssl.truststore.password", kPassword, "", "SSL", "Password of the trust store.");
    add("connect.cassandra.ssl.keystore.path", kString, "", "SSL",
        "Client certificate and key, as PKCS12, JKS or PEM.");
    add("connect.cassandra.ssl.keystore.password", kPassword, "", "SSL", "Password of the key store.");
    add("connect.cassandra.ssl.cipher.suites", kString, "", "SSL", "Comma list of cipher suites, by OpenSSL's names.");
    add("connect.cassandra.ssl.hostname.verification", kBoolean, "true", "SSL",
        "Check that a node's certificate names the host.");
    add("connect.cassandra.ssl.openssl.key.cert.chain", kString, "", "SSL", "PEM file of the client's certificate.");
    add("connect.cassandra.ssl.openssl.private.key", kString, "", "SSL", "PEM file of the client's key.");
    add("connect.cassandra.auth.provider", kString, "None", "Authentication",
        "None or PLAIN. A user name alone is enough to log in with it.",
        one_of_ignoring_case({"NONE", "PLAIN", "GSSAPI"}));
    add("connect.cassandra.auth.username", kString, "", "Authentication", "User to log in with.");
    add("connect.cassandra.auth.password", kPassword, "", "Authentication", "Password of the user.");
    add("connect.cassandra.auth.gssapi.keytab", kString, "", "Authentication", "Accepted; Kerberos is not offered.");
    add("connect.cassandra.auth.gssapi.principal", kString, "", "Authentication", "Accepted; Kerberos is not offered.");
    add("connect.cassandra.auth.gssapi.service", kString, "dse", "Authentication",
        "Accepted; Kerberos is not offered.");
    add("connect.cassandra.ignore.errors.mode", kString, "none", "Error",
        "Failures that are logged and left: none, driver (of requests) or all (of records, too).",
        one_of_ignoring_case({"NONE", "ALL", "DRIVER"}));
    add("connect.cassandra.error.policy", kString, "THROW", "Error",
        "What another failure does. NOOP: it is logged and left. THROW: the task fails. RETRY: the batch is taken "
        "again.",
        one_of_ignoring_case({"NOOP", "THROW", "RETRY"}));
    add("connect.cassandra.max.retries", kInt, "20", "Error", "Attempts before the task fails; -1: without end.",
        number_at_least(-1));
    add("connect.cassandra.retry.interval", kInt, "60000", "Error", "Milliseconds between two attempts.",
        number_at_least(0));
    add("connect.cassandra.kcql", kString, nullptr, "Export",
        "KCQL statements, ; between them: INSERT INTO <keyspace>.<table> SELECT <field> AS <column>, ... FROM <topic> "
        "[PROPERTIES('<key>'='<value>', ...)].");
    add("connect.progress.enabled", kBoolean, "false", "Export",
        "Log the number of records delivered per topic once a minute.");
    return def;
  }();
  return kDef;
}

BoundSinkSettings bound_sink_settings(const Props& props) {
  BoundSinkSettings out;
  const ParsedConfig parsed = bound_sink_config_def().parse(props);
  std::string unknown;
  for (const auto& [key, value] : props) {
    if (key.starts_with("connect.") && !key.starts_with(kDriver) && bound_sink_config_def().find(key) == nullptr)
      unknown += (unknown.empty() ? "" : ", ") + key;
  }
  if (!unknown.empty()) out.warnings.push_back("Options without effect: " + unknown);
  auto& session = out.session;
  auto& log = logger(kLoggerName);
  session.log_info = [&log](const std::string& text) { log.info(text); };
  session.log_warn = [&log](const std::string& text) { log.warn(text); };
  session.contact_points = split_commas(parsed.string("connect.cassandra.contact.points"));
  session.port = static_cast<std::uint16_t>(parsed.integer("connect.cassandra.port"));
  session.request_timeout = std::chrono::milliseconds(parsed.integer("connect.cassandra.query.timeout.ms"));
  session.local_datacenter = trimmed(parsed.string("connect.cassandra.load.balancing.local.dc"));
  session.compression = compression_of(parsed.string("connect.cassandra.compression"));
  read_tls(parsed, session);
  read_login(parsed, session);
  out.requests_in_flight = static_cast<std::int32_t>(parsed.integer("connect.cassandra.max.concurrent.requests"));
  out.batch_size = static_cast<std::int32_t>(parsed.integer("connect.cassandra.max.batch.size"));
  const auto ignore = upper_case(parsed.string("connect.cassandra.ignore.errors.mode"));
  out.ignore_errors = ignore == "ALL"      ? IgnoreErrors::kAll
                      : ignore == "DRIVER" ? IgnoreErrors::kDriver
                                           : IgnoreErrors::kNone;
  out.policy.error_policy = error_policy(parsed);
  out.policy.max_retries = parsed.integer("connect.cassandra.max.retries");
  out.policy.retry_interval = std::chrono::milliseconds(parsed.integer("connect.cassandra.retry.interval"));
  out.policy.progress = parsed.boolean("connect.progress.enabled");
  out.statements = bound_statements(parsed.string("connect.cassandra.kcql"), out.warnings);
  session.keyspace = out.statements.front().keyspace;
  read_driver_options(props, out);
  if (const auto topics = props.find("topics"); topics != props.end()) {
    for (const auto& topic : split_commas(topics->second)) {
      if (std::none_of(out.statements.begin(), out.statements.end(), [&](const auto& st) { return st.topic == topic; }))
        throw ConfigError("Topic " + topic + " of `topics` has no statement in connect.cassandra.kcql.");
    }
  }
  return out;
}

}  // namespace millrace::cassandra
