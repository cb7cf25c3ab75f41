#include "connectors/cassandra/kcql/kcql.h"

#include <gtest/gtest.h>

namespace millrace::cassandra {
namespace {

KcqlStatement one(std::string_view text) {
  const auto all = parse_kcql(text);
  EXPECT_EQ(all.size(), 1U);
  return all.at(0);
}

std::string error_of(std::string_view text) {
  try {
    parse_kcql(text);
  } catch (const KcqlError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Kcql, TheTutorialsStatement) {
  const auto st = one("INSERT INTO metrics-topic SELECT * FROM metrics");
  EXPECT_EQ(st.target, "metrics-topic");
  EXPECT_EQ(st.source, "metrics");
  EXPECT_TRUE(st.selects_all());
  EXPECT_TRUE(st.primary_keys.empty());
}

TEST(Kcql, AllClausesInTheirOrder) {
  const auto st =
      one("insert into t1 select id, s as text, `limit` from my.table ignore a, b pk ts batch=200 withformat json "
          "withunwrap "
          "incrementalmode=TIMESTAMP ttl=60 withkey(id, s) keydelimiter='|' limit 5 properties('k.x'='v w', q=3)");
  EXPECT_EQ(st.source, "my.table");
  ASSERT_EQ(st.fields.size(), 3U);
  EXPECT_EQ(st.fields[1].alias, "text");
  EXPECT_EQ(st.fields[2].path[0], "limit");
  EXPECT_EQ(st.ignored_fields.size(), 2U);
  EXPECT_EQ(st.primary_keys, std::vector<std::string>{"ts"});
  EXPECT_EQ(st.batch, 200);
  EXPECT_EQ(st.format, "JSON");
  EXPECT_TRUE(st.unwrap);
  EXPECT_EQ(st.incremental_mode, "TIMESTAMP");
  EXPECT_EQ(st.ttl, 60);
  EXPECT_EQ(st.with_key, (std::vector<std::string>{"id", "s"}));
  EXPECT_EQ(st.key_delimiter, "|");
  EXPECT_EQ(st.limit, 5);
  EXPECT_EQ(st.properties, (std::vector<std::pair<std::string, std::string>>{{"k.x", "v w"}, {"q", "3"}}));
  EXPECT_EQ(st.ignored_text, "");
}

TEST(Kcql, ClausesOutOfOrderVanishButAreTold) {
  const auto st = one("INSERT INTO t SELECT * FROM s WITHUNWRAP PK id INCREMENTALMODE=TOKEN");
  EXPECT_TRUE(st.unwrap);
  EXPECT_TRUE(st.primary_keys.empty());
  EXPECT_EQ(st.incremental_mode, "");
  EXPECT_EQ(st.ignored_text, "PK id INCREMENTALMODE=TOKEN");
  EXPECT_EQ(one("INSERT INTO t SELECT * FROM s INCREMENTALMODE=TOKEN BATCH=10").ignored_text, "BATCH=10");
}

TEST(Kcql, ObsoleteClausesAreSkippedAndNamed) {
  const auto st = one("INSERT INTO t SELECT * FROM s DISTRIBUTEBY a,b INTO 3 BUCKETS PK id SAMPLE 2 EVERY 3");
  EXPECT_EQ(st.obsolete_clauses, (std::vector<std::string>{"DISTRIBUTEBY", "SAMPLE"}));
  EXPECT_EQ(st.primary_keys, std::vector<std::string>{"id"});
}

TEST(Kcql, SeveralStatementsAndDuplicates) {
  const auto all =
      parse_kcql("INSERT INTO a SELECT * FROM t1 ;\n INSERT INTO b SELECT * FROM t2; INSERT INTO a SELECT * FROM t1;;");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].source, "t2");
}

TEST(Kcql, PathsStarsAndFunctions) {
  const auto st =
      one("UPSERT INTO ks.t SELECT _key.id as pk, inner2.*, `now()` as made, _header.src FROM topic TTL=100");
  EXPECT_EQ(st.target, "ks.t");
  EXPECT_EQ(st.fields[0].path, (std::vector<std::string>{"_key", "id"}));
  EXPECT_TRUE(st.fields[1].all);
  EXPECT_TRUE(st.fields[2].function);
  EXPECT_EQ(st.fields[3].name(), "src");
}

TEST(Kcql, ReservedWordsBehindADot) {
  const auto st = parse_kcql("INSERT INTO t SELECT _key.pk, a.limit AS key FROM s").at(0);
  EXPECT_EQ(st.fields.at(0).path, (std::vector<std::string>{"_key", "pk"}));
  EXPECT_EQ(st.fields.at(1).path, (std::vector<std::string>{"a", "limit"}));
}

TEST(Kcql, ErrorsShowTheirPlace) {
  EXPECT_EQ(
      error_of("INSERT INTO t SELCT * FROM s"),
      "Invalid syntax. SQL:INSERT INTO t SELCT * FROM s . Error message:column 15: expected SELECT, found \"SELCT\"\n"
      "INSERT INTO t SELCT * FROM s\n"
      "              ^");
  EXPECT_NE(error_of("Insert INTO t SELECT * FROM s").find("all in upper or all in lower case"), std::string::npos);
  EXPECT_NE(error_of("INSERT INTO t SELECT * FROM").find("found the end of the statement"), std::string::npos);
  EXPECT_NE(error_of("INSERT INTO batch SELECT * FROM s").find("reserved word batch"), std::string::npos);
  EXPECT_NE(error_of("INSERT INTO 123 SELECT * FROM s").find("the number 123"), std::string::npos);
  EXPECT_NE(error_of("INSERT INTO t SELECT a, a FROM s").find("Field a has already been defined"), std::string::npos);
  EXPECT_NE(error_of("INSERT INTO t SELECT * FROM s WHERE a=1").find("\"WHERE\" is no clause"), std::string::npos);
  EXPECT_NE(error_of("INSERT INTO t SELECT * FROM s BATCH=0").find("above 0"), std::string::npos);
  EXPECT_NE(error_of("INSERT INTO `t SELECT * FROM s").find("never closed"), std::string::npos);
  EXPECT_NE(error_of("INSERT INTO t SELECT * FROM s INCREMENTALMODE='TOKEN'").find("bare word"), std::string::npos);
  EXPECT_NE(error_of("INSERT INTO t\nSELECT *\nFRM s").find("\nFRM s\n^"), std::string::npos);
}

}  // namespace
}  // namespace millrace::cassandra
