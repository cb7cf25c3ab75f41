#pragma once

#include "millrace/config.h"

namespace millrace::runtime {

enum class ClientKind : std::uint8_t { kProducer, kConsumer, kAdmin };
/// "producer", "consumer", "admin": the words in front of `.override.` and of the worker's own client settings.
const char* name_of(ClientKind kind) noexcept;

/// The options of a client of Kafka 4.1. Validation answers them for overrides; unknown keys are passed on all the
/// same.
const ConfigDef& client_definition(ClientKind kind);

}  // namespace millrace::runtime
