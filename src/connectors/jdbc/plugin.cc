#include "millrace/plugin.h"

#include "connectors/jdbc/source_connector.h"
#include "connectors/jdbc/source_task.h"

namespace millrace {

void register_jdbc(PluginRegistry& plugins);

void register_jdbc(PluginRegistry& plugins) {
  plugins.source<jdbc::JdbcSourceConnector, jdbc::JdbcSourceTask>("io.confluent.connect.jdbc.JdbcSourceConnector")
      .task_class("io.confluent.connect.jdbc.source.JdbcSourceTask")
      .config(jdbc::SourceConfig::table().definitions())
      .summary("Copies tables, or the result of a query, to topics: all rows, or new and changed ones.");
}

}  // namespace millrace
