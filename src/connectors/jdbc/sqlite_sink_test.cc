// The sink task as a whole, against SQLite: tables, statements, bad records.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>

#include "connectors/jdbc/sink_connector.h"
#include "connectors/jdbc/sink_task.h"
#include "millrace/errors.h"
#include "tests/support/temp_dir.h"

namespace millrace::jdbc {
namespace {

class FakeSinkContext final : public SinkTaskContext, public ErrantRecordReporter {
 public:
  const Props& configs() const override { return props_; }
  void offset(const TopicPartition&, std::int64_t) override {}
  void timeout(std::chrono::milliseconds) override {}
  std::set<TopicPartition> assignment() const override { return {}; }
  void pause(const std::vector<TopicPartition>&) override {}
  void resume(const std::vector<TopicPartition>&) override {}
  void request_commit() override {}
  ErrantRecordReporter* errant_record_reporter() override { return reports_errors ? this : nullptr; }
  std::stop_token stop_token() const override { return stop_.get_token(); }
  std::shared_future<void> report(const SinkRecord& record, const std::exception& error) override {
    reported.emplace_back(record.kafka_offset, error.what());
    std::promise<void> done;
    done.set_value();
    return done.get_future();
  }
  bool reports_errors = false;
  std::vector<std::pair<std::int64_t, std::string>> reported;

 private:
  Props props_;
  std::stop_source stop_;
};

class SqliteSink : public ::testing::Test {
 protected:
  void start(const Props& more) {
    Props all{{"name", "s"}, {"connection.url", "jdbc:sqlite:" + file()}, {"topics", "t"}, {"retry.backoff.ms", "0"}};
    for (const auto& [key, value] : more) all[key] = value;
    task_ = std::make_unique<JdbcSinkTask>();
    task_->initialize(context_);
    task_->start(all);
  }
  std::string file() const { return (dir_.path() / "test.db").string(); }
  /// Rows as "a|b", separated by blanks.
  std::string sql(const std::string& text) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    std::string rows;
    const auto add = [](void* out, int count, char** values, char**) {
      auto& result = *static_cast<std::string*>(out);
      if (!result.empty()) result += ' ';
      for (int i = 0; i < count; ++i)
        result += (i > 0 ? "|" : "") + std::string(values[i] == nullptr ? "-" : values[i]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(db, text.c_str(), add, &rows, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
    return rows;
  }
  SinkRecord record(std::int32_t id, Value name, std::int64_t offset = 0) const {
    SinkRecord record;
    record.topic = record.original_topic = "t";
    record.kafka_partition = record.original_kafka_partition = 3;
    record.kafka_offset = record.original_kafka_offset = offset;
    record.key_schema = Schema::int32();
    record.key = id;
    record.value_schema = schema_;
    record.value = Value(Struct(schema_, std::vector<Value>{id, std::move(name)}));
    return record;
  }
  SinkRecord tombstone(std::int32_t id) const {
    SinkRecord gone = record(id, Value());
    gone.value_schema = nullptr;
    gone.value = Value();
    return gone;
  }
  std::string failure(const std::vector<SinkRecord>& records) {
    try {
      task_->put(records);
    } catch (const ConnectError& error) {
      return error.what();
    }
    return "(none)";
  }

  millrace::testing::TempDir dir_;
  FakeSinkContext context_;
  std::unique_ptr<JdbcSinkTask> task_;
  SchemaPtr schema_ = SchemaBuilder::structure()
                          .name("v")
                          .field("id", Schema::int32())
                          .field("name", Schema::optional_string())
                          .build();
};

TEST_F(SqliteSink, CreatesTheTableAndInserts) {
  start({{"auto.create", "true"}, {"pk.mode", "record_value"}, {"pk.fields", "id"}});
  task_->put({record(1, "a"), record(2, Value())});
  EXPECT_EQ(sql("select * from t order by id"), "1|a 2|-");
  EXPECT_EQ(sql("select sql from sqlite_master where name = 't'"),
            "CREATE TABLE \"t\" (\n\"id\" INTEGER NOT NULL,\n\"name\" TEXT NULL,\nPRIMARY KEY(\"id\"))");
}

TEST_F(SqliteSink, AMissingTableIsSaid) {
  start({});
  EXPECT_EQ(failure({record(1, "a")}), "Table \"t\" is missing and auto-creation is disabled");
}

TEST_F(SqliteSink, UpsertsUpdatesAndDeletes) {
  sql("create table t(id int primary key, name text)");
  start({{"insert.mode", "upsert"}, {"pk.mode", "record_key"}, {"pk.fields", "id"}, {"delete.enabled", "true"}});
  task_->put(
      {record(1, "a"), record(2, "b"), record(1, "c"), tombstone(2), record(3, "d"), tombstone(3), record(3, "e")});
  EXPECT_EQ(sql("select * from t order by id"), "1|c 3|e");
  start({{"insert.mode", "update"}, {"pk.mode", "record_key"}, {"pk.fields", "id"}});
  task_->put({record(1, "z"), record(9, "nobody")});
  EXPECT_EQ(sql("select * from t order by id"), "1|z 3|e");
}

TEST_F(SqliteSink, ABadRecordFailsTheTaskByName) {
  sql("create table t(id int, name text check (name <> 'bad'))");
  start({});
  const std::string text = failure({record(1, "a", 10), record(2, "bad", 11), record(3, "c", 12)});
  EXPECT_NE(text.find("t-3@11"), std::string::npos) << text;
  EXPECT_NE(text.find("CHECK constraint failed"), std::string::npos) << text;
  EXPECT_EQ(sql("select count(*) from t"), "0") << "the batch is rolled back whole";
}

TEST_F(SqliteSink, ABadRecordIsReportedAlone) {
  sql("create table t(id int, name text check (name <> 'bad'))");
  context_.reports_errors = true;
  start({});
  task_->put({record(1, "a", 10), record(2, "bad", 11), record(3, "c", 12), record(4, "bad", 13)});
  EXPECT_EQ(sql("select * from t order by id"), "1|a 3|c");
  ASSERT_EQ(context_.reported.size(), 2U);
  EXPECT_EQ(context_.reported[0].first, 11);
  EXPECT_EQ(context_.reported[1].first, 13);
}

TEST_F(SqliteSink, EvolvesTheTableWhenAllowed) {
  sql("create table t(id int)");
  start({});
  EXPECT_NE(failure({record(1, "a")})
                .find("Table \"t\" is missing fields ([SinkRecordField{schema=Schema{STRING}, name='name', "
                      "isPrimaryKey=false}]) and auto-evolution is disabled"),
            std::string::npos);
  start({{"auto.evolve", "true"}});
  task_->put({record(1, "a")});
  EXPECT_EQ(sql("select * from t"), "1|a");
}

TEST_F(SqliteSink, RecordsOfTheWrongShapeFailTheTask) {
  sql("create table t(id int, name text)");
  context_.reports_errors = true;
  start({});
  SinkRecord schemaless = record(1, "a", 5);
  schemaless.value_schema = nullptr;
  schemaless.value = Value(Map{{"id", 1}});
  EXPECT_NE(
      failure({schemaless})
          .find(
              "Sink connector 's' is configured with 'delete.enabled=false' and 'pk.mode=none' and therefore "
              "requires records with a non-null Struct or String value and non-null Struct or String schema, but found "
              "record at (topic='t',partition=3,offset=5,timestamp=null) with a HashMap value and null value schema."),
      std::string::npos);
  start({{"pk.mode", "record_key"}, {"pk.fields", "id"}, {"delete.enabled", "true"}});
  EXPECT_NE(failure({schemaless}).find("with a HashMap value and null value schema."), std::string::npos)
      << "neither a row nor a delete";
  start({{"pk.mode", "record_key"}});
  EXPECT_EQ(failure({record(1, "a")}),
            "Need exactly one PK column defined since the key schema for records is a primitive type, defined columns "
            "are: []");
}

TEST_F(SqliteSink, RecordsOfTheWrongShapeAreReportedOnRequest) {
  context_.reports_errors = true;
  start({{"report.unfit.records", "true"}, {"auto.create", "true"}});
  SinkRecord schemaless = record(2, "b", 6);
  schemaless.value_schema = nullptr;
  schemaless.value = Value(Map{{"id", 2}});
  SinkRecord nested = record(3, "c", 7);
  nested.value_schema = SchemaBuilder::structure().field("name", schema_).build();
  nested.value = Value(Struct(nested.value_schema, std::vector<Value>{record(3, "c").value}));
  task_->put({record(1, "a", 5), schemaless, nested, tombstone(4), record(5, "e", 9)});
  EXPECT_EQ(sql("select * from t order by id"), "1|a 5|e");
  ASSERT_EQ(context_.reported.size(), 3U);
  EXPECT_NE(context_.reported[0].second.find("with a HashMap value"), std::string::npos);
  EXPECT_NE(context_.reported[1].second.find("with a null value"), std::string::npos);
  EXPECT_EQ(context_.reported[2].first, 7);
  EXPECT_NE(context_.reported[2].second.find("Unsupported source data type: STRUCT"), std::string::npos);
}

TEST_F(SqliteSink, NestedFieldsAreJsonOnRequest) {
  start({{"nested.fields.as.json", "true"}, {"auto.create", "true"}});
  const SchemaPtr inner = SchemaBuilder::structure()
                              .field("text", Schema::optional_string())
                              .field("day", SchemaBuilder::date().build())
                              .field("at", SchemaBuilder::timestamp().build())
                              .field("price", SchemaBuilder::decimal(2).build())
                              .field("raw", Schema::bytes())
                              .field("real", Schema::float64())
                              .build();
  const Value nested(
      Struct(inner, std::vector<Value>{Value("a\"\n\xc3\xa9"), Date{17000LL * 86'400'000}, Date{1470209167516},
                                       Decimal(-5, 2), Bytes{0, 1, 2}, std::nan("")}));
  SinkRecord all = record(1, "x");
  all.value_schema = SchemaBuilder::structure()
                         .field("s", inner)
                         .field("m", SchemaBuilder::map(Schema::string(), Schema::int32()).build())
                         .field("a", SchemaBuilder::array(Schema::boolean()).build())
                         .build();
  all.value =
      Value(Struct(all.value_schema, std::vector<Value>{nested, Map{{"k", 1}, {"l", 2}}, Array{true, Value()}}));
  task_->put({all});
  EXPECT_EQ(sql("select s from t"),
            R"({"text":"a\"\u000aé","day":"2016-07-18","at":"2016-08-03T07:26:07.516Z","price":-0.05,"raw":"AAEC",)"
            R"("real":"NaN"})");
  EXPECT_EQ(sql("select m, a from t"), R"({"k":1,"l":2}|[true,null])");
  start({});
  EXPECT_EQ(failure({all}), "Unsupported source data type: STRUCT");
}

TEST_F(SqliteSink, KafkaCoordinatesAsKey) {
  start({{"auto.create", "true"}, {"pk.mode", "kafka"}, {"fields.whitelist", "name"}});
  task_->put({record(1, "a", 42)});
  EXPECT_EQ(sql("select * from t"), "t|3|42|a");
}

TEST_F(SqliteSink, TableNamesFollowTheFormat) {
  start({{"auto.create", "true"}, {"table.name.format", "x_${topic}_y"}});
  task_->put({record(1, "a")});
  EXPECT_EQ(sql("select * from x_t_y"), "1|a");
}

TEST_F(SqliteSink, DeletesNeedTheRecordKey) {
  EXPECT_THROW(start({{"delete.enabled", "true"}}), ConfigError);
  std::vector<std::string> errors;
  for (const ConfigValue& value :
       JdbcSinkConnector().validate({{"connection.url", "jdbc:sqlite:" + file()}, {"delete.enabled", "true"}})) {
    for (const std::string& error : value.errors) errors.push_back(value.name + ": " + error);
  }
  EXPECT_EQ(errors, (std::vector<std::string>{"delete.enabled: Deletes are only supported for pk.mode record_key",
                                              "pk.mode: Deletes are only supported for pk.mode record_key"}));
}

TEST(SinkText, ValuesAsDatabasesReadThem) {
  const WriteOptions options;
  const auto text = [&](const SchemaPtr& schema, const Value& value, bool listed = false) {
    SinkColumn column{"c", schema, write_type_of(*schema, listed), false};
    std::string out;
    append_value_text(out, value, column, options, false);
    return out;
  };
  EXPECT_EQ(text(Schema::float64(), 0.1), "0.1");
  EXPECT_EQ(text(SchemaBuilder::decimal(2).build(), Decimal(-5, 2)), "-0.05");
  EXPECT_EQ(text(SchemaBuilder::date().build(), Date{-86'400'000}), "1969-12-31");
  EXPECT_EQ(text(SchemaBuilder::time().build(), Date{26'767'516}), "07:26:07.516");
  EXPECT_EQ(text(SchemaBuilder::timestamp().build(), Date{-1}), "1969-12-31 23:59:59.999");
  EXPECT_EQ(text(Schema::int64(), std::int64_t{1470209167516999}, true), "2016-08-03 07:26:07.516999000");
  EXPECT_EQ(text(SchemaBuilder::array(Schema::string()).build(), Array{Value("a\"b"), Value()}), "{\"a\\\"b\",NULL}");
  EXPECT_THROW(text(Schema::int64(), std::string("x"), true), DataError);
}

}  // namespace
}  // namespace millrace::jdbc
