#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "kafka/murmur2.h"

namespace millrace::kafka {

enum class Partitioning : std::uint8_t {
  kByKey,       ///< a key by its hash, records without one as kSticky
  kSticky,      ///< partitioner.ignore.keys: some bytes to one partition, then as much to another
  kRoundRobin,  ///< RoundRobinPartitioner: one record to each in turn
};

/// Chooses the partitions of one topic's records.
///
/// Behaviour: org.apache.kafka.clients.producer.internals.BuiltInPartitioner and RoundRobinPartitioner. Without keys a
/// partition keeps getting records until these make `sticky_bytes` (batch.size): a quiet topic's records stay in order in
/// one partition. Differs: queues of slow brokers are not weighed. Threads: one at a time.
class Partitioner {
 public:
  Partitioner(Partitioning kind, std::int64_t sticky_bytes, std::uint32_t seed)
      : kind_(kind), sticky_bytes_(sticky_bytes), random_(seed), turn_(seed) {}

  /// `available(partition)`: has it a leader? Asked when another partition is due, and after `look_again`.
  template <class Available>
  std::int32_t choose(const std::optional<std::string_view>& key, std::int64_t bytes, std::int32_t partitions,
                      Available available) {
    if (kind_ == Partitioning::kByKey && key) return partition_of_key(*key, partitions);
    if (kind_ == Partitioning::kRoundRobin) return pick(turn_++, partitions, available);
    const bool looks = looks_again_.load(std::memory_order_relaxed);
    if (looks) looks_again_.store(false, std::memory_order_relaxed);
    const bool gone = looks && sticky_ >= 0 && sticky_ < partitions && !available(sticky_);
    if (sticky_ < 0 || sticky_ >= partitions || gone || in_sticky_ >= sticky_bytes_) {
      sticky_ = pick(static_cast<std::uint32_t>(random_()), partitions, available);
      in_sticky_ = 0;
    }
    in_sticky_ += bytes;
    return sticky_;
  }

  /// Time has passed: the partition in use may have lost its leader. Threads: any.
  void look_again() noexcept { looks_again_.store(true, std::memory_order_relaxed); }

 private:
  /// The n-th, counted around, of those that are available, or of all when none is.
  template <class Available>
  std::int32_t pick(std::uint32_t n, std::int32_t partitions, Available available) {
    available_.clear();
    for (std::int32_t p = 0; p < partitions; ++p) {
      if (available(p)) available_.push_back(p);
    }
    const auto count = static_cast<std::uint32_t>(available_.size());
    return count > 0 ? available_[n % count] : static_cast<std::int32_t>(n % static_cast<std::uint32_t>(partitions));
  }

  Partitioning kind_;
  std::int64_t sticky_bytes_;
  std::minstd_rand random_;
  std::uint32_t turn_;
  std::int32_t sticky_ = -1;
  std::int64_t in_sticky_ = 0;
  std::atomic<bool> looks_again_{false};
  std::vector<std::int32_t> available_;
};

}  // namespace millrace::kafka
