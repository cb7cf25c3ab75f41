#include "millrace/plugin.h"

#include "connectors/file/file_sink.h"
#include "connectors/file/file_source.h"

namespace millrace {

void register_file(PluginRegistry& plugins);
void register_file(PluginRegistry& plugins) {
  plugins
      .source<file::FileSourceConnector, file::FileSourceTask>(
          "org.apache.kafka.connect.file.FileStreamSourceConnector")
      .task_class("org.apache.kafka.connect.file.FileStreamSourceTask")
      .config(file::FileSourceConfig::table().definitions())
      .summary("Reads a text file, one record per line.");
  plugins.sink<file::FileSinkConnector, file::FileSinkTask>("org.apache.kafka.connect.file.FileStreamSinkConnector")
      .task_class("org.apache.kafka.connect.file.FileStreamSinkTask")
      .config(file::FileSinkConfig::table().definitions())
      .summary("Appends each record's value to a text file, one line per record.");
}

}  // namespace millrace
