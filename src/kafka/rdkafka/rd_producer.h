#pragma once

#include <memory>

#include "base/result.h"
#include "kafka/client_config.h"
#include "kafka/producer.h"
#include "kafka/rdkafka/log.h"

namespace millrace::kafka {

Result<std::shared_ptr<Producer>> make_rd_producer(const ClientConfig& config, ClientLog log);

}  // namespace millrace::kafka
