#include "runtime/plugin_call.h"

#include <fmt/core.h>

namespace millrace::runtime {

PluginFailure describe(const std::exception& error, bool retriable) {
  return PluginFailure{java_class_of(error), error.what(), describe_exception(error), retriable};
}

PluginFailure describe_unknown_exception() {
  PluginFailure failure{"java.lang.Error", "threw something that is not a std::exception", "", false};
  failure.trace = fmt::format("{}: {}", failure.java_class, failure.message);
  return failure;
}

Error plugin_error(const char* java_class, const std::string& text, const PluginFailure& failure) {
  Error error;
  error.code = Errc::kPluginFailed;
  error.text = text;
  error.retriable = failure.retriable;
  error.trace = fmt::format("{}: {}\nCaused by: {}", java_class, text, failure.trace);
  return error;
}

Error plugin_error(const PluginFailure& failure) {
  Error error;
  error.code = Errc::kPluginFailed;
  error.text = failure.message;
  error.retriable = failure.retriable;
  error.trace = failure.trace;
  return error;
}

Error connect_error(std::string text, const char* java_class) {
  Error error;
  error.code = Errc::kPluginFailed;
  error.trace = fmt::format("{}: {}", java_class, text);
  error.text = std::move(text);
  return error;
}

std::string trace_of(const Error& error) {
  return error.trace.empty() ? fmt::format("{}: {}", kConnectException, error.text) : error.trace;
}

}  // namespace millrace::runtime
