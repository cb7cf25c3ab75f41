#include "connectors/file/file_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "millrace/errors.h"

namespace millrace::file {
namespace {

constexpr std::size_t kKeptCapacity = 1024 * 1024;  // a larger buffer is given back after the batch that needed it

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

void FileSinkConnector::start(const Props& config) {
  const FileSinkConfig parsed = FileSinkConfig::table().parse(config);
  logger("org.apache.kafka.connect.file.FileStreamSinkConnector")
      .info("Starting file sink connector writing to " + (parsed.writes_stdout() ? "standard output" : *parsed.path));
  props_ = config;
}

std::vector<Props> FileSinkConnector::task_configs(std::int32_t max_tasks) {
  return std::vector<Props>(static_cast<std::size_t>(max_tasks), props_);
}

void FileSinkTask::start(const Props& config) {
  config_ = FileSinkConfig::table().parse(config);
  if (config_.writes_stdout()) {
    name_ = "standard output";
    fd_ = STDOUT_FILENO;
    return;
  }
  name_ = *config_.path;
  fd_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    throw ConnectError("Couldn't find or create file '" + name_ + "' for FileStreamSinkTask: " + reason(errno));
  }
}

void FileSinkTask::put(const std::vector<SinkRecord>& records) {
  lines_.clear();
  for (const SinkRecord& record : records) {
    if (record.value.kind() == ValueKind::kString) {
      lines_ += record.value.as_string();
    } else {
      lines_ += record.value.to_string();
    }
    lines_ += '\n';
  }
  write_all();
  if (lines_.capacity() > kKeptCapacity) std::string().swap(lines_);
}

void FileSinkTask::write_all() {
  std::size_t written = 0;
  while (written < lines_.size()) {
    const ssize_t count = ::write(fd_, lines_.data() + written, lines_.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN) {  // a pipe or terminal that somebody made non-blocking
      pollfd wait{fd_, POLLOUT, 0};
      ::poll(&wait, 1, 100);
      if (context().stop_token().stop_requested()) throw ConnectError("Stopped while writing to " + name_);
      continue;
    }
    // Take back what was written of this batch, unless another task has appended behind it.
    struct stat status {};
    const off_t end = ::lseek(fd_, 0, SEEK_CUR);
    if (written > 0 && ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == end) {
      if (::ftruncate(fd_, end - static_cast<off_t>(written)) == 0) written = 0;
    }
    throw ConnectError(
        "Cannot write to " + name_ + ": " + reason(error) + "; " + std::to_string(written) + " of " +
        std::to_string(lines_.size()) +
        " bytes of the batch were written and none of its offsets is committed; mend the cause and restart the task");
  }
}

void FileSinkTask::close_file() noexcept {
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) ::close(fd_);
  fd_ = -1;
}

}  // namespace millrace::file
