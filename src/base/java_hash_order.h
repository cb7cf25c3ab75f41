#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace::base {

/// String.hashCode: over UTF-16 units.
std::uint32_t java_hash(std::string_view utf8);

/// The order in which a java.util.HashMap that got `keys` (distinct, UTF-8) one after another iterates over them, as
/// indexes into `keys`. Keys of the offsets topic are compared as bytes, so their fields must be written in this order.
std::vector<std::size_t> java_hash_order(const std::vector<std::string_view>& keys);

/// As above, of keys of any type, by their hash codes.
std::vector<std::size_t> java_hash_order_of(const std::vector<std::uint32_t>& hashes);

/// As above, of a HashMap made as a copy of a map: its table is as small as its keys allow.
std::vector<std::size_t> java_copied_hash_order(const std::vector<std::string_view>& keys);

}  // namespace millrace::base
