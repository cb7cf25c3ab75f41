#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "runtime/herder.h"

namespace millrace::apps {

/// A connector as a file on the command line has it.
struct ConnectorFile {
  std::string name;
  runtime::RawConfig config;
  std::optional<runtime::TargetState> initial_state;
};

/// Reads JSON (a flat object with `name`, or `{"name", "config", "initial_state"}`) or Java properties. What it is, its content
/// decides. Errors: one sentence with the path.
Result<ConnectorFile> read_connector_file(const std::string& path);

}  // namespace millrace::apps
