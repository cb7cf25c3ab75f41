#include "millrace/errors.h"

namespace millrace {

namespace {

void append_line(std::string& out, const char* java_class, const char* message) {
  out += java_class;
  if (*message != '\0') {
    out += ": ";
    out += message;
  }
}

}  // namespace

ConnectError::ConnectError(const std::string& message, const std::exception& cause) : std::runtime_error(message) {
  append_line(cause_, java_class_of(cause), cause.what());
  if (const auto* connect_error = dynamic_cast<const ConnectError*>(&cause);
      connect_error != nullptr && !connect_error->cause().empty()) {
    cause_ += '\n';
    cause_ += connect_error->cause();
  }
}

std::string ConnectError::trace() const {
  std::string out;
  append_line(out, java_class(), what());
  if (!place_.empty()) out += "\n\tat " + place_;
  std::string_view rest = cause_;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    // A line that begins with a blank goes on with the message above it.
    out += rest.front() == ' ' ? "\n" : "\nCaused by: ";
    out += rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return out;
}

const char* java_class_of(const std::exception& error) noexcept {
  if (const auto* connect_error = dynamic_cast<const ConnectError*>(&error)) return connect_error->java_class();
  return "java.lang.RuntimeException";
}

std::string describe_exception(const std::exception& error) {
  if (const auto* connect_error = dynamic_cast<const ConnectError*>(&error)) return connect_error->trace();
  std::string out;
  append_line(out, java_class_of(error), error.what());
  return out;
}

}  // namespace millrace
