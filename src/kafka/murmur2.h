#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::kafka {

/// The hash of Java's default partitioner (seed 0x9747b28c).
std::int32_t murmur2(std::string_view data) noexcept;

/// Where Java's default partitioner puts a record with this key.
inline std::int32_t partition_of_key(std::string_view key, std::int32_t partitions) noexcept {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

}  // namespace millrace::kafka
