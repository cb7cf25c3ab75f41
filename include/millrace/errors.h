#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace millrace {

/// Base of everything that connectors, converters and transforms throw on purpose.
///
/// `java_class()` is the name of the exception class of Kafka Connect that this error stands for. It is what traces in
/// statuses and the dead letter queue's `__connect.errors.exception.class.name` header show, so that tools which match on
/// class names keep working. `cause()` holds the text of the chain below, each line "class: message", outermost first.
class ConnectError : public std::runtime_error {
 public:
  explicit ConnectError(const std::string& message) : std::runtime_error(message) {}
  ConnectError(const std::string& message, const std::exception& cause);

  virtual const char* java_class() const noexcept { return "org.apache.kafka.connect.errors.ConnectException"; }

  /// Lines "class: message" of the causes, outermost first; empty when there is none.
  const std::string& cause() const noexcept { return cause_; }

  /// Where it happened, outermost first, as `transform "cast" (...), field "amount" (STRING)`; empty when not known. Shown
  /// beside the message where people read it; the message itself stays Kafka Connect's.
  const std::string& place() const noexcept { return place_; }
  /// Sets the place unless a caller further inside did.
  void set_place(std::string place) {
    if (place_.empty()) place_ = std::move(place);
  }
  /// Puts what is around the place in front of it.
  void add_outer_place(std::string outer) {
    place_ = place_.empty() ? std::move(outer) : std::move(outer) + ", " + place_;
  }

  /// The Java-like text of a whole error: "class: message" and a "Caused by: class: message" line for each cause.
  std::string trace() const;

 private:
  std::string cause_;
  std::string place_;
};

/// The same call may succeed later: the runtime repeats it (`SourceTask::poll`, `SinkTask::put`, transforms, converters).
class RetriableError : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "org.apache.kafka.connect.errors.RetriableException"; }
};

/// A value does not fit its schema, or bytes do not parse. May be tolerated when the config says so.
class DataError : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "org.apache.kafka.connect.errors.DataException"; }
};

/// A schema was built wrongly.
class SchemaBuilderError : public DataError {
 public:
  using DataError::DataError;
  const char* java_class() const noexcept override { return "org.apache.kafka.connect.errors.SchemaBuilderException"; }
};

/// A schema cannot be projected onto another.
class SchemaProjectorError : public DataError {
 public:
  using DataError::DataError;
  const char* java_class() const noexcept override {
    return "org.apache.kafka.connect.errors.SchemaProjectorException";
  }
};

/// A wrong configuration, with the text that REST answers.
class ConfigError : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "org.apache.kafka.common.config.ConfigException"; }
};

/// The plugin does not support the call (for example changing offsets from outside).
class UnsupportedError : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "java.lang.UnsupportedOperationException"; }
};

/// "class: message" plus cause lines for any exception; what is not a ConnectError shows as java.lang.RuntimeException.
std::string describe_exception(const std::exception& error);

/// The Java class name that stands for `error`.
const char* java_class_of(const std::exception& error) noexcept;

}  // namespace millrace
