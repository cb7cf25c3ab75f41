#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kafka/group/connect_protocol.h"

namespace millrace::kafka {

/// What a member holds when it joins, by member id.
using Allocations = std::map<std::string, ConnectorsAndTasks>;

/// Everything from scratch: connectors in order, one member after another, then tasks (protocol "default").
/// Behaviour: Kafka Connect's EagerAssignor.
std::map<std::string, ConnectorsAndTasks> assign_eagerly(const std::set<std::string>& members,
                                                         const ConnectorsAndTasks& configured);

/// The leader's incremental assignment: what runs stays where it is, what is new is spread, what a lost worker had waits for its
/// return up to `scheduled.rebalance.max.delay.ms` (KIP-415).
///
/// Guarantees: in the shares that follow from one round nothing is given to two members; what a member keeps is never revoked and
/// assigned again in one round; once nothing changes any more, everything configured is held exactly once and loads differ by
/// at most one.
/// Threads: one. State lives as long as the worker, whether or not it leads.
class IncrementalAssignor {
 public:
  /// Of what was lost with a member that is gone: what that member had stopped in good order.
  using GivenUp = std::function<ConnectorsAndTasks(const ConnectorsAndTasks& lost)>;

  /// `now` gives milliseconds on a clock that never jumps back. What `given_up` names (empty: nothing) does not wait for a return.
  IncrementalAssignor(std::chrono::milliseconds max_delay, std::function<std::int64_t()> now, GivenUp given_up = {});

  struct Share {
    ConnectorsAndTasks assigned;  ///< on top of what the member holds
    ConnectorsAndTasks revoked;
    ConnectorsAndTasks all;  ///< what it holds once this round is done, revoked ones included until it gives them up
  };
  struct Round {
    std::map<std::string, Share> shares;
    std::int32_t delay_ms = 0;
  };

  /// One rebalance. `last_completed_generation` is that of this member's last finished one: when it is not the one this
  /// assignor computed last, another leader ruled in between and what it remembers is worthless.
  Round assign(const ConnectorsAndTasks& configured, const Allocations& members, std::int32_t last_completed_generation,
               std::int32_t current_generation);

 private:
  struct Work {
    std::set<std::string> connectors;
    std::set<TaskId> tasks;
    bool empty() const { return connectors.empty() && tasks.empty(); }
    void add(const ConnectorsAndTasks& share);
    void add(const Work& other);
    void remove(const Work& other);
    static Work of(const ConnectorsAndTasks& share);
    ConnectorsAndTasks listed() const;
    Work minus(const Work& other) const;
    bool intersects(const Work& other) const;
  };
  struct Load {
    std::string member;
    ConnectorsAndTasks work;
  };
  using Loads = std::vector<Load>;

  void handle_lost(const Work& all_lost, Work& reassign_now, Loads& next);
  void reset_delay();
  std::map<std::string, ConnectorsAndTasks> load_balancing_revocations(const Work& configured,
                                                                       const Loads& loads) const;
  static void take_away(Loads& loads, const std::map<std::string, ConnectorsAndTasks>& revocations);

  std::int64_t max_delay_ms_;
  std::function<std::int64_t()> now_;
  GivenUp given_up_;

  Work previous_assignment_;
  Work previous_revocation_;
  bool revoked_in_previous_ = false;
  std::vector<std::string> candidates_;   // workers that came (back) empty, in the order seen
  std::int64_t scheduled_rebalance_ = 0;  // 0: none
  std::int64_t delay_ms_ = 0;
  std::int32_t previous_generation_ = -1;
  std::set<std::string> previous_members_;
  int successive_revocations_ = 0;
};

}  // namespace millrace::kafka
