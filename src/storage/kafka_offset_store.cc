#include "storage/kafka_offset_store.h"

namespace millrace::storage {

KafkaOffsetStore::KafkaOffsetStore(kafka::TopicLog::Deps deps, kafka::TopicLog::Options options)
    : deps_(std::move(deps)), options_(std::move(options)) {}

KafkaOffsetStore::~KafkaOffsetStore() { stop(); }

Result<void> KafkaOffsetStore::start() {
  auto log = kafka::TopicLog::create(deps_, options_, [this](const kafka::InRecord& record) { on_record(record); });
  if (!log.ok()) return std::move(log).error();
  log_ = std::move(*log);
  return log_->start();
}

void KafkaOffsetStore::stop() {
  if (log_) log_->stop();
}

void KafkaOffsetStore::on_record(const kafka::InRecord& record) {
  const std::string key(record.key.value_or(std::string_view()));
  const std::scoped_lock lock(mutex_);
  if (record.value) {
    table_[key] = std::string(*record.value);
  } else {
    table_.erase(key);
  }
}

Result<OffsetTable> KafkaOffsetStore::read(const std::string& key_prefix, std::chrono::milliseconds timeout) {
  if (auto read = log_->read_to_end(timeout); !read.ok()) return std::move(read).error();
  const std::scoped_lock lock(mutex_);
  OffsetTable found;
  for (auto at = table_.lower_bound(key_prefix); at != table_.end() && at->first.starts_with(key_prefix); ++at)
    found.insert(*at);
  return found;
}

void KafkaOffsetStore::set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) {
  if (entries.empty()) {
    done({});
    return;
  }
  struct Pending {
    std::mutex mutex;
    std::size_t left;
    std::optional<Error> error;
    std::function<void(Result<void>)> done;
  };
  const auto pending = std::make_shared<Pending>();
  pending->left = entries.size();
  pending->done = std::move(done);
  for (OffsetEntry& entry : entries) {
    log_->send(std::move(entry.first), std::move(entry.second), [pending](Result<void> result) {
      std::unique_lock lock(pending->mutex);
      if (!result.ok() && !pending->error) pending->error = result.error();
      if (--pending->left > 0) return;
      lock.unlock();  // it was the last one: nobody else looks at it any more
      pending->done(pending->error ? Result<void>(*pending->error) : Result<void>());
    });
  }
}

}  // namespace millrace::storage
