#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "millrace/config.h"

namespace millrace::file {

struct FileSourceConfig {
  std::optional<std::string> path;  ///< nullopt or empty: standard input
  std::string topic;
  std::int32_t batch_size = 0;  ///< records

  bool reads_stdin() const { return !path || path->empty(); }
  static const ConfigTable<FileSourceConfig>& table();
};

struct FileSinkConfig {
  std::optional<std::string> path;  ///< nullopt or empty: standard output

  bool writes_stdout() const { return !path || path->empty(); }
  static const ConfigTable<FileSinkConfig>& table();
};

}  // namespace millrace::file
