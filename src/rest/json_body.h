#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/herder.h"

namespace millrace::rest {

// Request bodies. Errors carry status 500 and a text in the words of Jackson, the Java worker's parser: clients match on
// "Cannot deserialize value", "Cannot construct instance" and "Unrecognized field".

struct CreateConnectorRequest {
  std::optional<std::string> name;
  std::optional<runtime::RawConfig> config;
  std::optional<runtime::TargetState> initial_state;
};

/// A flat object; scalars become texts.
Result<runtime::RawConfig> parse_config(std::string_view body);
Result<std::vector<runtime::RawConfig>> parse_configs(std::string_view body);
Result<CreateConnectorRequest> parse_create_request(std::string_view body);
/// nullopt: no "offsets", or null.
Result<std::optional<std::vector<runtime::PartitionOffset>>> parse_offsets(std::string_view body);

}  // namespace millrace::rest
