#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::transforms {

/// Byte.parseByte and its siblings: digits of any script with an optional sign, nothing else; nullopt outside of the
/// bounds.
std::optional<std::int64_t> parse_java_integer(std::string_view text, std::int64_t lowest, std::int64_t highest);

/// Double.parseDouble and Float.parseFloat: blanks around are dropped; NaN, Infinity, hexadecimal floats and a trailing
/// f or d are taken.
std::optional<double> parse_java_double(std::string_view text);
std::optional<float> parse_java_float(std::string_view text);

/// Java's narrowing of a floating number: NaN is 0, what is too large becomes the nearest bound, the fraction is cut.
std::int32_t java_to_int(double value);
std::int64_t java_to_long(double value);

}  // namespace millrace::transforms
