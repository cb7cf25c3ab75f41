#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::cassandra::cql {

/// How a keyspace spreads its data, from system_schema.keyspaces.
struct Replication {
  enum class Strategy : std::uint8_t { kUnknown, kSimple, kNetworkTopology };
  Strategy strategy = Strategy::kUnknown;
  std::int32_t factor = 0;                            ///< kSimple
  std::map<std::string, std::int32_t> by_datacenter;  ///< kNetworkTopology

  /// Of the map `replication`; "3/1" counts as 3.
  static Replication from(const std::vector<std::pair<std::string, std::string>>& options);
};

/// Who owns which token. Nodes are numbers, as the caller counts them.
class TokenRing {
 public:
  struct Place {
    std::string datacenter;
    std::string rack;
  };

  void add(std::int64_t token, std::size_t node) { ring_.emplace_back(token, node); }
  void set_place(std::size_t node, Place place);
  /// Call after the last `add`.
  void finish();

  bool empty() const noexcept { return ring_.empty(); }
  std::vector<std::int64_t> tokens() const;
  /// The replicas of a token, primary first; empty when the replication is not known.
  std::vector<std::size_t> replicas(std::int64_t token, const Replication& replication) const;

 private:
  std::vector<std::pair<std::int64_t, std::size_t>> ring_;
  std::map<std::size_t, Place> places_;
};

}  // namespace millrace::cassandra::cql
