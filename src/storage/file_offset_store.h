#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "base/thread.h"
#include "storage/java_serialized_map.h"
#include "storage/offset_store.h"

namespace millrace::storage {

/// The standalone worker's offsets: one file in Java's format, replaced whole on every commit.
///
/// One thread writes. Commits that arrive while it writes go out together with the next write, so many tasks cost no
/// more disk flushes than one. Tombstones stay in the file as null.
class FileOffsetStore : public OffsetStore {
 public:
  explicit FileOffsetStore(std::string path);
  ~FileOffsetStore() override;

  /// kInvalid, kIo: the file is there and cannot be read. A missing or half-written one is an empty table.
  Result<void> start() override;
  void stop() override;
  Result<OffsetTable> read(const std::string& key_prefix, std::chrono::milliseconds timeout) override;
  void set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) override;

 private:
  struct Request {
    std::vector<OffsetEntry> entries;
    std::function<void(Result<void>)> done;
  };
  void run();
  void write(std::vector<Request> requests);

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  ByteMap table_;                  // what the file holds; guarded by mutex_
  std::vector<Request> requests_;  // guarded by mutex_
  bool stopping_ = false;          // guarded by mutex_
  base::Thread writer_;            // last: runs code
};

}  // namespace millrace::storage
