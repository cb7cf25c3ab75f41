#include "storage/memory_offset_store.h"

namespace millrace::storage {

Result<OffsetTable> MemoryOffsetStore::read(const std::string& key_prefix, std::chrono::milliseconds) {
  const std::lock_guard lock(mutex_);
  OffsetTable found;
  for (auto at = table_.lower_bound(key_prefix); at != table_.end() && at->first.starts_with(key_prefix); ++at)
    found.insert(*at);
  return found;
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
