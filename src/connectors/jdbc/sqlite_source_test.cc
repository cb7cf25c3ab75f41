// The source task as a whole, against SQLite: modes, offsets, checks.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>

#include "connectors/jdbc/source_connector.h"
#include "connectors/jdbc/source_task.h"
#include "millrace/errors.h"
#include "tests/support/temp_dir.h"

namespace millrace::jdbc {
namespace {

class FakeContext final : public SourceTaskContext, public OffsetStorageReader {
 public:
  const Props& configs() const override { return props_; }
  OffsetStorageReader& offset_storage_reader() override { return *this; }
  TransactionContext* transaction_context() override { return nullptr; }
  std::stop_token stop_token() const override { return stop.get_token(); }
  bool wait_for(std::chrono::milliseconds) override { return true; }
  OffsetMap offset(const Map& partition) override {
    for (const auto& [key, value] : stored) {
      if (key == partition) return value;
    }
    return nullptr;
  }
  std::vector<OffsetMap> offsets(const std::vector<Map>& partitions) override {
    std::vector<OffsetMap> all;
    for (const Map& partition : partitions) all.push_back(offset(partition));
    return all;
  }
  std::vector<std::pair<Map, OffsetMap>> stored;
  std::stop_source stop;

 private:
  Props props_;
};

class SqliteSource : public ::testing::Test {
 protected:
  void sql(const std::string& text) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(db, text.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(db);
  }
  std::string file() const { return (dir_.path() / "test.db").string(); }
  Props props(Props more) const {
    Props all{{"name", "c"},
              {"connection.url", "jdbc:sqlite:" + file()},
              {"topic.prefix", "t-"},
              {"poll.interval.ms", "0"},
              {"poll.linger.ms", "20"},
              {"tables", "\"m\""},
              {"table.whitelist", "m"}};
    for (auto& [key, value] : more) all[key] = value;
    return all;
  }
  void start(const Props& more) {
    task_ = std::make_unique<JdbcSourceTask>();
    task_->initialize(context_);
    task_->start(props(more));
  }
  std::vector<SourceRecord> poll() { return task_->poll(); }
  std::vector<std::string> offsets() {
    std::vector<std::string> texts;
    for (const SourceRecord& record : poll()) texts.push_back(Value(*record.source_offset).to_string());
    return texts;
  }
  /// The text of the error that the next poll fails with.
  std::string failure() {
    try {
      poll();
    } catch (const ConnectError& error) {
      return error.what();
    }
    return "(none)";
  }
  std::vector<std::string> errors_of(const Props& more, const std::string& key) {
    std::vector<std::string> errors;
    for (const ConfigValue& value : JdbcSourceConnector().validate(props(more))) {
      if (value.name == key) errors = value.errors;
    }
    return errors;
  }
  std::vector<std::string> warnings_of(const Props& more, const std::string& key) {
    std::vector<std::string> warnings;
    for (const ConfigValue& value : JdbcSourceConnector().validate(props(more))) {
      EXPECT_TRUE(value.errors.empty()) << value.errors[0];
      if (value.name == key) warnings = value.warnings;
    }
    return warnings;
  }

  millrace::testing::TempDir dir_;
  FakeContext context_;
  std::unique_ptr<JdbcSourceTask> task_;
};

TEST_F(SqliteSource, IncrementingReadsNewRowsOnce) {
  sql("create table m(id integer primary key autoincrement not null, v text); insert into m(v) values ('a'), ('b')");
  start({{"mode", "incrementing"}});
  const auto records = poll();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].topic, "t-m");
  EXPECT_EQ(records[0].value.to_string(), "Struct{id=1,v=a}");
  EXPECT_EQ(*records[0].value_schema->name(), "m");
  EXPECT_EQ(Value(*records[0].source_partition).to_string(), "{protocol=1, table=m}");
  EXPECT_EQ(records[0].source_partition, records[1].source_partition);
  EXPECT_EQ(Value(*records[1].source_offset).to_string(), "{incrementing=2}");
  EXPECT_TRUE(records[0].key.is_null());
  EXPECT_TRUE(poll().empty());
  sql("insert into m(v) values ('c')");
  const auto more = poll();
  ASSERT_EQ(more.size(), 1U);
  EXPECT_EQ(more[0].value_schema, records[0].value_schema) << "an unchanged schema keeps its identity";
}

TEST_F(SqliteSource, SeesAColumnThatWasAddedBetweenPolls) {
  sql("create table m(id integer primary key not null); insert into m values (1)");
  start({{"mode", "incrementing"}, {"incrementing.column.name", "id"}});
  EXPECT_EQ(poll().size(), 1U);
  sql("alter table m add v text; insert into m values (2, 'x')");
  const auto records = poll();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value.to_string(), "Struct{id=2,v=x}");
}

TEST_F(SqliteSource, AQueryWithAWhereOfItsOwnIsNested) {
  sql("create table m(id integer primary key not null, v int); insert into m values (1, 1), (2, 0), (3, 1)");
  start({{"tables", ""},
         {"table.whitelist", ""},
         {"mode", "incrementing"},
         {"incrementing.column.name", "id"},
         {"query", "select id from m where v = 1 ;"}});
  EXPECT_EQ(offsets(), (std::vector<std::string>{"{incrementing=1}", "{incrementing=3}"}));
  sql("insert into m values (4, 0), (5, 1)");
  EXPECT_EQ(offsets(), (std::vector<std::string>{"{incrementing=5}"}));
}

TEST_F(SqliteSource, TakesColumnNamesInTheCaseOfTheTable) {
  sql("create table m(\"Id\" integer primary key not null); insert into m values (1), (2)");
  start({{"mode", "incrementing"}, {"incrementing.column.name", "ID"}});
  EXPECT_EQ(offsets(), (std::vector<std::string>{"{incrementing=1}", "{incrementing=2}"}));
}

TEST_F(SqliteSource, GoesOnFromOffsetsOfBothProtocols) {
  sql("create table m(id integer primary key not null); insert into m values (1), (2), (3), (4)");
  context_.stored = {{Map{{"table", "m"}}, std::make_shared<const Map>(Map{{"incrementing", std::int64_t{2}}})}};
  start({{"mode", "incrementing"}, {"incrementing.column.name", "id"}});
  EXPECT_EQ(poll().size(), 2U);
  context_.stored.emplace_back(Map{{"protocol", "1"}, {"table", "m"}},
                               std::make_shared<const Map>(Map{{"incrementing", std::int64_t{3}}}));
  start({{"mode", "incrementing"}, {"incrementing.column.name", "id"}});
  EXPECT_EQ(poll().size(), 1U);
}

TEST_F(SqliteSource, BatchesAreNoLargerThanAsked) {
  sql("create table m(id integer primary key not null); insert into m values (1), (2), (3), (4), (5)");
  start({{"mode", "incrementing"}, {"incrementing.column.name", "id"}, {"batch.max.rows", "2"}});
  EXPECT_EQ(poll().size(), 2U);
  EXPECT_EQ(poll().size(), 2U);
  EXPECT_EQ(poll().size(), 1U);
}

TEST_F(SqliteSource, TimestampOffsetsMoveOnlyBehindTheLastEqualRow) {
  sql("create table m(id int, ts timestamp not null); insert into m values (1, 1000), (2, 1000), (3, 2000), (4, 2000), "
      "(5, 3000)");
  start({{"mode", "timestamp"}, {"timestamp.column.name", "ts"}});
  EXPECT_EQ(offsets(), (std::vector<std::string>{
                           "{}", "{timestamp_nanos=0, timestamp=1000}", "{timestamp_nanos=0, timestamp=1000}",
                           "{timestamp_nanos=0, timestamp=2000}", "{timestamp_nanos=0, timestamp=3000}"}));
  EXPECT_TRUE(poll().empty());
}

TEST_F(SqliteSource, AnUpdatedRowComesAgain) {
  sql("create table m(id integer primary key not null, ts timestamp not null); insert into m values (1, 1000), (2, "
      "1000)");
  start({{"mode", "timestamp+incrementing"}, {"timestamp.column.name", "ts"}, {"incrementing.column.name", "id"}});
  EXPECT_EQ(poll().size(), 2U);
  EXPECT_TRUE(poll().empty());
  sql("update m set ts = 5000 where id = 1");
  EXPECT_EQ(offsets(), std::vector<std::string>{"{timestamp_nanos=0, incrementing=1, timestamp=5000}"});
}

TEST_F(SqliteSource, TextTimestampsAreFollowedToo) {
  sql("create table m(id int, ts timestamp not null); insert into m values (1, '2016-08-03 07:26:07'), (2, '2016-08-03 "
      "07:26:07.516')");
  start({{"mode", "timestamp"}, {"timestamp.column.name", "ts"}});
  const auto records = poll();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].value.as_struct().at(1), Value(Date{1470209167516}));
  EXPECT_TRUE(poll().empty());
}

TEST_F(SqliteSource, RowsAfterNowMinusDelayWait) {
  sql("create table m(id int, ts timestamp not null); insert into m values (1, 1000), (2, 32503680000000)");
  start({{"mode", "timestamp"}, {"timestamp.column.name", "ts"}, {"timestamp.delay.interval.ms", "1000"}});
  EXPECT_EQ(poll().size(), 1U);
}

TEST_F(SqliteSource, InitialTimestampIsExclusive) {
  sql("create table m(id int, ts timestamp not null); insert into m values (1, 1000), (2, 2000), (3, 3000)");
  start({{"mode", "timestamp"}, {"timestamp.column.name", "ts"}, {"timestamp.initial", "2000"}});
  EXPECT_EQ(poll().size(), 1U);
  start({{"mode", "timestamp"}, {"timestamp.column.name", "ts"}, {"timestamp.initial", "-1"}});
  EXPECT_TRUE(poll().empty());
}

TEST_F(SqliteSource, SeveralTimestampColumnsAreCoalesced) {
  sql("create table m(id int, u timestamp, c timestamp not null); insert into m values (1, null, 1000), (2, 3000, 1), "
      "(3, null, 2000)");
  start({{"mode", "timestamp"}, {"timestamp.column.name", "u,c"}});
  std::vector<std::string> ids;
  for (const auto& record : poll()) ids.push_back(record.value.as_struct().at(0).to_string());
  EXPECT_EQ(ids, (std::vector<std::string>{"1", "3", "2"}));
}

TEST_F(SqliteSource, BulkSendsEverythingEachTimeWithoutOffset) {
  sql("create table m(id int); insert into m values (1), (2)");
  start({{"mode", "bulk"}});
  const auto records = poll();
  EXPECT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].source_offset, nullptr);
  EXPECT_EQ(Value(*records[0].source_partition).to_string(), "{table=m}");
  EXPECT_EQ(poll().size(), 2U);
}

TEST_F(SqliteSource, AQueryHasItsOwnTopicAndNoSchemaName) {
  sql("create table m(id integer primary key not null, v text); insert into m values (1, 'a'), (2, 'b'), (3, 'c')");
  start({{"tables", ""},
         {"table.whitelist", ""},
         {"query", "select * from (select id, v from m where v <> 'b') x"},
         {"mode", "incrementing"},
         {"incrementing.column.name", "id"},
         {"query.suffix", "limit 1"}});
  auto records = poll();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].topic, "t-");
  EXPECT_FALSE(records[0].value_schema->name().has_value());
  EXPECT_EQ(Value(*records[0].source_partition).to_string(), "{query=query}");
  records = poll();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value.to_string(), "Struct{id=3,v=c}");
}

TEST_F(SqliteSource, EqualLabelsAreRefused) {
  sql("create table m(id int); insert into m values (1)");
  start({{"tables", ""}, {"table.whitelist", ""}, {"query", "select a.id, b.id from m a, m b"}, {"mode", "bulk"}});
  EXPECT_NE(failure().find("Cannot create field because of field name duplication id"), std::string::npos);
}

TEST_F(SqliteSource, MissingAndNullableColumnsAreOneSentence) {
  sql("create table m(id int, v text); insert into m values (1, 'a')");
  start({{"mode", "incrementing"}, {"incrementing.column.name", "nope"}});
  EXPECT_EQ(failure(), "Incrementing column: nope does not exist in table 'm' (its columns are id, v)");
  start({{"mode", "incrementing"}, {"incrementing.column.name", "id"}});
  EXPECT_EQ(failure(),
            "Cannot make incremental queries using incrementing column id on \"m\" because this column is nullable.");
  start({{"mode", "incrementing"}});
  EXPECT_NE(failure().find("No auto-incremented column was found in table 'm'"), std::string::npos);
  start({{"mode", "incrementing"}, {"incrementing.column.name", "id"}, {"validate.non.null", "false"}});
  EXPECT_EQ(poll().size(), 1U);
  EXPECT_EQ(
      warnings_of({{"mode", "incrementing"}, {"incrementing.column.name", "nope"}}, "incrementing.column.name").size(),
      1U);
  EXPECT_EQ(
      warnings_of({{"mode", "incrementing"}, {"incrementing.column.name", "id"}}, "incrementing.column.name").size(),
      1U);
}

TEST_F(SqliteSource, FilesThatCannotBeOpenedAreToldAsFiles) {
  const auto error = [this](const std::string& url) {
    const auto errors = errors_of({{"mode", "bulk"}, {"connection.url", url}}, "connection.url");
    return errors.empty() ? "" : errors[0];
  };
  for (const char* url : {"jdbc:sqlite:/no/such/folder/x.db", "jdbc:sqlite:/etc/passwd"})
    EXPECT_NE(error(url).find("(check the file in connection.url"), std::string::npos) << error(url);
  EXPECT_NE(error("jdbc:sqlite::resource:x.db").find("is a file within a Java program"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(":resource:x.db"));
}

TEST(Queries, EndBeforeTheirSemicolon) {
  EXPECT_EQ(without_statement_end(" SELECT 1 ; ; "), "SELECT 1");
  EXPECT_EQ(without_statement_end("SELECT 1; -- all\n/* of; it */ "), "SELECT 1");
  EXPECT_EQ(without_statement_end("SELECT ';' AS x -- a; b\nFROM t;"), "SELECT ';' AS x -- a; b\nFROM t");
  EXPECT_EQ(without_statement_end("SELECT 1; SELECT 2;"), "SELECT 1; SELECT 2");
  EXPECT_EQ(without_statement_end("SELECT 'it\\'s; -- '"), "SELECT 'it\\'s; -- '");
  EXPECT_EQ(without_statement_end("SELECT 'open; "), "SELECT 'open");
  EXPECT_EQ(without_statement_end(";"), "");
}

TEST_F(SqliteSource, AQueryOfTwoStatementsIsRefused) {
  const auto errors = errors_of({{"mode", "incrementing"},
                                 {"incrementing.column.name", "id"},
                                 {"table.whitelist", ""},
                                 {"query", "SELECT 1 AS id; SELECT 2 AS id"}},
                                "query");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].find("only one statement"), std::string::npos) << errors[0];
}

TEST_F(SqliteSource, TimestampModeNeedsATimestampColumn) {
  sql("create table m(id int not null); insert into m values (1)");
  start({{"mode", "timestamp"}});
  EXPECT_EQ(
      failure(),
      "Cannot make incremental queries using timestamp columns  on \"m\" because all of these columns are nullable: "
      "timestamp.column.name is empty; name the column that tells when a row was changed.");
  EXPECT_EQ(warnings_of({{"mode", "timestamp"}}, "timestamp.column.name").size(), 1U);
  start({{"mode", "timestamp"}, {"validate.non.null", "false"}});
  EXPECT_EQ(poll().size(), 1U) << "the whole table, as the Java connector reads it";
}

TEST_F(SqliteSource, NullInTheIncrementingColumnFailsTheTask) {
  sql("create table m(id text); insert into m values ('x')");
  start({{"mode", "incrementing"}, {"incrementing.column.name", "id"}, {"validate.non.null", "false"}});
  EXPECT_EQ(failure(), "Invalid type for incrementing column: STRING");
}

TEST_F(SqliteSource, KeysAreMadeOfThePrimaryKeyOnRequest) {
  sql("create table m(v text, b int not null, a int not null, primary key(a, b)); insert into m values ('x', 2, 1)");
  start({{"mode", "bulk"}, {"key.from.primary.key", "true"}});
  const auto records = poll();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].key.to_string(), "Struct{b=2,a=1}");
  EXPECT_EQ(records[0].key_schema->name(), "m.Key");
  EXPECT_EQ(records[0].value.to_string(), "Struct{v=x,b=2,a=1}");
  start({{"mode", "bulk"}});
  EXPECT_TRUE(poll().at(0).key.is_null());
}

TEST_F(SqliteSource, AwaitingTransactionsNeedsPostgresql) {
  sql("create table m(id int not null)");
  start({{"mode", "incrementing"}, {"incrementing.column.name", "id"}, {"incrementing.await.transactions", "true"}});
  EXPECT_NE(failure().find("works with mode=incrementing on tables of PostgreSQL"), std::string::npos);
}

TEST(SourceTopics, FollowTheFormat) {
  const auto topic = [](const std::string& format, const TableId& table, bool ambiguous = false) {
    SourceConfig config;
    config.topic_prefix = "p-";
    config.topic_name_format = format;
    return config.topic_of(table, "full.name", ambiguous);
  };
  const TableId table{"db", "s", "t"};
  EXPECT_EQ(topic("${table}", table), "p-t");
  EXPECT_EQ(topic("${table}", table, true), "p-full.name");
  EXPECT_EQ(topic("${schema}.${table}", table, true), "p-s.t");
  EXPECT_EQ(topic("${catalog}_${table}_${table}", table), "p-db_t_t");
  EXPECT_EQ(topic("${schema}x${table}", {std::nullopt, std::nullopt, "${schema}"}), "p-x${schema}");
}

TEST_F(SqliteSource, WideIntegersAreSeenAhead) {
  sql("create table m(v INTEGER); insert into m values (1), (5000000000)");
  start({{"mode", "bulk"}});
  const auto records = poll();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].value.as_struct().at(0), Value(std::int64_t{5000000000}));
}

TEST_F(SqliteSource, ATaskWithoutTablesIsIdle) {
  start({{"tables", ""}, {"mode", "bulk"}});
  EXPECT_TRUE(poll().empty());
}

TEST_F(SqliteSource, ADroppedTableIsTriedAgain) {
  sql("create table m(id int); insert into m values (1)");
  start({{"mode", "bulk"}});
  EXPECT_EQ(poll().size(), 1U);
  sql("drop table m");
  EXPECT_TRUE(poll().empty());
  sql("create table m(id int); insert into m values (1)");
  EXPECT_EQ(poll().size(), 1U);
}

TEST_F(SqliteSource, RetriesAreCountedWhenAsked) {
  start({{"mode", "bulk"}, {"query.retry.attempts", "2"}});
  EXPECT_EQ(failure(), "Failed to query table after retries");
}

TEST_F(SqliteSource, ValidationKnowsTheRules) {
  EXPECT_EQ(errors_of({}, "mode"), std::vector<std::string>{"Query mode must be specified"});
  EXPECT_EQ(errors_of({{"mode", "bulk"}, {"query", "select 1"}}, "query").size(), 1U);
  EXPECT_EQ(
      errors_of({{"mode", "bulk"}, {"query", "delete from m"}, {"table.whitelist", ""}}, "query"),
      std::vector<std::string>{
          "Only SELECT statements are supported for 'query'. Please provide a statement that starts with SELECT."});
  EXPECT_EQ(errors_of({{"mode", "bulk"}, {"table.include.list", ".*"}}, "table.include.list").size(), 1U);
  EXPECT_EQ(errors_of({{"mode", "bulk"}, {"connection.url", "nonsense"}}, "connection.url").size(), 1U);
  EXPECT_EQ(
      errors_of({{"mode", "bulk"}, {"topic.prefix", "a b"}}, "topic.prefix"),
      std::vector<std::string>{
          "Invalid value a b for configuration topic.prefix: Topic prefix must not contain any character other than "
          "ASCII alphanumerics, '.', '_' and '-'."});
  EXPECT_EQ(errors_of({{"mode", "bulk"}, {"numeric.mapping", "Best_Fit"}}, "numeric.mapping"),
            std::vector<std::string>{"Invalid value Best_Fit for configuration numeric.mapping: Invalid enumerator"});
  EXPECT_TRUE(errors_of({{"mode", "bulk"}, {"table.whitelist", ""}}, "table.whitelist").empty());
  EXPECT_EQ(errors_of({{"mode", "bulk"}, {"transaction.isolation.mode", "serializable"}}, "transaction.isolation.mode")
                .size(),
            1U);
  const auto of_url =
      errors_of({{"mode", "bulk"}, {"connection.url", "jdbc//h/db?user=u&password=secret"}}, "connection.url");
  ASSERT_EQ(of_url.size(), 1U);
  EXPECT_EQ(of_url[0].find("secret"), std::string::npos) << of_url[0];
  const Props disagreeing{
      {"mode", "bulk"}, {"table.whitelist", ""}, {"table.include.list", "m"}, {"timestamp.columns.mapping", "m:[t]"}};
  EXPECT_EQ(errors_of(disagreeing, "mode").size(), 1U);
  Props away = disagreeing;
  away["connection.url"] = "jdbc:sqlite:/nowhere/at/all.db";
  EXPECT_TRUE(errors_of(away, "mode").empty()) << "the database is asked first";
  EXPECT_EQ(errors_of(away, "connection.url").size(), 1U);
}

TEST(SourceGrouping, BlocksAreContiguousAndTheFirstOnesLonger) {
  EXPECT_EQ(group_sizes(5, 3), (std::vector<std::size_t>{2, 2, 1}));
  EXPECT_EQ(group_sizes(3, 3), (std::vector<std::size_t>{1, 1, 1}));
}

}  // namespace
}  // namespace millrace::jdbc
