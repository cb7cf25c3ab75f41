#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/client.h"

namespace millrace::ctl {

/// Whether `verb` is one of the commands that talk to a worker: list, status, validate, pause, ...
bool is_command(const std::string& verb);
/// One line per command, for the usage text.
std::string command_usage();

/// What a command may use; tests hand in fakes.
struct Environment {
  std::function<Result<http::Response>(const http::ClientRequest&)> send = http::send;
  std::function<void(const std::string&)> out;  ///< standard output, a line each
  std::function<void(const std::string&)> err;
};
Environment real_environment();

/// Runs one command. The exit status: 0 done, 1 wrong usage, or the worker refused or could not be reached.
int run(const std::string& verb, const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace millrace::ctl
