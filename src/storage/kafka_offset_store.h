#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "kafka/topic_log.h"
#include "storage/offset_store.h"

namespace millrace::storage {

/// An offsets topic as an OffsetStore. Keys are compared byte by byte, as compaction does.
class KafkaOffsetStore : public OffsetStore {
 public:
  KafkaOffsetStore(kafka::TopicLog::Deps deps, kafka::TopicLog::Options options);
  ~KafkaOffsetStore() override;

  Result<void> start() override;
  void stop() override;
  Result<OffsetTable> read(const std::string& key_prefix, std::chrono::milliseconds timeout) override;
  void set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) override;

 private:
  void on_record(const kafka::InRecord& record);

  kafka::TopicLog::Deps deps_;
  kafka::TopicLog::Options options_;
  std::mutex mutex_;
  OffsetTable table_;                     // guarded by mutex_
  std::unique_ptr<kafka::TopicLog> log_;  // last: its thread calls on_record
};

}  // namespace millrace::storage
