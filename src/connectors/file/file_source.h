#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/file/file_config.h"
#include "connectors/file/line_splitter.h"
#include "connectors/file/position_offsets.h"
#include "millrace/connector.h"

namespace millrace::file {

/// Plans the one task that reads the file.
///
/// Behaviour: org.apache.kafka.connect.file.FileStreamSourceConnector.
class FileSourceConnector : public SourceConnector {
 public:
  void start(const Props& config) override;
  std::vector<Props> task_configs(std::int32_t max_tasks) override;
  const ConfigDef& config() const override { return FileSourceConfig::table().definitions(); }
  ExactlyOnceSupport exactly_once_support(const Props& props) const override;
  bool alter_offsets(const Props& props, const std::vector<std::pair<OffsetMap, OffsetMap>>& offsets) override;

 private:
  Props props_;
};

/// An open file descriptor, closed at the end unless it is standard input.
class InputFile {
 public:
  InputFile() = default;
  InputFile(int fd, bool owned) : fd_(fd), owned_(owned) {}
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile() { close(); }
  bool is_open() const noexcept { return fd_ >= 0; }
  int fd() const noexcept { return fd_; }
  void close() noexcept;

 private:
  int fd_ = -1;
  bool owned_ = false;
};

/// Follows a growing file, one record per line.
///
/// Positions count bytes, so a restart continues right behind the last complete line whatever the text is.
/// A file that is cut short is read again from its start; a file that is replaced (rotation by rename) is read to its
/// end and then the new one from its start. Both are said in one log line. Threads: all methods on the task thread.
/// Differs: Java counts characters, which repeats lines after a restart when the text is not ASCII, and it follows
/// neither truncation nor replacement.
class FileSourceTask : public SourceTask {
 public:
  void start(const Props& config) override;
  std::vector<SourceRecord> poll() override;
  void recycle(std::vector<SourceRecord> records) override { spare_ = std::move(records); }
  void stop() override;

 private:
  enum class Read { kData, kNothing };

  bool open_file();
  std::int64_t stored_position();
  Read read_more();
  Read read_stdin();
  bool follow_replacement();
  void check_truncation();
  bool is_rewritten() const;
  void start_over(const std::string& why);
  void begin_at(std::int64_t position);
  std::vector<SourceRecord> take_lines();
  void fill(SourceRecord& record, std::string_view line, std::int64_t now_ms);

  FileSourceConfig config_;
  std::size_t batch_records_ = 1;
  OffsetMap partition_;
  OffsetMap stdin_offset_;
  PositionOffsets offsets_;
  std::vector<SourceRecord> spare_;  ///< to be filled again
  InputFile input_;
  LineSplitter splitter_;
  std::int64_t file_position_ = 0;  ///< bytes read from the file so far, complete lines or not
  std::string last_bytes_;          ///< the last ones read, to know the file again by
  bool at_end_ = false;             ///< the last read found nothing
  std::chrono::milliseconds idle_wait_{};
  bool missing_reported_ = false;
  bool stdin_ended_ = false;
};

}  // namespace millrace::file
