#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::transforms {

/// java.text.SimpleDateFormat in UTC with the words and week rules of the US.
/// Differs: zone names in texts are those of a fixed list (docs/reference/date-patterns.md).
class DateFormat {
 public:
  /// IllegalArgumentError with Java's text: "Illegal pattern character 'b'", "Unterminated quote".
  explicit DateFormat(std::string_view pattern);

  const std::string& pattern() const noexcept { return pattern_; }

  void append(std::string& out, std::int64_t epoch_ms) const;
  std::string format(std::int64_t epoch_ms) const;

  /// Lenient, and of the beginning of `text` only, as Java's parse(String). `now_ms`: two-digit years are within 80
  /// years before and 20 after it.
  std::optional<std::int64_t> parse(std::string_view text, std::int64_t now_ms) const;

 private:
  struct Token {
    char letter = 0;  ///< 0: literal text
    int count = 0;
    std::string text;
  };
  class Parser;
  std::string pattern_;
  std::vector<Token> tokens_;
  bool needs_weeks_ = false;  ///< or the day of the year
};

/// Milliseconds since the epoch, from the system's clock.
std::int64_t system_now_ms();

}  // namespace millrace::transforms
