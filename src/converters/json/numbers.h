#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::json_converter {

/// A JSON number as Java's longValue: the fraction is cut, then the low 64 bits are kept.
std::int64_t to_long(std::string_view number);

/// The value when the text is a whole number (no point, no exponent) that fits 32 bits.
std::optional<std::int32_t> to_exact_int(std::string_view number);

/// Correctly rounded; never -0.0, as numbers are decimals first.
double to_double(std::string_view number);
float to_float(std::string_view number);

}  // namespace millrace::json_converter
