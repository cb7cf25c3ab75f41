#include "runtime/at_least_once_delivery.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "storage/offset_codec.h"

namespace millrace::runtime {
namespace {

base::Log& offsets_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.SourceTaskOffsetCommitter");
  return log;
}

std::uint64_t elapsed_ms(base::SteadyTime from, base::SteadyTime to) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count());
}

}  // namespace

/// Shared with the store's callback, which may come after the task has ended.
struct AtLeastOnceDelivery::Flush {
  base::SteadyTime started;
  std::optional<Result<void>> result;  // guarded by the control's mutex
};

AtLeastOnceDelivery::AtLeastOnceDelivery(Deps deps)
    : deps_(std::move(deps)), next_flush_(deps_.control->clock().now() + deps_.flush_interval) {}

base::SteadyTime AtLeastOnceDelivery::next_due() const {
  return flush_ ? flush_->started + deps_.flush_timeout : next_flush_;
}

Result<void> AtLeastOnceDelivery::service() {
  if (flush_) {
    end_flush();
  } else if (deps_.control->clock().now() >= next_flush_) {
    begin_flush();
  }
  return {};
}

void AtLeastOnceDelivery::begin_flush() {
  const base::SteadyTime now = deps_.control->clock().now();
  next_flush_ = now + deps_.flush_interval;
  records_.take_committable([this](const OffsetMap& partition, const OffsetMap& offset) {
    Result<std::string> key = deps_.offsets->key_of(partition);
    if (key) {
      pending_[*key] = offset;
    } else {
      offsets_log().error(
          "CRITICAL: Failed to serialize offset data, the offset of this source partition is not stored: {}",
          key.error().text);
    }
  });
  std::vector<storage::OffsetEntry> entries;
  for (const auto& [key, offset] : pending_) {
    if (!offset) {
      entries.emplace_back(key, std::nullopt);
      continue;
    }
    Result<std::string> value = storage::encode_offset_value(offset);
    if (!value) {
      // The whole flush fails until the entry is overwritten, as in Connect: its neighbours may belong to it.
      offsets_log().error("CRITICAL: Failed to serialize offset data, making it impossible to commit offsets: {}",
                          value.error().text);
      deps_.metrics->offset_commit_failures.add();
      return;
    }
    entries.emplace_back(key, std::move(*value));
  }
  if (entries.empty()) {
    task_commit_due_ = true;
    return;
  }
  offsets_log().debug("committing offsets partitions={}", entries.size());
  flushing_ = std::exchange(pending_, {});
  flush_ = std::make_shared<Flush>();
  flush_->started = now;
  deps_.store->set(std::move(entries), [flush = flush_, control = deps_.control](Result<void> result) {
    {
      const std::lock_guard lock(control->mutex());
      flush->result = std::move(result);
    }
    control->notify();
  });
}

void AtLeastOnceDelivery::end_flush() {
  const base::SteadyTime now = deps_.control->clock().now();
  std::optional<Result<void>> result;
  {
    const std::lock_guard lock(deps_.control->mutex());
    result = flush_->result;
  }
  if (!result && now < flush_->started + deps_.flush_timeout) return;
  const std::uint64_t took_ms = elapsed_ms(flush_->started, now);
  flush_ = nullptr;
  next_flush_ = now + deps_.flush_interval;
  if (result && result->ok()) {
    flushing_.clear();
    task_commit_due_ = true;
    deps_.metrics->offset_commits.add();
    deps_.metrics->offset_commit_ms_total.add(took_ms);
    deps_.metrics->offset_commit_ms_max.set_max(took_ms);
    return;
  }
  deps_.metrics->offset_commit_failures.add();
  if (result) {
    offsets_log().error(
        "Failed to flush offsets to storage; will try again on next flush interval with latest offsets: {}",
        result->error().text);
  } else {
    offsets_log().error(
        "Timed out waiting to flush offsets to storage; will try again on next flush interval with latest offsets");
  }
  pending_.merge(flushing_);  // newer ones stay
  flushing_.clear();
}

void AtLeastOnceDelivery::paused() {
  if (!flush_ && records_.has_committable()) begin_flush();
}

void AtLeastOnceDelivery::commit_finally() {
  const base::SteadyTime deadline = deps_.control->clock().now() + deps_.flush_timeout;
  const auto wait_for_flush = [&] {
    if (!flush_) return;
    deps_.control->wait_even_if_stopping(deadline, [this] { return flush_->result.has_value(); });
    end_flush();
  };
  wait_for_flush();
  if (flush_) return;  // timed out
  begin_flush();
  wait_for_flush();
}

}  // namespace millrace::runtime
