#include "millrace/plugin.h"

#include "connectors/jdbc/sink_connector.h"
#include "connectors/jdbc/sink_task.h"
#include "connectors/jdbc/source_connector.h"
#include "connectors/jdbc/source_task.h"

namespace millrace {

void register_jdbc(PluginRegistry& plugins);

void register_jdbc(PluginRegistry& plugins) {
  plugins.source<jdbc::JdbcSourceConnector, jdbc::JdbcSourceTask>("io.confluent.connect.jdbc.JdbcSourceConnector")
      .task_class("io.confluent.connect.jdbc.source.JdbcSourceTask")
      .config(jdbc::SourceConfig::table().definitions())
      .summary("Copies tables, or the result of a query, to topics: all rows, or new and changed ones.");
  plugins.sink<jdbc::JdbcSinkConnector, jdbc::JdbcSinkTask>("io.confluent.connect.jdbc.JdbcSinkConnector")
      .task_class("io.confluent.connect.jdbc.sink.JdbcSinkTask")
      .config(jdbc::SinkConfig::table().definitions())
      .summary(
          "Writes records to tables: insert, upsert, update and delete, creating and extending tables when allowed.");
}

}  // namespace millrace
