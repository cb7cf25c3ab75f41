#include "kafka/rdkafka/rdkafka_clients.h"

#include <map>
#include <mutex>
#include <utility>

#include "kafka/rdkafka/rd_admin.h"
#include "kafka/rdkafka/rd_consumer.h"
#include "kafka/rdkafka/rd_producer.h"

namespace millrace::kafka {

class RdKafkaClients::Impl {
 public:
  explicit Impl(ClientLog log) : log_(std::move(log)) {}

  Result<std::shared_ptr<Producer>> producer(const ClientConfig& config) {
    if (auto id = config.find("transactional.id"); id != config.end() && !id->second.empty())
      return make_rd_producer(config, log_);
    ClientConfig key = config;
    key.erase("client.id");
    std::lock_guard lock(mutex_);
    std::erase_if(producers_, [](const auto& entry) { return entry.second.expired(); });
    if (auto it = producers_.find(key); it != producers_.end()) {
      if (auto shared = it->second.lock()) return shared;
    }
    auto made = make_rd_producer(config, log_);
    if (made) producers_[std::move(key)] = *made;
    return made;
  }

  /// Shared as well: several stores ask for one with the same settings.
  Result<std::shared_ptr<Admin>> admin(const ClientConfig& config) {
    ClientConfig key = config;
    key.erase("client.id");
    std::lock_guard lock(mutex_);
    std::erase_if(admins_, [](const auto& entry) { return entry.second.expired(); });
    if (auto it = admins_.find(key); it != admins_.end()) {
      if (auto shared = it->second.lock()) return shared;
    }
    auto made = make_rd_admin(config, log_);
    if (made) admins_[std::move(key)] = *made;
    return made;
  }

  const ClientLog& log() const { return log_; }

 private:
  const ClientLog log_;
  std::mutex mutex_;
  std::map<ClientConfig, std::weak_ptr<Producer>> producers_;
  std::map<ClientConfig, std::weak_ptr<Admin>> admins_;
};

RdKafkaClients::RdKafkaClients(ClientLog log) : impl_(std::make_unique<Impl>(std::move(log))) {}
RdKafkaClients::~RdKafkaClients() = default;

Result<std::shared_ptr<Producer>> RdKafkaClients::producer(const ClientConfig& config) {
  return impl_->producer(config);
}
Result<std::unique_ptr<Consumer>> RdKafkaClients::consumer(const ClientConfig& config) {
  return make_rd_consumer(config, impl_->log());
}
Result<std::shared_ptr<Admin>> RdKafkaClients::admin(const ClientConfig& config) { return impl_->admin(config); }

}  // namespace millrace::kafka
