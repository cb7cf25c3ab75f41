#pragma once

#include <map>
#include <string>

namespace millrace::kafka {

/// Settings of a Kafka client under their *Java* names ("bootstrap.servers", "linger.ms", "sasl.jaas.config", ...), as
/// Kafka Connect forms them. rdkafka/ turns them into librdkafka's.
using ClientConfig = std::map<std::string, std::string>;

}  // namespace millrace::kafka
