#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/jdbc/database.h"
#include "millrace/config.h"

namespace millrace::jdbc {

enum class SourceMode : std::uint8_t { kUnspecified, kBulk, kTimestamp, kIncrementing, kTimestampIncrementing };

bool uses_timestamp(SourceMode mode) noexcept;
bool uses_incrementing(SourceMode mode) noexcept;

/// "regex:[a|b]" or "regex:a" of `timestamp.columns.mapping` and `incrementing.column.mapping`.
struct ColumnMapping {
  std::string table_regex;
  std::vector<std::string> columns;
};

struct SourceConfig {
  std::string url;
  std::optional<std::string> user;
  std::optional<Secret> password;
  std::string credentials_provider;
  std::int32_t connection_attempts = 3;
  std::int64_t connection_backoff_ms = 10'000;
  std::vector<std::string> whitelist;
  std::vector<std::string> blacklist;
  std::vector<std::string> include_list;
  std::vector<std::string> exclude_list;
  std::optional<std::string> catalog_pattern;
  std::optional<std::string> schema_pattern;
  bool numeric_precision_mapping = false;
  std::optional<std::string> numeric_mapping;
  std::string dialect_name;
  CalendarSystem calendar = CalendarSystem::kLegacy;
  SourceMode mode = SourceMode::kUnspecified;
  std::string incrementing_column;
  std::vector<std::string> timestamp_columns;
  std::vector<ColumnMapping> timestamp_mappings;
  std::vector<ColumnMapping> incrementing_mappings;
  std::optional<std::int64_t> timestamp_initial;
  bool validate_non_null = true;
  std::string plain_query;
  Secret masked_query;
  QuoteMethod quote = QuoteMethod::kAlways;
  std::string query_suffix;
  std::string isolation = "DEFAULT";
  std::int32_t query_retry_attempts = -1;
  std::vector<std::string> table_types;
  std::int32_t poll_interval_ms = 5000;
  std::int32_t batch_max_rows = 1000;
  std::int32_t max_buffer_size = 0;
  std::int64_t poll_linger_ms = 5000;
  std::int64_t startup_polling_limit_ms = 10'000;
  std::int64_t table_poll_interval_ms = 60'000;
  std::string topic_prefix;
  std::int64_t timestamp_delay_ms = 0;
  std::shared_ptr<const TimeZone> zone = TimeZone::utc();
  TimestampGranularity granularity = TimestampGranularity::kConnectLogical;
  bool text_for_unsupported = false;
  bool decimal_as_numeric = false;
  bool key_from_primary_key = false;
  bool await_transactions = false;
  std::string topic_name_format;

  // Written by the connector into its tasks' configs.
  std::string task_tables;
  std::string task_ambiguous_tables;
  bool task_tables_fetched = true;

  /// `query` or `query.masked`, without blanks and semicolons around it; empty when tables are copied.
  std::string query() const;
  NumericMapping numeric() const;
  ReadOptions read_options() const;
  ConnectionSettings connection(const Props& props) const;
  TableFilter table_filter() const;
  /// The topic of a table's rows. A bare name that several tables have is `ambiguous`.
  std::string topic_of(const TableId& table, const std::string& full_name, bool ambiguous) const;
  /// Whether topic.name.format tells tables of one name apart.
  bool topics_name_schemas() const;

  static const ConfigTable<SourceConfig>& table();
};

/// Every `connection.*` key that is not one of the connector's own, without its prefix; user and password included.
std::map<std::string, std::string> driver_properties(const Props& props);

// Option conversions that source and sink share. They throw ConfigError with the texts of the Java connector.
QuoteMethod to_quote_method(const ConfigObject& value);
std::shared_ptr<const TimeZone> to_time_zone(const ConfigObject& value);
CalendarSystem to_calendar(const ConfigObject& value);
std::function<std::vector<std::string>(const Props&)> always(std::vector<std::string> words);
ConfigCheck valid_credentials_provider();
ConfigCheck valid_time_zone();
ConfigCheck valid_jdbc_url();
ConfigCheck valid_dialect_name();
/// All-lower or ALL-UPPER words: "Invalid enumerator".
ConfigCheck enumerator(std::vector<std::string> lower_case_words);
std::vector<std::string> dialect_names();

/// Throws ConfigError when the operator's JDBC_CONNECTION_URL_BLOCKED_PARAMS names a parameter of this connection.
void check_blocked_parameters(const ConnectionSettings& settings);

/// A query without the semicolon at its end, and what comments stand behind that.
std::string without_statement_end(std::string text);

}  // namespace millrace::jdbc
