#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kafka/clients.h"
#include "kafka/topic_log.h"
#include "storage/config_store.h"
#include "storage/json_codec.h"

namespace millrace::storage {

/// The config topic as a ConfigStore.
///
/// Leader's writes go through a transactional producer when one is configured; a newer leader's claim fences it, and
/// the writes fail then until `claim_write_privileges` succeeds again.
class KafkaConfigStore : public ConfigStore {
 public:
  struct Deps {
    kafka::TopicLog::Deps log;
    kafka::TopicLog::Options topic;
    /// Settings with transactional.id when exactly.once.source.support is preparing or enabled.
    std::optional<kafka::ClientConfig> leader_producer;
    InternalConverterFactory converter;
    ConfigUpdateListener* listener = nullptr;  ///< not null
    std::function<void(const std::string&)> warn;
  };

  explicit KafkaConfigStore(Deps deps);
  ~KafkaConfigStore() override;

  Result<void> start() override;
  void stop() override;
  ConfigSnapshot snapshot() const override;
  Result<void> refresh(std::chrono::milliseconds timeout) override;
  Result<void> claim_write_privileges() override;
  Result<void> put_connector_config(const std::string& connector, const RawConfig& config,
                                    std::optional<TargetState> initial_state) override;
  Result<void> remove_connector_config(const std::string& connector) override;
  Result<void> put_task_configs(const std::string& connector, const std::vector<RawConfig>& configs) override;
  Result<void> put_target_state(const std::string& connector, TargetState state) override;
  Result<void> put_task_count_record(const std::string& connector, std::int32_t task_count) override;
  Result<void> put_session_key(const SessionKey& key) override;
  Result<void> put_restart_request(const RestartRecord& request) override;
  Result<void> put_logger_level(const std::string& logger, const std::string& level) override;

 private:
  struct Write {
    std::string key;
    std::optional<Value> value;  ///< nullopt: tombstone
  };
  enum class Rights { kAnyWorker, kLeader };
  class Deadline;

  void on_record(const kafka::InRecord& record);
  /// Writes, waits for the acknowledgements. `failure` is the text REST answers.
  Result<void> write(const std::vector<Write>& writes, Rights rights, const std::string& failure,
                     const Deadline& deadline);
  Result<void> write_plain(const std::vector<Write>& writes, const Deadline& deadline);
  Result<void> write_in_transaction(const std::vector<Write>& writes, const Deadline& deadline);
  Result<void> write_and_read_back(const std::vector<Write>& writes, const std::string& failure);
  Result<void> read_back(const Deadline& deadline, const std::string& failure);

  Deps deps_;
  JsonCodec codec_;

  mutable std::mutex mutex_;
  ConfigRecordReader reader_;               // guarded by mutex_
  mutable ConfigSnapshot cached_snapshot_;  // guarded by mutex_; null when stale
  bool live_ = false;                       // guarded by mutex_

  std::shared_ptr<kafka::Producer> leader_producer_;
  std::unique_ptr<kafka::TopicLog> log_;  // last: its thread calls on_record
};

}  // namespace millrace::storage
