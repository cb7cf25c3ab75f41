#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/sink_batch.h"
#include "millrace/config.h"

namespace millrace::jdbc {

enum class PkMode : std::uint8_t { kNone, kKafka, kRecordKey, kRecordValue };

struct SinkConfig {
  std::string url;
  std::optional<std::string> user;
  std::optional<Secret> password;
  std::string credentials_provider;
  std::string dialect_name;
  std::int32_t connection_attempts = 3;
  std::int64_t connection_backoff_ms = 10'000;
  WriteKind insert_mode = WriteKind::kInsert;
  std::int32_t batch_size = 3000;
  bool delete_enabled = false;
  std::vector<std::string> table_types;
  bool replace_null_with_default = true;
  std::string table_name_format;
  PkMode pk_mode = PkMode::kNone;
  std::vector<std::string> pk_fields;
  std::vector<std::string> fields_whitelist;
  std::shared_ptr<const TimeZone> zone = TimeZone::utc();
  bool dates_in_utc = false;
  std::vector<std::string> timestamp_fields;
  bool timestamp_fields_are_nanos = false;
  CalendarSystem calendar = CalendarSystem::kLegacy;
  std::string string_value_column;
  bool auto_create = false;
  bool auto_evolve = false;
  QuoteMethod quote = QuoteMethod::kAlways;
  bool merge_holdlock = true;
  std::int32_t max_retries = 10;
  std::int32_t retry_backoff_ms = 3000;
  bool trim_sensitive_log = false;
  bool report_unfit_records = false;
  bool nested_as_json = false;

  WriteOptions write_options() const;
  ConnectionSettings connection(const Props& props) const;

  static const ConfigTable<SinkConfig>& table();
};

}  // namespace millrace::jdbc
