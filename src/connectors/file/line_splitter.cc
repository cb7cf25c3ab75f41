#include "connectors/file/line_splitter.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace millrace::file {
namespace {
constexpr std::size_t kInitialCapacity = 256 * 1024;
constexpr std::size_t kLeastRoom = 64 * 1024;
}  // namespace

LineSplitter::Room LineSplitter::room() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (capacity_ - end_ < kLeastRoom) {
    const std::size_t capacity = std::max(kInitialCapacity, capacity_ * 2);
    std::unique_ptr<char[]> bigger(new char[capacity]);
    if (end_ > 0) std::memcpy(bigger.get(), buffer_.get(), end_);
    grown_ = capacity_ > 0;
    buffer_ = std::move(bigger);
    capacity_ = capacity;
  }
  known_cr_ = kUnknown;
  return {buffer_.get() + end_, capacity_ - end_};
}

std::optional<std::string_view> LineSplitter::next_line() {
  const char* const data = buffer_.get();
  if (scanned_ >= end_) return std::nullopt;
  if (known_cr_ == kUnknown || (known_cr_ != kNone && known_cr_ < scanned_)) {
    const void* cr = std::memchr(data + scanned_, '\r', end_ - scanned_);
    known_cr_ = cr == nullptr ? kNone : static_cast<std::size_t>(static_cast<const char*>(cr) - data);
  }
  const std::size_t limit = known_cr_ == kNone ? end_ : known_cr_;
  std::size_t line_end = 0;
  std::size_t next = 0;
  if (const void* lf = std::memchr(data + scanned_, '\n', limit - scanned_); lf != nullptr) {
    line_end = static_cast<std::size_t>(static_cast<const char*>(lf) - data);
    next = line_end + 1;
  } else if (known_cr_ != kNone && known_cr_ + 1 < end_) {
    line_end = known_cr_;
    next = data[line_end + 1] == '\n' ? line_end + 2 : line_end + 1;
  } else {
    scanned_ = limit;  // a '\r' at the very end waits for the byte behind it
    return std::nullopt;
  }
  const std::string_view line(data + begin_, line_end - begin_);
  consumed_ += static_cast<std::int64_t>(next - begin_);
  begin_ = scanned_ = next;
  return line;
}

bool LineSplitter::take_grown() noexcept { return std::exchange(grown_, false); }

void LineSplitter::reset(std::int64_t position) {
  begin_ = scanned_ = end_ = 0;
  known_cr_ = kUnknown;
  consumed_ = position;
}

}  // namespace millrace::file
