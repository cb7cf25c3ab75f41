#include "connectors/jdbc/source_config.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "connectors/jdbc/url.h"
#include "millrace/errors.h"
#include "millrace/regex.h"

namespace millrace::jdbc {
namespace {

constexpr std::size_t kLongestTopicName = 249;
const char* const kDatabase = "Database";
const char* const kMode = "Mode";
const char* const kConnector = "Connector";

const std::vector<std::string>& numeric_words() {
  static const std::vector<std::string> kWords{"none", "precision_only", "best_fit", "best_fit_eager_double"};
  return kWords;
}

const std::vector<std::string>& granularity_words() {
  static const std::vector<std::string> kWords{"connect_logical",
                                               "micros_long",
                                               "micros_string",
                                               "micros_iso_datetime_string",
                                               "nanos_long",
                                               "nanos_string",
                                               "nanos_iso_datetime_string"};
  return kWords;
}

const std::vector<std::string>& isolation_words() {
  static const std::vector<std::string> kWords{"DEFAULT",         "READ_UNCOMMITTED", "READ_COMMITTED",
                                               "REPEATABLE_READ", "SERIALIZABLE",     "SQL_SERVER_SNAPSHOT"};
  return kWords;
}

SourceMode parse_mode(const ConfigObject& value) {
  const std::string& text = std::get<std::string>(value);
  if (text == "bulk") return SourceMode::kBulk;
  if (text == "timestamp") return SourceMode::kTimestamp;
  if (text == "incrementing") return SourceMode::kIncrementing;
  if (text == "timestamp+incrementing") return SourceMode::kTimestampIncrementing;
  return SourceMode::kUnspecified;
}

TimestampGranularity parse_granularity(const ConfigObject& value) {
  const auto& words = granularity_words();
  const auto at = std::find(words.begin(), words.end(), to_lower(std::get<std::string>(value)));
  return static_cast<TimestampGranularity>(at == words.end() ? 0 : at - words.begin());
}

std::optional<std::string> topic_prefix_rule(const ConfigObject& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return "Topic prefix must not be null.";
  const std::string prefix = trim(*text);
  if (prefix.size() > kLongestTopicName) return "Topic prefix length must not exceed max topic name length, 249 chars";
  const bool legal = std::all_of(prefix.begin(), prefix.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
  if (!legal) return "Topic prefix must not contain any character other than ASCII alphanumerics, '.', '_' and '-'.";
  return std::nullopt;
}

std::optional<std::string> regex_list_rule(const ConfigObject& value) {
  if (const auto* items = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& item : *items) {
      try {
        const Regex regex(item);
      } catch (const RegexError& error) {
        return std::string("Must be a valid comma-separated list of regular expression patterns: ") + error.what();
      }
    }
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 3> kTopicParts{"${catalog}", "${schema}", "${table}"};

std::optional<std::string> topic_format_rule(const ConfigObject& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr || text->find("${table}") == std::string::npos)
    return "it must hold ${table}, and may hold ${catalog} and ${schema}";
  std::string rest = *text;
  for (const std::string_view part : kTopicParts) {
    for (std::size_t at = rest.find(part); at != std::string::npos; at = rest.find(part)) rest.erase(at, part.size());
  }
  const bool fits = std::all_of(rest.begin(), rest.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-');
  });
  if (fits) return std::nullopt;
  return "besides ${catalog}, ${schema} and ${table} it must hold nothing but ASCII alphanumerics, '.', '_' and '-'";
}

/// "regex:columns"; the rule that is broken, or nullopt and the mapping.
std::optional<std::string> parse_mapping(const std::string& item, bool several, ColumnMapping& mapping) {
  const std::size_t colon = item.find(':');
  if (colon == std::string::npos || item.find(':', colon + 1) != std::string::npos) {
    return several ? "Invalid format. Expected 'regex:[col1|col2|...]'" : "Invalid format. Expected 'regex:columnName'";
  }
  mapping.table_regex = trim(item.substr(0, colon));
  try {
    const Regex regex(mapping.table_regex);
  } catch (const RegexError& error) {
    return std::string("Invalid regular expression: ") + error.what();
  }
  const std::string columns = trim(item.substr(colon + 1));
  if (!several) {
    if (columns.empty()) return "Column name cannot be empty";
    mapping.columns = {columns};
    return std::nullopt;
  }
  if (columns.size() < 2 || columns.front() != '[' || columns.back() != ']')
    return "Columns list must be enclosed in square brackets";
  const std::string inside = trim(columns.substr(1, columns.size() - 2));
  if (inside.empty()) return "Columns list cannot be empty";
  for (const std::string& column : split(inside, '|')) {
    if (trim(column).empty()) return "Every column name should be non-empty string";
    mapping.columns.push_back(trim(column));
  }
  return std::nullopt;
}

ConfigCheck valid_mappings(bool several) {
  return [several](const ConfigObject& value) -> std::optional<std::string> {
    if (const auto* items = std::get_if<std::vector<std::string>>(&value)) {
      for (const std::string& item : *items) {
        ColumnMapping mapping;
        if (const auto broken = parse_mapping(item, several, mapping)) return broken;
      }
    }
    return std::nullopt;
  };
}

auto to_mappings(bool several) {
  return [several](const ConfigObject& value) {
    std::vector<ColumnMapping> mappings;
    for (const std::string& item : std::get<std::vector<std::string>>(value)) {
      ColumnMapping mapping;
      if (const auto broken = parse_mapping(item, several, mapping)) throw ConfigError(*broken);
      mappings.push_back(std::move(mapping));
    }
    return mappings;
  };
}

}  // namespace

bool uses_timestamp(SourceMode mode) noexcept {
  return mode == SourceMode::kTimestamp || mode == SourceMode::kTimestampIncrementing;
}
bool uses_incrementing(SourceMode mode) noexcept {
  return mode == SourceMode::kIncrementing || mode == SourceMode::kTimestampIncrementing;
}

const ConfigTable<SourceConfig>& SourceConfig::table() {
  using C = SourceConfig;
  static const ConfigTable<C> kTable{
      option("connection.url", &C::url)
          .default_to("")
          .check(valid_jdbc_url())
          .importance(Importance::kHigh)
          .group(kDatabase, 1)
          .width(Width::kLong)
          .display("JDBC URL")
          .dependents({"table.whitelist", "table.blacklist"})
          .doc("The database to read, as a JDBC URL: jdbc:postgresql://host:5432/database, jdbc:mysql://host/database, "
               "jdbc:mariadb://host/database, jdbc:sqlite:/path/file.db, or odbc: followed by an ODBC connection "
               "string."),
      option("connection.user", &C::user)
          .importance(Importance::kHigh)
          .group(kDatabase, 2)
          .width(Width::kLong)
          .display("JDBC User")
          .doc("User name. A user in the URL wins."),
      option("connection.password", &C::password)
          .importance(Importance::kHigh)
          .group(kDatabase, 3)
          .width(Width::kShort)
          .display("JDBC Password")
          .doc("Password. A password in the URL wins."),
      option("jdbc.credentials.provider.class", &C::credentials_provider)
          .default_to("io.confluent.connect.jdbc.util.DefaultJdbcCredentialsProvider")
          .type(ConfigType::kClass)
          .importance(Importance::kLow)
          .group(kDatabase, 4)
          .width(Width::kLong)
          .display("JDBC Credentials Provider Class")
          .check(valid_credentials_provider())
          .doc("Where credentials come from. Only the default, connection.user and connection.password, is available."),
      option("connection.attempts", &C::connection_attempts)
          .default_to(3)
          .check(at_least(1))
          .importance(Importance::kLow)
          .group(kDatabase, 5)
          .width(Width::kShort)
          .display("JDBC connection attempts")
          .doc("Attempts before a login that the database refuses fails the task. A database that cannot be reached is "
               "tried for ever."),
      option("connection.backoff.ms", &C::connection_backoff_ms)
          .default_to(10'000)
          .importance(Importance::kLow)
          .group(kDatabase, 6)
          .width(Width::kShort)
          .display("JDBC connection backoff in milliseconds")
          .doc("Wait between connection attempts."),
      option("table.whitelist", &C::whitelist)
          .default_to("")
          .importance(Importance::kMedium)
          .group(kDatabase, 7)
          .width(Width::kLong)
          .display("Table Whitelist")
          .doc("Tables to copy, by bare or full name. With it, table.blacklist must not be set."),
      option("table.blacklist", &C::blacklist)
          .default_to("")
          .importance(Importance::kMedium)
          .group(kDatabase, 8)
          .width(Width::kLong)
          .display("Table Blacklist")
          .doc("Tables to leave out, by bare or full name."),
      option("table.include.list", &C::include_list)
          .default_to("")
          .check(regex_list_rule)
          .importance(Importance::kMedium)
          .group(kDatabase, 9)
          .width(Width::kLong)
          .display("Table Include List")
          .doc("Regular expressions for the full names of the tables to copy."),
      option("table.exclude.list", &C::exclude_list)
          .default_to("")
          .check(regex_list_rule)
          .importance(Importance::kMedium)
          .group(kDatabase, 10)
          .width(Width::kLong)
          .display("Table Exclude List")
          .doc("Regular expressions for the full names of tables to leave out of table.include.list."),
      option("catalog.pattern", &C::catalog_pattern)
          .importance(Importance::kMedium)
          .group(kDatabase, 11)
          .width(Width::kShort)
          .display("Catalog pattern")
          .doc("SQL pattern for the catalogs whose tables are listed."),
      option("schema.pattern", &C::schema_pattern)
          .importance(Importance::kHigh)
          .group(kDatabase, 12)
          .width(Width::kShort)
          .display("Schema pattern")
          .doc("SQL pattern for the schemas whose tables are listed."),
      option("numeric.precision.mapping", &C::numeric_precision_mapping)
          .default_to(false)
          .importance(Importance::kLow)
          .group(kDatabase, 13)
          .width(Width::kShort)
          .display("Map Numeric Values By Precision (deprecated)")
          .doc("Deprecated: true means numeric.mapping=precision_only."),
      option("numeric.mapping", &C::numeric_mapping)
          .check(enumerator(numeric_words()))
          .importance(Importance::kLow)
          .group(kDatabase, 14)
          .width(Width::kShort)
          .display("Map Numeric Values, Integral or Decimal, By Precision and Scale")
          .recommend(always(numeric_words()))
          .doc("How NUMERIC columns are mapped: none (Decimal), precision_only, best_fit, best_fit_eager_double."),
      option("dialect.name", &C::dialect_name)
          .default_to("")
          .check(valid_dialect_name())
          .importance(Importance::kLow)
          .group(kDatabase, 15)
          .width(Width::kLong)
          .display("Database Dialect")
          .recommend(always(dialect_names()))
          .doc("The dialect to use instead of the one that the URL names."),
      option("date.calendar.system", &C::calendar, ConfigType::kString, to_calendar)
          .default_to("LEGACY")
          .check(one_of({"LEGACY", "PROLEPTIC_GREGORIAN"}))
          .importance(Importance::kLow)
          .group(kDatabase, 16)
          .width(Width::kMedium)
          .display("Date Calendar System")
          .recommend(always({"LEGACY", "PROLEPTIC_GREGORIAN"}))
          .doc("How dates before 1582-10-15 become numbers: LEGACY (Julian calendar, as Java's Date) or "
               "PROLEPTIC_GREGORIAN (ISO 8601)."),

      option("mode", &C::mode, ConfigType::kString, parse_mode)
          .default_to("")
          .check(one_of({"", "bulk", "timestamp", "incrementing", "timestamp+incrementing"}))
          .importance(Importance::kHigh)
          .group(kMode, 1)
          .width(Width::kMedium)
          .display("Table Loading Mode")
          .dependents({"incrementing.column.name", "timestamp.column.name", "validate.non.null"})
          .doc("How rows are found at each poll: bulk (all of them), incrementing (a growing id), timestamp (a time of "
               "change), "
               "timestamp+incrementing (both)."),
      option("incrementing.column.name", &C::incrementing_column)
          .default_to("")
          .importance(Importance::kMedium)
          .group(kMode, 2)
          .width(Width::kMedium)
          .display("Incrementing Column Name")
          .doc("The growing id. Empty: the table's only auto-incremented column."),
      option("timestamp.column.name", &C::timestamp_columns)
          .default_to("")
          .importance(Importance::kMedium)
          .group(kMode, 3)
          .width(Width::kMedium)
          .display("Timestamp Column Name")
          .doc("The time of the last change. Several: the first that is not NULL counts."),
      option("timestamp.columns.mapping", &C::timestamp_mappings, ConfigType::kList, to_mappings(true))
          .default_to("")
          .check(valid_mappings(true))
          .importance(Importance::kMedium)
          .group(kMode, 4)
          .width(Width::kLong)
          .display("Timestamp Columns Mapping")
          .doc("Timestamp columns by table: regex:[column1|column2], used with table.include.list."),
      option("incrementing.column.mapping", &C::incrementing_mappings, ConfigType::kList, to_mappings(false))
          .default_to("")
          .check(valid_mappings(false))
          .importance(Importance::kMedium)
          .group(kMode, 5)
          .width(Width::kLong)
          .display("Incrementing Column Mapping")
          .doc("Incrementing column by table: regex:column, used with table.include.list."),
      option("timestamp.initial", &C::timestamp_initial)
          .importance(Importance::kLow)
          .group(kMode, 6)
          .width(Width::kMedium)
          .display("Unix time value of initial timestamp")
          .doc("Milliseconds since 1970 after which rows are read when no offset is stored; -1: the database's time "
               "now."),
      option("validate.non.null", &C::validate_non_null)
          .default_to(true)
          .importance(Importance::kLow)
          .group(kMode, 7)
          .width(Width::kShort)
          .display("Validate Non Null")
          .doc("Refuse tables whose incrementing or timestamp columns may be NULL: such rows would never be read."),
      option("query", &C::plain_query)
          .default_to("")
          .importance(Importance::kMedium)
          .group(kMode, 8)
          .width(Width::kShort)
          .display("Query")
          .doc("A query to run instead of copying tables. Its topic is topic.prefix alone."),
      option("query.masked", &C::masked_query)
          .default_to("")
          .importance(Importance::kMedium)
          .group(kMode, 9)
          .width(Width::kShort)
          .display("Query Masked")
          .doc("The same as query, never logged and hidden by the REST API."),
      option("quote.sql.identifiers", &C::quote, ConfigType::kString, to_quote_method)
          .default_to("ALWAYS")
          .importance(Importance::kMedium)
          .group(kMode, 10)
          .width(Width::kMedium)
          .display("Quote Identifiers")
          .recommend(always({"always", "never"}))
          .doc("Whether names in SQL are quoted: always or never."),
      option("query.suffix", &C::query_suffix)
          .default_to("")
          .importance(Importance::kLow)
          .group(kMode, 11)
          .width(Width::kMedium)
          .display("Query suffix")
          .doc("Text appended to every query. With LIMIT, the timestamp mode can lose rows of equal timestamps."),
      option("transaction.isolation.mode", &C::isolation)
          .default_to("DEFAULT")
          .check(one_of(isolation_words()))
          .importance(Importance::kLow)
          .group(kMode, 12)
          .width(Width::kMedium)
          .display("Transaction Isolation Mode")
          .recommend(always(isolation_words()))
          .doc("Isolation level of the reading transactions."),
      option("query.retry.attempts", &C::query_retry_attempts)
          .default_to(-1)
          .importance(Importance::kLow)
          .group(kMode, 13)
          .width(Width::kMedium)
          .display("Query Retry Attempts")
          .doc("How often a failing query is tried again, at each poll interval, before the task fails. 0 and below: "
               "for ever."),

      option("table.types", &C::table_types)
          .default_to("TABLE")
          .importance(Importance::kLow)
          .group(kConnector, 1)
          .width(Width::kMedium)
          .display("Table Types")
          .doc("Kinds of tables that are listed: TABLE, VIEW, PARTITIONED TABLE, ..."),
      option("poll.interval.ms", &C::poll_interval_ms)
          .default_to(5000)
          .importance(Importance::kHigh)
          .group(kConnector, 2)
          .width(Width::kShort)
          .display("Poll Interval (ms)")
          .doc("Wait between the end of a table's query and its next one."),
      option("batch.max.rows", &C::batch_max_rows)
          .default_to(1000)
          .check(at_least(1))
          .importance(Importance::kLow)
          .group(kConnector, 3)
          .width(Width::kShort)
          .display("Max Rows Per Batch")
          .doc("Most rows handed to the worker at once."),
      option("max.buffer.size", &C::max_buffer_size)
          .default_to(0)
          .importance(Importance::kLow)
          .group(kConnector, 4)
          .width(Width::kShort)
          .display("Max Buffer Size")
          .doc(
              "Accepted without effect: rows stream from the database, and no more than a batch of them is in memory."),
      option("poll.linger.ms", &C::poll_linger_ms)
          .default_to(5000)
          .importance(Importance::kLow)
          .group(kConnector, 5)
          .width(Width::kShort)
          .display("Poll Linger (ms)")
          .doc("Longest wait of one poll before it returns without rows."),
      option("table.monitoring.startup.polling.limit.ms", &C::startup_polling_limit_ms)
          .default_to(10'000)
          .importance(Importance::kLow)
          .group(kConnector, 6)
          .width(Width::kShort)
          .display("Limit for startup polling of the table monitoring thread")
          .internal()
          .doc("Longest wait for the first list of tables; until it is there the task is idle."),
      option("table.poll.interval.ms", &C::table_poll_interval_ms)
          .default_to(60'000)
          .importance(Importance::kLow)
          .group(kConnector, 7)
          .width(Width::kShort)
          .display("Metadata Change Monitoring Interval (ms)")
          .doc("How often new and dropped tables are looked for."),
      option("topic.prefix", &C::topic_prefix)
          .default_to("")
          .check(topic_prefix_rule)
          .importance(Importance::kHigh)
          .group(kConnector, 8)
          .width(Width::kMedium)
          .display("Topic Prefix")
          .doc("Put before the table's name to make the topic; the whole topic of a query."),
      option("timestamp.delay.interval.ms", &C::timestamp_delay_ms)
          .default_to(0)
          .importance(Importance::kHigh)
          .group(kConnector, 9)
          .width(Width::kMedium)
          .display("Delay Interval (ms)")
          .doc("How long after its timestamp a row is read: long enough for transactions that commit late."),
      option("db.timezone", &C::zone, ConfigType::kString, to_time_zone)
          .default_to("UTC")
          .check(valid_time_zone())
          .importance(Importance::kMedium)
          .group(kConnector, 10)
          .width(Width::kMedium)
          .display("DB time zone")
          .doc("The time zone of timestamps that carry none."),
      option("timestamp.granularity", &C::granularity, ConfigType::kString, parse_granularity)
          .default_to("connect_logical")
          .check(enumerator(granularity_words()))
          .importance(Importance::kLow)
          .group(kConnector, 11)
          .width(Width::kMedium)
          .display("Timestamp granularity for timestamp columns")
          .recommend(always(granularity_words()))
          .doc("How timestamps are written: connect_logical (milliseconds), or micro- and nanoseconds as number or "
               "text."),
      option("unsupported.columns.as.text", &C::text_for_unsupported)
          .default_to(false)
          .importance(Importance::kLow)
          .group(kConnector, 12)
          .width(Width::kShort)
          .display("Unsupported Columns As Text")
          .doc("Emit columns of types that have no Connect type (arrays, inet, interval, ...) as the database prints "
               "them, "
               "instead of leaving them out with a warning."),
      option("numeric.mapping.of.decimal", &C::decimal_as_numeric)
          .default_to(false)
          .importance(Importance::kLow)
          .group(kConnector, 13)
          .width(Width::kShort)
          .display("Numeric Mapping Of DECIMAL")
          .doc(
              "Apply numeric.mapping to columns whose JDBC type is DECIMAL, too: all of MySQL and MariaDB, decimal and "
              "money of SQL Server."),
      option("key.from.primary.key", &C::key_from_primary_key)
          .default_to(false)
          .importance(Importance::kLow)
          .group(kConnector, 14)
          .width(Width::kShort)
          .display("Key From Primary Key")
          .doc("Give the records of a table that has a primary key a key: a struct of its columns."),
      option("topic.name.format", &C::topic_name_format)
          .default_to("${table}")
          .check(topic_format_rule)
          .importance(Importance::kLow)
          .group(kConnector, 15)
          .width(Width::kMedium)
          .display("Topic Name Format")
          .doc("What follows topic.prefix in the topic of a table; ${catalog}, ${schema} and ${table} stand for the "
               "parts "
               "of its name, a part that it does not have for nothing."),
      option("incrementing.await.transactions", &C::await_transactions)
          .default_to(false)
          .importance(Importance::kLow)
          .group(kConnector, 16)
          .width(Width::kShort)
          .display("Await Transactions")
          .doc("mode=incrementing on tables of PostgreSQL: read up to an id only when every transaction that could "
               "still "
               "commit a lower one has ended."),
      option("tables", &C::task_tables).default_to("").internal().doc("Written by the connector: this task's tables."),
      option("tables.ambiguous", &C::task_ambiguous_tables)
          .default_to("")
          .internal()
          .doc("Written by the connector: those of this task's tables whose topic needs their full name."),
      option("tables.fetched", &C::task_tables_fetched)
          .default_to(true)
          .internal()
          .doc("Written by the connector: whether the list of tables was known."),
  };
  return kTable;
}

std::string without_statement_end(std::string text) {
  text = trim(text);
  std::size_t end = std::string::npos;  // of a semicolon that nothing but blanks and comments has followed
  // Escapes and dollar quotes are read differently by each database: such a text is cut at its very end only.
  const bool plain = text.find('\\') == std::string::npos && text.find("$$") == std::string::npos;
  for (std::size_t at = 0; plain && at < text.size(); ++at) {
    const char c = text[at];
    if (text.compare(at, 2, "--") == 0) {
      at = text.find('\n', at);
    } else if (text.compare(at, 2, "/*") == 0) {
      at = text.find("*/", at + 2);
      if (at != std::string::npos) ++at;
    } else if (c == ';') {
      end = std::min(end, at);
    } else if (static_cast<unsigned char>(c) > ' ') {
      end = std::string::npos;
      if (c == '\'' || c == '"' || c == '`') at = text.find(c, at + 1);
    }
    if (at == std::string::npos) break;
  }
  text.resize(std::min(end, text.size()));
  while (!text.empty() && (text.back() == ';' || static_cast<unsigned char>(text.back()) <= ' ')) text.pop_back();
  return text;
}

std::string SourceConfig::query() const {
  return without_statement_end(plain_query.empty() ? masked_query.reveal() : plain_query);
}

NumericMapping SourceConfig::numeric() const {
  if (numeric_mapping) {
    const auto& words = numeric_words();
    const auto at = std::find(words.begin(), words.end(), to_lower(*numeric_mapping));
    if (at != words.end()) return static_cast<NumericMapping>(at - words.begin());
  }
  return numeric_precision_mapping ? NumericMapping::kPrecisionOnly : NumericMapping::kNone;
}

ReadOptions SourceConfig::read_options() const {
  ReadOptions options;
  options.numeric_mapping = numeric();
  options.granularity = granularity;
  options.calendar = calendar;
  options.zone = zone;
  options.decimal_as_numeric = decimal_as_numeric;
  return options;
}

ConnectionSettings SourceConfig::connection(const Props& props) const {
  ConnectionSettings settings;
  settings.url = url;
  settings.properties = driver_properties(props);
  return settings;
}

bool SourceConfig::topics_name_schemas() const {
  return topic_name_format.find("${schema}") != std::string::npos ||
         topic_name_format.find("${catalog}") != std::string::npos;
}

std::string SourceConfig::topic_of(const TableId& table, const std::string& full_name, bool ambiguous) const {
  // Differs: where the bare name is not enough the Java connector fails.
  if (ambiguous && !topics_name_schemas()) return topic_prefix + full_name;
  std::string topic = topic_name_format;
  const std::array<std::string, 3> parts{table.catalog.value_or(""), table.schema.value_or(""), table.table};
  // From the end of the text, so that what a name holds is not taken for a placeholder.
  for (std::size_t at = topic.rfind("${"); at != std::string::npos; at = at == 0 ? at - 1 : topic.rfind("${", at - 1)) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (topic.compare(at, kTopicParts[i].size(), kTopicParts[i]) == 0)
        topic.replace(at, kTopicParts[i].size(), parts[i]);
    }
  }
  return topic_prefix + topic;
}

TableFilter SourceConfig::table_filter() const {
  // Differs: without a pattern the Java connector looks into every database of a MySQL server. Here a name with a database
  // in it, or a regular expression, asks for that.
  const bool named = std::any_of(whitelist.begin(), whitelist.end(),
                                 [](const std::string& name) { return name.find('.') != std::string::npos; });
  return {catalog_pattern, schema_pattern, table_types, named || !include_list.empty()};
}

}  // namespace millrace::jdbc
