#include "connectors/cassandra/sink/sink_settings.h"

#include <gtest/gtest.h>

#include "connectors/cassandra/sink/cql_text.h"
#include "connectors/cassandra/sink/sink_connector.h"
#include "millrace/errors.h"
#include "millrace/plugin.h"

namespace millrace {

void register_cassandra(PluginRegistry& plugins);

namespace cassandra {
namespace {

Props base(const Props& more = {}) {
  Props out{{"name", "check"},
            {"topics", "orders"},
            {"connect.cassandra.key.space", "ks"},
            {"connect.cassandra.kcql", "INSERT INTO t SELECT * FROM orders"}};
  for (const auto& [key, value] : more) out[key] = value;
  return out;
}

TEST(SinkSettings, AThreadPoolBelowOneIsTheDefault) {
  EXPECT_EQ(sink_settings(base({{"connect.cassandra.threadpool.size", "-1"}})).requests_in_flight, 128);
  EXPECT_EQ(sink_settings(base({{"connect.cassandra.threadpool.size", "7"}})).requests_in_flight, 7);
}

TEST(SinkSettings, MissingTopicsAreTheWorkersToReport) {
  Props props = base();
  props.erase("topics");
  for (const auto& value : CassandraSinkConnector().validate(props)) EXPECT_TRUE(value.errors.empty()) << value.name;
  EXPECT_THROW(sink_settings(props), ConfigError);
}

TEST(Deletes, AreMadeInTheConnectorsKeyspace) {
  EXPECT_EQ(in_keyspace("DELETE FROM t WHERE id = ?", "ks"), "DELETE FROM ks.t WHERE id = ?");
  EXPECT_EQ(in_keyspace("delete v from \"T\" where id = ?", "Ks"), "delete v from \"Ks\".\"T\" where id = ?");
  EXPECT_EQ(in_keyspace("DELETE FROM other . t WHERE id = ?", "ks"), "DELETE FROM other . t WHERE id = ?");
  EXPECT_EQ(in_keyspace("UPDATE t SET v = ' from x' WHERE id = ?", "ks"), "UPDATE ks.t SET v = ' from x' WHERE id = ?");
  EXPECT_EQ(in_keyspace("nonsense", "ks"), "nonsense");
}

TEST(Deletes, SeveralStatementsAreForSeveralTables) {
  EXPECT_EQ(split_statements("DELETE FROM a WHERE x = ';' ; ;\nDELETE FROM b WHERE y = ?"),
            (std::vector<std::string>{"DELETE FROM a WHERE x = ';'", "DELETE FROM b WHERE y = ?"}));
  EXPECT_EQ(table_named_in("delete from ks . Orders where id = ?"), "orders");
  EXPECT_EQ(table_named_in("UPDATE \"Odd\" SET v = null WHERE id = ?"), "Odd");
  EXPECT_EQ(table_named_in("nonsense"), "");
}

TEST(ShortNames, MeanTheSinkThatTheOptionsAreFor) {
  PluginRegistry plugins;
  register_cassandra(plugins);
  const auto named = [&](const std::string& name, Props props) {
    props["connector.class"] = name;
    const auto connector = plugins.connector(name).make_sink();
    connector->validate(props);
    return connector->config().find("connect.cassandra.max.batch.size") != nullptr ? "bound" : "json";
  };
  const Props without_keyspace{{"topics", "t"}, {"connect.cassandra.kcql", "INSERT INTO ks.t SELECT a FROM t"}};
  EXPECT_STREQ(named("CassandraSinkConnector", base()), "json");
  EXPECT_STREQ(named("CassandraSink", {{"cassandra.key.space", "ks"}}), "json");
  EXPECT_STREQ(named("CassandraSinkConnector", without_keyspace), "bound");
  EXPECT_STREQ(named("CassandraSink", without_keyspace), "bound");
  EXPECT_STREQ(named("io.lenses.streamreactor.connect.cassandra.sink.CassandraSinkConnector", without_keyspace),
               "json");
  EXPECT_STREQ(named("io.lenses.streamreactor.connect.cassandra.CassandraSinkConnector", without_keyspace), "bound");
}

TEST(Plugins, EveryClassNameOfBothGenerationsIsListed) {
  PluginRegistry plugins;
  register_cassandra(plugins);
  for (const char* name : {"com.datamountaineer.streamreactor.connect.cassandra.source.CassandraSourceConnector",
                           "io.lenses.streamreactor.connect.cassandra.source.CassandraSourceConnector",
                           "com.datamountaineer.streamreactor.connect.cassandra.sink.CassandraSinkConnector",
                           "io.lenses.streamreactor.connect.cassandra.sink.CassandraSinkConnector",
                           "io.lenses.streamreactor.connect.cassandra.CassandraSinkConnector"}) {
    EXPECT_EQ(plugins.connector(name).class_name, name);
  }
  EXPECT_EQ(plugins.connector("CassandraSource").class_name, plugins.connector("CassandraSourceConnector").class_name);
  EXPECT_EQ(plugins.connector("CassandraSink").class_name,
            "io.lenses.streamreactor.connect.cassandra.sink.CassandraSinkConnector");
}

}  // namespace
}  // namespace cassandra
}  // namespace millrace
