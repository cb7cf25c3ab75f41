#pragma once

#include <memory>

#include "kafka/clients.h"
#include "kafka/rdkafka/log.h"

namespace millrace::kafka {

/// Clients on librdkafka.
///
/// Producers whose settings are equal but for client.id are one librdkafka handle (threads, sockets and queue), as long
/// as somebody holds it; each listener has its own share of the queue. Producers with a transactional.id are never
/// shared.
class RdKafkaClients final : public Clients {
 public:
  explicit RdKafkaClients(ClientLog log);
  ~RdKafkaClients() override;

  Result<std::shared_ptr<Producer>> producer(const ClientConfig& config) override;
  Result<std::unique_ptr<Consumer>> consumer(const ClientConfig& config) override;
  Result<std::shared_ptr<Admin>> admin(const ClientConfig& config) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::kafka
