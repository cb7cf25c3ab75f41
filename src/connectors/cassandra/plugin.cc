#include "millrace/plugin.h"

namespace millrace {

void register_cassandra(PluginRegistry& plugins);
void register_cassandra(PluginRegistry&) {}

}  // namespace millrace
