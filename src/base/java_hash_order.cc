#include "base/java_hash_order.h"

#include <cstdint>
#include <utility>

#include "base/utf8.h"

namespace millrace::base {
namespace {

std::uint32_t spread(std::uint32_t hash) { return hash ^ (hash >> 16); }

class Table {
 public:
  explicit Table(std::size_t buckets) : buckets_(buckets) {}

  void insert(std::size_t index, std::uint32_t hash) {
    auto& bucket = buckets_[hash & (buckets_.size() - 1)];
    bucket.emplace_back(index, hash);
    // A long bucket of a small table makes the table grow instead of turning into a tree.
    if (bucket.size() > 8 && buckets_.size() < 64) grow();
    if (++size_ > buckets_.size() * 3 / 4) grow();
  }

  std::vector<std::size_t> order() const {
    std::vector<std::size_t> result;
    result.reserve(size_);
    for (const auto& bucket : buckets_) {
      for (const auto& [index, hash] : bucket) result.push_back(index);
    }
    return result;
  }

 private:
  using Bucket = std::vector<std::pair<std::size_t, std::uint32_t>>;

  void grow() {
    std::vector<Bucket> larger(buckets_.size() * 2);
    for (const auto& bucket : buckets_) {
      for (const auto& node : bucket) larger[node.second & (larger.size() - 1)].push_back(node);
    }
    buckets_ = std::move(larger);
  }

  std::vector<Bucket> buckets_;
  std::size_t size_ = 0;
};

std::vector<std::size_t> order_in(Table table, const std::vector<std::string_view>& keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) table.insert(i, spread(java_hash(keys[i])));
  return table.order();
}

}  // namespace

std::uint32_t java_hash(std::string_view utf8) {
  std::uint32_t hash = 0;
  const auto unit = [&hash](std::uint32_t u) { hash = 31 * hash + u; };
  const char* p = utf8.data();
  const char* const end = p + utf8.size();
  while (p != end) {
    const std::uint32_t point = next_utf8_unchecked(p, end);
    if (point >= 0x10000) {
      unit(0xD800 + ((point - 0x10000) >> 10));
      unit(0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      unit(point);
    }
  }
  return hash;
}

std::vector<std::size_t> java_hash_order(const std::vector<std::string_view>& keys) {
  return order_in(Table(16), keys);
}

std::vector<std::size_t> java_hash_order_of(const std::vector<std::uint32_t>& hashes) {
  Table table(16);
  for (std::size_t i = 0; i < hashes.size(); ++i) table.insert(i, spread(hashes[i]));
  return table.order();
}

std::vector<std::size_t> java_copied_hash_order(const std::vector<std::string_view>& keys) {
  std::size_t buckets = 1;
  while (buckets * 3 < keys.size() * 4 + 3) buckets *= 2;  // room for size / 0.75 + 1
  return order_in(Table(buckets), keys);
}

}  // namespace millrace::base
