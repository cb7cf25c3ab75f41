#pragma once

#include <mutex>

#include "storage/offset_store.h"

namespace millrace::storage {

/// Offsets that end with the process. For tests and previews.
class MemoryOffsetStore : public OffsetStore {
 public:
  Result<void> start() override { return {}; }
  void stop() override {}
  Result<OffsetTable> read(const std::string& key_prefix, std::chrono::milliseconds timeout) override;
  void set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) override;

 private:
  std::mutex mutex_;
  OffsetTable table_;
};

}  // namespace millrace::storage
