#include "converters/json/numbers.h"

#include <charconv>
#include <cmath>

#include "millrace/decimal.h"

namespace millrace::json_converter {

std::int64_t to_long(std::string_view number) {
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc() && rest == number.data() + number.size()) return value;
  const auto decimal = Decimal::parse(number);
  return decimal ? decimal->to_int64_wrapping() : 0;
}

std::optional<std::int32_t> to_exact_int(std::string_view number) {
  std::int32_t value = 0;
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || rest != number.data() + number.size()) return std::nullopt;
  return value;
}

namespace {

template <class Float>
Float parse(std::string_view number) {
  Float value = 0;
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc::result_out_of_range) {
    const auto decimal = Decimal::parse(number);
    const double wide = decimal ? decimal->to_double() : 0.0;
    value = std::fabs(wide) > 1 ? std::copysign(std::numeric_limits<Float>::infinity(), static_cast<Float>(wide))
                                : Float(0);
  }
  return value == 0 ? Float(0) : value;
}

}  // namespace

double to_double(std::string_view number) { return parse<double>(number); }
float to_float(std::string_view number) { return parse<float>(number); }

}  // namespace millrace::json_converter
