#include "kafka/group/assignor.h"

#include <algorithm>
#include <utility>

namespace millrace::kafka {
namespace {

constexpr std::int64_t kBackoffBase = 40;

/// 40, 1600, 64000, ... up to the longest delay: how long the next revocation waits when the last round revoked already.
std::int64_t successive_backoff(int times, std::int64_t longest) {
  std::int64_t delay = 1;
  for (int i = 0; i < times && delay < longest; ++i) delay *= kBackoffBase;
  return std::min(delay, longest);
}

template <class Item>
void erase_item(std::vector<Item>& items, const Item& item) {
  items.erase(std::remove(items.begin(), items.end(), item), items.end());
}

void erase_all(ConnectorsAndTasks& from, const ConnectorsAndTasks& what) {
  for (const std::string& connector : what.connectors) erase_item(from.connectors, connector);
  for (const TaskId& task : what.tasks) erase_item(from.tasks, task);
}

template <class Item>
std::vector<Item> without(const std::vector<Item>& items, const std::vector<Item>& what) {
  std::vector<Item> left;
  for (const Item& item : items) {
    if (std::find(what.begin(), what.end(), item) == what.end()) left.push_back(item);
  }
  return left;
}

void append(ConnectorsAndTasks& to, const ConnectorsAndTasks& what) {
  to.connectors.insert(to.connectors.end(), what.connectors.begin(), what.connectors.end());
  to.tasks.insert(to.tasks.end(), what.tasks.begin(), what.tasks.end());
}

const std::vector<std::string>& items_of(const ConnectorsAndTasks& work, const std::string*) { return work.connectors; }
const std::vector<TaskId>& items_of(const ConnectorsAndTasks& work, const TaskId*) { return work.tasks; }
std::vector<std::string>& items_of(ConnectorsAndTasks& work, const std::string*) { return work.connectors; }
std::vector<TaskId>& items_of(ConnectorsAndTasks& work, const TaskId*) { return work.tasks; }

/// Gives `items` to the least loaded first, level by level.
template <class Item, class Loads>
void spread(Loads& loads, const std::set<Item>& items) {
  constexpr const Item* kKind = nullptr;
  if (loads.empty() || items.empty()) return;
  const auto size = [&](const auto& load) { return items_of(load.work, kKind).size(); };
  std::sort(loads.begin(), loads.end(),
            [&](const auto& a, const auto& b) { return std::pair(size(a), a.member) < std::pair(size(b), b.member); });
  auto item = items.begin();
  while (item != items.end()) {
    const std::size_t lowest = size(loads.front());
    const auto up_to = std::find_if(loads.begin(), loads.end(), [&](const auto& load) { return size(load) > lowest; });
    for (auto load = loads.begin(); load != up_to && item != items.end(); ++load) {
      items_of(load->work, kKind).push_back(*item++);
    }
  }
}

/// What the more loaded ones must give up so that loads differ by at most one.
template <class Item, class Loads>
void revoke_surplus(const Loads& loads, std::size_t total, std::map<std::string, ConnectorsAndTasks>& revocations) {
  constexpr const Item* kKind = nullptr;
  const std::size_t least = total / loads.size();
  const std::size_t with_one_more = total % loads.size();
  const auto holding = [&](std::size_t count) {
    return static_cast<std::size_t>(std::count_if(
        loads.begin(), loads.end(), [&](const auto& load) { return items_of(load.work, kKind).size() == count; }));
  };
  if (holding(least + 1) == with_one_more && holding(least) + holding(least + 1) == loads.size()) return;
  std::size_t extras = 0;
  for (const auto& load : loads) {
    const std::vector<Item>& items = items_of(load.work, kKind);
    if (items.size() <= least) continue;
    std::size_t most = least;
    if (extras < with_one_more) {
      ++extras;
      most = least + 1;
    }
    if (items.size() <= most) continue;
    auto& revoked = items_of(revocations[load.member], kKind);
    revoked.insert(revoked.end(), items.begin(), items.begin() + static_cast<std::ptrdiff_t>(items.size() - most));
  }
}

template <class Container, class Sorted>
ConnectorsAndTasks intersection(const ConnectorsAndTasks& share, const Container& connectors, const Sorted& tasks) {
  ConnectorsAndTasks part;
  for (const std::string& connector : share.connectors) {
    if (connectors.contains(connector)) part.connectors.push_back(connector);
  }
  for (const TaskId& task : share.tasks) {
    if (tasks.contains(task)) part.tasks.push_back(task);
  }
  return part;
}

}  // namespace

std::map<std::string, ConnectorsAndTasks> assign_eagerly(const std::set<std::string>& members,
                                                         const ConnectorsAndTasks& configured) {
  std::map<std::string, ConnectorsAndTasks> shares;
  for (const std::string& member : members) shares[member];
  if (shares.empty()) return shares;
  auto next = shares.begin();
  const auto take_next = [&]() -> ConnectorsAndTasks& {
    ConnectorsAndTasks& share = next->second;
    if (++next == shares.end()) next = shares.begin();
    return share;
  };
  for (const std::string& connector : std::set(configured.connectors.begin(), configured.connectors.end())) {
    take_next().connectors.push_back(connector);
  }
  for (const TaskId& task : std::set(configured.tasks.begin(), configured.tasks.end()))
    take_next().tasks.push_back(task);
  return shares;
}

void IncrementalAssignor::Work::add(const ConnectorsAndTasks& share) {
  connectors.insert(share.connectors.begin(), share.connectors.end());
  tasks.insert(share.tasks.begin(), share.tasks.end());
}

void IncrementalAssignor::Work::add(const Work& other) {
  connectors.insert(other.connectors.begin(), other.connectors.end());
  tasks.insert(other.tasks.begin(), other.tasks.end());
}

void IncrementalAssignor::Work::remove(const Work& other) {
  for (const std::string& connector : other.connectors) connectors.erase(connector);
  for (const TaskId& task : other.tasks) tasks.erase(task);
}

IncrementalAssignor::Work IncrementalAssignor::Work::of(const ConnectorsAndTasks& share) {
  Work work;
  work.add(share);
  return work;
}

IncrementalAssignor::Work IncrementalAssignor::Work::minus(const Work& other) const {
  Work work = *this;
  work.remove(other);
  return work;
}

bool IncrementalAssignor::Work::intersects(const Work& other) const {
  const auto shares = [](const auto& a, const auto& b) {
    return std::any_of(a.begin(), a.end(), [&](const auto& item) { return b.contains(item); });
  };
  return shares(connectors, other.connectors) || shares(tasks, other.tasks);
}

ConnectorsAndTasks IncrementalAssignor::Work::listed() const {
  return {{connectors.begin(), connectors.end()}, {tasks.begin(), tasks.end()}};
}

IncrementalAssignor::IncrementalAssignor(std::chrono::milliseconds max_delay, std::function<std::int64_t()> now,
                                         GivenUp given_up)
    : max_delay_ms_(max_delay.count()), now_(std::move(now)), given_up_(std::move(given_up)) {}

IncrementalAssignor::Round IncrementalAssignor::assign(const ConnectorsAndTasks& configured_work,
                                                       const Allocations& members,
                                                       std::int32_t last_completed_generation,
                                                       std::int32_t current_generation) {
  if (previous_generation_ != last_completed_generation) previous_assignment_ = {};
  const Work configured = Work::of(configured_work);
  Work active;
  Work seen_once;
  Work duplicated;
  for (const auto& [member, share] : members) {
    active.add(share);
    for (const std::string& connector : share.connectors) {
      if (!seen_once.connectors.insert(connector).second) duplicated.connectors.insert(connector);
    }
    for (const TaskId& task : share.tasks) {
      if (!seen_once.tasks.insert(task).second) duplicated.tasks.insert(task);
    }
  }
  // A revocation that did not take effect is forgotten, and the revoked are known to run where they run.
  if (!previous_revocation_.empty() && previous_revocation_.intersects(active)) previous_assignment_ = active;
  previous_revocation_ = {};

  const Work deleted = previous_assignment_.minus(configured);
  const Work lost = previous_assignment_.minus(active).minus(deleted);
  const Work created = configured.minus(previous_assignment_).minus(active);

  std::map<std::string, ConnectorsAndTasks> to_revoke;
  Loads current;
  Loads next;
  for (const auto& [member, share] : members) {
    const ConnectorsAndTasks gone = intersection(share, deleted.connectors, deleted.tasks);
    const ConnectorsAndTasks twice = intersection(share, duplicated.connectors, duplicated.tasks);
    Load load{member, share};
    erase_all(load.work, gone);
    current.push_back(load);
    erase_all(load.work, twice);
    next.push_back(std::move(load));
    ConnectorsAndTasks revoked = gone;
    append(revoked, {without(twice.connectors, gone.connectors), without(twice.tasks, gone.tasks)});
    if (!revoked.empty()) to_revoke[member] = std::move(revoked);
  }

  Work reassign_now;
  handle_lost(lost, reassign_now, next);

  if (delay_ms_ == 0) {
    const auto revocations = load_balancing_revocations(configured, next);
    const auto apply = [&] {
      for (const auto& [member, revoked] : revocations) append(to_revoke[member], revoked);
      take_away(next, revocations);
    };
    if (!revocations.empty() && revoked_in_previous_) {
      delay_ms_ = successive_backoff(++successive_revocations_, max_delay_ms_);
      if (delay_ms_ != 0) {
        scheduled_rebalance_ = now_() + delay_ms_;
      } else {
        apply();
      }
    } else if (!revocations.empty()) {
      revoked_in_previous_ = true;
      apply();
    } else if (revoked_in_previous_) {
      revoked_in_previous_ = false;
      successive_revocations_ = 0;
    }
  } else {
    revoked_in_previous_ = false;
  }

  Work to_assign = created;
  to_assign.add(reassign_now);
  spread<std::string>(next, to_assign.connectors);
  spread<TaskId>(next, to_assign.tasks);

  Round round;
  round.delay_ms = static_cast<std::int32_t>(delay_ms_);
  previous_assignment_ = {};
  previous_members_.clear();
  for (const Load& load : next) {
    const auto before =
        std::find_if(current.begin(), current.end(), [&](const Load& c) { return c.member == load.member; });
    Share& share = round.shares[load.member];
    share.assigned = {without(load.work.connectors, before->work.connectors),
                      without(load.work.tasks, before->work.tasks)};
    if (const auto revoked = to_revoke.find(load.member); revoked != to_revoke.end()) share.revoked = revoked->second;
    share.all = load.work;
    previous_assignment_.add(load.work);
    previous_members_.insert(load.member);
  }
  for (const auto& [member, revoked] : to_revoke) previous_revocation_.add(revoked);
  previous_assignment_.remove(previous_revocation_);
  previous_assignment_.add(lost);
  previous_generation_ = current_generation;
  return round;
}

void IncrementalAssignor::handle_lost(const Work& all_lost, Work& reassign_now, Loads& next) {
  Work lost = all_lost;
  if (given_up_ && !lost.empty() && max_delay_ms_ != 0) {
    const Work given_up = Work::of(given_up_(lost.listed()));
    reassign_now.add(given_up);
    lost.remove(given_up);
  }
  if (lost.empty() && (!revoked_in_previous_ || !all_lost.empty())) {
    reset_delay();
    return;
  }
  const std::int64_t now = now_();
  const auto find = [&](const std::string& member) {
    return std::find_if(next.begin(), next.end(), [&](const Load& load) { return load.member == member; });
  };
  const bool all_present = std::all_of(previous_members_.begin(), previous_members_.end(),
                                       [&](const std::string& member) { return find(member) != next.end(); });
  if ((scheduled_rebalance_ <= 0 && all_present) || max_delay_ms_ == 0) {
    reassign_now.add(lost);
    return;
  }
  if (scheduled_rebalance_ > 0 && now >= scheduled_rebalance_) {
    std::vector<Load*> returned;
    for (const std::string& member : candidates_) {
      if (const auto load = find(member); load != next.end()) returned.push_back(&*load);
    }
    if (returned.empty()) {
      reassign_now.add(lost);
    } else {
      std::size_t turn = 0;
      for (const std::string& connector : lost.connectors) {
        returned[turn++ % returned.size()]->work.connectors.push_back(connector);
      }
      turn = 0;
      for (const TaskId& task : lost.tasks) returned[turn++ % returned.size()]->work.tasks.push_back(task);
    }
    reset_delay();
    revoked_in_previous_ = false;
    return;
  }
  for (const Load& load : next) {
    if (load.work.empty() && std::find(candidates_.begin(), candidates_.end(), load.member) == candidates_.end()) {
      candidates_.push_back(load.member);
    }
  }
  delay_ms_ = now < scheduled_rebalance_ ? std::min(scheduled_rebalance_ - now, max_delay_ms_) : max_delay_ms_;
  scheduled_rebalance_ = now + delay_ms_;
}

void IncrementalAssignor::reset_delay() {
  candidates_.clear();
  scheduled_rebalance_ = 0;
  delay_ms_ = 0;
}

std::map<std::string, ConnectorsAndTasks> IncrementalAssignor::load_balancing_revocations(const Work& configured,
                                                                                          const Loads& loads) const {
  std::map<std::string, ConnectorsAndTasks> revocations;
  const bool all_empty = std::all_of(loads.begin(), loads.end(), [](const Load& load) { return load.work.empty(); });
  if (all_empty || configured.empty()) return revocations;
  revoke_surplus<std::string>(loads, configured.connectors.size(), revocations);
  revoke_surplus<TaskId>(loads, configured.tasks.size(), revocations);
  return revocations;
}

void IncrementalAssignor::take_away(Loads& loads, const std::map<std::string, ConnectorsAndTasks>& revocations) {
  for (Load& load : loads) {
    if (const auto revoked = revocations.find(load.member); revoked != revocations.end())
      erase_all(load.work, revoked->second);
  }
}

}  // namespace millrace::kafka
