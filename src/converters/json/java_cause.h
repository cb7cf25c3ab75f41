#pragma once

#include <string>

#include "json/reader.h"
#include "millrace/errors.h"

namespace millrace::json_converter {

/// An exception of the Java worker's libraries, for the cause chains of ours.
class JavaCause final : public ConnectError {
 public:
  JavaCause(std::string java_class, const std::string& message)
      : ConnectError(message), class_(std::move(java_class)) {}
  JavaCause(std::string java_class, const std::string& message, const std::exception& cause)
      : ConnectError(message, cause), class_(std::move(java_class)) {}
  const char* java_class() const noexcept override { return class_.c_str(); }

 private:
  std::string class_;
};

/// What JsonConverter throws when the bytes are no JSON.
inline DataError not_json(const json::ParseError& error) {
  const JavaCause parse(error.java_class(), error.what());
  const JavaCause serialization("org.apache.kafka.common.errors.SerializationException",
                                std::string(error.java_class()) + ": " + error.what(), parse);
  return DataError("Converting byte[] to Kafka Connect data failed due to serialization error: ", serialization);
}

}  // namespace millrace::json_converter
