#include "storage/layered_offset_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::storage {

LayeredOffsetStore::LayeredOffsetStore(std::unique_ptr<OffsetStore> front, OffsetStore& back,
                                       std::function<void(const std::string&)> warn)
    : back_(back), warn_(std::move(warn)), front_(std::move(front)) {}

LayeredOffsetStore::~LayeredOffsetStore() { front_->stop(); }

std::vector<OffsetEntry> tombstones_of(const std::vector<OffsetEntry>& entries) {
  std::vector<OffsetEntry> found;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(found),
               [](const OffsetEntry& entry) { return !entry.second; });
  return found;
}

std::vector<OffsetEntry> without_tombstones(const std::vector<OffsetEntry>& entries) {
  std::vector<OffsetEntry> found;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(found),
               [](const OffsetEntry& entry) { return entry.second.has_value(); });
  return found;
}

Result<OffsetTable> LayeredOffsetStore::read(const std::string& key_prefix, std::chrono::milliseconds timeout) {
  Result<OffsetTable> older = back_.read(key_prefix, timeout);
  if (!older.ok()) return older;
  Result<OffsetTable> own = front_->read(key_prefix, timeout);
  if (own.ok()) own->merge(*older);  // what is in both stays as it is
  return own;
}

void LayeredOffsetStore::set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) {
  auto write_front = [front = front_, &back = back_, warn = warn_,
                      entries](const std::function<void(Result<void>)>& told) mutable {
    std::vector<OffsetEntry> copies = without_tombstones(entries);
    front->set(std::move(entries), [&back, warn, told, copies = std::move(copies)](Result<void> result) mutable {
      const bool stored = result.ok();
      told(std::move(result));
      if (!stored || copies.empty()) return;
      back.set(std::move(copies), [warn](const Result<void>& copied) {
        if (!copied.ok()) warn("Failed to write offsets to the worker's offsets topic as well: " + copied.error().text);
      });
    });
  };
  std::vector<OffsetEntry> removed = tombstones_of(entries);
  if (removed.empty()) {
    write_front(done);
    return;
  }
  back_.set(std::move(removed), [write_front, done = std::move(done)](Result<void> result) mutable {
    if (result.ok()) {
      write_front(done);
    } else {
      done(std::move(result));
    }
  });
}

}  // namespace millrace::storage
