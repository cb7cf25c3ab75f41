#include "millrace/plugin.h"

#include "connectors/verifiable/mock.h"
#include "connectors/verifiable/verifiable_sink.h"
#include "connectors/verifiable/verifiable_source.h"

namespace millrace {

void register_verifiable(PluginRegistry& plugins);
void register_verifiable(PluginRegistry& plugins) {
  using namespace verifiable;
  const ConfigDef& none = no_options();
  plugins
      .source<VerifiableSourceConnector, VerifiableSourceTask>(
          "org.apache.kafka.connect.tools.VerifiableSourceConnector")
      .config(none)
      .summary("Emits numbers in sequence and prints them, for delivery checks.");
  plugins.sink<VerifiableSinkConnector, VerifiableSinkTask>("org.apache.kafka.connect.tools.VerifiableSinkConnector")
      .config(none)
      .summary("Prints what it receives and what was flushed, for delivery checks.");
  plugins.source<SchemaSourceConnector, SchemaSourceTask>("org.apache.kafka.connect.tools.SchemaSourceConnector")
      .config(none)
      .summary("Emits structs of one schema, or of two versions in turn.");
  plugins.source<MockSourceConnector, MockSourceTask>("org.apache.kafka.connect.tools.MockSourceConnector")
      .config(none)
      .summary("Emits nothing and fails on demand.");
  plugins.sink<MockSinkConnector, MockSinkTask>("org.apache.kafka.connect.tools.MockSinkConnector")
      .config(none)
      .summary("Takes everything and fails on demand.");
}

}  // namespace millrace
