#pragma once

#include <string>
#include <vector>

namespace millrace::apps {

/// `connect-standalone worker.properties [connector files...]`: runs until SIGTERM or SIGINT. The exit status.
int run_standalone(const std::vector<std::string>& arguments);

}  // namespace millrace::apps
