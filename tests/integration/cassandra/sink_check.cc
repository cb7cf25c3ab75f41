// The sink task against a real node, without a worker. Run by the Python test beside:
//   MILLRACE_CASSANDRA=127.0.0.1:9042 cassandra_sink_check

#include <gtest/gtest.h>

#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/cql/values.h"
#include "connectors/cassandra/sink/sink_connector.h"
#include "millrace/errors.h"
#include "sink_fixture.h"

namespace millrace::cassandra {
namespace {

class SinkCheck : public SinkFixture {
 protected:
  SinkCheck() : SinkFixture("sink_check") {}

  Props props(const std::string& kcql, const Props& more = {}) {
    Props out{{"name", "check"},
              {"topics", "orders"},
              {"connect.cassandra.contact.points", node},
              {"connect.cassandra.key.space", "sink_check"},
              {"connect.cassandra.read.timeout.ms", "60000"},
              {"connect.cassandra.kcql", kcql}};
    for (const auto& [key, value] : more) out[key] = value;
    return out;
  }

  void start(const Props& config) { start_task<CassandraSinkTask>(config); }
};

TEST_F(SinkCheck, StructsWithEveryLogicalType) {
  session->query(
      "CREATE TABLE sink_check.t (id int PRIMARY KEY, d date, tm time, ts timestamp, amount decimal, data blob, tags "
      "list<text>, props map<text, int>, ok boolean, f double)");
  start(props("INSERT INTO t SELECT * FROM orders"));
  const auto schema = SchemaBuilder::structure()
                          .field("id", Schema::int32())
                          .field("d", SchemaBuilder::date().build())
                          .field("tm", SchemaBuilder::time().build())
                          .field("ts", SchemaBuilder::timestamp().build())
                          .field("amount", SchemaBuilder::decimal(9).build())
                          .field("data", Schema::bytes())
                          .field("tags", SchemaBuilder::array(Schema::string()).build())
                          .field("props", SchemaBuilder::map(Schema::string(), Schema::int32()).build())
                          .field("ok", Schema::optional_boolean())
                          .field("f", Schema::optional_float64())
                          .build();
  Struct value(schema);
  value.put("id", std::int32_t{1})
      .put("d", Date{17599LL * 86400000})
      .put("tm", Date{61952584})
      .put("ts", Date{1520611952584});
  value.put("amount", *Decimal::parse("123456789.123456789"))
      .put("data", Bytes{0, 255})
      .put("tags", Array{Value("a"), Value("b")});
  value.put("props", Map{{Value("k"), Value(std::int32_t{3})}}).put("ok", Value()).put("f", 1.5);
  SinkRecord record = text_record("");
  record.value_schema = schema;
  record.value = Value(value);
  task->put({record});
  EXPECT_EQ(rows("SELECT d, tm, ts, amount, data, tags, props, ok, f FROM sink_check.t"),
            "'2018-03-09'|'17:12:32.584000000'|1520611952584|123456789.123456789|0x00ff|['a','b']|{'k':3}|NULL|1.5\n");
}

TEST_F(SinkCheck, FieldsRenamesAndTtl) {
  session->query("CREATE TABLE sink_check.t (id int PRIMARY KEY, label text, int_field int, \"Zip\" text)");
  start(props("INSERT INTO t SELECT id, name AS label, inner1.int_field, addr.* FROM orders TTL=1000"));
  task->put({text_record(R"({"id": 7, "name": "n", "inner1": {"int_field": 5}, "addr": {"Zip": "z"}, "other": 1})")});
  EXPECT_EQ(rows("SELECT id, label, int_field, \"Zip\" FROM sink_check.t"), "7|'n'|5|'z'\n");
  EXPECT_NE(rows("SELECT ttl(label) FROM sink_check.t"), "NULL\n");
}

TEST_F(SinkCheck, TheLastRecordOfARowWinsInABatchOfThousands) {
  session->query("CREATE TABLE sink_check.t (p text, c int, v int, PRIMARY KEY (p, c))");
  start(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.threadpool.size", "8"}}));
  std::vector<SinkRecord> records;
  for (int i = 0; i < 3000; ++i) {
    records.push_back(text_record("{\"p\":\"p" + std::to_string(i % 7) + "\",\"c\":" + std::to_string(i % 50) +
                                      ",\"v\":" + std::to_string(i) + "}",
                                  i));
  }
  task->put(records);
  auto page = session->query("SELECT p, c, v FROM sink_check.t");
  EXPECT_EQ(page.row_count(), 350);
  std::vector<cql::Cell> cells;
  while (page.next(cells)) {
    const auto c = cql::decode_i64(cells[1].bytes());
    const auto v = cql::decode_i64(cells[2].bytes());
    const auto p = cells[0].bytes()[1] - '0';
    EXPECT_GE(v, 3000 - 350);
    EXPECT_EQ(v % 50, c);
    EXPECT_EQ(v % 7, p);
  }
}

TEST_F(SinkCheck, ARowIsOneHoweverItsKeyIsWritten) {
  session->query("CREATE TABLE sink_check.t (p int, c timestamp, v int, PRIMARY KEY (p, c))");
  start(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.batch.size", "3"}}));
  std::vector<SinkRecord> records;
  for (int i = 0; i < 400; ++i) {
    const std::string p = i % 2 == 0 ? "7" : "\"7\"";
    const std::string c = i % 3 == 0 ? "1520611952584" : "\"2018-03-09T16:12:32.584Z\"";
    records.push_back(text_record("{\"p\":" + p + ",\"c\":" + c + ",\"v\":" + std::to_string(i) + "}", i));
    records.push_back(text_record("{\"p\":" + p + ",\"c\":" + std::to_string(3000000000 + i) + ",\"v\":0}", i));
  }
  task->put(records);
  EXPECT_EQ(rows("SELECT v FROM sink_check.t WHERE p = 7 AND c = 1520611952584"), "399\n");
  EXPECT_EQ(rows("SELECT count(*) FROM sink_check.t"), "401\n");
}

TEST_F(SinkCheck, TimestampsOfTheFirstDays) {
  session->query("CREATE TABLE sink_check.t (id int PRIMARY KEY, ts timestamp)");
  const auto schema =
      SchemaBuilder::structure().field("id", Schema::int32()).field("ts", SchemaBuilder::timestamp().build()).build();
  for (const char* mode : {"json", "bound"}) {
    session->query("TRUNCATE sink_check.t");
    start(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.insert.mode", mode}}));
    std::vector<SinkRecord> records;
    for (const std::int64_t ms : {0LL, -5LL, 2147483648LL}) {
      SinkRecord record = text_record("");
      record.value_schema = schema;
      record.value = Value(Struct(schema, {Value(static_cast<std::int32_t>(records.size())), Value(Date{ms})}));
      records.push_back(std::move(record));
    }
    task->put(records);
    EXPECT_EQ(rows("SELECT ts FROM sink_check.t WHERE id IN (0, 1, 2)"), "0\n-5\n2147483648\n") << mode;
  }
}

TEST_F(SinkCheck, UnsetLeavesColumnsAlone) {
  session->query("CREATE TABLE sink_check.t (id int PRIMARY KEY, a text, b text)");
  start(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.default.value", "UNSET"}}));
  task->put({text_record(R"({"id":1,"a":"x","b":"y"})"), text_record(R"({"id":1,"a":null,"b":"z"})")});
  EXPECT_EQ(rows("SELECT a, b FROM sink_check.t"), "'x'|'z'\n");
}

TEST_F(SinkCheck, BoundColumnsForServersWithoutJson) {
  session->query(
      "CREATE TABLE sink_check.t (id int, \"Odd\" text, d date, tm time, ts timestamp, amount decimal, data blob, tags "
      "list<text>, props map<text, int>, PRIMARY KEY (id, \"Odd\"))");
  start(props("INSERT INTO t SELECT * FROM orders TTL=1000",
              {{"connect.cassandra.insert.mode", "bound"}, {"connect.cassandra.default.value", "UNSET"}}));
  task->put(
      {text_record(R"({"ID":1,"Odd":"o","d":"2018-03-09","tm":"16:12:32.584","ts":1520611952584,"amount":"12345.6789",)"
                   R"("data":"0x00ff","tags":["a","b"],"props":{"k":1}})"),
       text_record(R"({"id":1,"Odd":"o","d":null})")});
  EXPECT_EQ(rows("SELECT * FROM sink_check.t"),
            "1|'o'|12345.6789|'2018-03-09'|0x00ff|{'k':1}|['a','b']|'16:12:32.584000000'|1520611952584\n");
  EXPECT_NE(put_error({text_record(R"({"id":1,"Odd":"o","nope":1})")})
                .find("JSON values map contains unrecognized column: nope"),
            std::string::npos);
  EXPECT_NE(put_error({text_record(R"({"id":"x","Odd":"o"})")})
                .find("column id: value x (java.lang.String) does not fit int: not a number (table: sink_check.t, "
                      "topic orders"),
            std::string::npos);
}

TEST_F(SinkCheck, ColumnsMayComeAndGoWhileItRuns) {
  session->query("CREATE TABLE sink_check.t (id int PRIMARY KEY, a text)");
  start(props("INSERT INTO t SELECT * FROM orders"));
  task->put({text_record(R"({"id":1,"a":"x"})")});
  session->query("ALTER TABLE sink_check.t ADD b int");
  task->put({text_record(R"({"id":2,"a":"x","b":7})")});
  EXPECT_EQ(rows("SELECT b FROM sink_check.t WHERE id = 2"), "7\n");
  session->query("ALTER TABLE sink_check.t DROP a");
  task->put({text_record(R"({"id":3,"b":8})")});
  EXPECT_EQ(rows("SELECT b FROM sink_check.t WHERE id = 3"), "8\n");
}

TEST_F(SinkCheck, NullValuesDelete) {
  session->query("CREATE TABLE sink_check.t (key1 text, key2 bigint, v text, PRIMARY KEY (key1, key2))");
  start(props("INSERT INTO t SELECT * FROM orders",
              {{"connect.cassandra.delete.enabled", "true"},
               {"connect.cassandra.delete.statement", "delete from t WHERE key1 = ? AND key2 = ?"},
               {"connect.cassandra.delete.struct_flds", "key1,nested.key2"}}));
  SinkRecord tombstone = text_record("");
  tombstone.value_schema = nullptr;
  tombstone.value = Value();
  tombstone.key_schema = Schema::string();
  tombstone.key = Value(R"({"key1":"a","nested":{"key2":5}})");
  task->put({text_record(R"({"key1":"a","key2":5,"v":"old"})"), text_record(R"({"key1":"b","key2":6,"v":"kept"})"),
             tombstone});
  EXPECT_EQ(rows("SELECT key1, v FROM sink_check.t"), "'b'|'kept'\n");
  task->put({tombstone, text_record(R"({"key1":"a","key2":5,"v":"again"})")});
  EXPECT_EQ(rows("SELECT v FROM sink_check.t WHERE key1 = 'a'"), "'again'\n");
  tombstone.key = Value(R"({"key1":"a"})");
  EXPECT_NE(put_error({tombstone}).find("the record's key has no field nested.key2"), std::string::npos);
}

TEST_F(SinkCheck, ADeletionPerTable) {
  session->query("CREATE TABLE sink_check.t (a text, b int, v text, PRIMARY KEY (a, b))");
  session->query("DROP TABLE IF EXISTS sink_check.other");
  session->query("CREATE TABLE sink_check.other (id int PRIMARY KEY)");
  Props config = props("INSERT INTO t SELECT * FROM orders; INSERT INTO other SELECT * FROM more",
                       {{"topics", "orders,more"},
                        {"connect.cassandra.delete.enabled", "true"},
                        {"connect.cassandra.delete.statement",
                         "DELETE FROM t WHERE b = ? AND a = ?; DELETE FROM sink_check.other WHERE id = ?"},
                        {"connect.cassandra.delete.struct_flds", "key.a,key.b,id"}});
  start(config);
  const auto more = [](SinkRecord record) {
    record.topic = record.original_topic = "more";
    return record;
  };
  const auto tombstone = [this](const std::string& key) {
    SinkRecord record = text_record("");
    record.value_schema = nullptr;
    record.value = Value();
    record.key_schema = Schema::string();
    record.key = Value(key);
    return record;
  };
  task->put({text_record(R"({"a":"x","b":1})"), text_record(R"({"a":"x","b":2})"), more(text_record(R"({"id":1})")),
             more(text_record(R"({"id":2})"))});
  task->put({tombstone(R"({"key":{"a":"x","b":1}})"), more(tombstone(R"({"id":2})"))});
  EXPECT_EQ(rows("SELECT b FROM sink_check.t"), "2\n");
  EXPECT_EQ(rows("SELECT id FROM sink_check.other"), "1\n");
  config["connect.cassandra.delete.statement"] += "; DELETE FROM third WHERE id = ?";
  session->query("CREATE TABLE IF NOT EXISTS sink_check.third (id int PRIMARY KEY)");
  EXPECT_THROW(
      {
        try {
          start(config);
        } catch (const ConnectError& error) {
          EXPECT_NE(std::string(error.what()).find("is about table third, which no topic is written to"),
                    std::string::npos)
              << error.what();
          throw;
        }
      },
      ConnectError);
}

TEST_F(SinkCheck, TheRecordsTimeAsWriteTime) {
  session->query("CREATE TABLE sink_check.t (id int PRIMARY KEY, v text)");
  for (const char* mode : {"json", "bound"}) {
    session->query("TRUNCATE sink_check.t");
    start(props("INSERT INTO t SELECT * FROM orders TTL=100000",
                {{"connect.cassandra.write.time", "record"},
                 {"connect.cassandra.insert.mode", mode},
                 {"connect.cassandra.delete.enabled", "true"},
                 {"connect.cassandra.delete.statement", "DELETE FROM t WHERE id = ?"}}));
    const auto at = [](SinkRecord record, std::int64_t ms) {
      record.timestamp = ms;
      return record;
    };
    auto tombstone = text_record("");
    tombstone.value_schema = nullptr;
    tombstone.value = Value();
    tombstone.key_schema = Schema::int32();
    tombstone.key = Value(std::int32_t{1});
    // What is newer stays, whatever comes again.
    task->put({at(text_record(R"({"id":1,"v":"new"})"), 2000), at(text_record(R"({"id":1,"v":"old"})"), 1000),
               at(tombstone, 1500)});
    EXPECT_EQ(rows("SELECT v, writetime(v) FROM sink_check.t"), "'new'|2000000\n") << mode;
    EXPECT_NE(rows("SELECT ttl(v) FROM sink_check.t"), "NULL\n");
    task->put({at(tombstone, 3000)});
    EXPECT_EQ(rows("SELECT v FROM sink_check.t"), "") << mode;
  }
}

TEST_F(SinkCheck, OneBadRowOfABatchIsReportedAndTheOthersAreWritten) {
  session->query("CREATE TABLE sink_check.t (p int, c int, PRIMARY KEY (p, c))");
  start(props("INSERT INTO t SELECT * FROM orders"));
  const std::vector<SinkRecord> records{text_record(R"({"p":1,"c":1})", 1), text_record(R"({"p":1,"c":2,"nope":1})", 2),
                                        text_record(R"({"p":1,"c":3})", 3), text_record("not json", 4)};
  EXPECT_NE(put_error(records).find("the record's value is a text that is not JSON: unknown word at byte 0"),
            std::string::npos);
  context.reporting = true;
  task->put(records);
  ASSERT_EQ(context.reporter.errors.size(), 2U);
  EXPECT_NE(context.reporter.errors[1].find("JSON values map contains unrecognized column: nope"), std::string::npos)
      << context.reporter.errors[1];
  EXPECT_NE(context.reporter.errors[1].find("(table: sink_check.t, topic orders partition 0 offset 2)"),
            std::string::npos);
  EXPECT_EQ(rows("SELECT c FROM sink_check.t"), "1\n3\n");
}

TEST_F(SinkCheck, AKeyThatIsTooLongIsOneBadRecord) {
  session->query("CREATE TABLE sink_check.t (a text, b text, v int, PRIMARY KEY ((a, b)))");
  const std::string longest(70000, 'x');
  for (const char* mode : {"json", "bound"}) {
    session->query("TRUNCATE sink_check.t");
    start(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.insert.mode", mode}}));
    context.reporting = true;
    context.reporter.errors.clear();
    EXPECT_EQ(put_error({text_record(R"({"a":"x","b":"y","v":1})"),
                         text_record("{\"a\":\"x\",\"b\":\"" + longest + "\",\"v\":2}"),
                         text_record(R"({"a":"z","b":"y","v":3})")}),
              "no error");
    EXPECT_EQ(context.reporter.errors.size(), 1U) << mode;
    EXPECT_EQ(rows("SELECT count(*) FROM sink_check.t"), "2\n") << mode;
  }
}

TEST_F(SinkCheck, ErrorPolicies) {
  session->query("CREATE TABLE sink_check.t (id int PRIMARY KEY)");
  const std::vector<SinkRecord> bad{text_record(R"({"id":"x"})"), text_record(R"({"id":2})")};
  start(props("INSERT INTO t SELECT * FROM orders"));
  EXPECT_NE(put_error(bad).find("Error decoding JSON value for id"), std::string::npos);
  start(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.error.policy", "noop"}}));
  EXPECT_EQ(put_error(bad), "no error");
  start(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.error.policy", "RETRY"},
                                                     {"connect.cassandra.max.retries", "2"},
                                                     {"connect.cassandra.retry.interval", "70"}}));
  EXPECT_THROW(task->put(bad), RetriableError);
  EXPECT_EQ(context.timeout_ms, 70);
  EXPECT_THROW(task->put(bad), RetriableError);
  try {
    task->put(bad);
    FAIL() << "no error";
  } catch (const RetriableError&) {
    FAIL() << "still retriable";
  } catch (const ConnectError&) {
  }
  // Writes the node cannot make consistent.
  start(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.consistency.level", "two"}}));
  EXPECT_NE(
      put_error({text_record(R"({"id":3})")}).find("Cannot achieve consistency level TWO (Unavailable, node 127.0.0.1"),
      std::string::npos);
}

TEST_F(SinkCheck, WrongConfigurations) {
  session->query("CREATE TABLE sink_check.t (id int PRIMARY KEY)");
  const auto expect = [this](const Props& config, const std::string& part) {
    try {
      start(config);
      FAIL() << "no error for " << part;
    } catch (const ConnectError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  expect(
      props("INSERT INTO missing SELECT * FROM orders"),
      "No tables found in Cassandra for topics orders: table missing does not exist in keyspace sink_check on " + node);
  expect(props("INSERT INTO t SELECT * FROM other"),
         "contains topics not set in connect.cassandra.kcql: Set(orders), kcql contains Set(other)");
  expect(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.delete.enabled", "true"}}),
         "connect.cassandra.delete.statement is required.");
  expect(props("INSERT INTO t SELECT * FROM orders",
               {{"connect.cassandra.delete.enabled", "true"},
                {"connect.cassandra.delete.statement", "DELETE FROM sink_check.t WHERE nope = ?"}}),
         "connect.cassandra.delete.statement \"DELETE FROM sink_check.t WHERE nope = ?\" is refused: Undefined column "
         "name nope in table sink_check.t");
  expect(props("INSERT INTO t SELECT * FROM orders", {{"connect.cassandra.key.space", "nowhere"}}),
         "Keyspace nowhere does not exist");
}

}  // namespace
}  // namespace millrace::cassandra
