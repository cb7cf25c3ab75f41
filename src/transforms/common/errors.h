#pragma once

#include <string>

#include "millrace/errors.h"

namespace millrace::transforms {

/// What Java reports as IllegalArgumentException.
class IllegalArgumentError : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "java.lang.IllegalArgumentException"; }
};

/// What Java's classes meet as NullPointerException; ours says what was missing.
class NullPointerError : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "java.lang.NullPointerException"; }
};

}  // namespace millrace::transforms
