#pragma once

#include <span>
#include <string_view>

#include "millrace/config.h"

namespace millrace::runtime {

/// One option of the worker or of a Kafka client, as a row of constant text.
struct KeyRow {
  const char* name;
  ConfigType type;
  const char* default_value;  ///< nullptr: null; kRequired: must be given
  Importance importance;
  /// The rule for its value, in few words: "", ">=N", "A..B", "A..B or -1", "one of: a, b", "any case: A, B",
  /// "non-empty", "non-null", "partitions", "replication".
  const char* rule;
  const char* documentation;
};

/// The address of this text marks a required option.
inline constexpr char kRequired[] = "<required>";

ConfigKey to_config_key(const KeyRow& row);
void define_all(ConfigDef& definition, std::span<const KeyRow> rows);
ConfigCheck check_of(std::string_view rule);

/// The `ssl.*` keys of every Kafka client and of the worker, in Kafka's order.
std::span<const KeyRow> ssl_rows();
/// The `sasl.*` keys of every Kafka client and of the distributed worker.
std::span<const KeyRow> sasl_rows();

}  // namespace millrace::runtime
