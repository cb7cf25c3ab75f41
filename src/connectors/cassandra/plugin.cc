#include "millrace/plugin.h"
#include "connectors/cassandra/bound/bound_sink_connector.h"
#include "connectors/cassandra/sink/sink_connector.h"
#include "connectors/cassandra/sink_by_name.h"
#include "connectors/cassandra/source/source_connector.h"

namespace millrace {

namespace {

constexpr const char* kSourceSummary = "Reads tables of Apache Cassandra: whole, or what is new by time or token.";
constexpr const char* kSinkSummary =
    "Writes records to tables of Apache Cassandra as JSON inserts, in batches per partition.";

}  // namespace

void register_cassandra(PluginRegistry& plugins);
void register_cassandra(PluginRegistry& plugins) {
  // Both generations of a class are plugins of their own, so that both are listed. The short names are today's
  // source; of the sinks the one that the options fit.
  plugins
      .source<cassandra::CassandraSourceConnector, cassandra::CassandraSourceTask>(
          "io.lenses.streamreactor.connect.cassandra.source.CassandraSourceConnector")
      .alias("CassandraSourceConnector")
      .alias("CassandraSource")
      .config(cassandra::source_config_def())
      .summary(kSourceSummary);
  plugins
      .source<cassandra::CassandraSourceConnector, cassandra::CassandraSourceTask>(
          "com.datamountaineer.streamreactor.connect.cassandra.source.CassandraSourceConnector")
      .config(cassandra::source_config_def())
      .summary(kSourceSummary);
  plugins
      .sink<cassandra::SinkByNameConnector, cassandra::SinkByNameTask>(
          "io.lenses.streamreactor.connect.cassandra.sink.CassandraSinkConnector")
      .alias("CassandraSinkConnector")
      .alias("CassandraSink")
      .config(cassandra::sink_config_def())
      .summary(kSinkSummary);
  plugins
      .sink<cassandra::CassandraSinkConnector, cassandra::CassandraSinkTask>(
          "com.datamountaineer.streamreactor.connect.cassandra.sink.CassandraSinkConnector")
      .config(cassandra::sink_config_def())
      .summary(kSinkSummary);
  plugins
      .sink<cassandra::BoundSinkConnector, cassandra::BoundSinkTask>(
          "io.lenses.streamreactor.connect.cassandra.CassandraSinkConnector")
      .config(cassandra::bound_sink_config_def())
      .summary(
          "Writes records to tables of Apache Cassandra with a bound value per column, TTL and write time included.");
}

}  // namespace millrace
