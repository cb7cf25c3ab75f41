// The session against a scripted node: the faults that a real server won't produce on demand.

#include "connectors/cassandra/cql/session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "connectors/cassandra/cql/page_stream.h"
#include "connectors/cassandra/cql/scripted_node_test.h"
#include "connectors/cassandra/cql/values.h"

namespace millrace::cassandra::cql {
namespace {

/// All ids that a stream gives, page requests that fail repeated.
std::vector<std::int32_t> read_all(Session& session, Statement statement, int* failures = nullptr) {
  std::mutex mutex;
  std::condition_variable arrived;
  int signals = 0;
  PageStream stream(session, [&] {
    const std::lock_guard lock(mutex);
    ++signals;
    arrived.notify_one();
  });
  stream.start(std::move(statement), PageStream::Prefetch::kOn);
  std::vector<std::int32_t> ids;
  while (!stream.finished()) {
    {
      std::unique_lock lock(mutex);
      if (!arrived.wait_for(lock, std::chrono::seconds(30), [&] { return signals > 0; }))
        throw std::runtime_error("no page in 30 s");
      --signals;
    }
    auto taken = stream.take();
    if (!taken) continue;
    if (std::holds_alternative<CqlError>(*taken)) {
      if (failures != nullptr) ++*failures;
      stream.retry(0);
      continue;
    }
    std::vector<Cell> cells;
    auto& rows = std::get<Rows>(*taken);
    while (rows.next(cells)) ids.push_back(static_cast<std::int32_t>(decode_i64(cells[0].bytes())));
  }
  return ids;
}

TEST(Session, StepsDownToTheVersionThatTheNodeSpeaks) {
  ScriptedNode node([](const Request& request) { return page(request, {1}); });
  EXPECT_EQ(Session::connect(config_for(node))->protocol_version(), 4);
}

TEST(Session, PreparesAgainWhatTheNodeForgotInMidScan) {
  std::atomic<int> prepares{0};
  std::atomic<int> executes{0};
  ScriptedNode node([&](const Request& request) {
    if (request.opcode == Opcode::kPrepare) return prepared(request, "id" + std::to_string(++prepares));
    const bool current = request.body.find("id2") != std::string::npos;
    switch (++executes) {
      case 1: return page(request, {1, 2}, "next");
      case 2: return error(request, error_code::kUnprepared, "forgotten", Writer().string("id1").take());
      default: return current ? page(request, {3}) : error(request, error_code::kInvalid, "still the old id");
    }
  });
  auto session = Session::connect(config_for(node));
  Statement st;
  st.prepared = session->prepare("SELECT id FROM ks.t");
  EXPECT_EQ(read_all(*session, st), (std::vector<std::int32_t>{1, 2, 3}));
  EXPECT_EQ(session->counters().repreparations, 1U);
}

TEST(Session, AConnectionCutInsideAPageLosesNoRow) {
  std::atomic<int> executes{0};
  ScriptedNode node([&](const Request& request) -> Reply {
    switch (++executes) {
      case 1: return page(request, {1}, "p2");
      case 2: {
        const auto whole = page(request, {2}, "p3");
        return {whole.bytes.substr(0, whole.bytes.size() / 2), true};
      }
      case 3: return page(request, {2}, "p3");
      case 4: return page(request, {}, "p4");  // an empty page is not the end
      default: return page(request, {3});
    }
  });
  auto session = Session::connect(config_for(node));
  EXPECT_EQ(read_all(*session, query("SELECT id FROM ks.t")), (std::vector<std::int32_t>{1, 2, 3}));
  EXPECT_EQ(session->counters().reconnections, 1U);
  EXPECT_EQ(node.connections(), 3);  // v5 refused, v4, and again
}

TEST(Session, BytesThatAreNoFrameEndTheConnectionNotTheSession) {
  std::atomic<int> executes{0};
  ScriptedNode node([&](const Request& request) -> Reply {
    switch (++executes) {
      case 1: return {"this is no frame at all"};
      case 2: return {std::string("\x84\x00\x00\x00\x08\x12\xc0\x00\x00", 9)};  // 300 MB
      default: return page(request, {7});
    }
  });
  auto session = Session::connect(config_for(node));
  int failures = 0;
  EXPECT_EQ(read_all(*session, query("SELECT id FROM ks.t"), &failures), (std::vector<std::int32_t>{7}));
}

TEST(Session, ALateAnswerIsNotTakenForAnothers) {
  std::mutex mutex;
  std::optional<Request> unanswered;
  ScriptedNode node([&](const Request& request) -> Reply {
    const std::lock_guard lock(mutex);
    const std::string cql(Reader(request.body).long_string());
    if (cql == "slow") {
      unanswered = request;
      return {};
    }
    // The answer to the slow one comes first, then this one's.
    return {page(*unanswered, {666}).bytes + page(request, {1}).bytes};
  });
  auto config = config_for(node);
  config.request_timeout = std::chrono::milliseconds(150);
  auto session = Session::connect(config);
  const auto failure = failure_of(*session, query("slow"));
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind(), CqlError::Kind::kTimeout);
  EXPECT_TRUE(failure->transient());
  EXPECT_EQ(read_all(*session, query("quick")), (std::vector<std::int32_t>{1}));
}

TEST(Session, ServerErrorsCarryTheirTextAndClass) {
  ScriptedNode node([](const Request& request) {
    const std::string cql(Reader(request.body).long_string());
    if (cql == "unavailable")
      return error(request, error_code::kUnavailable, "Cannot achieve consistency level TWO",
                   Writer().u16(2).i32(2).i32(1).take());
    if (cql == "write timeout")
      return error(request, error_code::kWriteTimeout, "Operation timed out",
                   Writer().u16(1).i32(0).i32(1).string("SIMPLE").take());
    if (cql == "overloaded") return error(request, error_code::kOverloaded, "too much");
    if (cql == "strange") return error(request, 0x7777, "something new");
    return error(request, error_code::kSyntaxError, "line 1:0 no viable alternative");
  });
  auto session = Session::connect(config_for(node));
  const auto text = [&](const char* cql) { return std::string(failure_of(*session, query(cql))->what()); };
  const std::string where = ", node 127.0.0.1:" + std::to_string(node.port()) + ")";
  EXPECT_EQ(text("unavailable"), "Cannot achieve consistency level TWO (Unavailable" + where);
  EXPECT_EQ(text("write timeout"), "Operation timed out (Write timeout, 0 of 1 replicas answered" + where);
  EXPECT_EQ(text("strange"), "something new (Error" + where);
  EXPECT_TRUE(failure_of(*session, query("overloaded"))->transient());
  EXPECT_FALSE(failure_of(*session, query("wrong"))->transient());
}

TEST(Session, RepeatsAReadTimeoutOnceWhenEnoughReplicasAnswered) {
  std::atomic<int> asked{0};
  ScriptedNode node([&](const Request& request) {
    if (++asked == 1)
      return error(request, error_code::kReadTimeout, "timed out", Writer().u16(1).i32(1).i32(1).u8(0).take());
    return page(request, {5});
  });
  auto session = Session::connect(config_for(node));
  EXPECT_EQ(read_all(*session, query("SELECT")), (std::vector<std::int32_t>{5}));
  EXPECT_EQ(asked, 2);
}

TEST(Session, WhatMayHaveHappenedIsNotSentTwice) {
  std::atomic<int> asked{0};
  ScriptedNode node([&](const Request&) -> Reply {
    ++asked;
    return {"", true};
  });
  auto session = Session::connect(config_for(node));
  Statement st = query("UPDATE counters");
  st.idempotence = Idempotence::kNotIdempotent;
  EXPECT_EQ(failure_of(*session, st)->kind(), CqlError::Kind::kLost);
  EXPECT_EQ(asked, 1);
}

TEST(Session, AnUnansweredHeartbeatMakesANewConnection) {
  ScriptedNode node([](const Request& request) -> Reply {
    if (request.opcode == Opcode::kOptions) return {};  // the heartbeat
    return page(request, {1});
  });
  auto config = config_for(node);
  config.heartbeat_interval = std::chrono::milliseconds(30);
  config.request_timeout = std::chrono::milliseconds(100);
  auto session = Session::connect(config);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (session->counters().reconnections == 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_GE(session->counters().reconnections, 1U);
}

TEST(Session, LoginsThatAreRefusedOrMissing) {
  ScriptedNode node([](const Request& request) { return page(request, {1}); });
  node.password = "secret";
  const auto text = [](const SessionConfig& config) -> std::string {
    try {
      Session::connect(config);
    } catch (const CqlError& error) {
      EXPECT_EQ(error.kind(), CqlError::Kind::kAuthentication);
      return error.what();
    }
    return "no error";
  };
  auto config = config_for(node);
  const std::string where = "node 127.0.0.1:" + std::to_string(node.port());
  EXPECT_EQ(text(config),
            where + " wants a login (org.apache.cassandra.auth.PasswordAuthenticator): set user name and password");
  config.user = "u";
  config.password = "wrong";
  EXPECT_EQ(text(config), where + " refuses user \"u\": Provided username u and/or password are incorrect");
  config.password = "secret";
  EXPECT_EQ(text(config), "no error");
}

TEST(Session, NobodyThereNamesEveryContactPoint) {
  std::uint16_t dead = 0;
  {
    ScriptedNode node([](const Request& request) { return page(request, {}); });
    dead = node.port();
  }
  SessionConfig config;
  config.contact_points = {"127.0.0.1:" + std::to_string(dead), "no-such-host.invalid"};
  try {
    Session::connect(config);
    FAIL() << "no error";
  } catch (const CqlError& error) {
    EXPECT_EQ(std::string(error.what()),
              "no contact point can be reached: node 127.0.0.1:" + std::to_string(dead) + ": Connection refused");
  }
}

TEST(Session, ClosingItEndsWhatIsUnderWay) {
  std::promise<void> asked;
  ScriptedNode node([&](const Request&) -> Reply {
    asked.set_value();
    return {};
  });
  auto session = Session::connect(config_for(node));
  std::promise<Outcome> promise;
  session->execute(query("never answered"), [&](Outcome outcome) { promise.set_value(std::move(outcome)); });
  asked.get_future().get();
  session.reset();
  const auto outcome = promise.get_future().get();
  ASSERT_TRUE(std::holds_alternative<CqlError>(outcome));
  EXPECT_EQ(std::get<CqlError>(outcome).kind(), CqlError::Kind::kStopped);
}

}  // namespace
}  // namespace millrace::cassandra::cql
