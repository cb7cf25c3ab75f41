#include "storage/memory_offset_store.h"

namespace millrace::storage {

Result<OffsetTable> MemoryOffsetStore::read(std::chrono::milliseconds) {
  const std::lock_guard lock(mutex_);
  return table_;
}

void MemoryOffsetStore::set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) {
  {
    const std::lock_guard lock(mutex_);
    for (auto& [key, value] : entries) {
      if (value) {
        table_[key] = std::move(*value);
      } else {
        table_.erase(key);
      }
    }
  }
  done({});
}

}  // namespace millrace::storage
