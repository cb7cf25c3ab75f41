#include "connectors/file/file_config.h"

namespace millrace::file {

const ConfigTable<FileSourceConfig>& FileSourceConfig::table() {
  using C = FileSourceConfig;
  static const ConfigTable<C> kTable{
      option("file", &C::path)
          .importance(Importance::kHigh)
          .doc("File to read. Standard input when absent or empty; offsets are then not stored."),
      option("topic", &C::topic)
          .required()
          .check(non_empty())
          .importance(Importance::kHigh)
          .doc("Topic that receives one record per line."),
      option("batch.size", &C::batch_size)
          .default_to(2000)
          .importance(Importance::kLow)
          .doc("Most records that one poll returns. Zero or less gives one record per poll."),
  };
  return kTable;
}

const ConfigTable<FileSinkConfig>& FileSinkConfig::table() {
  using C = FileSinkConfig;
  static const ConfigTable<C> kTable{
      option("file", &C::path)
          .importance(Importance::kHigh)
          .doc("File to append to, created if missing. Standard output when absent or empty."),
  };
  return kTable;
}

}  // namespace millrace::file
