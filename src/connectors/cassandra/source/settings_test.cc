#include "connectors/cassandra/source/settings.h"

#include <gtest/gtest.h>

#include "connectors/cassandra/source/source_connector.h"
#include "connectors/cassandra/source/time_window.h"
#include "millrace/errors.h"

namespace millrace::cassandra {
namespace {

const TimeZone kUtc = *TimeZone::parse("UTC");

Props base(const Props& more) {
  Props out{{"connect.cassandra.key.space", "ks"}};
  for (const auto& [key, value] : more) out[key] = value;
  return out;
}

std::string error_of(const Props& props) {
  try {
    source_settings(base(props));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SourceSettings, TodaysDefaults) {
  const auto settings = source_settings(base({{"connect.cassandra.kcql", "INSERT INTO t SELECT * FROM s"}}));
  EXPECT_EQ(settings.poll_interval.count(), 1000);
  EXPECT_TRUE(settings.named_schema);
  EXPECT_EQ(settings.routes.at(0).mode, ImportMode::kBulk);
}

TEST(SourceSettings, TheNamesOf2016) {
  const auto settings = source_settings({{"cassandra.key.space", "ks"},
                                         {"cassandra.import.map", "orders:orders-topic"},
                                         {"cassandra.import.timestamp.column", "orders:created"},
                                         {"cassandra.import.mode", "Incremental"},
                                         {"source.task.batch.size", "7"},
                                         {"connect.cassandra.max.retires", "3"}});
  EXPECT_EQ(error_of({{"cassandra.import.map", "plain"}, {"connect.cassandra.import.mode", "incremental"}}),
            "Only one primary key column is allowed to be specified in Incremental mode. Received  for source plain");
  ASSERT_EQ(settings.routes.size(), 1U);
  EXPECT_EQ(settings.routes[0].kcql.target, "orders-topic");
  EXPECT_EQ(settings.routes[0].kcql.source, "orders");
  EXPECT_EQ(settings.routes[0].pk, "created");
  EXPECT_EQ(settings.routes[0].mode, ImportMode::kTimeuuid);
  EXPECT_EQ(settings.batch_size, 7);
  EXPECT_EQ(settings.max_retries, 3);
}

TEST(SourceSettings, LegacyFilesHaveTheirDefaults) {
  const auto settings = source_settings(base({{"connect.cassandra.import.route.query", "INSERT INTO t SELECT * FROM s"},
                                              {"connect.cassandra.import.mode", "bulk"}}));
  EXPECT_EQ(settings.poll_interval.count(), 60000);
  EXPECT_FALSE(settings.named_schema);
}

TEST(SourceSettings, TheNewestSpellingWinsAndTheLoserIsNamed) {
  std::vector<std::string> warnings;
  const auto props = canonical_source_props(
      {{"connect.cassandra.kcql", "new"}, {"connect.cassandra.import.route.query", "old"}}, warnings);
  EXPECT_EQ(props.at("connect.cassandra.kcql"), "new");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("connect.cassandra.import.route.query is ignored"), std::string::npos);
}

TEST(SourceSettings, ModesOfBothGenerations) {
  const auto mode = [](const std::string& kcql, const Props& more) {
    Props props = more;
    props["connect.cassandra.kcql"] = kcql;
    return source_settings(base(props)).routes.at(0).mode;
  };
  const std::string pk = "INSERT INTO t SELECT * FROM s PK c";
  EXPECT_EQ(mode(pk, {}), ImportMode::kBulk);
  EXPECT_EQ(mode(pk + " INCREMENTALMODE=timestamp", {}), ImportMode::kTimestamp);
  EXPECT_EQ(mode(pk + " INCREMENTALMODE=TOKEN", {{"connect.cassandra.import.mode", "BULK"}}), ImportMode::kBulk);
  EXPECT_EQ(mode(pk, {{"connect.cassandra.import.mode", "incremental"}}), ImportMode::kTimeuuid);
  EXPECT_EQ(mode(pk, {{"connect.cassandra.import.mode", "incremental"},
                      {"connect.cassandra.source.timestamp.type", "token"}}),
            ImportMode::kToken);
  EXPECT_NE(
      error_of({{"connect.cassandra.kcql", pk + " INCREMENTALMODE=DAILY"}}).find("use TIMEUUID, TIMESTAMP, TOKEN"),
      std::string::npos);
  EXPECT_EQ(error_of({{"connect.cassandra.kcql", pk}, {"connect.cassandra.import.mode", "x"}}),
            "Unsupported import mode x.");
  EXPECT_NE(error_of({{"connect.cassandra.kcql", "INSERT INTO t SELECT a FROM s PK c INCREMENTALMODE=TIMEUUID"}})
                .find("must appear in the SELECT statement"),
            std::string::npos);
  EXPECT_EQ(error_of({{"connect.cassandra.kcql", pk + " INCREMENTALMODE=BUCKETTIMESERIES"}}),
            "You should specify a bucketMode while using BUCKETTIMESERIES");
  // Days from 1900 on can be walked through, minutes cannot.
  const Props buckets{{"connect.cassandra.kcql", pk + " INCREMENTALMODE=BUCKETTIMESERIES"},
                      {"connect.cassandra.bucket.timeseries.format", "yyyyMMdd"}};
  const auto of_unit = [&](const char* unit) {
    Props props = buckets;
    props["connect.cassandra.bucket.timeseries.mode"] = unit;
    return error_of(props);
  };
  EXPECT_EQ(of_unit("DAY"), "no error");
  EXPECT_NE(of_unit("MINUTE").find("needs connect.cassandra.initial.offset"), std::string::npos) << of_unit("MINUTE");
}

TEST(SourceSettings, ValidationShowsTheErrorAtItsOption) {
  const CassandraSourceConnector connector;
  const auto errors = [&](const Props& props, const std::string& key) -> std::vector<std::string> {
    for (const auto& value : connector.validate(base(props))) {
      if (value.name == key) return value.errors;
    }
    return {"no such option"};
  };
  EXPECT_EQ(errors({}, "connect.cassandra.kcql").at(0),
            "Missing required configuration \"connect.cassandra.kcql\" which has no default value.");
  EXPECT_EQ(errors({{"connect.cassandra.kcql", "INSERT INTO"}}, "connect.cassandra.kcql").size(), 1U);
  EXPECT_EQ(errors({{"connect.cassandra.kcql", "INSERT INTO t SELECT * FROM s"},
                    {"connect.cassandra.consistency.level", "MOST"}},
                   "connect.cassandra.consistency.level")
                .size(),
            1U);
  EXPECT_EQ(errors({{"connect.cassandra.kcql", "INSERT INTO t SELECT * FROM s"},
                    {"connect.cassandra.initial.offset", "soon"}},
                   "connect.cassandra.initial.offset")
                .size(),
            1U);
  const Props day{{"connect.cassandra.kcql", "INSERT INTO t SELECT * FROM s"},
                  {"connect.cassandra.bucket.timeseries.mode", "DAY"}};
  EXPECT_EQ(errors(day, "connect.cassandra.bucket.timeseries.format"),
            std::vector<std::string>{"You should specify a bucketFormat while using BUCKETTIMESERIES"});
  EXPECT_EQ(errors({{"connect.cassandra.key.space", "   "}}, "connect.cassandra.key.space").size(), 1U);
}

TEST(SourceSettings, AMissingKeyspaceIsReportedOnce) {
  const CassandraSourceConnector connector;
  for (const auto& value : connector.validate({})) {
    if (value.name != "connect.cassandra.key.space") continue;
    EXPECT_EQ(value.errors, std::vector<std::string>{
                                "Missing required configuration \"connect.cassandra.key.space\" which has no default "
                                "value."});
  }
}

TEST(SourceConnector, GroupsTablesAsConnectDoes) {
  CassandraSourceConnector connector;
  std::string kcql;
  for (const char* table : {"a", "b", "c", "d", "e"}) kcql += std::string("INSERT INTO t SELECT * FROM ") + table + ";";
  connector.start(base({{"connect.cassandra.kcql", kcql}}));
  const auto assigned = [&](std::int32_t tasks) {
    std::vector<std::string> out;
    for (const auto& config : connector.task_configs(tasks))
      out.push_back(config.at("connect.cassandra.assigned.tables"));
    return out;
  };
  EXPECT_EQ(assigned(2), (std::vector<std::string>{"a,b,c", "d,e"}));
  EXPECT_EQ(assigned(9).size(), 5U);
}

TEST(Instants, TextsAsTheOriginalReadsThem) {
  const auto read = [](const char* text) {
    const auto ms = parse_offset_text(text, kUtc);
    return ms ? offset_text(*ms, kUtc) : "none";
  };
  EXPECT_EQ(read("1900-01-01 00:00:00.0000000Z"), "1900-01-01 00:00:00.000Z");
  EXPECT_EQ(read("2018-03-09 16:12:32.1234567Z"), "2018-03-09 16:33:06.567Z");
  EXPECT_EQ(read("2018-3-9 6:2:2.5Z"), "2018-03-09 06:02:02.005Z");
  EXPECT_EQ(read("2018-13-40 25:61:61.1Z"), "2019-02-10 02:02:01.001Z");
  EXPECT_EQ(read("2018-03-09 16:12:32.584Zjunk"), "2018-03-09 16:12:32.584Z");
  EXPECT_EQ(read("2018-03-09T16:12:32.584Z"), "2018-03-09 16:12:32.584Z");
  EXPECT_EQ(read("2018-03-09 16:12:32Z"), "none");
  EXPECT_EQ(read("2018-03-09 16:12:32.584"), "none");
  EXPECT_EQ(offset_text(0, *TimeZone::parse("+02:00")), "1970-01-01 02:00:00.000Z");
  EXPECT_EQ(parse_offset_text("1970-01-01 02:00:00.000Z", *TimeZone::parse("+02:00")), 0);
  const auto berlin = *TimeZone::parse("Europe/Berlin");
  EXPECT_EQ(offset_text(1530611952584, berlin), "2018-07-03 11:59:12.584Z");
  EXPECT_EQ(parse_offset_text("2018-07-03 11:59:12.584Z", berlin), 1530611952584);
  EXPECT_EQ(parse_offset_text("2018-01-03 11:59:12.584Z", berlin), 1514977152584);
  EXPECT_EQ(TimeZone::parse("Berlin"), std::nullopt);
  const TimeZone local;
  EXPECT_EQ(parse_offset_text(offset_text(1520611952584, local), local), 1520611952584);
}

TEST(Instants, Buckets) {
  EXPECT_EQ(bucket_text(1597257324000, "yyMMddHHmm"), "2008121835");
  EXPECT_EQ(bucket_text(1597257324000, "yyyy-MM-dd'T'HH"), "2020-08-12T18");
  EXPECT_NE(check_bucket_format("yyyyWW"), std::nullopt);
  EXPECT_EQ(check_bucket_format("yyyy'W'"), std::nullopt);
}

TEST(TimeWindow, TilesWithoutGapOrOverlapAndKeepsItsDistance) {
  std::int64_t now = 1520611952584;
  TimeWindow window(now - 400000, std::chrono::milliseconds(10000), std::chrono::milliseconds(30000), kUtc);
  std::int64_t end = now - 400000;
  for (int i = 0; i < 200; ++i) {
    if (!window.next(now)) {
      now += 777;
      continue;
    }
    EXPECT_EQ(window.lo(), end);
    EXPECT_GT(window.hi(), window.lo());
    EXPECT_LE(window.hi(), now - 30000);
    end = window.hi();
    window.done(i % 3 == 0 ? 1 : 0);
    now += i % 5 == 0 ? 0 : 1000;
  }
}

TEST(TimeWindow, AdaptsToTheNumberOfRows) {
  TimeWindow window(0, std::chrono::milliseconds(10), std::chrono::milliseconds(0), kUtc, 100);
  const auto width = [&] {
    EXPECT_TRUE(window.next(1000000));
    return window.hi() - window.lo();
  };
  EXPECT_EQ(width(), 10);
  window.done(5);
  EXPECT_EQ(width(), 20);
  window.done(60);
  EXPECT_EQ(width(), 20);
  window.done(0);
  EXPECT_EQ(width(), 40);
  window.done(101);
  EXPECT_EQ(width(), 20);
  window.done(1000);
  window.done(1000);
  EXPECT_EQ(width(), 10);
}

TEST(TimeWindow, EverythingAtOnceFrom1900) {
  const auto start = *parse_offset_text("1900-01-01 00:00:00.0000000Z", kUtc);
  TimeWindow window(start, std::chrono::milliseconds(10000), std::chrono::milliseconds(30000), kUtc);
  EXPECT_TRUE(window.next(1520611952584));
  EXPECT_EQ(window.hi(), 1520611952584 - 30000);
  EXPECT_FALSE(window.behind());
}

TEST(TimeWindow, AFrozenClockReadsNothingTwice) {
  TimeWindow window(0, std::chrono::milliseconds(10), std::chrono::milliseconds(0), kUtc);
  EXPECT_TRUE(window.next(5));
  window.done(1);
  EXPECT_FALSE(window.next(5));
  EXPECT_FALSE(window.next(4));
}

}  // namespace
}  // namespace millrace::cassandra
