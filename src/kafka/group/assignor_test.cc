#include "kafka/group/assignor.h"

#include <gtest/gtest.h>

#include <random>

namespace millrace::kafka {
namespace {

ConnectorsAndTasks connectors(int count, int tasks_each) {
  ConnectorsAndTasks work;
  for (int c = 0; c < count; ++c) {
    const std::string name = "c" + std::to_string(c);
    work.connectors.push_back(name);
    for (int t = 0; t < tasks_each; ++t) work.tasks.push_back({name, t});
  }
  return work;
}

/// Members that do what the leader says, as real workers would: they take and give up their share and join again after a
/// revocation or when the delay is over.
class IncrementalAssignorTest : public ::testing::Test {
 protected:
  IncrementalAssignor::Round rebalance() {
    const auto round = assignor_.assign(configured_, members_, last_completed_, generation_);
    last_completed_ = generation_++;
    for (const auto& [member, share] : round.shares) {
      ConnectorsAndTasks& held = members_.at(member);
      for (const std::string& c : share.revoked.connectors) std::erase(held.connectors, c);
      for (const TaskId& t : share.revoked.tasks) std::erase(held.tasks, t);
      for (const std::string& c : share.assigned.connectors) held.connectors.push_back(c);
      for (const TaskId& t : share.assigned.tasks) held.tasks.push_back(t);
      revocations_ += share.revoked.connectors.size() + share.revoked.tasks.size();
    }
    return round;
  }
  /// Until nobody has a reason to join again. Returns the rounds it took.
  int settle() {
    for (int rounds = 1; rounds < 50; ++rounds) {
      const auto round = rebalance();
      bool again = false;
      for (const auto& [member, share] : round.shares) again = again || !share.revoked.empty();
      if (round.delay_ms > 0) {
        now_ += round.delay_ms;
        again = true;
      }
      if (!again) return rounds;
    }
    ADD_FAILURE() << "does not settle";
    return -1;
  }
  void expect_complete_and_balanced() {
    std::multiset<std::string> held_connectors;
    std::multiset<TaskId> held_tasks;
    std::size_t least_tasks = SIZE_MAX;
    std::size_t most_tasks = 0;
    for (const auto& [member, share] : members_) {
      held_connectors.insert(share.connectors.begin(), share.connectors.end());
      held_tasks.insert(share.tasks.begin(), share.tasks.end());
      least_tasks = std::min(least_tasks, share.tasks.size());
      most_tasks = std::max(most_tasks, share.tasks.size());
    }
    EXPECT_EQ(held_connectors,
              std::multiset<std::string>(configured_.connectors.begin(), configured_.connectors.end()));
    EXPECT_EQ(held_tasks, std::multiset<TaskId>(configured_.tasks.begin(), configured_.tasks.end()));
    EXPECT_LE(most_tasks - least_tasks, 1u);
  }

  std::int64_t now_ = 1'000'000;
  IncrementalAssignor assignor_{std::chrono::milliseconds(300'000), [this] { return now_; }};
  ConnectorsAndTasks configured_;
  Allocations members_;
  std::int32_t last_completed_ = -1;
  std::int32_t generation_ = 1;
  std::size_t revocations_ = 0;
};

TEST_F(IncrementalAssignorTest, SpreadsNewWork) {
  configured_ = connectors(2, 4);
  members_ = {{"w1", {}}, {"w2", {}}};
  EXPECT_EQ(settle(), 1);
  expect_complete_and_balanced();
}

TEST_F(IncrementalAssignorTest, ANewWorkerTakesItsPartAndNothingElseMoves) {
  configured_ = connectors(3, 10);
  members_ = {{"w1", {}}, {"w2", {}}};
  settle();
  revocations_ = 0;
  members_["w3"];
  settle();
  expect_complete_and_balanced();
  EXPECT_EQ(revocations_, 10u + 1u);  // exactly what the new one runs
}

TEST_F(IncrementalAssignorTest, TheWorkOfALostWorkerWaitsForItsReturn) {
  configured_ = connectors(1, 4);
  members_ = {{"w1", {}}, {"w2", {}}};
  settle();
  const std::size_t held = members_["w1"].tasks.size();
  members_.erase("w2");
  auto round = rebalance();
  EXPECT_EQ(round.delay_ms, 300'000);
  EXPECT_EQ(members_["w1"].tasks.size(), held);
  now_ += 100'000;
  members_["w2b"];  // it is back under a new id, empty-handed
  round = rebalance();
  EXPECT_EQ(round.delay_ms, 200'000);
  now_ += 200'000;
  settle();
  expect_complete_and_balanced();
  EXPECT_EQ(revocations_, 0u);
}

TEST_F(IncrementalAssignorTest, WithoutADelayLostWorkMovesAtOnce) {
  IncrementalAssignor eager_one(std::chrono::milliseconds(0), [this] { return now_; });
  configured_ = connectors(1, 4);
  members_ = {{"w1", {}}, {"w2", {}}};
  const auto first = eager_one.assign(configured_, members_, -1, 1);
  members_.erase("w2");
  members_["w1"] = first.shares.at("w1").assigned;
  const auto second = eager_one.assign(configured_, members_, 1, 2);
  EXPECT_EQ(second.delay_ms, 0);
  EXPECT_EQ(members_["w1"].tasks.size() + second.shares.at("w1").assigned.tasks.size(), 4u);
}

TEST_F(IncrementalAssignorTest, WhatWasStoppedInGoodOrderMovesAtOnceAndTheRestWaits) {
  std::set<TaskId> stopped;
  assignor_ = IncrementalAssignor(
      std::chrono::milliseconds(300'000), [this] { return now_; },
      [&](const ConnectorsAndTasks& lost) {
        ConnectorsAndTasks given_up;
        for (const TaskId& task : lost.tasks) {
          if (stopped.contains(task)) given_up.tasks.push_back(task);
        }
        return given_up;
      });
  configured_ = connectors(1, 6);
  members_ = {{"w1", {}}, {"w2", {}}, {"w3", {}}};
  settle();
  stopped = {members_["w2"].tasks.begin(), members_["w2"].tasks.end()};
  const ConnectorsAndTasks crashed = members_["w3"];
  ASSERT_EQ(stopped.size(), 2u);
  members_.erase("w2");
  members_.erase("w3");
  auto round = rebalance();
  EXPECT_EQ(round.delay_ms, 300'000);
  EXPECT_EQ(members_["w1"].tasks.size(), 4u);
  for (const TaskId& task : crashed.tasks) {
    EXPECT_EQ(std::count(members_["w1"].tasks.begin(), members_["w1"].tasks.end(), task), 0) << task.task;
  }
  now_ += 300'000;
  settle();
  expect_complete_and_balanced();
}

TEST_F(IncrementalAssignorTest, NothingIsWaitedForOnceAllWasGivenUp) {
  assignor_ = IncrementalAssignor(
      std::chrono::milliseconds(300'000), [this] { return now_; }, [](const ConnectorsAndTasks& lost) { return lost; });
  configured_ = connectors(2, 4);
  members_ = {{"w1", {}}, {"w2", {}}, {"w3", {}}};
  settle();
  members_["w4"];
  rebalance();  // takes from others, so that the next round follows a revocation
  members_.erase("w1");
  EXPECT_EQ(rebalance().delay_ms, 0);
  settle();
  expect_complete_and_balanced();
}

TEST_F(IncrementalAssignorTest, DeletedWorkIsRevoked) {
  configured_ = connectors(2, 2);
  members_ = {{"w1", {}}, {"w2", {}}};
  settle();
  configured_ = connectors(1, 2);
  settle();
  expect_complete_and_balanced();
}

TEST_F(IncrementalAssignorTest, WorkThatRunsTwiceIsTakenFromBothAndGivenToOne) {
  configured_ = connectors(1, 2);
  members_ = {{"w1", connectors(1, 2)}, {"w2", connectors(1, 2)}};
  settle();
  expect_complete_and_balanced();
}

TEST_F(IncrementalAssignorTest, ANewLeaderKeepsWhatRuns) {
  configured_ = connectors(2, 3);
  members_ = {{"w1", {}}, {"w2", {}}};
  settle();
  const Allocations before = members_;
  assignor_ = IncrementalAssignor(std::chrono::milliseconds(300'000), [this] { return now_; });
  settle();
  EXPECT_EQ(members_, before);
}

TEST_F(IncrementalAssignorTest, WhateverHappensEverythingEndsUpHeldOnce) {
  std::mt19937 random(11);
  int next_worker = 0;
  for (int step = 0; step < 300; ++step) {
    switch (random() % 5) {
      case 0: members_["w" + std::to_string(next_worker++)]; break;
      case 1:
        if (members_.size() > 1) members_.erase(std::next(members_.begin(), random() % members_.size()));
        break;
      case 2: configured_ = connectors(static_cast<int>(random() % 5), static_cast<int>(random() % 6)); break;
      case 3: now_ += random() % 200'000; break;
      default: break;
    }
    if (members_.empty()) members_["w" + std::to_string(next_worker++)];
    if (random() % 3 == 0) {
      rebalance();
    } else {
      settle();
      expect_complete_and_balanced();
      if (HasFailure()) FAIL() << "in step " << step;
    }
  }
}

TEST(EagerAssignment, GoesRoundTheMembers) {
  const auto shares = assign_eagerly({"a", "b"}, connectors(2, 2));
  EXPECT_EQ(shares.at("a").connectors, std::vector<std::string>{"c0"});
  EXPECT_EQ(shares.at("b").connectors, std::vector<std::string>{"c1"});
  EXPECT_EQ(shares.at("a").tasks, (std::vector<TaskId>{{"c0", 0}, {"c1", 0}}));
  EXPECT_EQ(shares.at("b").tasks, (std::vector<TaskId>{{"c0", 1}, {"c1", 1}}));
}

}  // namespace
}  // namespace millrace::kafka
