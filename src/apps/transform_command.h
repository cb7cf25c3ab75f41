#pragma once

namespace millrace::apps {

/// `millrace transform CONNECTOR.properties [--schemaless] [--steps] [--plugin-path FOLDERS] < in.jsonl > out.jsonl`.
/// argv[0] is "transform". Exit status: 0, 1 for wrong usage, 2 for a wrong configuration.
int run_transform(int argc, char** argv);

}  // namespace millrace::apps
