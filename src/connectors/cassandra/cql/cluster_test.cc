// Several scripted nodes: which one a request goes to, and what happens when one is not there.

#include "connectors/cassandra/cql/cluster.h"

#include <gtest/gtest.h>

#include "connectors/cassandra/cql/scripted_node_test.h"

namespace millrace::cassandra::cql {
namespace {

/// Answers with its own number, so that a test sees who was asked.
ScriptedNode::Script says(std::int32_t number) {
  return [number](const Request& request) { return page(request, {number}); };
}

std::int32_t who(Session& session, std::optional<std::int64_t> token) {
  Statement st = query("SELECT id FROM ks.t");
  st.routing_token = token;
  auto response = session.execute_blocking(std::move(st));
  std::vector<Cell> cells;
  auto& rows = std::get<Rows>(response);
  return rows.next(cells) ? static_cast<std::int32_t>(decode_i64(cells[0].bytes())) : -1;
}

constexpr const char* kFirst = "123e4567-e89b-12d3-a456-426655440000";
constexpr const char* kSecond = "123e4567-e89b-12d3-a456-426655440001";

struct TwoNodes {
  explicit TwoNodes(ScriptedNode::Script first = says(1), ScriptedNode::Script second = says(2))
      : a(std::make_unique<ScriptedNode>(std::move(first))), b(std::make_unique<ScriptedNode>(std::move(second))) {
    a->token = "0";
    a->peers = {{kSecond, b->port(), "4611686018427387904"}};
    b->token = "4611686018427387904";
    b->host_id = kSecond;
    b->peers = {{kFirst, a->port(), "0"}};
  }
  /// Waits until requests really reach both.
  std::unique_ptr<Session> connect() const {
    auto session = Session::connect(config_for(*a));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (b->connections() == 0 || who(*session, 100) != 2) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the second node is never asked");
      std::this_thread::yield();
    }
    return session;
  }
  std::unique_ptr<ScriptedNode> a, b;
};

TEST(Cluster, RequestsGoToTheReplicaOfTheirToken) {
  const TwoNodes nodes;
  const auto session = nodes.connect();
  // (0, 2^62] is the second node's, all the rest the first one's.
  for (const std::int64_t token : {std::int64_t{1}, std::int64_t{1} << 62}) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(who(*session, token), 2);
  }
  for (const std::int64_t token : {std::int64_t{0}, (std::int64_t{1} << 62) + 1, std::int64_t{-5}}) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(who(*session, token), 1);
  }
  // Without a token both take turns.
  int second = 0;
  for (int i = 0; i < 10; ++i) second += who(*session, std::nullopt) == 2 ? 1 : 0;
  EXPECT_EQ(second, 5);
}

TEST(Cluster, AnotherNodeAnswersForOneThatDied) {
  TwoNodes nodes;
  const auto session = nodes.connect();
  nodes.b.reset();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(who(*session, 1), 1);
}

TEST(Cluster, ANodeThatDoesNotAnswerInTimeIsPassedOver) {
  std::atomic<bool> silent{false};
  const TwoNodes nodes(says(1), [&](const Request& request) { return silent ? Reply{} : page(request, {2}); });
  auto config = config_for(*nodes.a);
  config.request_timeout = std::chrono::milliseconds(500);
  const auto session = Session::connect(config);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (who(*session, 1) != 2) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  silent = true;
  EXPECT_EQ(who(*session, 1), 1);
  EXPECT_GE(session->counters().retries, 1U);
}

TEST(Cluster, ATimeOutNamesTheNodeAndTheTime) {
  ScriptedNode node([](const Request&) { return Reply{}; });
  auto config = config_for(node);
  config.request_timeout = std::chrono::milliseconds(50);
  const auto failure = failure_of(*Session::connect(config), query("SELECT id FROM ks.t"));
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->what(), "node 127.0.0.1:" + std::to_string(node.port()) + " does not answer within 50 ms");
}

TEST(Cluster, TheSecondContactPointIsTried) {
  ScriptedNode node(says(1));
  std::uint16_t closed = 0;
  {
    const ScriptedNode gone(says(2));
    closed = gone.port();
  }
  auto config = config_for(node);
  config.contact_points = {"127.0.0.1:" + std::to_string(closed), "127.0.0.1:" + std::to_string(node.port())};
  EXPECT_EQ(who(*Session::connect(config), std::nullopt), 1);
  // One that answers, but is no node of a cluster.
  ScriptedNode odd(says(3));
  odd.knows_itself = false;
  config.contact_points[0] = "127.0.0.1:" + std::to_string(odd.port());
  EXPECT_EQ(who(*Session::connect(config), std::nullopt), 1);
  config.contact_points.pop_back();
  try {
    Session::connect(config);
    FAIL() << "no error";
  } catch (const CqlError& error) {
    EXPECT_EQ(std::string(error.what()), "no contact point can be reached: node 127.0.0.1:" +
                                             std::to_string(odd.port()) + " does not tell about itself (system.local)");
  }
}

TEST(Cluster, SchemaAgreementIsWaitedFor) {
  std::atomic<int> asked{0};
  ScriptedNode node([&](const Request& request) {
    const std::string cql(Reader(request.body).long_string());
    // The peer has another version until it was asked three times.
    const bool peer = cql.find("system.peers") != std::string::npos;
    return page(request, {peer && ++asked < 3 ? 2 : 1});
  });
  const auto session = Session::connect(config_for(node));
  EXPECT_TRUE(session->await_schema_agreement());
  EXPECT_EQ(asked, 3);
  asked = -1000000;
  EXPECT_FALSE(session->await_schema_agreement(std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace millrace::cassandra::cql
