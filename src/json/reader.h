#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::json {

/// Malformed JSON. `what()` is the sentence that Jackson, the Java worker's parser, has for it, with line and column.
class ParseError : public std::runtime_error {
 public:
  ParseError(const char* java_class, const std::string& message, std::size_t offset)
      : std::runtime_error(message), java_class_(java_class), offset_(offset) {}
  /// The Java exception it stands for.
  const char* java_class() const noexcept { return java_class_; }
  /// Where in the text, in bytes.
  std::size_t offset() const noexcept { return offset_; }

 private:
  const char* java_class_;
  std::size_t offset_;
};

enum class Token : std::uint8_t { kEnd, kNull, kTrue, kFalse, kInteger, kReal, kString, kBeginArray, kBeginObject };

/// Reads JSON from front to back without building anything.
///
/// Behaviour: the grammar is that of Jackson as JsonConverter sets it up: leading zeros are allowed; NaN, comments,
/// single quotes, trailing commas, `+1`, `.5` and raw control characters are not. What follows the first value is left
/// unread. Errors: ParseError. The text must outlive the reader's use of it.
class Reader {
 public:
  explicit Reader(std::string_view text = {}) { reset(text); }
  void reset(std::string_view text);
  /// Begins in the middle of an object, behind a member's colon: read its value, then go on with next_member.
  void reset_inside_object(std::string_view text);

  /// The next value's first token; kEnd when nothing but blanks is left (outermost level only).
  /// After kBeginObject call next_member, after kBeginArray next_element, until they say false.
  Token next();

  /// Inside an object: false and the object is closed, or true with the member's name read. The view lives until the
  /// following call of next_member.
  bool next_member(std::string_view& name);
  /// Inside an array: false and the array is closed, or true and a value follows.
  bool next_element();

  /// The text of the last kString; lives until the next call of next.
  std::string_view string() const noexcept { return string_; }
  /// The last kInteger or kReal as it stands in the text.
  std::string_view number() const noexcept { return string_; }
  /// The last kInteger when it has at most 18 digits.
  bool small_integer(std::int64_t& out) const noexcept;

  /// Skips the value whose first token was just read (for arrays and objects: up to their end).
  void skip(Token first);

  /// Bytes read so far.
  std::size_t position() const noexcept { return static_cast<std::size_t>(p_ - begin_); }
  std::string_view text() const noexcept { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }

 private:
  struct Frame {
    std::size_t start;
    bool object;
    bool first;
  };

  void skip_blanks();
  void open(bool object);
  bool next_in(bool object);
  Token read_number();
  Token read_word(const char* word, Token token);
  std::string_view read_string(std::string& scratch, bool is_name);
  void read_escape(std::string& out);
  std::uint32_t read_hex4();
  void check_multibyte(const char*& p) const;
  [[noreturn]] void fail_at(const char* at, const std::string& message) const;
  [[noreturn]] void fail_end(const std::string& message) const;
  [[noreturn]] void fail_value();
  [[noreturn]] void fail_token(const char* from);
  [[noreturn]] void fail_close(char marker, const char* at) const;
  [[noreturn]] void fail_inside_end(bool between) const;
  std::string location(std::size_t offset) const;

  const char* begin_ = nullptr;
  const char* p_ = nullptr;
  const char* end_ = nullptr;
  std::string_view string_;
  std::string scratch_;
  std::string name_scratch_;
  std::vector<Frame> frames_;
};

}  // namespace millrace::json
