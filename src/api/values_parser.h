#pragma once

#include <optional>
#include <string_view>

#include "millrace/converter.h"

namespace millrace::values {

/// The tokens of Connect's Values: `: , { } [ ] "` alone, and the runs between them. A backslash in front keeps a delimiter
/// inside its run.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  std::string_view original() const noexcept { return text_; }
  bool has_next() const noexcept { return next_.has_value() || at_ < text_.size(); }
  std::string_view next();
  /// The next `count` tokens as one text; nullopt, nothing consumed, when there are fewer.
  std::optional<std::string_view> next(int count);
  /// Consumes the next token when it is `expected`, blanks around it ignored. Blank tokens before it are lost either way.
  bool can_consume(std::string_view expected);
  std::size_t mark() const noexcept { return at_ - (next_ ? next_->size() : 0); }
  void rewind(std::size_t mark) noexcept;

 private:
  std::string_view consume();

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<std::string_view> next_;
};

/// The date, time or timestamp that `text` spells; its length decides which.
std::optional<SchemaAndValue> parse_temporal(std::string_view text);

/// A number with its narrowest schema; nullopt when `text` is none.
std::optional<SchemaAndValue> parse_number(std::string_view text);

}  // namespace millrace::values
