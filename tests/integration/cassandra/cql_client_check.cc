// The CQL client against a real node. The Python test beside starts the node and says where it is:
//   MILLRACE_CASSANDRA=127.0.0.1:9042 cql_client_check

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>

#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/cql/values.h"

namespace millrace::cassandra::cql {
namespace {

class ClientCheck : public testing::TestWithParam<std::pair<int, Compression>> {
 protected:
  static SessionConfig config(int version, Compression compression) {
    const char* where = std::getenv("MILLRACE_CASSANDRA");
    if (where == nullptr) throw std::runtime_error("set MILLRACE_CASSANDRA to the node's host:port");
    SessionConfig config;
    config.contact_points = {where};
    config.keyspace = "client_check";
    config.max_version = static_cast<std::uint8_t>(version);
    config.compression = compression;
    config.request_timeout = std::chrono::seconds(60);
    return config;
  }

  void SetUp() override {
    session = Session::connect(config(GetParam().first, GetParam().second));
    session->query(
        "CREATE KEYSPACE IF NOT EXISTS client_check WITH replication = {'class': 'SimpleStrategy', "
        "'replication_factor': 1}");
    session->query("DROP TABLE IF EXISTS client_check.t");
  }

  std::vector<std::string> column(Rows rows) {
    std::vector<std::string> out;
    std::vector<Cell> cells;
    while (rows.next(cells)) out.push_back(cells[0].is_null() ? "null" : std::string(cells[0].bytes()));
    return out;
  }

  std::unique_ptr<Session> session;
};

/// What depends on neither version nor compression.
class AnyVersionCheck : public ClientCheck {};

TEST_P(ClientCheck, NegotiatesTheVersion) { EXPECT_EQ(session->protocol_version(), GetParam().first); }

TEST_P(ClientCheck, PagesThroughAResultWithBoundValues) {
  session->query("CREATE TABLE client_check.t (p int, c int, v text, PRIMARY KEY (p, c))");
  const auto insert = session->prepare("INSERT INTO client_check.t (p, c, v) VALUES (?, ?, ?)");
  ASSERT_EQ(insert->info()->partition_key_indexes, (std::vector<std::uint16_t>{0}));
  std::atomic<int> failed{0};
  {
    std::vector<std::future<void>> waits;
    for (int i = 0; i < 1000; ++i) {
      Statement st;
      st.prepared = insert;
      st.params.values = {BoundValue::of(encode_i32(i % 3)), BoundValue::of(encode_i32(i)),
                          i % 5 == 0 ? BoundValue::null() : BoundValue::of(std::string(200, 'x'))};
      auto done = std::make_shared<std::promise<void>>();
      waits.push_back(done->get_future());
      session->execute(std::move(st), [done, &failed](Outcome outcome) {
        if (std::holds_alternative<CqlError>(outcome)) ++failed;
        done->set_value();
      });
    }
    for (auto& wait : waits) wait.get();
  }
  EXPECT_EQ(failed, 0);
  const auto select = session->prepare("SELECT c, v FROM client_check.t WHERE p = ?");
  int rows_seen = 0;
  int pages = 0;
  std::string state;
  do {
    Statement st;
    st.prepared = select;
    st.params.values = {BoundValue::of(encode_i32(1))};
    st.params.page_size = 50;
    st.params.paging_state = state;
    auto response = session->execute_blocking(std::move(st));
    auto& rows = std::get<Rows>(response);
    std::vector<Cell> cells;
    while (rows.next(cells)) {
      EXPECT_EQ(decode_i64(cells[0].bytes()) % 3, 1);
      ++rows_seen;
    }
    ++pages;
    state = rows.metadata().paging_state;
  } while (!state.empty());
  EXPECT_EQ(rows_seen, 333);
  EXPECT_EQ(pages, 7);
}

TEST_P(ClientCheck, UnloggedBatchAndNotSet) {
  session->query("CREATE TABLE client_check.t (p int PRIMARY KEY, v text)");
  const auto insert = session->prepare("INSERT INTO client_check.t (p, v) VALUES (?, ?)");
  Statement batch;
  for (int i = 0; i < 3; ++i) batch.batch.push_back({insert, {BoundValue::of(encode_i32(i)), BoundValue::of("old")}});
  session->execute_blocking(std::move(batch));
  Statement st;
  st.prepared = insert;
  st.params.values = {BoundValue::of(encode_i32(1)), BoundValue::not_set()};
  session->execute_blocking(std::move(st));
  EXPECT_EQ(column(session->query("SELECT v FROM client_check.t WHERE p = 1")), (std::vector<std::string>{"old"}));
}

TEST_P(ClientCheck, SeesColumnsThatAreAddedToAPreparedSelect) {
  session->query("CREATE TABLE client_check.t (p int PRIMARY KEY, v text)");
  session->query("INSERT INTO client_check.t (p, v) VALUES (1, 'a')");
  const auto select = session->prepare("SELECT * FROM client_check.t");
  session->query("ALTER TABLE client_check.t ADD w int");
  Statement st;
  st.prepared = select;
  auto response = session->execute_blocking(st);
  response = session->execute_blocking(st);
  EXPECT_EQ(std::get<Rows>(response).columns()->size(), 3U);
}

TEST_P(AnyVersionCheck, ErrorsCarryTheServersText) {
  try {
    session->prepare("SELECT nothing FROM client_check.missing");
    FAIL() << "no error";
  } catch (const CqlError& error) {
    EXPECT_TRUE(error.is_server(error_code::kInvalid));
    EXPECT_NE(std::string(error.what()).find("table missing does not exist"), std::string::npos) << error.what();
    EXPECT_FALSE(error.transient());
  }
  Statement st;
  st.cql = "SELECT * FROM system.local";
  st.params.consistency = Consistency::kTwo;
  session->query("CREATE TABLE client_check.t (p int PRIMARY KEY)");
  st.cql = "SELECT * FROM client_check.t";
  try {
    session->execute_blocking(st);
    FAIL() << "no error";
  } catch (const CqlError& error) {
    EXPECT_TRUE(error.is_server(error_code::kUnavailable)) << error.what();
    EXPECT_TRUE(error.transient());
  }
}

TEST_P(AnyVersionCheck, TokensAgree) {
  session->query("CREATE TABLE client_check.t (a text, b int, c inet, PRIMARY KEY ((a, b)))");
  session->query("INSERT INTO client_check.t (a, b) VALUES ('é', -7)");
  auto rows = session->query("SELECT token(a, b) FROM client_check.t");
  std::vector<Cell> cells;
  ASSERT_TRUE(rows.next(cells));
  const std::string number = encode_i32(-7);
  EXPECT_EQ(decode_i64(cells[0].bytes()), murmur3_token(partition_key_bytes({"é", number})));
}

TEST_P(AnyVersionCheck, DescribesTables) {
  session->query(
      "CREATE TABLE client_check.t (k2 text, k1 int, c uuid, s int static, z int, a int, PRIMARY KEY ((k1, k2), c))");
  const auto info = session->table("client_check", "t");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->partition_key(), (std::vector<std::string>{"k1", "k2"}));
  std::string names;
  for (const auto& column : info->columns) names += column.name + " ";
  EXPECT_EQ(names, "k1 k2 c s a z ");
  std::string selected;
  const auto rows = session->query("SELECT * FROM client_check.t");
  for (const auto& column : *rows.columns()) selected += column.name + " ";
  EXPECT_EQ(selected, names);
  EXPECT_EQ(session->table("client_check", "missing"), std::nullopt);
  EXPECT_TRUE(session->keyspace_exists("client_check"));
  EXPECT_FALSE(session->keyspace_exists("nowhere"));
}

INSTANTIATE_TEST_SUITE_P(Newest, AnyVersionCheck, testing::Values(std::pair{5, Compression::kNone}));

INSTANTIATE_TEST_SUITE_P(Versions, ClientCheck,
                         testing::Values(std::pair{4, Compression::kNone}, std::pair{4, Compression::kLz4},
                                         std::pair{4, Compression::kSnappy}, std::pair{5, Compression::kNone},
                                         std::pair{5, Compression::kLz4}),
                         [](const auto& instance) {
                           return "v" + std::to_string(instance.param.first) +
                                  (instance.param.second == Compression::kLz4      ? "lz4"
                                   : instance.param.second == Compression::kSnappy ? "snappy"
                                                                                   : "plain");
                         });

}  // namespace
}  // namespace millrace::cassandra::cql
