#include "connectors/cassandra/common/connection_config.h"

#include <algorithm>
#include <cctype>

#include "millrace/connector.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

constexpr const char* kConnection = "Connection";
constexpr const char* kSsl = "SSL";
constexpr const char* kErrors = "Error";

struct Adder {
  ConfigDef& def;
  std::int32_t order = 0;

  void add(std::string name, ConfigType type, std::optional<std::string> fallback, Importance importance,
           const char* group, std::string doc, ConfigCheck check = {}) {
    ConfigKey key;
    key.name = std::move(name);
    key.type = type;
    key.default_value = std::move(fallback);
    key.importance = importance;
    key.group = group;
    key.order_in_group = ++order;
    key.width = Width::kMedium;
    key.display_name = key.name;
    key.documentation = std::move(doc);
    key.check = std::move(check);
    def.define(std::move(key));
  }
};

ConfigCheck consistency_check() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr || text->empty() || cql::parse_consistency(*text)) return std::nullopt;
    return "'" + *text +
           "' is not a valid connect.cassandra.consistency.level. Available values are:" + cql::consistency_names();
  };
}

ConfigCheck of_numbers(ConfigCheck check) {
  return [check = std::move(check)](const ConfigObject& value) -> std::optional<std::string> {
    if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
    return check(value);
  };
}

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

ConfigCheck number_between(std::int64_t minimum, std::int64_t maximum) { return of_numbers(between(minimum, maximum)); }

ConfigCheck number_at_least(std::int64_t minimum) { return of_numbers(at_least(minimum)); }

std::string lower_case(std::string text) { return lowered(std::move(text)); }

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    auto item = trimmed(text.substr(at, end - at));
    if (!item.empty()) out.push_back(std::move(item));
    at = end + 1;
  }
  return out;
}

cql::Compression compression_of(const std::string& text) {
  const auto name = upper_case(trimmed(text));
  return name == "LZ4"      ? cql::Compression::kLz4
         : name == "SNAPPY" ? cql::Compression::kSnappy
                            : cql::Compression::kNone;
}

ConfigKey connector_option(const char* name, ConfigType type, const char* fallback, Importance importance,
                           const char* documentation, ConfigCheck check) {
  ConfigKey key;
  key.name = name;
  key.type = type;
  if (fallback != nullptr) key.default_value = fallback;
  key.required = fallback == nullptr;
  key.importance = importance;
  key.width = Width::kMedium;
  key.display_name = name;
  key.documentation = documentation;
  key.check = std::move(check);
  return key;
}

void define_connection_keys(ConfigDef& def) {
  using enum ConfigType;
  Adder keys{def};
  const auto kHigh = Importance::kHigh;
  const auto kMedium = Importance::kMedium;
  const auto kLow = Importance::kLow;
  keys.add("connect.cassandra.contact.points", kString, "localhost", kHigh, kConnection,
           "Nodes to reach the cluster through: a comma list of host, host:port or [v6]:port. The others are found "
           "through them.",
           non_empty());
  keys.add("connect.cassandra.port", kInt, "9042", kHigh, kConnection, "Native protocol port of all nodes.",
           number_between(1, 65535));
  {
    ConfigKey key;
    key.name = "connect.cassandra.key.space";
    key.required = true;
    key.importance = kHigh;
    key.group = kConnection;
    key.order_in_group = ++keys.order;
    key.width = Width::kMedium;
    key.display_name = key.name;
    key.documentation = "Keyspace of the tables.";
    key.check = [](const ConfigObject& value) -> std::optional<std::string> {
      const auto* text = std::get_if<std::string>(&value);
      if (text == nullptr || !trimmed(*text).empty()) return std::nullopt;  // absence is reported as such
      return "connect.cassandra.key.space must be provided.";
    };
    def.define(std::move(key));
  }
  keys.add("connect.cassandra.username", kString, "", kHigh, kConnection,
           "User to log in with. Used when the password is given, too.");
  keys.add("connect.cassandra.password", kPassword, "", kLow, kConnection, "Password of the user.");
  keys.add("connect.cassandra.consistency.level", kString, "", kMedium, kConnection,
           "Consistency level of reads and writes, for example LOCAL_QUORUM. Empty: LOCAL_ONE.", consistency_check());
  keys.add("connect.cassandra.fetch.size", kInt, "5000", kMedium, kConnection, "Rows of one page of a query.",
           number_at_least(1));
  keys.add("connect.cassandra.load.balancing.policy", kString, "TOKEN_AWARE", kMedium, kConnection,
           "TOKEN_AWARE, DC_AWARE_ROUND_ROBIN and LATENCY_AWARE stay in the data centre of the first node reached; "
           "ROUND_ROBIN uses all nodes.",
           one_of_ignoring_case({"TOKEN_AWARE", "ROUND_ROBIN", "DC_AWARE_ROUND_ROBIN", "LATENCY_AWARE"}));
  keys.add("connect.cassandra.connect.timeout.ms", kInt, "5000", kMedium, kConnection,
           "Time for connecting and logging in to a node.", number_at_least(1));
  keys.add("connect.cassandra.read.timeout.ms", kInt, "12000", kMedium, kConnection,
           "Time for the answer to one request, one page included.", number_at_least(1));
  keys.add("connect.cassandra.compression", kString, "none", kLow, kConnection,
           "none, lz4 or snappy: compression between the nodes and the worker.",
           one_of_ignoring_case({"NONE", "LZ4", "SNAPPY"}));
  keys.add("connect.cassandra.ssl.enabled", kBoolean, "false", kLow, kSsl, "TLS to the nodes.");
  keys.add("connect.cassandra.trust.store.path", kString, "", kLow, kSsl,
           "Authorities to trust, as PKCS12, JKS or PEM; the content decides. Empty: the system's.");
  keys.add("connect.cassandra.trust.store.password", kPassword, "", kLow, kSsl, "Password of the trust store.");
  keys.add("connect.cassandra.trust.store.type", kString, "JKS", kMedium, kSsl,
           "JKS or PKCS12. Accepted; the content of the file decides.");
  keys.add("connect.cassandra.key.store.type", kString, "JKS", kMedium, kSsl,
           "JKS or PKCS12. Accepted; the content of the file decides.");
  keys.add("connect.cassandra.ssl.client.cert.auth", kBoolean, "false", kLow, kSsl,
           "Present the certificate of the key store to the nodes; so does a key store path alone.");
  keys.add("connect.cassandra.key.store.path", kString, "", kLow, kSsl,
           "Client certificate and key, as PKCS12, JKS or PEM.");
  keys.add("connect.cassandra.key.store.password", kPassword, "", kLow, kSsl, "Password of the key store.");
  keys.add(
      "connect.cassandra.ssl.hostname.verification", kBoolean, "false", kMedium, kSsl,
      "Check that a node's certificate names the host. Off for files written before the option existed; switch it on.");
  keys.add("connect.cassandra.error.policy", kString, "THROW", kHigh, kErrors,
           "What a failing request does. NOOP: it is logged and left. THROW: the task fails. RETRY: it is sent again.",
           one_of_ignoring_case({"NOOP", "THROW", "RETRY"}));
  keys.add("connect.cassandra.max.retries", kInt, "20", kMedium, kErrors,
           "Attempts before the task fails; -1: without end.", number_at_least(-1));
  keys.add("connect.cassandra.retry.interval", kInt, "60000", kMedium, kErrors, "Milliseconds between two attempts.",
           number_at_least(0));
}

cql::SessionConfig session_config(const ParsedConfig& parsed) {
  cql::SessionConfig config;
  config.contact_points = split_commas(parsed.string("connect.cassandra.contact.points"));
  config.port = static_cast<std::uint16_t>(parsed.integer("connect.cassandra.port"));
  config.keyspace = trimmed(parsed.string("connect.cassandra.key.space"));
  const auto user = trimmed(parsed.string("connect.cassandra.username"));
  const auto password = trimmed(parsed.string("connect.cassandra.password"));
  auto& log = logger(kLoggerName);
  if (!user.empty() && !password.empty()) {
    config.user = user;
    config.password = password;
  }
  const auto policy = upper_case(parsed.string("connect.cassandra.load.balancing.policy"));
  config.load_balancing = policy == "ROUND_ROBIN"   ? cql::LoadBalancing::kRoundRobin
                          : policy == "TOKEN_AWARE" ? cql::LoadBalancing::kTokenAware
                                                    : cql::LoadBalancing::kDcAwareRoundRobin;
  config.connect_timeout = std::chrono::milliseconds(parsed.integer("connect.cassandra.connect.timeout.ms"));
  config.request_timeout = std::chrono::milliseconds(parsed.integer("connect.cassandra.read.timeout.ms"));
  config.compression = compression_of(parsed.string("connect.cassandra.compression"));
  if (parsed.boolean("connect.cassandra.ssl.enabled")) {
    cql::TlsConfig tls;
    tls.trust_store_path = parsed.string("connect.cassandra.trust.store.path");
    tls.trust_store_password = parsed.string("connect.cassandra.trust.store.password");
    tls.key_store_path = parsed.string("connect.cassandra.key.store.path");
    tls.key_store_password = parsed.string("connect.cassandra.key.store.password");
    tls.verify_hostname = parsed.boolean("connect.cassandra.ssl.hostname.verification");
    if (parsed.boolean("connect.cassandra.ssl.client.cert.auth") && tls.key_store_path.empty()) {
      throw ConfigError(
          "connect.cassandra.ssl.client.cert.auth is true, but connect.cassandra.key.store.path names no key store.");
    }
    config.tls = std::move(tls);
  }
  config.log_info = [&log](const std::string& text) { log.info(text); };
  config.log_warn = [&log](const std::string& text) { log.warn(text); };
  return config;
}

ErrorPolicy error_policy(const ParsedConfig& parsed) {
  const auto text = upper_case(parsed.string("connect.cassandra.error.policy"));
  return text == "NOOP" ? ErrorPolicy::kNoop : text == "RETRY" ? ErrorPolicy::kRetry : ErrorPolicy::kThrow;
}

const std::vector<KeyAlias>& shared_aliases() {
  static const std::vector<KeyAlias> kAliases{
      {"connect.cassandra.contact.points", {"cassandra.contact.points"}},
      {"connect.cassandra.port", {"cassandra.port"}},
      {"connect.cassandra.key.space", {"cassandra.key.space"}},
      {"connect.cassandra.username", {"cassandra.username"}},
      {"connect.cassandra.password", {"cassandra.password"}},
      {"connect.cassandra.ssl.enabled", {"cassandra.ssl.enabled"}},
      {"connect.cassandra.ssl.client.cert.auth", {"cassandra.ssl.client.cert.auth"}},
      {"connect.cassandra.trust.store.path", {"cassandra.trust.store.path"}},
      {"connect.cassandra.trust.store.password", {"cassandra.trust.store.password"}},
      {"connect.cassandra.key.store.path", {"cassandra.key.store.path"}},
      {"connect.cassandra.key.store.password", {"cassandra.key.store.password"}},
  };
  return kAliases;
}

Props with_canonical_keys(const Props& props, const std::vector<KeyAlias>& aliases,
                          std::vector<std::string>& warnings) {
  Props out = props;
  for (const auto& alias : aliases) {
    const char* winner = out.contains(alias.canonical) ? alias.canonical : nullptr;
    for (const char* older : alias.older) {
      const auto found = out.find(older);
      if (found == out.end()) continue;
      if (winner == nullptr) {
        winner = older;
        out[alias.canonical] = found->second;
      } else {
        warnings.push_back(std::string("Both ") + winner + " and its older name " + older + " are given; " + older +
                           " is ignored.");
      }
      out.erase(older);
    }
  }
  return out;
}

std::string hosts_text(const cql::SessionConfig& config) {
  std::string out;
  for (const auto& point : config.contact_points) out += (out.empty() ? "" : ", ") + point;
  return out + (config.contact_points.size() == 1 && out.find(':') == std::string::npos
                    ? ":" + std::to_string(config.port)
                    : "");
}

std::unique_ptr<cql::Session> connect_session(const cql::SessionConfig& config, const char* login_keys) {
  try {
    return cql::Session::connect(config);
  } catch (const cql::CqlError& error) {
    const bool no_login = error.kind() == cql::CqlError::Kind::kAuthentication && config.user.empty();
    throw ConnectError(std::string("Couldn't connect to Cassandra. ") + error.what() +
                       (no_login ? std::string(" (") + login_keys + ")" : ""));
  } catch (const cql::TlsError& error) {
    throw ConnectError(std::string("Couldn't connect to Cassandra. ") + error.what());
  }
}

std::unique_ptr<cql::Session> open_session(cql::SessionConfig config, std::string& keyspace) {
  const auto hosts = hosts_text(config);
  auto& log = logger(kLoggerName);
  if (config.user.empty()) log.warn("Username and password not set.");
  if (config.tls && !config.tls->verify_hostname) {
    log.warn(
        "TLS without host name verification: anybody with a certificate of the same authority can pose as a node. "
        "Set connect.cassandra.ssl.hostname.verification=true.");
  }
  constexpr const char* kLogin = "connect.cassandra.username and connect.cassandra.password";
  auto session = connect_session(config, kLogin);
  bool folded = false;
  try {
    folded = session->keyspace_exists(lower_case(keyspace));
    if (!folded && !session->keyspace_exists(keyspace)) {
      throw ConfigError("Keyspace " + keyspace + " does not exist on Cassandra at " + hosts +
                        " (connect.cassandra.key.space).");
    }
    if (folded && keyspace != lower_case(keyspace)) {
      // Routing needs the name as the server has it.
      config.keyspace = lower_case(keyspace);
      session = connect_session(config, kLogin);
    }
  } catch (const cql::CqlError& error) {
    throw ConnectError(std::string("Couldn't connect to Cassandra. ") + error.what());
  }
  if (folded) keyspace = lower_case(keyspace);
  log.info("Connection to Cassandra established.");
  return session;
}

cql::TableInfo find_table(cql::Session& session, const cql::SessionConfig& config, const std::string& keyspace,
                          const std::string& table) {
  auto info = session.table(keyspace, lower_case(table));
  if (!info) info = session.table(keyspace, table);
  if (!info) {
    throw ConfigError("Table " + table + " does not exist in keyspace " + keyspace + " on Cassandra at " +
                      hosts_text(config) + ".");
  }
  return std::move(*info);
}

const cql::TableColumn* find_column(const cql::TableInfo& table, const std::string& name) {
  const auto* folded = table.column(lower_case(name));
  return folded != nullptr ? folded : table.column(name);
}

}  // namespace millrace::cassandra
