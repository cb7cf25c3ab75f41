#include "millrace/plugin.h"
#include "connectors/cassandra/sink/sink_connector.h"
#include "connectors/cassandra/source/source_connector.h"

namespace millrace {

void register_cassandra(PluginRegistry& plugins);
void register_cassandra(PluginRegistry& plugins) {
  plugins
      .source<cassandra::CassandraSourceConnector, cassandra::CassandraSourceTask>(
          "io.lenses.streamreactor.connect.cassandra.source.CassandraSourceConnector")
      .alias("com.datamountaineer.streamreactor.connect.cassandra.source.CassandraSourceConnector")
      .config(cassandra::source_config_def())
      .summary("Reads tables of Apache Cassandra: whole, or what is new by time or token.");
  plugins
      .sink<cassandra::CassandraSinkConnector, cassandra::CassandraSinkTask>(
          "io.lenses.streamreactor.connect.cassandra.sink.CassandraSinkConnector")
      .alias("com.datamountaineer.streamreactor.connect.cassandra.sink.CassandraSinkConnector")
      .config(cassandra::sink_config_def())
      .summary("Writes records to tables of Apache Cassandra as JSON inserts, in batches per partition.");
}

}  // namespace millrace
