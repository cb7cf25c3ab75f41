#pragma once

#include <string>
#include <vector>

#include "connectors/file/file_config.h"
#include "millrace/connector.h"

namespace millrace::file {

/// Plans `tasks.max` tasks that append to the same file.
///
/// Behaviour: org.apache.kafka.connect.file.FileStreamSinkConnector.
class FileSinkConnector : public SinkConnector {
 public:
  void start(const Props& config) override;
  std::vector<Props> task_configs(std::int32_t max_tasks) override;
  const ConfigDef& config() const override { return FileSinkConfig::table().definitions(); }
  bool alter_offsets(const Props&, const std::map<TopicPartition, std::optional<std::int64_t>>&) override {
    return true;
  }

 private:
  Props props_;
};

/// Appends one line per record: the value as Java prints it. A batch is one write, so it is visible when `put` returns.
///
/// Errors: a write that fails (full disk) makes the task FAILED; a line that was written in part is taken back when
/// nobody else has appended meanwhile. Nothing of the batch is committed then. Differs: Java's print stream swallows
/// write errors and loses the lines.
class FileSinkTask : public SinkTask {
 public:
  ~FileSinkTask() override { close_file(); }
  void start(const Props& config) override;
  void put(const std::vector<SinkRecord>& records) override;
  bool reads_headers() const override { return false; }
  void stop() override { close_file(); }

 private:
  void write_all();
  void close_file() noexcept;

  FileSinkConfig config_;
  std::string name_;  ///< of the file, for error texts
  int fd_ = -1;
  std::string lines_;
};

}  // namespace millrace::file
