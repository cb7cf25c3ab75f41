#pragma once

#include <memory>

#include "base/result.h"
#include "kafka/admin.h"
#include "kafka/client_config.h"
#include "kafka/rdkafka/log.h"

namespace millrace::kafka {

Result<std::shared_ptr<Admin>> make_rd_admin(const ClientConfig& config, ClientLog log);

}  // namespace millrace::kafka
