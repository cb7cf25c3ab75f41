#include "connectors/cassandra/cql/topology.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace millrace::cassandra::cql {

Replication Replication::from(const std::vector<std::pair<std::string, std::string>>& options) {
  Replication out;
  for (const auto& [key, value] : options) {
    if (key == "class") {
      if (value.ends_with("SimpleStrategy")) out.strategy = Strategy::kSimple;
      if (value.ends_with("NetworkTopologyStrategy")) out.strategy = Strategy::kNetworkTopology;
    } else if (key == "replication_factor") {
      out.factor = std::atoi(value.c_str());
    } else {
      out.by_datacenter[key] = std::atoi(value.c_str());
    }
  }
  return out;
}

void TokenRing::set_place(std::size_t node, Place place) { places_[node] = std::move(place); }

void TokenRing::finish() { std::sort(ring_.begin(), ring_.end()); }

std::vector<std::int64_t> TokenRing::tokens() const {
  std::vector<std::int64_t> out;
  out.reserve(ring_.size());
  for (const auto& entry : ring_) out.push_back(entry.first);
  return out;
}

std::vector<std::size_t> TokenRing::replicas(std::int64_t token, const Replication& replication) const {
  std::vector<std::size_t> out;
  if (ring_.empty() || replication.strategy == Replication::Strategy::kUnknown) return out;
  const auto first = std::lower_bound(ring_.begin(), ring_.end(), std::make_pair(token, std::size_t{0}));
  const auto start = static_cast<std::size_t>(first - ring_.begin());
  const auto seen = [&out](std::size_t node) { return std::find(out.begin(), out.end(), node) != out.end(); };

  if (replication.strategy == Replication::Strategy::kSimple) {
    for (std::size_t i = 0; i < ring_.size() && static_cast<std::int32_t>(out.size()) < replication.factor; ++i) {
      const auto node = ring_[(start + i) % ring_.size()].second;
      if (!seen(node)) out.push_back(node);
    }
    return out;
  }

  struct Datacenter {
    std::int32_t wanted = 0;
    std::int32_t have = 0;
    std::set<std::string> racks_used;
    std::size_t racks_total = 0;
    std::vector<std::size_t> skipped;
  };
  std::map<std::string, Datacenter> datacenters;
  for (const auto& [name, factor] : replication.by_datacenter) datacenters[name].wanted = factor;
  std::map<std::string, std::set<std::string>> racks;
  for (const auto& [node, place] : places_) racks[place.datacenter].insert(place.rack);
  for (auto& [name, datacenter] : datacenters) datacenter.racks_total = racks[name].size();

  for (std::size_t i = 0; i < ring_.size(); ++i) {
    const auto node = ring_[(start + i) % ring_.size()].second;
    const auto place = places_.find(node);
    if (place == places_.end() || seen(node)) continue;
    const auto found = datacenters.find(place->second.datacenter);
    if (found == datacenters.end() || found->second.have >= found->second.wanted) continue;
    auto& dc = found->second;
    if (dc.racks_used.size() < dc.racks_total && dc.racks_used.contains(place->second.rack)) {
      if (std::find(dc.skipped.begin(), dc.skipped.end(), node) == dc.skipped.end()) dc.skipped.push_back(node);
      continue;
    }
    out.push_back(node);
    ++dc.have;
    dc.racks_used.insert(place->second.rack);
    if (dc.racks_used.size() == dc.racks_total) {
      for (const auto skipped : dc.skipped) {
        if (dc.have >= dc.wanted) break;
        out.push_back(skipped);
        ++dc.have;
      }
      dc.skipped.clear();
    }
  }
  return out;
}

}  // namespace millrace::cassandra::cql
