#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "millrace/config.h"
#include "millrace/converter.h"
#include "millrace/plugin.h"
#include "runtime/transform_chain.h"

namespace millrace::apps {

/// A connector's chain of transforms, fed with records as lines of JSON: what `millrace transform` runs.
class TransformSession {
 public:
  struct Options {
    bool schemaless = false;  ///< keys and values are plain JSON
    bool steps = false;       ///< show the record after each transform
  };

  /// Errors: kInvalid, one sentence that names the option.
  static Result<TransformSession> open(const Props& connector, const PluginRegistry& plugins, const Options& options);

  /// What to print for one line: the record, `null` when the chain drops it, `{"error":"..."}` when it fails. With steps, a
  /// line for each transform comes first. No newline at the end.
  std::string run(std::string_view line);

 private:
  /// Where a record stands apart from what ConnectRecord holds.
  struct Parsed;

  TransformSession() = default;
  Parsed parse(std::string_view line);
  void parse_headers(std::string_view json, ConnectRecord& record);
  std::string print(const ConnectRecord& record, bool has_topic);
  void print_part(std::string& out, Converter& converter, const ConnectRecord& record, const SchemaPtr& schema,
                  const Value& value);
  template <class Record>
  void run_steps(Record& record, bool has_topic, std::string& out);

  Options options_;
  bool is_sink_ = false;
  std::int64_t lines_ = 0;
  std::unique_ptr<Converter> key_converter_;
  std::unique_ptr<Converter> value_converter_;
  std::unique_ptr<Converter> header_converter_;  ///< always with schemas
  runtime::TransformChain chain_;
};

}  // namespace millrace::apps
