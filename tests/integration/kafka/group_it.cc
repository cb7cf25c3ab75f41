// Worker membership on a real Kafka. Run by test_group.py, which sets MILLRACE_TEST_BOOTSTRAP (and client settings in
// MILLRACE_TEST_CLIENT, one key=value a line).

#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "kafka/group/group_member.h"

namespace millrace::kafka {
namespace {

using namespace std::chrono_literals;

bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit = 30s) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

/// What all workers of one test agree is configured.
struct Cluster {
  std::mutex mutex;
  ConfiguredWork configured;
};

/// A worker reduced to its membership: polls on a thread of its own, and joins again after revocations as a herder does.
class TestWorker final : public GroupMemberListener {
 public:
  TestWorker(Cluster& cluster, GroupMember::Options options) : cluster_(cluster) {
    auto made = GroupMember::create(std::move(options), *this);
    if (!made) throw std::runtime_error(made.error().text);
    member_ = std::move(*made);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (silent_) {
          std::this_thread::sleep_for(10ms);
          continue;
        }
        auto polled = member_->poll(10s);
        if (!polled) {
          std::lock_guard lock(mutex_);
          failure_ = polled.error().text;
          break;
        }
        if (std::exchange(rejoin_, false)) member_->request_rejoin("");
      }
      member_->stop();
    });
  }
  ~TestWorker() override { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    member_->wake_up();
    thread_.join();
  }

  ConfiguredWork configured_work() override {
    std::lock_guard lock(cluster_.mutex);
    return cluster_.configured;
  }
  void on_assigned(const Assignment& assignment, std::int32_t generation) override {
    std::lock_guard lock(mutex_);
    held_ = assignment.assigned;
    error_ = assignment.error;
    generation_ = generation;
    ++rounds_;
    if (!assignment.revoked.empty()) rejoin_ = true;
  }
  void on_revoked(const ConnectorsAndTasks& revoked) override {
    std::lock_guard lock(mutex_);
    revoked_tasks_ += revoked.tasks.size();
  }

  GroupMember& member() { return *member_; }
  ConnectorsAndTasks held() const {
    std::lock_guard lock(mutex_);
    return held_;
  }
  std::size_t revoked_tasks() const {
    std::lock_guard lock(mutex_);
    return revoked_tasks_;
  }
  int rounds() const {
    std::lock_guard lock(mutex_);
    return rounds_;
  }
  std::string failure() const {
    std::lock_guard lock(mutex_);
    return failure_;
  }
  void go_silent(bool on) { silent_ = on; }

 private:
  Cluster& cluster_;
  mutable std::mutex mutex_;
  ConnectorsAndTasks held_;
  std::int16_t error_ = 0;
  std::int32_t generation_ = -1;
  int rounds_ = 0;
  std::size_t revoked_tasks_ = 0;
  std::string failure_;
  bool rejoin_ = false;
  std::atomic<bool> silent_{false};
  std::unique_ptr<GroupMember> member_;
  std::jthread thread_;
};

class GroupTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* bootstrap = std::getenv("MILLRACE_TEST_BOOTSTRAP");
    ASSERT_NE(bootstrap, nullptr) << "run by tests/integration/kafka/test_group.py";
    options_.client = {{"bootstrap.servers", bootstrap}};
    if (const char* more = std::getenv("MILLRACE_TEST_CLIENT")) {
      std::istringstream lines(more);
      for (std::string line; std::getline(lines, line);) {
        if (auto equals = line.find('='); equals != std::string::npos)
          options_.client[line.substr(0, equals)] = line.substr(equals + 1);
      }
    }
    options_.group_id = std::string("cluster-") + testing::UnitTest::GetInstance()->current_test_info()->name() + "-" +
                        std::to_string(getpid());
    options_.protocols = {ConnectProtocolVersion::kSessioned, ConnectProtocolVersion::kCompatible,
                          ConnectProtocolVersion::kEager};
    options_.session_timeout = 6s;
    options_.heartbeat_interval = 300ms;
    options_.scheduled_rebalance_max_delay = 0ms;
    cluster_.configured.config_offset = 3;
    for (const char* name : {"a", "b"}) {
      cluster_.configured.work.connectors.emplace_back(name);
      for (int i = 0; i < 3; ++i) cluster_.configured.work.tasks.push_back({name, i});
    }
  }
  std::unique_ptr<TestWorker> worker(int number) {
    auto options = options_;
    options.url = "http://worker-" + std::to_string(number) + ":8083/";
    options.client["client.id"] = "worker-" + std::to_string(number);
    return std::make_unique<TestWorker>(cluster_, options);
  }
  /// Every connector and task is held exactly once, by workers whose loads differ by one at most.
  bool balanced(const std::vector<TestWorker*>& workers) {
    std::multiset<std::string> connectors;
    std::multiset<TaskId> tasks;
    std::size_t most = 0;
    std::size_t least = 1000;
    for (auto* one : workers) {
      if (one->member().member_id().empty()) return false;
      auto held = one->held();
      connectors.insert(held.connectors.begin(), held.connectors.end());
      tasks.insert(held.tasks.begin(), held.tasks.end());
      most = std::max(most, held.tasks.size());
      least = std::min(least, held.tasks.size());
    }
    std::lock_guard lock(cluster_.mutex);
    const auto& all = cluster_.configured.work;
    return connectors == std::multiset<std::string>(all.connectors.begin(), all.connectors.end()) &&
           tasks == std::multiset<TaskId>(all.tasks.begin(), all.tasks.end()) && most - least <= 1;
  }

  GroupMember::Options options_;
  Cluster cluster_;
};

TEST_F(GroupTest, OneMemberLeadsAndHoldsEverything) {
  auto one = worker(1);
  ASSERT_TRUE(eventually([&] { return balanced({one.get()}) || !one->failure().empty(); }));
  ASSERT_EQ(one->failure(), "");
  EXPECT_TRUE(one->member().is_leader());
  EXPECT_EQ(one->member().leader_url(), "http://worker-1:8083/");
  EXPECT_EQ(one->member().owner_url("a"), "http://worker-1:8083/");
  EXPECT_EQ(one->member().owner_url(TaskId{"b", 2}), "http://worker-1:8083/");
  EXPECT_EQ(one->member().owner_url("c"), "");
  EXPECT_EQ(one->member().protocol(), ConnectProtocolVersion::kSessioned);
}

TEST_F(GroupTest, MembersComeAndGoAndTheRestIsShared) {
  auto one = worker(1);
  ASSERT_TRUE(eventually([&] { return balanced({one.get()}); }));
  auto two = worker(2);
  ASSERT_TRUE(eventually([&] { return balanced({one.get(), two.get()}); }));
  auto three = worker(3);
  ASSERT_TRUE(eventually([&] { return balanced({one.get(), two.get(), three.get()}); }));
  EXPECT_EQ(one->member().leader_url(), three->member().leader_url());
  // Six tasks over three workers: what stays where it was is never given up.
  EXPECT_EQ(one->revoked_tasks(), 4U);
  const auto kept = one->held();
  three->stop();
  ASSERT_TRUE(eventually([&] { return balanced({one.get(), two.get()}); }, 5s)) << "a clean stop hands over at once";
  for (const TaskId& task : kept.tasks) {
    auto held = one->held();
    EXPECT_NE(std::find(held.tasks.begin(), held.tasks.end(), task), held.tasks.end());
  }
}

TEST_F(GroupTest, NewWorkIsGivenOutOnRequest) {
  auto one = worker(1);
  auto two = worker(2);
  ASSERT_TRUE(eventually([&] { return balanced({one.get(), two.get()}); }));
  {
    std::lock_guard lock(cluster_.mutex);
    cluster_.configured.config_offset = 9;
    cluster_.configured.work.connectors.emplace_back("c");
    for (int i = 0; i < 4; ++i) cluster_.configured.work.tasks.push_back({"c", i});
  }
  const auto before = one->revoked_tasks() + two->revoked_tasks();
  two->member().request_rejoin("");
  EXPECT_TRUE(eventually([&] { return balanced({one.get(), two.get()}); }));
  EXPECT_EQ(one->revoked_tasks() + two->revoked_tasks(), before) << "what runs is left alone";
}

TEST_F(GroupTest, EagerMembersGiveUpEverythingAndGetItAnew) {
  options_.protocols = {ConnectProtocolVersion::kEager};
  auto one = worker(1);
  ASSERT_TRUE(eventually([&] { return balanced({one.get()}); }));
  auto two = worker(2);
  ASSERT_TRUE(eventually([&] { return balanced({one.get(), two.get()}); }));
  EXPECT_EQ(one->revoked_tasks(), 6U);
  EXPECT_EQ(one->member().protocol(), ConnectProtocolVersion::kEager);
}

TEST_F(GroupTest, AWorkerThatDoesNotPollLeavesAndComesBack) {
  options_.rebalance_timeout = 1s;
  auto one = worker(1);
  auto two = worker(2);
  ASSERT_TRUE(eventually([&] { return balanced({one.get(), two.get()}); }));
  two->go_silent(true);
  two->member().wake_up();
  ASSERT_TRUE(eventually([&] { return balanced({one.get()}); }));
  EXPECT_TRUE(two->member().member_id().empty());
  two->go_silent(false);
  EXPECT_TRUE(eventually([&] { return balanced({one.get(), two.get()}); }));
}

TEST_F(GroupTest, StoppingWhileTheOthersKeepAJoinWaitingIsQuick) {
  options_.rebalance_timeout = 20s;
  auto one = worker(1);
  ASSERT_TRUE(eventually([&] { return balanced({one.get()}); }));
  one->go_silent(true);  // holds back every rebalance
  one->member().wake_up();
  auto two = worker(2);
  const auto begin = std::chrono::steady_clock::now();
  two->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

}  // namespace
}  // namespace millrace::kafka
