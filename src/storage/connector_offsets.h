#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "millrace/connector.h"
#include "storage/offset_store.h"

namespace millrace::storage {

/// One source connector's view of the offset store: what tasks read, and under which bytes they write.
///
/// A partition is found by its exact key bytes, else by content: another worker may have written the fields in another
/// order or with other blanks. It is then written under the bytes that were found, so one partition never has two keys.
///
/// Threads: any.
class ConnectorOffsets : public OffsetStorageReader {
 public:
  ConnectorOffsets(OffsetStore& store, std::string connector, std::chrono::milliseconds timeout)
      : store_(store), connector_(std::move(connector)), timeout_(timeout) {}

  OffsetMap offset(const Map& partition) override;
  std::vector<OffsetMap> offsets(const std::vector<Map>& partitions) override;

  /// Partition and offset of everything stored for the connector. An offset that cannot be parsed is left out, with an error
  /// in the log.
  Result<std::vector<std::pair<OffsetMap, OffsetMap>>> all();

  /// The bytes to write `partition` under.
  Result<std::string> key_of(const OffsetMap& partition);

 private:
  OffsetStore& store_;
  const std::string connector_;
  const std::chrono::milliseconds timeout_;
  std::mutex mutex_;
  std::map<std::string, std::string> found_keys_;  // canonical partition -> key bytes as found; guarded by mutex_
};

}  // namespace millrace::storage
