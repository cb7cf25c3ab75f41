#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::kafka {

struct HeaderView {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// One record to send. Views are copied by `send` before it returns.
struct OutRecord {
  const std::string* topic = nullptr;  ///< not null
  std::int32_t partition = -1;         ///< -1: by the partitioner
  std::optional<std::int64_t> timestamp_ms;
  std::optional<std::string_view> key;    ///< nullopt: null
  std::optional<std::string_view> value;  ///< nullopt: null
  std::span<const HeaderView> headers;
  std::uint64_t tag = 0;  ///< comes back in the Delivery
};

/// What became of one record.
struct Delivery {
  std::uint64_t tag = 0;
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::int64_t timestamp_ms = -1;
  const Error* error = nullptr;  ///< nullptr: acknowledged. Valid during the callback.
};

/// Told of acknowledgements and failures. Runs on: the producer's own thread; must only enqueue. In batches.
class DeliveryListener {
 public:
  virtual ~DeliveryListener() = default;
  virtual void on_deliveries(std::span<const Delivery> deliveries) = 0;
};

/// Sends records. Thread-safe: tasks with equal settings share one, each with a lane (its own listener and byte
/// budget).
class Producer {
 public:
  virtual ~Producer() = default;

  /// Takes records in order until the queue is full. Returns how many were taken (maybe 0); never blocks.
  /// An Error means that the record at the front can never be sent (too large, unknown partition, fatal client state):
  /// it and the ones behind it were not taken; `accepted` tells how many before it were.
  struct Sent {
    std::size_t accepted = 0;
    std::optional<Error> error;
  };
  virtual Sent send(std::span<const OutRecord> records, DeliveryListener& listener) = 0;

  /// Waits until there is room again, at most `timeout`. False: still full.
  virtual bool wait_for_room(std::chrono::milliseconds timeout) = 0;
  /// The same for the lane of one listener; the better one to wait with when several tasks share the producer.
  virtual bool wait_for_room(DeliveryListener& /*listener*/, std::chrono::milliseconds timeout) {
    return wait_for_room(timeout);
  }

  /// Waits until everything that any lane sent so far is delivered or failed. False on timeout.
  virtual bool flush(std::chrono::milliseconds timeout) = 0;

  /// After this returns, no callback for `listener` runs or will run: what is still in flight is forgotten (it may or
  /// may not arrive at the broker). Call before the listener dies.
  virtual void detach(DeliveryListener& listener) = 0;

  // Transactions (transactional.id is set). Errors with code kFenced are final.
  virtual Result<void> init_transactions(std::chrono::milliseconds timeout) = 0;
  virtual Result<void> begin_transaction() = 0;
  virtual Result<void> commit_transaction(std::chrono::milliseconds timeout) = 0;
  virtual Result<void> abort_transaction(std::chrono::milliseconds timeout) = 0;

  /// Number of partitions of `topic` as the broker says; blocks up to `timeout`.
  virtual Result<std::int32_t> partition_count(const std::string& topic, std::chrono::milliseconds timeout) = 0;
};

}  // namespace millrace::kafka
