#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace millrace::file {

/// Cuts a stream of bytes into lines: `\n`, `\r\n` and a lone `\r` end one.
///
/// A line without its end stays inside until more bytes come; so does one that ends in `\r` at the end of the bytes,
/// since a
/// `\n` may follow. Lines are views into the buffer, valid until the next `room` call.
class LineSplitter {
 public:
  /// Space for the next read: at least 64 KiB, more while a long line is incomplete.
  struct Room {
    char* data = nullptr;
    std::size_t size = 0;
  };
  Room room();
  /// That many bytes were read into the room.
  void filled(std::size_t bytes) { end_ += bytes; }

  /// The next complete line without its end, or nullopt.
  std::optional<std::string_view> next_line();

  /// Bytes of all lines handed out, their ends included, since the last `reset`.
  std::int64_t consumed_bytes() const noexcept { return consumed_; }
  /// Bytes taken in that belong to no line yet.
  std::size_t pending_bytes() const noexcept { return end_ - begin_; }
  /// True when the buffer has grown since the last call; for one log line per doubling.
  bool take_grown() noexcept;
  std::size_t capacity() const noexcept { return capacity_; }

  /// Forgets everything; the next byte has that position.
  void reset(std::int64_t position);

 private:
  std::unique_ptr<char[]> buffer_;  // not zeroed: 64 KiB reads fill it
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;    // first byte of the current line
  std::size_t scanned_ = 0;  // no line end in [begin_, scanned_)
  std::size_t end_ = 0;
  std::size_t known_cr_ = kUnknown;  // next '\r' at or behind scanned_, kNone, or not looked up yet
  std::int64_t consumed_ = 0;
  bool grown_ = false;

  static constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);
  static constexpr std::size_t kNone = static_cast<std::size_t>(-2);
};

}  // namespace millrace::file
