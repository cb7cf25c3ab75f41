#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/offset_store.h"

namespace millrace::storage {

/// A connector's own offsets in front of the worker's (KIP-618). What the connector's store has counts; what
/// only the worker's has is from before the connector got its own, or from another worker that knows no such thing.
///
/// Tombstones go to the worker's first: one that only the connector's own store had would uncover an older offset.
/// Threads: any.
class LayeredOffsetStore : public OffsetStore {
 public:
  /// `back` must outlive this and is started and stopped by its owner. `warn` gets what failed in the background; any thread.
  LayeredOffsetStore(std::unique_ptr<OffsetStore> front, OffsetStore& back,
                     std::function<void(const std::string&)> warn);
  ~LayeredOffsetStore() override;

  Result<void> start() override { return front_->start(); }
  void stop() override { front_->stop(); }
  Result<OffsetTable> read(const std::string& key_prefix, std::chrono::milliseconds timeout) override;
  void set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) override;

 private:
  OffsetStore& back_;
  const std::function<void(const std::string&)> warn_;
  std::shared_ptr<OffsetStore> front_;
};

/// The entries that are tombstones, or those that are not.
std::vector<OffsetEntry> tombstones_of(const std::vector<OffsetEntry>& entries);
std::vector<OffsetEntry> without_tombstones(const std::vector<OffsetEntry>& entries);

}  // namespace millrace::storage
