#pragma once

#include <string>
#include <vector>

namespace millrace::apps {

/// `connect-distributed worker.properties`. Runs until SIGTERM or SIGINT; the exit status.
int run_distributed(const std::vector<std::string>& arguments);

}  // namespace millrace::apps
