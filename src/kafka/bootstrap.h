#pragma once

#include <string>

namespace millrace::kafka {

/// Whether one of the brokers in `servers` (a value of bootstrap.servers) may still turn out to have an address: its name
/// has one, or who knows them did not answer. Logs each name that does not exist. Blocks for a look-up of each name.
bool may_be_resolved(const std::string& servers);

}  // namespace millrace::kafka
