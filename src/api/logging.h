#pragma once

#include <functional>
#include <string>

#include "millrace/connector.h"

namespace millrace::api {

/// Makes the logger behind a name. Called once per name, under no lock of the caller's; the result lives for ever.
using LoggerFactory = std::function<Logger&(const std::string& name)>;

/// From here on `millrace::logger(name)` writes to what `factory` makes, for loggers handed out before as well. Until
/// the first call, and after a call with an empty factory, warnings and errors go to standard error. Any thread; meant
/// to be called once, at the program's start.
void set_logger_factory(LoggerFactory factory);

}  // namespace millrace::api
