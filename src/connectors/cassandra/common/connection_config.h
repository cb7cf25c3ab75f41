#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/cassandra/cql/session.h"
#include "millrace/config.h"

namespace millrace::cassandra {

/// `millrace::logger` of these connectors.
inline constexpr const char* kLoggerName = "connectors.cassandra";

/// `between` and `at_least` without a complaint of their own about what is no number: that is reported already.
ConfigCheck number_between(std::int64_t minimum, std::int64_t maximum);
ConfigCheck number_at_least(std::int64_t minimum);

/// The keys that source and sink share, without `kcql`: contact points to time-outs.
void define_connection_keys(ConfigDef& def);

/// An option of one of Stream Reactor's connectors. `fallback` null: it is required.
ConfigKey connector_option(const char* name, ConfigType type, const char* fallback, Importance importance,
                           const char* documentation, ConfigCheck check = {});

/// What they mean for the client. `parsed` comes from a definition that holds them.
cql::SessionConfig session_config(const ParsedConfig& parsed);

/// What to do when a request fails.
enum class ErrorPolicy : std::uint8_t { kNoop, kThrow, kRetry };
ErrorPolicy error_policy(const ParsedConfig& parsed);

/// Older spellings of a key, newest first.
struct KeyAlias {
  const char* canonical;
  std::vector<const char*> older;
};

/// `props` with every alias moved to its canonical key. Where several spellings are given the newest wins, and `warnings` gets
/// one line that names the loser.
Props with_canonical_keys(const Props& props, const std::vector<KeyAlias>& aliases, std::vector<std::string>& warnings);

/// The aliases of the keys that source and sink share.
const std::vector<KeyAlias>& shared_aliases();

/// Opens a session. Throws ConnectError "Couldn't connect to Cassandra." with the cause. `login_keys` names the options that a missing
/// login belongs to.
std::unique_ptr<cql::Session> connect_session(const cql::SessionConfig& config, const char* login_keys);

/// Opens a session and finds the keyspace. Throws ConnectError "Couldn't connect to Cassandra." with the cause, or ConfigError
/// naming the keyspace. `keyspace` becomes the name as the server spells it.
std::unique_ptr<cql::Session> open_session(cql::SessionConfig config, std::string& keyspace);

/// The table as the server spells it: the lower-case name wins, then the name as written. Throws ConfigError naming host and
/// keyspace.
cql::TableInfo find_table(cql::Session& session, const cql::SessionConfig& config, const std::string& keyspace,
                          const std::string& table);

/// The column as the server spells it, by the same rule; nullptr when there is none.
const cql::TableColumn* find_column(const cql::TableInfo& table, const std::string& name);

/// "a, b" of "localhost:9042" and the like, for error texts.
std::string hosts_text(const cql::SessionConfig& config);

std::string lower_case(std::string text);
std::string upper_case(std::string text);
std::string trimmed(const std::string& text);
/// The items of a comma list, trimmed, without empty ones.
std::vector<std::string> split_commas(const std::string& text);
/// "none", "lz4" or "snappy" in any case.
cql::Compression compression_of(const std::string& text);

}  // namespace millrace::cassandra
