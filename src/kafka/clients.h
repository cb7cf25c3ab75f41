#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/admin.h"
#include "kafka/client_config.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"

namespace millrace::kafka {

/// Makes clients. The runtime sees only this; rdkafka/ is the real one, tests hand in fakes. Thread-safe.
class Clients {
 public:
  virtual ~Clients() = default;
  /// Calls with equal settings (client.id aside) may give the same producer, unless transactional.id is set.
  virtual Result<std::shared_ptr<Producer>> producer(const ClientConfig& config) = 0;
  virtual Result<std::unique_ptr<Consumer>> consumer(const ClientConfig& config) = 0;
  virtual Result<std::shared_ptr<Admin>> admin(const ClientConfig& config) = 0;
};

}  // namespace millrace::kafka
