// The source task against a real node, without a worker: what rows become, offsets, modes. Run by the Python test beside:
//   MILLRACE_CASSANDRA=127.0.0.1:9042 cassandra_source_check

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <set>

#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/cql/values.h"
#include "connectors/cassandra/source/source_connector.h"
#include "connectors/cassandra/source/table_reader.h"
#include "millrace/errors.h"

namespace millrace::cassandra {
namespace {

class FakeContext : public SourceTaskContext, public OffsetStorageReader {
 public:
  const Props& configs() const override { return props; }
  OffsetStorageReader& offset_storage_reader() override { return *this; }
  TransactionContext* transaction_context() override { return nullptr; }
  std::stop_token stop_token() const override { return source.get_token(); }
  bool wait_for(std::chrono::milliseconds) override { return true; }
  OffsetMap offset(const Map& partition) override {
    for (const auto& [key, value] : stored) {
      if (*key == partition) return value;
    }
    return nullptr;
  }
  std::vector<OffsetMap> offsets(const std::vector<Map>& partitions) override {
    std::vector<OffsetMap> out;
    for (const auto& partition : partitions) out.push_back(offset(partition));
    return out;
  }

  Props props;
  std::stop_source source;
  std::vector<std::pair<OffsetMap, OffsetMap>> stored;
};

class SourceCheck : public testing::Test {
 protected:
  void SetUp() override {
    const char* where = std::getenv("MILLRACE_CASSANDRA");
    if (where == nullptr) throw std::runtime_error("set MILLRACE_CASSANDRA to the node's host:port");
    node = where;
    cql::SessionConfig config;
    config.contact_points = {node};
    config.request_timeout = std::chrono::seconds(60);
    session = cql::Session::connect(config);
    session->query(
        "CREATE KEYSPACE IF NOT EXISTS source_check WITH replication = {'class': 'SimpleStrategy', "
        "'replication_factor': 1}");
    session->query("DROP TABLE IF EXISTS source_check.t");
  }

  Props props(const std::string& kcql, const Props& more = {}) {
    Props out{{"name", "check"},
              {"connect.cassandra.contact.points", node},
              {"connect.cassandra.key.space", "source_check"},
              {"connect.cassandra.read.timeout.ms", "60000"},
              {"connect.cassandra.slice.delay.ms", "0"},
              {"connect.cassandra.offset.timezone", "UTC"},
              {"connect.cassandra.import.poll.interval", "10"}};
    if (!kcql.empty()) out["connect.cassandra.kcql"] = kcql;
    for (const auto& [key, value] : more) out[key] = value;
    return out;
  }

  void start(const Props& config) {
    context.props = config;
    task = std::make_unique<CassandraSourceTask>();
    task->initialize(context);
    task->start(config);
  }

  std::string start_error(const Props& config) {
    try {
      start(config);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  }

  /// At least `count` records.
  std::vector<SourceRecord> take(std::size_t count) {
    std::vector<SourceRecord> out;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (out.size() < count && std::chrono::steady_clock::now() < deadline) {
      for (auto& record : task->poll()) out.push_back(std::move(record));
    }
    EXPECT_GE(out.size(), count);
    return out;
  }

  void restart_after(const SourceRecord& record, const Props& config) {
    context.stored = {{record.source_partition, record.source_offset}};
    task->stop();
    start(config);
  }

  void metrics() {
    session->query(
        "CREATE TABLE source_check.t (device_id text, created timeuuid, button int, PRIMARY KEY (device_id, created))");
    session->query(
        "INSERT INTO source_check.t (device_id, created, button) VALUES ('indoor', "
        "ae7cdfb0-23b4-11e8-8080-808080808080, 0)");
    session->query(
        "INSERT INTO source_check.t (device_id, created, button) VALUES ('outdoor', "
        "ac413481-23b4-11e8-8080-808080808080, 3)");
  }

  std::string node;
  std::unique_ptr<cql::Session> session;
  FakeContext context;
  std::unique_ptr<CassandraSourceTask> task;
};

TEST_F(SourceCheck, BulkWithTheNamesOf2016) {
  metrics();
  Props config = props("", {{"connect.cassandra.import.route.query", "INSERT INTO metrics-topic SELECT * FROM t"},
                            {"connect.cassandra.import.mode", "bulk"}});
  start(config);
  const auto records = take(4);  // the interval is short: the table comes again
  EXPECT_EQ(records[0].topic, "metrics-topic");
  EXPECT_TRUE(records[0].key.is_null());
  EXPECT_EQ(records[0].value_schema->name(), std::nullopt);
  std::set<std::string> values{records[0].value.to_string(), records[1].value.to_string()};
  EXPECT_EQ(values,
            (std::set<std::string>{"Struct{device_id=indoor,created=ae7cdfb0-23b4-11e8-8080-808080808080,button=0}",
                                   "Struct{device_id=outdoor,created=ac413481-23b4-11e8-8080-808080808080,button=3}"}));
  EXPECT_EQ(Value(records[0].source_partition).to_string(), "{connect.cassandra.assigned.tables=t}");
  EXPECT_EQ(Value(records[0].source_offset).to_string(), "{=1900-01-01 00:00:00.000Z}");
}

TEST_F(SourceCheck, TodaysNamesNameTheSchema) {
  metrics();
  start(props("INSERT INTO x SELECT button, DEVICE_ID FROM T IGNORE button"));
  const auto records = take(2);
  EXPECT_EQ(records[0].value_schema->name(), "source_check.T");
  EXPECT_EQ(records[0].value_schema->fields().size(), 1U);
  EXPECT_EQ(records[0].value_schema->fields()[0].name, "device_id");
}

TEST_F(SourceCheck, TimeuuidReadsEachRowOnceAlsoAfterRestart) {
  metrics();
  const Props config = props("INSERT INTO x SELECT * FROM t PK created INCREMENTALMODE=TIMEUUID",
                             {{"connect.cassandra.slice.duration", "1000000000000"}});
  start(config);
  auto records = take(2);
  ASSERT_EQ(records.size(), 2U);
  const auto& offset = *records[0].source_offset;
  EXPECT_EQ(offset.find("lo")->as_string(), "1900-01-01T00:00:00.000Z");  // in mid-window: all of it again
  EXPECT_NE(records[1].source_offset->find("lo")->as_string(), "1900-01-01T00:00:00.000Z");
  std::set<std::string> texts{records[0].source_offset->find("created")->as_string(),
                              records[1].source_offset->find("created")->as_string()};
  EXPECT_TRUE(texts.contains("2018-03-09 16:12:32.584Z"));
  session->query("INSERT INTO source_check.t (device_id, created, button) VALUES ('new', now(), 7)");
  const auto third = take(1);
  ASSERT_EQ(third.size(), 1U);
  EXPECT_EQ(third[0].value.as_struct().get("button").as_int32(), 7);
  restart_after(third[0], config);
  session->query("INSERT INTO source_check.t (device_id, created, button) VALUES ('newer', now(), 8)");
  const auto fourth = take(1);
  ASSERT_EQ(fourth.size(), 1U);
  EXPECT_EQ(fourth[0].value.as_struct().get("button").as_int32(), 8);
  // A crash after the first record of a window reads the whole window again.
  restart_after(records[0], config);
  EXPECT_EQ(take(4).size(), 4U);
}

TEST_F(SourceCheck, TimeuuidReadsTheMillisecondWhereAWindowEnds) {
  metrics();
  // The first window ends in the very millisecond of the first row, at 16:12:32.584.
  start(props("INSERT INTO x SELECT * FROM t PK created INCREMENTALMODE=TIMEUUID",
              {{"connect.cassandra.initial.offset", "2018-03-09T16:12:31.584Z"},
               {"connect.cassandra.slice.duration", "1000"}}));
  const auto records = take(2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].value.as_struct().get("device_id").as_string(), "outdoor");
  EXPECT_EQ(records[1].value.as_struct().get("device_id").as_string(), "indoor");
}

TEST_F(SourceCheck, ResumesFromAnOffsetOfTheOriginal) {
  metrics();
  context.stored = {{TableReader::partition_of("t"),
                     std::make_shared<const Map>(Map{{Value("created"), Value("2018-03-09 16:12:32.584Z")}})}};
  start(props("INSERT INTO x SELECT * FROM t PK created INCREMENTALMODE=TIMEUUID",
              {{"connect.cassandra.slice.duration", "10000000000"}}));
  const auto records = take(1);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value.as_struct().get("device_id").as_string(), "indoor");
}

TEST_F(SourceCheck, TimestampModeInSlices) {
  session->query("CREATE TABLE source_check.t (id int PRIMARY KEY, ts timestamp)");
  for (int i = 0; i < 50; ++i) {
    session->query("INSERT INTO source_check.t (id, ts) VALUES (" + std::to_string(i) + ", " +
                   std::to_string(1520611952000 + i * 500) + ")");
  }
  // A year of emptiness lies behind the rows: windows widen, and nothing is read twice or skipped.
  start(props("INSERT INTO x SELECT * FROM t PK ts INCREMENTALMODE=TIMESTAMP",
              {{"connect.cassandra.initial.offset", "2018-03-09T16:12:31.999Z"},
               {"connect.cassandra.slice.duration", "3000"}}));
  const auto records = take(50);
  std::set<std::int32_t> ids;
  for (const auto& record : records) ids.insert(record.value.as_struct().get("id").as_int32());
  EXPECT_EQ(records.size(), 50U);
  EXPECT_EQ(ids.size(), 50U);
}

TEST_F(SourceCheck, OverlapFindsRowsThatCameLate) {
  session->query("CREATE TABLE source_check.t (id int PRIMARY KEY, ts timestamp, v text)");
  const auto insert = [this](int id, std::chrono::seconds age, const std::string& text) {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(
        (std::chrono::system_clock::now() - age).time_since_epoch());
    session->query("INSERT INTO source_check.t (id, ts, v) VALUES (" + std::to_string(id) + ", " +
                   std::to_string(at.count()) + ", '" + text + "')");
  };
  const auto id_of = [](const SourceRecord& record) { return record.value.as_struct().get("v").as_string(); };
  // The id is not selected for the records, but tells rows apart.
  const std::string kcql = "INSERT INTO x SELECT v, ts FROM t PK ts INCREMENTALMODE=TIMESTAMP";
  Props config = props(
      kcql, {{"connect.cassandra.slice.duration", "1000000000000"}, {"connect.cassandra.slice.overlap.ms", "600000"}});
  insert(1, std::chrono::seconds(200), "on time");
  start(config);
  const auto first = take(1);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].value_schema->fields().size(), 2U);
  insert(2, std::chrono::seconds(100), "late");
  const auto second = take(1);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(id_of(second[0]), "late");
  insert(3, std::chrono::seconds(2000), "too late");
  insert(4, std::chrono::seconds(0), "new");
  const auto third = take(1);
  ASSERT_EQ(third.size(), 1U);
  EXPECT_EQ(id_of(third[0]), "new");
  // A new process does not know what was handed out: the overlap comes again, and nothing before it.
  restart_after(third[0], config);
  std::set<std::string> again;
  for (const auto& record : take(3)) again.insert(id_of(record));
  EXPECT_EQ(again, (std::set<std::string>{"on time", "late", "new"}));
  config["connect.cassandra.slice.overlap.ms"] = "0";
  restart_after(third[0], config);
  insert(5, std::chrono::seconds(100), "late again");
  insert(6, std::chrono::seconds(0), "newer");
  EXPECT_EQ(id_of(take(1)[0]), "newer");
}

TEST_F(SourceCheck, WindowsInTokenRangesReadEveryRowOnce) {
  session->query("CREATE TABLE source_check.t (id int, created timeuuid, PRIMARY KEY (id, created))");
  for (int i = 0; i < 300; ++i)
    session->query("INSERT INTO source_check.t (id, created) VALUES (" + std::to_string(i) + ", now())");
  const Props config = props("INSERT INTO x SELECT * FROM t PK created INCREMENTALMODE=TIMEUUID",
                             {{"connect.cassandra.window.parallelism", "4"}, {"connect.cassandra.fetch.size", "11"}});
  start(config);
  const auto records = take(300);
  std::set<std::int32_t> ids;
  for (const auto& record : records) ids.insert(record.value.as_struct().get("id").as_int32());
  EXPECT_EQ(records.size(), 300U);
  EXPECT_EQ(ids.size(), 300U);
  restart_after(records.back(), config);
  session->query("INSERT INTO source_check.t (id, created) VALUES (1000, now())");
  EXPECT_EQ(take(1)[0].value.as_struct().get("id").as_int32(), 1000);
}

TEST_F(SourceCheck, TokenModeKeepsTheKeyOfTheOriginalInTheOffset) {
  session->query("CREATE TABLE source_check.t (id uuid PRIMARY KEY, v text)");
  session->query("INSERT INTO source_check.t (id, v) VALUES (123e4567-e89b-12d3-a456-426655440000, 'x')");
  start(props("INSERT INTO x SELECT v, id FROM t IGNORE id PK id WITHUNWRAP INCREMENTALMODE=TOKEN"));
  const auto record = take(1)[0];
  EXPECT_EQ(record.value.as_string(), "x");
  EXPECT_EQ(record.source_offset->find("id")->as_string(), "123e4567-e89b-12d3-a456-426655440000");
}

TEST_F(SourceCheck, DecimalsExactlyOrOfAnotherScale) {
  session->query("CREATE TABLE source_check.t (id int PRIMARY KEY, amount decimal)");
  session->query("INSERT INTO source_check.t (id, amount) VALUES (1, 1.00000000000000000000125)");
  start(props("INSERT INTO x SELECT amount FROM t", {{"connect.cassandra.decimal.handling", "string"}}));
  EXPECT_EQ(take(1)[0].value.to_string(), "Struct{amount=1.00000000000000000000125}");
  task->stop();
  start(props("INSERT INTO x SELECT amount FROM t", {{"connect.cassandra.decimal.scale", "22"}}));
  const auto record = take(1)[0];
  record.value_schema->validate(record.value);
  EXPECT_EQ(record.value.to_string(), "Struct{amount=1.0000000000000000000013}");
}

TEST_F(SourceCheck, BucketsNameTheirPartitionsAndGoOnWhereTheyStopped) {
  session->query("CREATE TABLE source_check.t (bucket text, ts timestamp, id int, PRIMARY KEY (bucket, ts, id))");
  // From 2018-03-09 16:12:32 UTC on a row every two minutes.
  for (int i = 0; i < 60; ++i) {
    const std::int64_t at = 1520611952000 + i * 120000;
    session->query("INSERT INTO source_check.t (bucket, ts, id) VALUES ('" + bucket_text(at, "yyMMddHH") + "', " +
                   std::to_string(at) + ", " + std::to_string(i) + ")");
  }
  const Props config = props("INSERT INTO x SELECT * FROM t PK ts INCREMENTALMODE=BUCKETTIMESERIES",
                             {{"connect.cassandra.bucket.timeseries.mode", "HOUR"},
                              {"connect.cassandra.bucket.timeseries.format", "yyMMddHH"},
                              {"connect.cassandra.initial.offset", "2018-03-09T16:00:00.000Z"},
                              {"connect.cassandra.slice.duration", "3600000"}});
  start(config);
  const auto records = take(60);
  std::set<std::int32_t> ids;
  for (const auto& record : records) ids.insert(record.value.as_struct().get("id").as_int32());
  EXPECT_EQ(records.size(), 60U);
  EXPECT_EQ(ids.size(), 60U);
  // The window (16:00, 17:00] holds 24 rows: after its last one only the others come.
  restart_after(records[23], config);
  EXPECT_EQ(take(36).size(), 36U);
}

TEST_F(SourceCheck, TokenModeWithACompositeKeyResumesBetweenPartitions) {
  session->query("CREATE TABLE source_check.t (a text, b int, c int, v text, PRIMARY KEY ((a, b), c))");
  for (int i = 0; i < 60; ++i) {
    session->query("INSERT INTO source_check.t (a, b, c) VALUES ('k" + std::to_string(i / 3) + "', " +
                   std::to_string(i / 3) + ", " + std::to_string(i) + ")");
  }
  const Props config = props("INSERT INTO x SELECT c, a FROM t PK a BATCH=7 INCREMENTALMODE=TOKEN");
  start(config);
  const auto records = take(60);
  ASSERT_EQ(records.size(), 60U);
  EXPECT_EQ(records[0].value_schema->fields().size(), 2U);
  restart_after(records[30], config);
  // Record 30 is the first of the eleventh partition: the ten before it are complete.
  const auto rest = take(30);
  EXPECT_EQ(rest.size(), 30U);
  std::set<std::int32_t> seen;
  for (std::size_t i = 0; i <= 30; ++i) seen.insert(records[i].value.as_struct().get("c").as_int32());
  for (const auto& record : rest) seen.insert(record.value.as_struct().get("c").as_int32());
  EXPECT_EQ(seen.size(), 60U);
}

TEST_F(SourceCheck, BulkInTokenRangesReadsEveryRowOnce) {
  session->query("CREATE TABLE source_check.t (id int PRIMARY KEY, v text)");
  for (int i = 0; i < 300; ++i)
    session->query("INSERT INTO source_check.t (id, v) VALUES (" + std::to_string(i) + ", 'x')");
  start(props("INSERT INTO x SELECT * FROM t", {{"connect.cassandra.bulk.once", "true"},
                                                {"connect.cassandra.bulk.parallelism", "4"},
                                                {"connect.cassandra.fetch.size", "11"}}));
  const auto records = take(300);
  std::set<std::int32_t> ids;
  for (const auto& record : records) ids.insert(record.value.as_struct().get("id").as_int32());
  EXPECT_EQ(records.size(), 300U);
  EXPECT_EQ(ids.size(), 300U);
  EXPECT_TRUE(records.back().source_offset->find("done")->as_bool());
  EXPECT_TRUE(task->poll().empty());
}

TEST_F(SourceCheck, FollowsAddedColumns) {
  session->query("CREATE TABLE source_check.t (id int PRIMARY KEY)");
  session->query("INSERT INTO source_check.t (id) VALUES (1)");
  start(props("INSERT INTO x SELECT * FROM t"));
  EXPECT_EQ(take(1)[0].value_schema->fields().size(), 1U);
  session->query("ALTER TABLE source_check.t ADD extra text");
  std::size_t fields = 1;
  for (int polls = 0; polls < 200 && fields == 1; ++polls) {
    for (const auto& record : task->poll()) fields = record.value_schema->fields().size();
  }
  EXPECT_EQ(fields, 2U);
}

TEST_F(SourceCheck, EveryTypeFullAndNull) {
  session->query("CREATE TYPE IF NOT EXISTS source_check.addr (street text, \"Zip\" int)");
  session->query(
      "CREATE TABLE source_check.t (id int PRIMARY KEY, c_ascii ascii, c_bigint bigint, c_blob blob, c_boolean "
      "boolean, c_date date, c_decimal decimal, "
      "c_double double, c_duration duration, c_float float, c_inet inet, c_list list<int>, c_map map<text, int>, c_set "
      "set<text>, c_smallint smallint, "
      "c_text text, c_time time, c_timestamp timestamp, c_timeuuid timeuuid, c_tinyint tinyint, c_tuple tuple<text, "
      "int, inet>, c_udt frozen<addr>, "
      "c_udts list<frozen<addr>>, c_uuid uuid, c_varint varint, c_vector vector<float, 2>)");
  session->query(
      "INSERT INTO source_check.t (id, c_ascii, c_bigint, c_blob, c_boolean, c_date, c_decimal, c_double, c_duration, "
      "c_float, c_inet, c_list, c_map, "
      "c_set, c_smallint, c_text, c_time, c_timestamp, c_timeuuid, c_tinyint, c_tuple, c_udt, c_udts, c_uuid, "
      "c_varint, c_vector) VALUES (1, 'a', -5, "
      "0x00ff, true, '2018-03-09', 123456789.123456789, 1.5, 1mo2d3ns, 2.5, '2001:db8::1', [1, 2], {'k': 3}, {'x', "
      "'y'}, -7, 'é', '17:12:32.584', "
      "1520611952584, ac413480-23b4-11e8-8080-808080808080, 8, ('it''s', null, '1.2.3.4'), {street: 'main', \"Zip\": "
      "9}, [{street: 's', \"Zip\": null}], "
      "123e4567-e89b-12d3-a456-426655440000, 9223372036854775807, [1.5, -2])");
  start(props("INSERT INTO x SELECT * FROM t"));
  const auto full = take(1)[0];
  const auto& row = full.value.as_struct();
  full.value_schema->validate(full.value);
  const auto text = [&row](const char* column) { return row.get(column).to_string(); };
  EXPECT_EQ(text("c_ascii"), "a");
  EXPECT_EQ(row.get("c_bigint").as_int64(), -5);
  EXPECT_EQ(row.get("c_blob").as_bytes(), (Bytes{0, 255}));
  EXPECT_TRUE(row.get("c_boolean").as_bool());
  EXPECT_EQ(row.get("c_date").as_date().epoch_ms, 17599LL * 86400000);
  EXPECT_EQ(row.get("c_decimal").as_decimal().to_string(), "123456789.123456789000000000");
  EXPECT_EQ(row.get("c_double").as_float64(), 1.5);
  EXPECT_EQ(text("c_duration"), "1mo2d3ns");
  EXPECT_EQ(row.get("c_float").as_float32(), 2.5F);
  EXPECT_EQ(text("c_inet"), "2001:db8::1");
  EXPECT_EQ(text("c_list"), "[1,2]");
  EXPECT_EQ(text("c_map"), "{\"k\":3}");
  EXPECT_EQ(text("c_set"), "[\"x\",\"y\"]");
  EXPECT_EQ(row.get("c_smallint").as_int16(), -7);
  EXPECT_EQ(text("c_text"), "é");
  EXPECT_EQ(row.get("c_time").as_int64(), 61952584000000);
  EXPECT_EQ(row.get("c_timestamp").as_date().epoch_ms, 1520611952584);
  EXPECT_EQ(text("c_timeuuid"), "ac413480-23b4-11e8-8080-808080808080");
  EXPECT_EQ(row.get("c_tinyint").as_int8(), 8);
  EXPECT_EQ(text("c_tuple"), "('it''s',NULL,'1.2.3.4')");
  EXPECT_EQ(text("c_udt"), "{street:'main',\"Zip\":9}");
  EXPECT_EQ(text("c_udts"), "[{\"street\":\"s\",\"Zip\":null}]");
  EXPECT_EQ(row.get("c_varint").as_int64(), 9223372036854775807);
  EXPECT_EQ(text("c_vector"), "[1.5,-2.0]");
  task->stop();

  session->query("TRUNCATE source_check.t");
  session->query("INSERT INTO source_check.t (id) VALUES (2)");
  start(props("INSERT INTO x SELECT * FROM t"));
  const auto empty = take(1)[0];
  empty.value_schema->validate(empty.value);
  for (const auto& field : empty.value_schema->fields()) {
    if (field.name == "id") continue;
    const auto& value = empty.value.as_struct().get(field);
    const bool collection =
        field.name == "c_list" || field.name == "c_set" || field.name == "c_udts" || field.name == "c_map";
    EXPECT_EQ(value.to_string(), collection ? (field.name == "c_map" ? "{}" : "[]") : "null") << field.name;
  }
  task->stop();

  session->query(
      "INSERT INTO source_check.t (id, c_list, c_map, c_vector, c_varint) VALUES (2, [3], {'q': 4}, [1, 2], "
      "9223372036854775808)");
  const Props typed = props("INSERT INTO x SELECT c_list, c_map, c_vector FROM t",
                            {{"connect.cassandra.mapping.collection.to.json", "false"}});
  start(typed);
  const auto arrays = take(1)[0];
  arrays.value_schema->validate(arrays.value);
  EXPECT_EQ(arrays.value.to_string(), "Struct{c_list=[3],c_map={q=4},c_vector=[1.0, 2.0]}");
  task->stop();

  start(props("INSERT INTO x SELECT c_varint FROM t"));
  try {
    take(1);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("Column c_varint (varint) of table source_check.t cannot be converted"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(SourceCheck, UnwrappedValues) {
  session->query("CREATE TABLE source_check.t (id int PRIMARY KEY, s text, ts timestamp)");
  session->query("INSERT INTO source_check.t (id, s, ts) VALUES (1, 'a\"b', 1520611952584)");
  start(props("INSERT INTO x SELECT s, ts FROM t IGNORE ts PK ts WITHUNWRAP INCREMENTALMODE=TIMESTAMP"));
  EXPECT_EQ(take(1)[0].value.as_string(), "a\"b");
  task->stop();
  start(
      props("INSERT INTO x SELECT id, s, ts FROM t PK ts WITHFORMAT JSON WITHUNWRAP INCREMENTALMODE=TIMESTAMP "
            "WITHKEY(s, id) KEYDELIMITER='|'"));
  const auto record = take(1)[0];
  EXPECT_EQ(record.value.as_string(), "{\"id\":1,\"s\":\"a\\\"b\",\"ts\":\"2018-03-09T16:12:32.584Z\"}");
  EXPECT_EQ(record.key.as_string(), "a\"b|1");
}

TEST_F(SourceCheck, WrongConfigurationsSayWhatIsWrong) {
  metrics();
  const auto expect = [this](const Props& config, const std::string& part) {
    const auto text = start_error(config);
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  expect(props("INSERT INTO x SELECT * FROM missing"),
         "Table missing does not exist in keyspace source_check on Cassandra at " + node + ".");
  expect(props("INSERT INTO x SELECT nope FROM t"),
         "Column nope of the SELECT list does not exist in table source_check.t");
  expect(props("INSERT INTO x SELECT * FROM t PK button INCREMENTALMODE=TIMEUUID"),
         "needs a timeuuid column, but button of table source_check.t");
  expect(props("INSERT INTO x SELECT * FROM t PK button INCREMENTALMODE=TOKEN"),
         "needs a partition key column, but button of");
  expect(props("INSERT INTO x SELECT * FROM t INCREMENTALMODE=TIMEUUID"),
         "Only one primary key column is allowed to be specified in Incremental mode. Received  for source t");
  expect(props("INSERT INTO x SELECT * FROM t", {{"connect.cassandra.key.space", "nowhere"}}),
         "Keyspace nowhere does not exist on Cassandra at " + node);
  expect(props("INSERT INTO x SELECT * FROM t", {{"connect.cassandra.contact.points", "127.0.0.1:1"}}),
         "Couldn't connect to Cassandra. no contact point can be reached");
  expect(props("INSERT INTO x SELECT * FRM t"), "^");
  expect(props("INSERT INTO x SELECT * FROM t", {{"connect.cassandra.import.mode", "sometimes"}}),
         "Unsupported import mode sometimes.");
}

}  // namespace
}  // namespace millrace::cassandra
