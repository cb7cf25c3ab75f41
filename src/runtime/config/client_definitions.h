#pragma once

#include "base/result.h"
#include "kafka/client_config.h"
#include "millrace/config.h"

namespace millrace::runtime {

enum class ClientKind : std::uint8_t { kProducer, kConsumer, kAdmin };
/// "producer", "consumer", "admin": the words in front of `.override.` and of the worker's own client settings.
const char* name_of(ClientKind kind) noexcept;

/// The options of a client of Kafka 4.1. Validation answers them for overrides; unknown keys are passed on all the
/// same.
const ConfigDef& client_definition(ClientKind kind);

/// The first setting, in the order of the definition, whose value the Java client would refuse; kInvalid with Java's
/// sentence.
Result<void> check_client_config(ClientKind kind, const kafka::ClientConfig& config);

}  // namespace millrace::runtime
