#include "runtime/offset_transaction.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "base/log.h"
#include "storage/layered_offset_store.h"

namespace millrace::runtime {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kRoomStep{100};

base::Log& offsets_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.storage.ConnectorOffsetBackingStore");
  return log;
}

}  // namespace

Result<void> OffsetTransaction::remove_beside(std::vector<storage::OffsetEntry> entries, milliseconds timeout) {
  struct Told {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<void>> result;  // guarded by mutex
  };
  const auto told = std::make_shared<Told>();
  deps_.beside->set(std::move(entries), [told](Result<void> result) {
    const std::scoped_lock lock(told->mutex);
    told->result = std::move(result);
    told->done.notify_all();
  });
  std::unique_lock lock(told->mutex);
  if (!told->done.wait_for(lock, timeout, [&] { return told->result.has_value(); })) {
    return Error{.code = Errc::kTimeout,
                 .text = "offsets could not be removed from the worker's offsets topic in time"};
  }
  return *told->result;
}

Result<void> OffsetTransaction::write(std::vector<storage::OffsetEntry> entries, kafka::DeliveryListener& deliveries,
                                      milliseconds timeout) {
  if (deps_.beside != nullptr) {
    if (auto removed = storage::tombstones_of(entries); !removed.empty()) {
      if (Result<void> done = remove_beside(std::move(removed), timeout); !done.ok()) return done;
    }
    copies_ = storage::without_tombstones(entries);
  }
  std::vector<kafka::OutRecord> records(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    records[i].topic = &deps_.topic;
    records[i].key = entries[i].first;
    if (entries[i].second) records[i].value = *entries[i].second;
  }
  std::span<const kafka::OutRecord> left = records;
  const Clock::time_point deadline = Clock::now() + timeout;
  while (!left.empty()) {
    const kafka::Producer::Sent sent = deps_.producer->send(left, deliveries);
    left = left.subspan(sent.accepted);
    if (sent.error) return *sent.error;
    if (left.empty()) break;
    if (Clock::now() >= deadline) return Error{.code = Errc::kTimeout, .text = "the producer's queue stays full"};
    deps_.producer->wait_for_room(kRoomStep);
  }
  return {};
}

void OffsetTransaction::committed() {
  if (copies_.empty()) return;
  deps_.beside->set(std::exchange(copies_, {}), [writer = deps_.writer](const Result<void>& copied) {
    if (copied.ok()) return;
    offsets_log().warn("[{}] failed to write offsets to the worker's offsets topic as well: {}", writer,
                       copied.error().text);
  });
}

}  // namespace millrace::runtime
