// The bound-column sink's task against a real node, without a worker. Run by the Python test beside:
//   MILLRACE_CASSANDRA=127.0.0.1:9042 cassandra_bound_sink_check

#include <gtest/gtest.h>

#include "connectors/cassandra/bound/bound_sink_connector.h"
#include "sink_fixture.h"

namespace millrace::cassandra {
namespace {

class BoundSinkCheck : public SinkFixture {
 protected:
  BoundSinkCheck() : SinkFixture("bound_check") {}

  Props props(const std::string& kcql, const Props& more = {}) {
    Props out{{"name", "check"},
              {"topics", "orders"},
              {"connect.cassandra.contact.points", node},
              {"connect.cassandra.query.timeout.ms", "60000"},
              {"connect.cassandra.kcql", kcql}};
    for (const auto& [key, value] : more) out[key] = value;
    return out;
  }

  void start(const std::string& kcql, const Props& more = {}) { start_task<BoundSinkTask>(props(kcql, more)); }

  std::string start_error(const std::string& kcql, const Props& more = {}) {
    try {
      start(kcql, more);
    } catch (const ConnectError& error) {
      return error.what();
    }
    return "no error";
  }

  static SinkRecord record(const std::string& key, const std::string& value, std::int64_t timestamp_ms = 153000987) {
    SinkRecord out = text_record(value);
    out.key_schema = Schema::string();
    out.key = Value(key);
    out.timestamp = timestamp_ms;
    return out;
  }

  static SinkRecord tombstone(const std::string& key, std::int64_t timestamp_ms = 153000988) {
    SinkRecord out = record(key, "", timestamp_ms);
    out.value_schema = nullptr;
    out.value = Value();
    return out;
  }
};

TEST_F(BoundSinkCheck, ColumnsFromEverywhereWithTtlAndWriteTime) {
  session->query(
      "CREATE TABLE bound_check.t (pk int PRIMARY KEY, name text, src text, raw text, made timeuuid, \"Odd\" int)");
  start(
      "INSERT INTO bound_check.t SELECT _key.id AS pk, _value.name, _header.src AS src, _value AS raw, `now()` AS "
      "made, "
      "`_value.'odd name'` AS 'Odd' FROM orders PROPERTIES('ttl'='100000')");
  auto one = record(R"({"id":1})", R"({"name":"n","odd name":7})");
  one.headers.add("src", Value("web"), Schema::string());
  auto two = record(R"({"id":2})", R"({"name":"m","odd name":null})");
  two.headers.add("src", Value("app"), Schema::string());
  task->put({one, two});
  EXPECT_EQ(rows("SELECT name, src, raw, \"Odd\", writetime(name) FROM bound_check.t WHERE pk = 1"),
            "'n'|'web'|'{\"name\":\"n\",\"odd name\":7}'|7|153000987000\n");
  EXPECT_EQ(rows("SELECT pk FROM bound_check.t WHERE pk = 2"), "2\n");
  EXPECT_EQ(rows("SELECT count(made) FROM bound_check.t"), "2\n");
  const auto ttl = rows("SELECT ttl(name) FROM bound_check.t WHERE pk = 1");
  EXPECT_TRUE(ttl.starts_with("99") || ttl == "100000\n") << ttl;
}

TEST_F(BoundSinkCheck, TtlAndWriteTimeFromFields) {
  session->query("CREATE TABLE bound_check.t (pk int PRIMARY KEY, v text)");
  start(
      "INSERT INTO bound_check.t SELECT _value.id AS pk, _value.v, _value.lives AS message_internal_ttl, _value.at AS "
      "message_internal_timestamp FROM orders PROPERTIES('ttlTimeUnit'='MILLISECONDS', 'timestampTimeUnit'='SECONDS')");
  task->put({record("1", R"({"id":1,"v":"x","lives":1000000,"at":5})"),
             record("2", R"({"id":2,"v":"x","lives":-7,"at":null})")});
  EXPECT_EQ(rows("SELECT writetime(v) FROM bound_check.t WHERE pk = 1"), "5000000\n");
  const auto ttl = rows("SELECT ttl(v) FROM bound_check.t WHERE pk = 1");
  EXPECT_TRUE(ttl.starts_with("99") || ttl == "1000\n") << ttl;
  EXPECT_EQ(rows("SELECT ttl(v), writetime(v) FROM bound_check.t WHERE pk = 2"), "NULL|153000987000\n");
  EXPECT_NE(put_error({record("3", R"({"id":3,"v":"x","lives":"soon","at":1})")})
                .find("value soon (java.lang.String) is no number"),
            std::string::npos);
}

TEST_F(BoundSinkCheck, EveryField) {
  session->query("CREATE TABLE bound_check.t (pk int, ck text, v text, gone text, PRIMARY KEY (pk, ck))");
  start("INSERT INTO bound_check.t SELECT * FROM orders");
  task->put({record("", R"({"pk":1,"ck":"a","v":"x","unknown":1})")});
  EXPECT_EQ(rows("SELECT * FROM bound_check.t"), "1|'a'|NULL|'x'\n");
  EXPECT_NE(put_error({record("", R"({"pk":1,"v":"x"})")}).find("Primary key column ck cannot be mapped to null"),
            std::string::npos);
}

TEST_F(BoundSinkCheck, NullsDeletesAndReplays) {
  session->query("CREATE TABLE bound_check.t (pk int PRIMARY KEY, a text, b text)");
  const std::string kcql = "INSERT INTO bound_check.t SELECT _key.pk, _value.a, _value.b FROM orders";
  start(kcql);
  task->put(
      {record(R"({"pk":1})", R"({"a":"x","b":"y"})", 1000), record(R"({"pk":1})", R"({"a":null,"b":"z"})", 2000)});
  EXPECT_EQ(rows("SELECT a, b FROM bound_check.t"), "'x'|'z'\n");
  task->put({tombstone(R"({"pk":1})", 3000)});
  EXPECT_EQ(rows("SELECT a, b FROM bound_check.t"), "");
  // What is newer than the deletion stays, however often the deletion comes again.
  task->put({record(R"({"pk":1})", R"({"a":"new","b":"new"})", 4000), tombstone(R"({"pk":1})", 3000)});
  EXPECT_EQ(rows("SELECT a, b FROM bound_check.t"), "'new'|'new'\n");
  task->put({record(R"({"pk":1})", R"({"a":null,"b":null})", 5000)});
  EXPECT_EQ(rows("SELECT a, b FROM bound_check.t"), "");
  start(kcql + " PROPERTIES('nullToUnset'='false', 'deletesEnabled'='false')");
  task->put(
      {record(R"({"pk":2})", R"({"a":"x","b":"y"})", 1000), record(R"({"pk":2})", R"({"a":null,"b":"z"})", 2000)});
  EXPECT_EQ(rows("SELECT a, b FROM bound_check.t"), "NULL|'z'\n");
}

TEST_F(BoundSinkCheck, GoesOnWhenTheTableGetsAColumn) {
  session->query("CREATE TABLE bound_check.t (pk int PRIMARY KEY, a text)");
  start("INSERT INTO bound_check.t SELECT * FROM orders");
  task->put({record("", R"({"pk":1,"a":"x"})")});
  session->query("ALTER TABLE bound_check.t ADD b int");
  task->put({record("", R"({"pk":2,"a":"y"})"), record("", R"({"pk":3,"a":"z"})")});
  EXPECT_EQ(rows("SELECT count(*) FROM bound_check.t"), "3\n");
}

TEST_F(BoundSinkCheck, CountersAddUp) {
  session->query("CREATE TABLE bound_check.t (pk int PRIMARY KEY, c1 counter, c3 counter)");
  start("INSERT INTO bound_check.t SELECT _value.pk, _value.c1, _value.c3 FROM orders");
  task->put({record("", R"({"pk":1,"c1":1,"c3":3})")});
  task->put({record("", R"({"pk":1,"c1":null,"c3":3})")});
  EXPECT_EQ(rows("SELECT c1, c3 FROM bound_check.t"), "1|6\n");
}

TEST_F(BoundSinkCheck, AQueryOfOnesOwn) {
  session->query("CREATE TABLE bound_check.t (pk int PRIMARY KEY, tags set<text>, n int)");
  start(
      "INSERT INTO bound_check.t SELECT _value.id AS id, _value.tags AS tags FROM orders PROPERTIES('query'='UPDATE "
      "bound_check.t SET tags = tags + :tags WHERE pk = :id', 'deletesEnabled'='false')");
  task->put({record("", R"({"id":1,"tags":["b"]})"), record("", R"({"id":1,"tags":["a"]})")});
  EXPECT_EQ(rows("SELECT tags FROM bound_check.t"), "{'a','b'}\n");
}

TEST_F(BoundSinkCheck, EveryTypeFromStructsAndTexts) {
  session->query("CREATE TYPE IF NOT EXISTS bound_check.addr (street text, zip int)");
  session->query(
      "CREATE TABLE bound_check.t (id int PRIMARY KEY, a ascii, big bigint, bl blob, bo boolean, d date, de decimal, "
      "dou double, du duration, f float, i inet, l list<int>, m map<text, int>, s set<text>, si smallint, te text, ti "
      "time, ts timestamp, tu timeuuid, tiny tinyint, tup tuple<text, int>, udt frozen<addr>, u uuid, va varint, ve "
      "vector<float, 2>)");
  start("INSERT INTO bound_check.t SELECT * FROM orders PROPERTIES('codec.timestamp'='dd.MM.uuuu HH:mm')");
  const std::string text =
      R"({"id":"1","a":"a","big":"-5","bl":"0x00ff","bo":"true","d":"2018-03-09","de":123456789.123456789,"dou":1.5,"du":"1mo2d",)"
      R"("f":2.5,"i":"10.0.0.1","l":[1,2],"m":{"k":3},"s":["y","x"],"si":-7,"te":"é","ti":"17:12:32.584","ts":"09.03.2018 16:12",)"
      R"("tu":"ac413480-23b4-11e8-8080-808080808080","tiny":8,"tup":["t",1],"udt":{"street":"main","zip":9},)"
      R"("u":"123e4567-e89b-12d3-a456-426655440000","va":12345678901234567890123,"ve":[1.5,-2]})";
  task->put({record("", text)});
  const std::string wanted =
      "1|'a'|-5|0x00ff|true|'2018-03-09'|123456789.123456789|1.5|1mo2d|2.5|'10.0.0.1'|[1,2]|{'k':3}|{'x','y'}|-7|'é'|'"
      "17:12:32.584000000'|"
      "1520611920000|ac413480-23b4-11e8-8080-808080808080|8|('t',1)|{street:'main',zip:9}|123e4567-e89b-12d3-a456-"
      "426655440000|"
      "12345678901234567890123|[1.5,-2.0]\n";
  const std::string select =
      "SELECT id, a, big, bl, bo, d, de, dou, du, f, i, l, m, s, si, te, ti, ts, tu, tiny, tup, udt, u, va, ve FROM "
      "bound_check.t";
  EXPECT_EQ(rows(select), wanted);

  const auto inner = SchemaBuilder::structure().field("street", Schema::string()).field("zip", Schema::int32()).build();
  const auto schema = SchemaBuilder::structure()
                          .field("id", Schema::int32())
                          .field("bl", Schema::bytes())
                          .field("d", SchemaBuilder::date().build())
                          .field("de", SchemaBuilder::decimal(2).build())
                          .field("ti", SchemaBuilder::time().build())
                          .field("ts", SchemaBuilder::timestamp().build())
                          .field("udt", inner)
                          .build();
  SinkRecord structured = record("", "");
  structured.value_schema = schema;
  structured.value =
      Value(Struct(schema, {Value(std::int32_t{2}), Value(Bytes{0, 255}), Value(Date{17599LL * 86400000}),
                            Value(Decimal(12345, 2)), Value(Date{58352584}), Value(Date{1520611952584}),
                            Value(Struct(inner, {Value("main"), Value(std::int32_t{9})}))}));
  task->put({structured});
  EXPECT_EQ(rows("SELECT bl, d, de, ti, ts, udt FROM bound_check.t WHERE id = 2"),
            "0x00ff|'2018-03-09'|123.45|'16:12:32.584000000'|1520611952584|{street:'main',zip:9}\n");
}

TEST_F(BoundSinkCheck, ThousandsInBatchesTheNewestOfARowWins) {
  session->query("CREATE TABLE bound_check.t (p int, c int, v int, PRIMARY KEY (p, c))");
  start("INSERT INTO bound_check.t SELECT * FROM orders");
  std::vector<SinkRecord> records;
  for (int i = 0; i < 3000; ++i) {
    records.push_back(record("",
                             R"({"p":)" + std::to_string(i % 7) + R"(,"c":)" + std::to_string(i % 100) + R"(,"v":)" +
                                 std::to_string(i) + "}",
                             1000 + i));
  }
  task->put(records);
  EXPECT_EQ(rows("SELECT count(*) FROM bound_check.t"), "700\n");
  EXPECT_EQ(rows("SELECT sum(v) FROM bound_check.t"), std::to_string([] {
                                                        int sum = 0;
                                                        for (int i = 2300; i < 3000; ++i) sum += i;
                                                        return sum;
                                                      }()) +
                                                          "\n");
}

TEST_F(BoundSinkCheck, BadRecordsAreReportedIgnoredOrFailTheTask) {
  session->query("CREATE TABLE bound_check.t (p int, c int, PRIMARY KEY (p, c))");
  const std::string kcql = "INSERT INTO bound_check.t SELECT _value.p, _value.c FROM orders";
  const std::vector<SinkRecord> records{record("", R"({"p":1,"c":1})"), record("", R"({"p":1})"),
                                        record("", R"({"p":1,"c":"x"})"), record("", R"({"p":1,"c":3})")};
  start(kcql);
  EXPECT_NE(put_error(records).find(
                "Required field '_value.c' (mapped to column c) was missing from record of topic orders partition "
                "0 offset 0 (table: bound_check.t, topic orders partition 0 offset 0)"),
            std::string::npos);
  context.reporting = true;
  EXPECT_EQ(put_error(records), "no error");
  ASSERT_EQ(context.reporter.errors.size(), 2U);
  EXPECT_NE(context.reporter.errors[1].find(
                "field _value.c cannot be written to column c: value x (java.lang.String) does not fit int"),
            std::string::npos)
      << context.reporter.errors[1];
  EXPECT_EQ(rows("SELECT c FROM bound_check.t"), "1\n3\n");
  context.reporting = false;
  start(kcql, {{"connect.cassandra.ignore.errors.mode", "all"}});
  EXPECT_EQ(put_error(records), "no error");
  start(kcql, {{"connect.cassandra.ignore.errors.mode", "driver"}});
  EXPECT_NE(put_error(records), "no error");
  start(kcql + " PROPERTIES('consistencyLevel'='TWO')", {{"connect.cassandra.ignore.errors.mode", "driver"}});
  EXPECT_EQ(put_error({records[0]}), "no error");
  start(kcql + " PROPERTIES('consistencyLevel'='TWO')",
        {{"connect.cassandra.error.policy", "RETRY"}, {"connect.cassandra.retry.interval", "70"}});
  EXPECT_NE(put_error({records[0]}).find("Cannot achieve consistency level TWO (Unavailable, node 127.0.0.1"),
            std::string::npos);
  EXPECT_EQ(context.timeout_ms, 70);
}

TEST_F(BoundSinkCheck, WrongConfigurations) {
  session->query("CREATE TABLE bound_check.t (p int, c int, v text, PRIMARY KEY (p, c))");
  const auto expect = [this](const std::string& kcql, const std::string& part) {
    const auto text = start_error(kcql);
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  expect("INSERT INTO nowhere.t SELECT p FROM orders", "Keyspace nowhere does not exist on Cassandra at " + node + ".");
  expect("INSERT INTO Bound_Check.t SELECT p FROM orders", "Did you mean bound_check?");
  expect("INSERT INTO bound_check.T SELECT p FROM orders",
         "Table bound_check.T does not exist on Cassandra at " + node + ". Did you mean bound_check.t?");
  expect("INSERT INTO bound_check.t SELECT p, c, w AS x, V FROM orders",
         "The following columns do not exist in table bound_check.t: x, V.");
  expect("INSERT INTO bound_check.t SELECT p, v FROM orders",
         "Primary key columns of table bound_check.t that no field is mapped to: c.");
  expect(
      "INSERT INTO bound_check.t SELECT p FROM orders PROPERTIES('query'='INSERT INTO bound_check.t (p) VALUES (:q)', "
      "'deletesEnabled'='false')",
      "CQL of topic orders is refused: Some clustering keys are missing: c");
  expect(
      "INSERT INTO bound_check.t SELECT p FROM orders PROPERTIES('query'='DELETE FROM bound_check.t WHERE p = :q', "
      "'deletesEnabled'='false')",
      "The query of topic orders has the marker :q, but no field is mapped to q.");
}

}  // namespace
}  // namespace millrace::cassandra
