#pragma once

#include <memory>

#include "base/result.h"
#include "kafka/client_config.h"
#include "kafka/consumer.h"
#include "kafka/rdkafka/log.h"

namespace millrace::kafka {

Result<std::unique_ptr<Consumer>> make_rd_consumer(const ClientConfig& config, ClientLog log);

}  // namespace millrace::kafka
