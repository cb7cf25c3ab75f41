#pragma once

#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "millrace/errors.h"

namespace millrace::runtime {

/// What a plugin threw, taken apart for statuses, the log and the dead letter queue.
struct PluginFailure {
  std::string java_class;
  std::string message;
  std::string trace;  ///< "class: message" and a "Caused by: ..." line for each cause
  bool retriable = false;
};

PluginFailure describe(const std::exception& error, bool retriable);
PluginFailure describe_unknown_exception();

/// Runs plugin code. nullopt: it returned. The only place in the runtime that catches what a plugin throws.
template <class F>
[[nodiscard]] std::optional<PluginFailure> guard_plugin(F&& call) {
  try {
    std::forward<F>(call)();
    return std::nullopt;
  } catch (const RetriableError& error) {
    return describe(error, true);
  } catch (const std::exception& error) {
    return describe(error, false);
  } catch (...) {  // a plugin may throw anything; the worker outlives it
    return describe_unknown_exception();
  }
}

/// `failure` below an exception of the runtime: "class: text\nCaused by: ...".
Error plugin_error(const char* java_class, const std::string& text, const PluginFailure& failure);

/// `failure` itself as an Error.
Error plugin_error(const PluginFailure& failure);

/// Runs plugin code that gives a value.
template <class F>
auto call_plugin(F&& call) -> Result<std::invoke_result_t<F&>> {
  using T = std::invoke_result_t<F&>;
  if constexpr (std::is_void_v<T>) {
    if (auto failure = guard_plugin(call)) return plugin_error(*failure);
    return {};
  } else {
    std::optional<T> value;
    if (auto failure = guard_plugin([&] { value.emplace(call()); })) return plugin_error(*failure);
    return std::move(*value);
  }
}

inline constexpr const char* kConnectException = "org.apache.kafka.connect.errors.ConnectException";

/// An Error of the runtime's own whose trace reads "class: text".
Error connect_error(std::string text, const char* java_class = kConnectException);

/// The trace of any Error: its own, or made of its text.
std::string trace_of(const Error& error);

}  // namespace millrace::runtime
