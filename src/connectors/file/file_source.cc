#include "connectors/file/file_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "millrace/errors.h"
#include "millrace/text.h"

namespace millrace::file {
namespace {

constexpr std::string_view kFilename = "filename";
// How long an idle task waits before it looks again: short after activity, longer the longer nothing comes.
constexpr std::chrono::milliseconds kShortestWait{2};
constexpr std::chrono::milliseconds kLongestWait{100};
constexpr std::size_t kLastBytes = 64;
constexpr std::size_t kLongLine = 64 * 1024;

Logger& log() {
  static Logger& instance = logger("org.apache.kafka.connect.file.FileStreamSourceTask");
  return instance;
}

std::string reason(int error) { return std::generic_category().message(error); }

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

void FileSourceConnector::start(const Props& config) {
  const FileSourceConfig parsed = FileSourceConfig::table().parse(config);
  logger("org.apache.kafka.connect.file.FileStreamSourceConnector")
      .info("Starting file source connector reading from " + (parsed.reads_stdin() ? "standard input" : *parsed.path));
  props_ = config;
}

std::vector<Props> FileSourceConnector::task_configs(std::int32_t) { return {props_}; }

ExactlyOnceSupport FileSourceConnector::exactly_once_support(const Props& props) const {
  return FileSourceConfig::table().parse(props).reads_stdin() ? ExactlyOnceSupport::kUnsupported
                                                              : ExactlyOnceSupport::kSupported;
}

bool FileSourceConnector::alter_offsets(const Props& props,
                                        const std::vector<std::pair<OffsetMap, OffsetMap>>& offsets) {
  if (FileSourceConfig::table().parse(props).reads_stdin()) {
    throw ConnectError(
        "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for "
        "input and "
        "offsets are not tracked.");
  }
  for (const auto& [partition, offset] : offsets) {
    if (!offset) continue;  // a reset is always fine, whatever the partition looks like
    const Value* position = offset->find(kPosition);
    if (position == nullptr) throw ConnectError("Offset objects should either be null or contain the key 'position'");
    if (position->kind() != ValueKind::kInt64) {
      throw ConnectError("The value for the 'position' key in the offset is expected to be a Long value");
    }
    if (position->as_int64() < 0) {
      throw ConnectError("The value for the 'position' key in the offset should be a non-negative value");
    }
    if (!partition) throw ConnectError("Partition objects cannot be null");
    if (partition->find(kFilename) == nullptr) {
      throw ConnectError("Partition objects should contain the key 'filename'");
    }
  }
  return true;
}

InputFile::InputFile(InputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), owned_(std::exchange(other.owned_, false)) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
    owned_ = std::exchange(other.owned_, false);
  }
  return *this;
}

void InputFile::close() noexcept {
  if (fd_ >= 0 && owned_) ::close(fd_);
  fd_ = -1;
}

void FileSourceTask::start(const Props& config) {
  config_ = FileSourceConfig::table().parse(config);
  batch_records_ = static_cast<std::size_t>(std::max(1, config_.batch_size));
  idle_wait_ = kShortestWait;
  Map partition;
  partition.put(Value(kFilename), config_.path ? Value(*config_.path) : Value());
  partition_ = std::make_shared<const Map>(std::move(partition));
  if (config_.reads_stdin()) {
    Map offset;
    offset.put(Value(kPosition), Value());
    stdin_offset_ = std::make_shared<const Map>(std::move(offset));
    input_ = InputFile(STDIN_FILENO, /*owned=*/false);
  }
}

void FileSourceTask::stop() { input_.close(); }

std::vector<SourceRecord> FileSourceTask::poll() {
  if (!input_.is_open() && !stdin_ended_ && !open_file()) {
    context().wait_for(kLongestWait);
    return {};
  }
  // Lines that were read together with an earlier batch come first, whether or not the file grows.
  std::vector<SourceRecord> records = take_lines();
  while (records.empty() && read_more() == Read::kData) records = take_lines();
  if (!records.empty()) {
    idle_wait_ = kShortestWait;
    return records;
  }
  spare_ = {};
  offsets_.shrink();
  context().wait_for(idle_wait_);
  idle_wait_ = std::min(idle_wait_ * 2, kLongestWait);
  return {};
}

bool FileSourceTask::open_file() {
  const std::string& path = *config_.path;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    if (errno != ENOENT) {
      throw ConnectError("Cannot open file \"" + path + "\" (option file): " + reason(errno) +
                         "; make it readable for the worker's user and restart the task");
    }
    if (!std::exchange(missing_reported_, true)) {
      log().warn("Couldn't find file " + path + " for FileStreamSourceTask, sleeping to wait for it to be created");
    }
    return false;
  }
  InputFile file(fd, /*owned=*/true);
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw ConnectError("Cannot read the size of file \"" + path + "\": " + reason(errno));
  if (S_ISDIR(status.st_mode)) throw ConnectError("Option file: \"" + path + "\" is a directory; name a file");
  std::int64_t position = stored_position();
  if (S_ISREG(status.st_mode)) {
    if (position > status.st_size) {
      log().warn("File " + path + " has " + std::to_string(status.st_size) + " bytes, but the stored offset is " +
                 std::to_string(position) + ": it was cut or replaced meanwhile; reading it from its start");
      position = 0;
    }
    if (::lseek(fd, position, SEEK_SET) < 0) {
      throw ConnectError("Cannot go to byte " + std::to_string(position) + " of file \"" + path +
                         "\": " + reason(errno));
    }
  } else {
    position = 0;  // a pipe has no positions
  }
  begin_at(position);
  missing_reported_ = false;
  input_ = std::move(file);
  log().debug("Opened " + path + " at byte " + std::to_string(position));
  return true;
}

std::int64_t FileSourceTask::stored_position() {
  const OffsetMap offset = context().offset_storage_reader().offset(*partition_);
  if (!offset) return 0;
  const Value* position = offset->find(kPosition);
  if (position == nullptr || position->is_null()) return 0;
  if (position->kind() != ValueKind::kInt64) throw ConnectError("Offset position is the incorrect type");
  return std::max<std::int64_t>(0, position->as_int64());
}

FileSourceTask::Read FileSourceTask::read_more() {
  if (stdin_ended_) return Read::kNothing;
  if (config_.reads_stdin()) return read_stdin();
  const LineSplitter::Room room = splitter_.room();
  if (splitter_.take_grown()) {
    log().debug("Increased buffer to " + std::to_string(splitter_.capacity()) + " bytes for a long line of " +
                *config_.path);
  }
  ssize_t count = 0;
  do {
    count = ::read(input_.fd(), room.data, room.size);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) return Read::kNothing;  // a pipe whose writer is silent
  if (count < 0) {
    throw ConnectError("Cannot read file \"" + *config_.path + "\" at byte " + std::to_string(file_position_) + ": " +
                       reason(errno));
  }
  if (count > 0) {
    if (std::exchange(at_end_, false) && is_rewritten()) {
      start_over("was written anew");
      return Read::kData;
    }
    const std::string_view bytes(room.data, static_cast<std::size_t>(count));
    last_bytes_.append(bytes.substr(bytes.size() - std::min(bytes.size(), kLastBytes)));
    last_bytes_.erase(0, last_bytes_.size() - std::min(last_bytes_.size(), kLastBytes));
    file_position_ += count;
    splitter_.filled(bytes.size());
    return Read::kData;
  }
  at_end_ = true;
  if (follow_replacement()) return Read::kData;
  check_truncation();
  return Read::kNothing;
}

FileSourceTask::Read FileSourceTask::read_stdin() {
  pollfd wait{input_.fd(), POLLIN, 0};
  if (::poll(&wait, 1, 0) <= 0) return Read::kNothing;
  const LineSplitter::Room room = splitter_.room();
  const ssize_t count = ::read(input_.fd(), room.data, room.size);
  if (count > 0) {
    splitter_.filled(static_cast<std::size_t>(count));
    return Read::kData;
  }
  if (count == 0) {
    log().info("Standard input has ended; the task goes on without it");
    stdin_ended_ = true;
  } else if (errno != EINTR && errno != EAGAIN) {
    throw ConnectError("Cannot read standard input: " + reason(errno));
  }
  return Read::kNothing;
}

/// At the end of the open file: is another one there under its name? Then go on with that one.
bool FileSourceTask::follow_replacement() {
  struct stat open_one {};
  struct stat named_one {};
  if (::fstat(input_.fd(), &open_one) != 0 || ::stat(config_.path->c_str(), &named_one) != 0) return false;
  if (!S_ISREG(named_one.st_mode)) return false;
  if (open_one.st_dev == named_one.st_dev && open_one.st_ino == named_one.st_ino) return false;
  if (open_one.st_size > file_position_) return true;  // it grew since the last read: finish it first
  const int fd = ::open(config_.path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;  // gone again; looked at again next time
  std::string text = "File " + *config_.path + " was replaced; the old one was read to byte " +
                     std::to_string(file_position_) + ", the new one is read from its start";
  if (splitter_.pending_bytes() > 0) {
    text +=
        "; the old one's last " + std::to_string(splitter_.pending_bytes()) + " bytes had no line end and are left out";
  }
  log().warn(text);
  input_ = InputFile(fd, /*owned=*/true);
  begin_at(0);
  return true;
}

void FileSourceTask::check_truncation() {
  struct stat status {};
  if (::fstat(input_.fd(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size >= file_position_) return;
  start_over("was cut to " + std::to_string(status.st_size) + " bytes");
}

/// A file that was cut and has grown beyond the old position since the last look seems to have grown only. The bytes
/// before the position tell: they are others now. Looked at once for each time that data comes after the end was seen.
bool FileSourceTask::is_rewritten() const {
  std::array<char, kLastBytes> now{};
  const auto begin = static_cast<off_t>(file_position_ - static_cast<std::int64_t>(last_bytes_.size()));
  const ssize_t count = ::pread(input_.fd(), now.data(), last_bytes_.size(), begin);
  return count >= 0 && std::string_view(now.data(), static_cast<std::size_t>(count)) != last_bytes_;
}

void FileSourceTask::start_over(const std::string& why) {
  log().warn("File " + *config_.path + ", read to byte " + std::to_string(file_position_) + ", " + why +
             "; reading it from its start");
  if (::lseek(input_.fd(), 0, SEEK_SET) < 0) {
    throw ConnectError("Cannot go to the start of file \"" + *config_.path + "\": " + reason(errno));
  }
  begin_at(0);
}

void FileSourceTask::begin_at(std::int64_t position) {
  file_position_ = position;
  splitter_.reset(position);
  last_bytes_.clear();
  at_end_ = false;
}

std::vector<SourceRecord> FileSourceTask::take_lines() {
  std::vector<SourceRecord> records = std::exchange(spare_, {});
  std::int64_t now = 0;
  std::size_t count = 0;
  while (count < batch_records_) {
    const auto line = splitter_.next_line();
    if (!line) break;
    if (count == 0) {
      now = now_ms();
      records.reserve(std::min<std::size_t>(batch_records_, 512));
    }
    if (count == records.size()) records.emplace_back();
    fill(records[count++], *line, now);
  }
  records.resize(count);
  return records;
}

/// `record` is a new one, or one that was sent before.
void FileSourceTask::fill(SourceRecord& record, std::string_view line, std::int64_t now) {
  record.topic = config_.topic;
  record.kafka_partition.reset();
  record.key_schema = nullptr;
  record.key = Value();
  record.headers.clear();
  record.value_schema = Schema::string();
  if (record.value.kind() == ValueKind::kString && record.value.as_string().capacity() <= kLongLine) {
    std::string& text = record.value.mutable_string();
    text.clear();
    append_as_utf8(text, line);
  } else {
    record.value = Value(to_utf8(line));
  }
  record.timestamp = now;
  record.source_partition = partition_;
  record.source_offset = stdin_offset_ ? stdin_offset_ : offsets_.next(splitter_.consumed_bytes());
}

}  // namespace millrace::file
