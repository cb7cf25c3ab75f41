#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "kafka/admin.h"
#include "kafka/producer.h"
#include "runtime/error_policy.h"

namespace millrace::runtime {

/// Sends failed sink records to errors.deadletterqueue.topic.name, with context headers where asked for
/// (KIP-298). A report that cannot be sent is logged and counted, and does not fail the task.
///
/// Threads: `report` on the task's, deliveries on the producer's.
class DeadLetterQueue : public ErrorReporter, private kafka::DeliveryListener {
 public:
  struct Options {
    ConnectorTaskId id;
    std::string topic;
    bool context_headers = false;
  };
  /// Looks for the topic, makes it when it is missing. kPluginFailed "Could not initialize dead letter queue with topic=t".
  static Result<void> ensure_topic(kafka::Admin& admin, const std::string& topic, std::int16_t replication_factor);

  DeadLetterQueue(Options options, std::shared_ptr<kafka::Producer> producer, std::shared_ptr<TaskControl> control,
                  std::shared_ptr<TaskMetrics> metrics);
  ~DeadLetterQueue() override;

  std::shared_future<void> report(const FailedRecord& failed) override;

 private:
  void on_deliveries(std::span<const kafka::Delivery> deliveries) override;
  void settle(std::uint64_t tag, const Error* error);

  const Options options_;
  std::shared_ptr<kafka::Producer> producer_;
  std::shared_ptr<TaskControl> control_;
  std::shared_ptr<TaskMetrics> metrics_;
  std::uint64_t next_tag_ = 0;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::promise<void>> waiting_;  // guarded by mutex_
};

}  // namespace millrace::runtime
