#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cassandra::cql {

/// Cassandra's Murmur3Partitioner: the token of a serialized partition key (tail bytes are sign-extended, -2^63 becomes
/// 2^63-1, no bytes give -2^63).
std::int64_t murmur3_token(std::string_view key) noexcept;

/// The bytes that are hashed: the value of the only component, or each with its length and a zero byte.
std::string partition_key_bytes(const std::vector<std::string_view>& components);

/// The token of a key that is about to be written; nullopt for one without components or with one that is too long for any node,
/// which then says so.
std::optional<std::int64_t> key_token(const std::vector<std::string_view>& components);

/// A token range (start, end].
struct TokenRange {
  std::int64_t start = 0;
  std::int64_t end = 0;
  bool operator==(const TokenRange&) const = default;
};

/// The whole ring in at least `count` ranges that no vnode border crosses, in order; `tokens` are the ring's tokens. The range
/// that wraps is cut at the minimum, so that `token > start and token <= end` finds every row exactly once.
std::vector<TokenRange> split_ring(std::vector<std::int64_t> tokens, std::size_t count);

}  // namespace millrace::cassandra::cql
