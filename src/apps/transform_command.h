#pragma once

#include <string>
#include <vector>

namespace millrace::apps {

/// `millrace transform CONNECTOR.properties [--schemaless] [--steps] [--plugin-path FOLDERS] < in.jsonl > out.jsonl`.
/// `arguments` is what follows "transform". Exit status: 0, 1 for wrong usage, 2 for a wrong configuration.
int run_transform(const std::vector<std::string>& arguments);

}  // namespace millrace::apps
