#include "connectors/verifiable/task_props.h"

#include <charconv>
#include <chrono>

#include "millrace/errors.h"

namespace millrace::verifiable {
namespace {

template <class Number>
Number parse(const Props& props, const std::string& key, const char* task) {
  const std::string text = text_of(props, key);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw ConnectError("Invalid " + std::string(task) + " configuration: " + key + " must be a number, but is \"" +
                       text + "\"");
  }
  return number;
}

}  // namespace

std::vector<Props> numbered_copies(const Props& props, std::int32_t max_tasks) {
  std::vector<Props> copies;
  for (std::int32_t id = 0; id < max_tasks; ++id) {
    copies.push_back(props);
    copies.back()["id"] = std::to_string(id);
  }
  return copies;
}

std::string text_of(const Props& props, const std::string& key, const std::string& fallback) {
  const auto found = props.find(key);
  return found == props.end() ? fallback : found->second;
}

std::int64_t whole_number(const Props& props, const std::string& key, const char* task) {
  return parse<std::int64_t>(props, key, task);
}

double real_number(const Props& props, const std::string& key, const char* task) {
  return parse<double>(props, key, task);
}

std::int64_t wall_clock_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

const ConfigDef& no_options() {
  static const ConfigDef kNone;
  return kNone;
}

}  // namespace millrace::verifiable
