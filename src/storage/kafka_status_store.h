#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "kafka/topic_log.h"
#include "storage/json_codec.h"
#include "storage/status_store.h"

namespace millrace::storage {

/// The status topic as a StatusStore: every worker sees every status.
///
/// A write that fails for a passing reason is repeated on a thread of the store, as long as it is still the newest word
/// on its entry and of this worker's current generation: an old FAILED must not arrive after a newer RUNNING.
class KafkaStatusStore : public StatusStore {
 public:
  struct Deps {
    kafka::TopicLog::Deps
        log;  ///< the producer must give up on its own (delivery.timeout.ms) for repeats to be decided here
    kafka::TopicLog::Options topic;
    InternalConverterFactory converter;
    std::function<std::int32_t()> generation;  ///< of this worker in its group, now
    std::function<void(const std::string&)> warn;
  };

  explicit KafkaStatusStore(Deps deps);
  ~KafkaStatusStore() override;

  Result<void> start();
  void stop();
  /// Waits until what was put so far is acknowledged.
  Result<void> flush(std::chrono::milliseconds timeout) { return log_->flush(timeout); }
  /// Reads what anybody has put so far. Blocks.
  Result<void> refresh(std::chrono::milliseconds timeout) { return log_->read_to_end(timeout); }

  /// Has the worker that started this task last also stopped it, although its status goes on showing RUNNING (StatusTable::is_late)?
  bool stopped_in_order(const ConnectorTaskId& task) const;

  void put(const std::string& connector, const Status& status) override;
  void put(const ConnectorTaskId& task, const Status& status) override;
  void put_safe(const std::string& connector, const Status& status) override;
  void put_safe(const ConnectorTaskId& task, const Status& status) override;
  void put(const TopicStatus& topic) override;
  void delete_topic(const std::string& connector, const std::string& topic) override;

  std::optional<Status> get(const std::string& connector) const override;
  std::optional<Status> get(const ConnectorTaskId& task) const override;
  std::map<std::int32_t, Status> tasks_of(const std::string& connector) const override;
  std::set<std::string> connectors() const override;
  std::optional<TopicStatus> topic(const std::string& connector, const std::string& topic) const override;
  std::vector<TopicStatus> topics_of(const std::string& connector) const override;

 private:
  struct Write {
    std::string key;
    std::optional<std::string> value;
    std::uint64_t number = 0;                ///< the newest write of a key has the highest
    std::optional<std::int32_t> generation;  ///< statuses only
    std::function<bool()> still_safe;        ///< may be empty
  };

  template <class Id>
  void write_status(const Id& id, std::string key, const Status& status, bool safe);
  void write(Write write);
  void send(std::shared_ptr<Write> write);
  bool still_wanted(const Write& write) const;
  void repeat_later(std::shared_ptr<Write> write);
  void run_repeats(const std::stop_token& stop);

  void on_record(const kafka::InRecord& record);
  std::string apply(std::string_view key, const std::optional<Value>& value, std::int64_t written_ms);

  Deps deps_;
  JsonCodec codec_;

  mutable std::mutex mutex_;
  StatusTable table_;                            // guarded by mutex_
  std::set<ConnectorTaskId> stopped_;            // guarded by mutex_; see stopped_in_order
  std::map<std::string, std::uint64_t> newest_;  // guarded by mutex_; key to number of its newest write in flight
  std::uint64_t next_number_ = 0;                // guarded by mutex_

  std::mutex repeats_mutex_;
  std::condition_variable_any repeats_changed_;
  std::deque<std::pair<std::chrono::steady_clock::time_point, std::shared_ptr<Write>>>
      repeats_;  // guarded by repeats_mutex_

  std::unique_ptr<kafka::TopicLog> log_;
  std::jthread repeat_thread_;  // last: it uses all of the above
};

}  // namespace millrace::storage
