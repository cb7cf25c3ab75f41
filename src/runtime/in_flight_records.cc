#include "runtime/in_flight_records.h"

#include "storage/offset_codec.h"

namespace millrace::runtime {
namespace {

constexpr std::size_t kFirstRing = 64;
constexpr std::size_t kIdlePartitionsKept = 1024;
constexpr std::uint64_t kSequenceMask = (std::uint64_t{1} << 40) - 1;

}  // namespace

void InFlightRecords::Partition::grow() {
  std::vector<Entry> larger(ring.empty() ? kFirstRing : ring.size() * 2);
  for (std::uint64_t s = first; s != next; ++s) larger[s & (larger.size() - 1)] = std::move(at(s));
  ring = std::move(larger);
}

std::uint32_t InFlightRecords::index_of(const OffsetMap& partition) {
  if (has_last_ && last_partition_ == partition) return last_index_;
  std::uint32_t index = 0;
  if (const auto known = by_pointer_.find(partition.get()); known != by_pointer_.end()) {
    index = known->second.second;
  } else {
    std::string content = storage::canonical_partition(partition);
    if (const auto same = by_content_.find(content); same != by_content_.end()) {
      index = same->second;
    } else {
      if (free_.empty()) {
        index = static_cast<std::uint32_t>(partitions_.size());
        partitions_.emplace_back();
      } else {
        index = free_.back();
        free_.pop_back();
      }
      partitions_[index] = std::make_unique<Partition>();
      partitions_[index]->key = partition;
      partitions_[index]->content = content;
      by_content_.emplace(std::move(content), index);
    }
    if (by_pointer_.size() >= kRememberedPointers) by_pointer_.clear();
    by_pointer_.emplace(partition.get(), std::pair(partition, index));
  }
  last_partition_ = partition;
  last_index_ = index;
  has_last_ = true;
  return index;
}

std::uint64_t InFlightRecords::submit(const OffsetMap& partition, OffsetMap offset, std::uint32_t bytes) {
  const std::uint32_t index = index_of(partition);
  Partition& queue = *partitions_[index];
  if (queue.next - queue.first == queue.ring.size()) queue.grow();
  const std::uint64_t sequence = queue.next++;
  Entry& entry = queue.at(sequence);
  entry.offset = std::move(offset);
  entry.bytes = bytes;
  entry.acknowledged = false;
  ++records_;
  bytes_ += bytes;
  return std::uint64_t{index} << kSequenceBits | (sequence & kSequenceMask);
}

void InFlightRecords::acknowledge(std::uint64_t tag) {
  Partition& queue = *partitions_[tag >> kSequenceBits];
  Entry& entry = queue.at(tag & kSequenceMask);
  entry.acknowledged = true;
  --records_;
  bytes_ -= entry.bytes;
  if ((queue.first & kSequenceMask) != (tag & kSequenceMask)) return;
  // I1: only the acknowledged prefix becomes committable.
  while (queue.first != queue.next && queue.at(queue.first).acknowledged) {
    queue.committable = std::move(queue.at(queue.first).offset);
    ++queue.first;
  }
  if (!queue.moved) ++committable_;
  queue.moved = true;
}

void InFlightRecords::withdraw(std::uint64_t tag) {
  Partition& queue = *partitions_[tag >> kSequenceBits];
  Entry& entry = queue.at(--queue.next);
  entry.offset = nullptr;
  --records_;
  bytes_ -= entry.bytes;
}

std::pair<OffsetMap, OffsetMap> InFlightRecords::position_of(std::uint64_t tag) const {
  const Partition& queue = *partitions_[tag >> kSequenceBits];
  return {queue.key, queue.at(tag & kSequenceMask).offset};
}

void InFlightRecords::take_committable(
    const std::function<void(const OffsetMap& partition, const OffsetMap& offset)>& take) {
  if (committable_ == 0) return;
  for (const auto& queue : partitions_) {
    if (!queue || !queue->moved) continue;
    take(queue->key, queue->committable);
    queue->committable = nullptr;
    queue->moved = false;
  }
  committable_ = 0;
  if (by_content_.size() > kIdlePartitionsKept) forget_idle_partitions();
}

void InFlightRecords::forget_idle_partitions() {
  by_pointer_.clear();
  has_last_ = false;
  last_partition_ = nullptr;
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    if (!partitions_[i] || partitions_[i]->first != partitions_[i]->next) continue;
    by_content_.erase(partitions_[i]->content);
    partitions_[i].reset();
    free_.push_back(i);
  }
}

}  // namespace millrace::runtime
