#include "transforms/common/java_numbers.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <system_error>

#include "millrace/text.h"

namespace millrace::transforms {
namespace {

template <class Target, class Number>
Target saturate(Number value) {
  if (std::isnan(value)) return 0;
  if (value <= static_cast<Number>(std::numeric_limits<Target>::min())) return std::numeric_limits<Target>::min();
  if (value >= static_cast<Number>(std::numeric_limits<Target>::max())) return std::numeric_limits<Target>::max();
  return static_cast<Target>(value);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void strip(std::string_view& text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
}

template <class Number>
Number from_text(const std::string& text) {
  // The program never leaves the C locale, so strtod reads a point.
  if constexpr (sizeof(Number) == sizeof(float)) return std::strtof(text.c_str(), nullptr);
  return static_cast<Number>(std::strtod(text.c_str(), nullptr));
}

template <class Number>
std::optional<Number> parse(std::string_view text) {
  strip(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const auto signed_value = [negative](Number value) { return negative ? -value : value; };
  if (text == "NaN") return std::numeric_limits<Number>::quiet_NaN();
  if (text == "Infinity") return signed_value(std::numeric_limits<Number>::infinity());
  const bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  if (text.size() > 1 && std::string_view("fFdD").find(text.back()) != std::string_view::npos &&
      (!hex || text.find_first_of("pP") != std::string_view::npos)) {
    text.remove_suffix(1);
  }
  // The grammar first: strtod itself takes more ("inf", "0x1").
  std::size_t at = hex ? 2 : 0;
  std::size_t digits = 0;
  const auto skip_digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && (is_digit(text[at]) || (hex && ((text[at] | 32) >= 'a' && (text[at] | 32) <= 'f')))) {
      ++at;
    }
    digits += at - start;
  };
  skip_digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    skip_digits();
  }
  if (digits == 0) return std::nullopt;
  const char mark = hex ? 'p' : 'e';
  if (at < text.size() && (text[at] | 32) == mark) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == start) return std::nullopt;
  } else if (hex) {
    return std::nullopt;  // the exponent of a hexadecimal float is required
  }
  if (at != text.size()) return std::nullopt;
  return signed_value(from_text<Number>(std::string(text)));
}

}  // namespace

std::optional<std::int64_t> parse_java_integer(std::string_view text, std::int64_t lowest, std::int64_t highest) {
  std::string digits;  // in ASCII
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    if (text[0] == '-') digits += '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  for (const char *p = text.data(), *end = p + text.size(); p != end;) {
    const auto digit = next_decimal_digit(p, end);
    if (!digit) return std::nullopt;
    digits += static_cast<char>('0' + *digit);
  }
  std::int64_t value = 0;
  const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), value).ec;
  if (error != std::errc() || value < lowest || value > highest) return std::nullopt;
  return value;
}

std::optional<double> parse_java_double(std::string_view text) { return parse<double>(text); }
std::optional<float> parse_java_float(std::string_view text) { return parse<float>(text); }

std::int32_t java_to_int(double value) { return saturate<std::int32_t>(value); }
std::int64_t java_to_long(double value) { return saturate<std::int64_t>(value); }

}  // namespace millrace::transforms
