#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "millrace/record.h"

namespace millrace::runtime {

/// Source records handed to the producer and not yet acknowledged, per source partition.
///
/// Answers one question: up to which offset is it safe to commit? Enforces I1: an offset becomes committable when its record
/// and all earlier ones of the same partition are acknowledged, so a crash repeats records but never skips one.
///
/// A record costs one slot in a ring; its partition is looked up by content only when the pointer is not one of those seen
/// lately. Threads: the task's.
class InFlightRecords {
 public:
  /// The returned tag names the record until it is acknowledged.
  std::uint64_t submit(const OffsetMap& partition, OffsetMap offset, std::uint32_t bytes);

  /// `tag` was returned by `submit` and is not acknowledged yet.
  void acknowledge(std::uint64_t tag);

  /// Takes back a record that was not sent after all. Newest first: nothing was submitted behind it to its partition.
  void withdraw(std::uint64_t tag);

  /// Partition and offset of a record that is not acknowledged yet.
  std::pair<OffsetMap, OffsetMap> position_of(std::uint64_t tag) const;

  /// Hands over every partition whose committable offset moved since the last call.
  void take_committable(const std::function<void(const OffsetMap& partition, const OffsetMap& offset)>& take);
  bool has_committable() const noexcept { return committable_ > 0; }

  std::size_t records() const noexcept { return records_; }
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    OffsetMap offset;
    std::uint32_t bytes = 0;
    bool acknowledged = false;
  };

  /// The records of one source partition in order: a ring of a power of two.
  struct Partition {
    OffsetMap key;
    std::string content;
    std::vector<Entry> ring;
    std::uint64_t first = 0;  ///< sequence number of the oldest record
    std::uint64_t next = 0;   ///< of the record to come
    OffsetMap committable;
    bool moved = false;
    Entry& at(std::uint64_t sequence) { return ring[sequence & (ring.size() - 1)]; }
    const Entry& at(std::uint64_t sequence) const { return ring[sequence & (ring.size() - 1)]; }
    void grow();
  };

  static constexpr unsigned kSequenceBits = 40;
  static constexpr std::size_t kRememberedPointers = 4096;

  std::uint32_t index_of(const OffsetMap& partition);
  void forget_idle_partitions();

  std::vector<std::unique_ptr<Partition>> partitions_;  // null: free
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::string, std::uint32_t> by_content_;
  std::unordered_map<const Map*, std::pair<OffsetMap, std::uint32_t>> by_pointer_;  // keeps the pointers alive
  OffsetMap last_partition_;
  std::uint32_t last_index_ = 0;
  bool has_last_ = false;
  std::size_t records_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t committable_ = 0;
};

}  // namespace millrace::runtime
