#include "base/atomic_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace millrace::base {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

Error io_error(std::string_view what, const std::string& path, const char* step, int error) {
  Error made;
  made.code = error == ENOENT && std::string_view(step) == "open" ? Errc::kNotFound : Errc::kIo;
  made.text = fmt::format("{} {}: {} failed: {}", what, path, step, std::strerror(error));
  return made;
}

std::string resolved(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string result = real;
  std::free(real);
  return result;
}

}  // namespace

Result<void> replace_file(const std::string& path, std::string_view content, std::string_view what) {
  const std::string target = resolved(path);
  const std::string temporary = target + ".tmp";
  struct stat old {};
  const mode_t mode = ::stat(target.c_str(), &old) == 0 ? old.st_mode & 07777 : 0666;

  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (file.get() < 0) return io_error(what, temporary, "open", errno == ENOENT ? ENOTDIR : errno);
  const auto give_up = [&](const char* step) -> Error {
    Error error = io_error(what, path, step, errno);
    ::unlink(temporary.c_str());
    return error;
  };
  const char* data = content.data();
  std::size_t left = content.size();
  while (left > 0) {
    const ssize_t n = ::write(file.get(), data, left);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up("write");
    data += n;
    left -= static_cast<std::size_t>(n);
  }
  if (::fsync(file.get()) != 0) return give_up("fsync");
  if (file.close() != 0) return give_up("close");
  if (::rename(temporary.c_str(), target.c_str()) != 0) return give_up("rename");

  const auto slash = target.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : target.substr(0, slash);
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());  // some file systems refuse; the rename has happened
  return {};
}

Result<std::string> read_file(const std::string& path, std::string_view what) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return io_error(what, path, "open", errno);
  std::string content;
  char block[65536];
  while (true) {
    const ssize_t n = ::read(file.get(), block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(what, path, "read", errno);
    if (n == 0) return content;
    content.append(block, static_cast<std::size_t>(n));
  }
}

}  // namespace millrace::base
