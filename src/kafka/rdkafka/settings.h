#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kafka/client_config.h"
#include "kafka/partitioner.h"
#include "kafka/security.h"

namespace millrace::kafka {

enum class ClientKind : std::uint8_t { kProducer = 1, kConsumer = 2, kAdmin = 4 };

std::string_view name_of(ClientKind kind);

/// What a Java client configuration means for librdkafka.
struct Settings {
  /// librdkafka properties.
  std::map<std::string, std::string> properties;
  /// One line for each setting that was given and cannot be honoured.
  std::vector<std::string> notices;
  /// Certificate chain (PEM) that librdkafka only reads from a file; empty: none or in `properties`.
  std::string certificate_chain_pem;

  /// Set: our own relay logs in to the brokers, see relay.h, and `properties` say plain text.
  std::shared_ptr<const Security> relayed_login;

  // Emulated by our clients.
  std::int64_t buffer_bytes = 0;                       ///< producer: buffer.memory
  std::int64_t max_request_bytes = 1048576;            ///< producer: max.request.size
  std::optional<std::int32_t> max_poll_records;        ///< consumer
  std::chrono::milliseconds linger{5};                 ///< producer
  Partitioning partitioning = Partitioning::kByKey;    ///< producer
  std::int64_t sticky_bytes = 16384;                   ///< producer: batch.size as Java counts it
  std::chrono::milliseconds metadata_max_age{300000};  ///< consumer: how often a topic pattern is matched again
  std::string auto_offset_reset = "latest";            ///< consumer: earliest, latest, error
};

/// Translates `config` (Java names) for a client of `kind`. A value that is wrong, a store that cannot be opened or a
/// JAAS text that does not parse is an Error of one sentence.
Result<Settings> translate(ClientKind kind, const ClientConfig& config);

}  // namespace millrace::kafka
