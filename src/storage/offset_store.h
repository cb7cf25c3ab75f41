#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace millrace::storage {

/// Bytes as Connect stores them: key `["connector",{partition}]`, value `{offset}`; nullopt is
/// a tombstone.
using OffsetEntry = std::pair<std::string, std::optional<std::string>>;
using OffsetTable = std::map<std::string, std::string>;

/// Where source offsets live. Any thread.
class OffsetStore {
 public:
  virtual ~OffsetStore() = default;
  /// Reads what is stored. Blocks.
  virtual Result<void> start() = 0;
  /// What was given to `set` before is finished, or failed, when this returns.
  virtual void stop() = 0;

  /// What is stored now (what others wrote before this call included) under keys that begin with `key_prefix`; tombstones
  /// left out.
  virtual Result<OffsetTable> read(const std::string& key_prefix, std::chrono::milliseconds timeout) = 0;

  /// Stores all entries. `done` runs on a thread of the store, or before this returns; it must only enqueue.
  virtual void set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) = 0;
};

}  // namespace millrace::storage
