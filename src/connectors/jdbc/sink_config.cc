#include "connectors/jdbc/sink_config.h"

#include <algorithm>

#include "connectors/jdbc/source_config.h"
#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

const char* const kConnection = "Connection";
const char* const kWrites = "Writes";
const char* const kMapping = "Data Mapping";
const char* const kDdl = "DDL Support";
const char* const kRetries = "Retries";

WriteKind parse_insert_mode(const ConfigObject& value) {
  const std::string mode = to_lower(std::get<std::string>(value));
  return mode == "upsert" ? WriteKind::kUpsert : mode == "update" ? WriteKind::kUpdate : WriteKind::kInsert;
}

PkMode parse_pk_mode(const ConfigObject& value) {
  const std::string mode = to_lower(std::get<std::string>(value));
  if (mode == "kafka") return PkMode::kKafka;
  if (mode == "record_key") return PkMode::kRecordKey;
  return mode == "record_value" ? PkMode::kRecordValue : PkMode::kNone;
}

ConfigCheck valid_table_types() {
  return [](const ConfigObject& value) -> std::optional<std::string> {
    const auto* types = std::get_if<std::vector<std::string>>(&value);
    const std::vector<std::string> known{"TABLE", "PARTITIONED TABLE", "VIEW"};
    if (types == nullptr || types->empty())
      return "At least one value must be specified. Valid values are: TABLE, PARTITIONED TABLE, VIEW";
    for (const std::string& type : *types) {
      const bool fits = std::any_of(known.begin(), known.end(),
                                    [&](const std::string& one) { return type == one || type == to_lower(one); });
      if (!fits) return "Invalid table type '" + type + "'. Valid values are: TABLE, PARTITIONED TABLE, VIEW";
    }
    return std::nullopt;
  };
}

}  // namespace

const ConfigTable<SinkConfig>& SinkConfig::table() {
  using C = SinkConfig;
  static const ConfigTable<C> kTable{
      option("connection.url", &C::url)
          .required()
          .check(valid_jdbc_url())
          .importance(Importance::kHigh)
          .group(kConnection, 1)
          .width(Width::kLong)
          .display("JDBC URL")
          .doc("The database to write to, as a JDBC URL: jdbc:postgresql://host:5432/database, "
               "jdbc:mysql://host/database, "
               "jdbc:mariadb://host/database, jdbc:sqlite:/path/file.db, or odbc: followed by an ODBC connection "
               "string."),
      option("connection.user", &C::user)
          .importance(Importance::kHigh)
          .group(kConnection, 2)
          .width(Width::kMedium)
          .display("JDBC User")
          .doc("User name. A user in the URL wins."),
      option("connection.password", &C::password)
          .importance(Importance::kHigh)
          .group(kConnection, 3)
          .width(Width::kMedium)
          .display("JDBC Password")
          .doc("Password. A password in the URL wins."),
      option("jdbc.credentials.provider.class", &C::credentials_provider)
          .default_to("io.confluent.connect.jdbc.util.DefaultJdbcCredentialsProvider")
          .type(ConfigType::kClass)
          .importance(Importance::kLow)
          .group(kConnection, 4)
          .width(Width::kLong)
          .display("JDBC Credentials Provider Class")
          .check(valid_credentials_provider())
          .doc("Where credentials come from. Only the default, connection.user and connection.password, is available."),
      option("dialect.name", &C::dialect_name)
          .default_to("")
          .check(valid_dialect_name())
          .importance(Importance::kLow)
          .group(kConnection, 5)
          .width(Width::kLong)
          .display("Database Dialect")
          .recommend(always(dialect_names()))
          .doc("The dialect to use instead of the one that the URL names."),
      option("connection.attempts", &C::connection_attempts)
          .default_to(3)
          .check(at_least(1))
          .importance(Importance::kLow)
          .group(kConnection, 6)
          .width(Width::kShort)
          .display("JDBC connection attempts")
          .doc("Attempts before a login that the database refuses fails the task. A database that cannot be reached is "
               "tried for ever."),
      option("connection.backoff.ms", &C::connection_backoff_ms)
          .default_to(10'000)
          .importance(Importance::kLow)
          .group(kConnection, 7)
          .width(Width::kShort)
          .display("JDBC connection backoff in milliseconds")
          .doc("Longest wait between connection attempts."),

      option("insert.mode", &C::insert_mode, ConfigType::kString, parse_insert_mode)
          .default_to("insert")
          .check(enumerator({"insert", "upsert", "update"}))
          .importance(Importance::kHigh)
          .group(kWrites, 1)
          .width(Width::kMedium)
          .display("Insert Mode")
          .recommend(always({"insert", "upsert", "update"}))
          .doc("insert, upsert (insert, or update the row of the same key) or update."),
      option("batch.size", &C::batch_size)
          .default_to(3000)
          .check(at_least(0))
          .importance(Importance::kMedium)
          .group(kWrites, 2)
          .width(Width::kShort)
          .display("Batch Size")
          .doc("Most records written by one statement, and, where more than 500, how many are taken from Kafka at once "
               "for one "
               "transaction. The latter is bounded by what is there, by 2 MB, and by "
               "consumer.override.max.poll.records if "
               "that is set."),
      option("delete.enabled", &C::delete_enabled)
          .default_to(false)
          .importance(Importance::kMedium)
          .group(kWrites, 3)
          .width(Width::kShort)
          .display("Enable deletes")
          .doc("Delete the row of the record's key when the value is null. Needs pk.mode=record_key."),
      option("table.types", &C::table_types)
          .default_to("TABLE")
          .check(valid_table_types())
          .importance(Importance::kLow)
          .group(kWrites, 4)
          .width(Width::kMedium)
          .display("Table Types")
          .recommend(always({"TABLE", "PARTITIONED TABLE", "VIEW"}))
          .doc("Kinds of tables that are written to: TABLE, PARTITIONED TABLE, VIEW."),
      option("replace.null.with.default", &C::replace_null_with_default)
          .default_to(true)
          .importance(Importance::kMedium)
          .group(kWrites, 5)
          .width(Width::kShort)
          .display("Replace Null With Default")
          .doc("Write the schema's default for a null field that has one."),

      option("table.name.format", &C::table_name_format)
          .default_to("${topic}")
          .check(non_empty())
          .importance(Importance::kMedium)
          .group(kMapping, 1)
          .width(Width::kLong)
          .display("Table Name Format")
          .doc("The table's name; ${topic} stands for the topic. Dots separate schema and table, quotes protect them."),
      option("pk.mode", &C::pk_mode, ConfigType::kString, parse_pk_mode)
          .default_to("none")
          .check(enumerator({"none", "kafka", "record_key", "record_value"}))
          .importance(Importance::kHigh)
          .group(kMapping, 2)
          .width(Width::kMedium)
          .display("Primary Key Mode")
          .recommend(always({"none", "kafka", "record_key", "record_value"}))
          .doc("Where the primary key comes from: none, kafka (topic, partition, offset), record_key or record_value."),
      option("pk.fields", &C::pk_fields)
          .default_to("")
          .importance(Importance::kMedium)
          .group(kMapping, 3)
          .width(Width::kLong)
          .display("Primary Key Fields")
          .doc("The primary key's columns; empty means all fields, or the names __connect_topic, "
               "__connect_partition, __connect_offset."),
      option("fields.whitelist", &C::fields_whitelist)
          .default_to("")
          .importance(Importance::kMedium)
          .group(kMapping, 4)
          .width(Width::kLong)
          .display("Fields Whitelist")
          .doc("Value fields to write; empty: all. Key columns are always written."),
      option("db.timezone", &C::zone, ConfigType::kString, to_time_zone)
          .default_to("UTC")
          .check(valid_time_zone())
          .importance(Importance::kMedium)
          .group(kMapping, 5)
          .width(Width::kMedium)
          .display("DB Time Zone")
          .doc("The time zone in which times and timestamps are written."),
      option("date.timezone", &C::dates_in_utc, ConfigType::kString,
             [](const ConfigObject& value) { return to_lower(std::get<std::string>(value)) == "utc"; })
          .default_to("DB_TIMEZONE")
          .check(one_of_ignoring_case({"DB_TIMEZONE", "UTC"}))
          .importance(Importance::kMedium)
          .group(kMapping, 6)
          .width(Width::kMedium)
          .display("Date Time Zone")
          .recommend(always({"DB_TIMEZONE", "UTC"}))
          .doc("The zone for dates: DB_TIMEZONE or UTC. With a db.timezone west of UTC only UTC keeps the day."),
      option("timestamp.fields.list", &C::timestamp_fields)
          .default_to("")
          .importance(Importance::kMedium)
          .group(kMapping, 7)
          .width(Width::kLong)
          .display("Timestamp Fields List")
          .doc("Number or text fields that hold micro- or nanoseconds since 1970, to be stored as timestamps."),
      option("timestamp.precision.mode", &C::timestamp_fields_are_nanos, ConfigType::kString,
             [](const ConfigObject& value) { return to_lower(std::get<std::string>(value)) == "nanoseconds"; })
          .default_to("MICROSECONDS")
          .check(one_of_ignoring_case({"MICROSECONDS", "NANOSECONDS"}))
          .importance(Importance::kMedium)
          .group(kMapping, 8)
          .width(Width::kMedium)
          .display("Timestamp Precision Mode")
          .recommend(always({"MICROSECONDS", "NANOSECONDS"}))
          .doc("The unit of timestamp.fields.list: MICROSECONDS or NANOSECONDS."),
      option("date.calendar.system", &C::calendar, ConfigType::kString, to_calendar)
          .default_to("LEGACY")
          .check(one_of({"LEGACY", "PROLEPTIC_GREGORIAN"}))
          .importance(Importance::kLow)
          .group(kMapping, 9)
          .width(Width::kMedium)
          .display("Date Calendar System")
          .recommend(always({"LEGACY", "PROLEPTIC_GREGORIAN"}))
          .doc("How numbers before 1582-10-15 become dates: LEGACY (Julian calendar, as Java's Date) or "
               "PROLEPTIC_GREGORIAN."),
      option("string.output.value.column.name", &C::string_value_column)
          .default_to("record_value")
          .check(non_empty())
          .importance(Importance::kLow)
          .group(kMapping, 10)
          .width(Width::kMedium)
          .display("String Output Value Column Name")
          .doc("The column for values that are plain strings."),

      option("nested.fields.as.json", &C::nested_as_json)
          .default_to(false)
          .importance(Importance::kLow)
          .group(kMapping, 11)
          .width(Width::kShort)
          .display("Nested Fields As JSON")
          .doc(
              "Write fields that are structs, maps or arrays as JSON text, instead of refusing them. Arrays of simple "
              "values stay arrays where the database has such (PostgreSQL). Columns are created as JSONB (PostgreSQL), "
              "JSON (MySQL, MariaDB) or text."),

      option("auto.create", &C::auto_create)
          .default_to(false)
          .importance(Importance::kMedium)
          .group(kDdl, 1)
          .width(Width::kShort)
          .display("Auto-Create")
          .doc("Create a missing table from the record's schema."),
      option("auto.evolve", &C::auto_evolve)
          .default_to(false)
          .importance(Importance::kMedium)
          .group(kDdl, 2)
          .width(Width::kShort)
          .display("Auto-Evolve")
          .doc("Add columns for fields that the table does not have."),
      option("quote.sql.identifiers", &C::quote, ConfigType::kString, to_quote_method)
          .default_to("ALWAYS")
          .importance(Importance::kMedium)
          .group(kDdl, 3)
          .width(Width::kMedium)
          .display("Quote Identifiers")
          .recommend(always({"always", "never"}))
          .doc("Whether names in SQL are quoted: always or never."),
      option("mssql.use.merge.holdlock", &C::merge_holdlock)
          .default_to(true)
          .importance(Importance::kLow)
          .group(kDdl, 4)
          .width(Width::kShort)
          .display("SQL Server - Use HOLDLOCK in MERGE")
          .doc("SQL Server upserts take HOLDLOCK."),

      option("max.retries", &C::max_retries)
          .default_to(10)
          .check(at_least(0))
          .importance(Importance::kMedium)
          .group(kRetries, 1)
          .width(Width::kShort)
          .display("Maximum Retries")
          .doc("How often a refused batch is tried again. A bad value is not tried again, a lost connection without "
               "end."),
      option("retry.backoff.ms", &C::retry_backoff_ms)
          .default_to(3000)
          .check(at_least(0))
          .importance(Importance::kMedium)
          .group(kRetries, 2)
          .width(Width::kShort)
          .display("Retry Backoff (millis)")
          .doc("Wait before a batch is tried again."),
      option("report.unfit.records", &C::report_unfit_records)
          .default_to(false)
          .importance(Importance::kLow)
          .group(kRetries, 3)
          .width(Width::kShort)
          .display("Report Unfit Records")
          .doc("With errors.tolerance=all, report records that cannot become a row (no schema, no value, a key that "
               "does "
               "not fit pk.mode, a type without a column type) and go on, instead of failing the task."),
      option("trim.sensitive.log", &C::trim_sensitive_log)
          .default_to(false)
          .internal()
          .doc("Keep the database's detail lines, which may show values, out of messages."),
  };
  return kTable;
}

WriteOptions SinkConfig::write_options() const {
  WriteOptions options;
  options.zone = zone;
  options.date_zone = dates_in_utc ? TimeZone::utc() : zone;
  options.calendar = calendar;
  options.quote = quote;
  options.merge_holdlock = merge_holdlock;
  return options;
}

ConnectionSettings SinkConfig::connection(const Props& props) const {
  ConnectionSettings settings;
  settings.url = url;
  settings.properties = driver_properties(props);
  return settings;
}

}  // namespace millrace::jdbc
