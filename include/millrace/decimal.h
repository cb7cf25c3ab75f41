#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

using Bytes = std::vector<std::uint8_t>;

/// An exact decimal number of any size: java.math.BigDecimal's value model (unscaled integer times ten to the minus scale).
///
/// Immutable. Two decimals are equal when unscaled value *and* scale are equal (2.0 != 2.00), as BigDecimal.equals has it;
/// `compare` orders by numeric value.
class Decimal {
 public:
  Decimal() = default;
  Decimal(std::int64_t unscaled, std::int32_t scale);

  /// Big-endian two's complement, as BigInteger(byte[]) reads it. Empty bytes: nullopt.
  static std::optional<Decimal> from_unscaled_bytes(const Bytes& bytes, std::int32_t scale);

  /// Java's `new BigDecimal(String)` grammar ("12", "-1.50", ".5", "1e3", "+1."); nullopt when it does not match.
  static std::optional<Decimal> parse(std::string_view text);

  /// The exact value of a finite double, as Java's `new BigDecimal(double)`; nullopt for NaN and infinities.
  static std::optional<Decimal> from_double_exact(double value);

  std::int32_t scale() const noexcept { return scale_; }

  /// Number of decimal digits of the unscaled value; 1 for zero (BigDecimal.precision).
  std::int32_t precision() const;

  bool is_negative() const noexcept { return negative_; }
  bool is_zero() const noexcept { return digits_ == "0"; }

  /// Minimal big-endian two's complement of the unscaled value; zero is one byte 00 (BigInteger.toByteArray).
  Bytes unscaled_bytes() const;

  /// The unscaled value in decimal digits with sign.
  std::string unscaled_text() const;

  /// BigDecimal.toString: plain when scale >= 0 and adjusted exponent >= -6, else scientific ("1E+5", "1E-7", "0E-10").
  std::string to_string() const;

  /// BigDecimal.toPlainString: never an exponent.
  std::string to_plain_string() const;

  double to_double() const;
  float to_float() const;

  /// Java's `longValue()`: the fraction is cut, then the low 64 bits are kept.
  std::int64_t to_int64_wrapping() const;

  /// The value when it is a whole number (2.00, 1e2 too) within 64 bits; nullopt otherwise.
  std::optional<std::int64_t> to_int64_exact() const;

  /// `setScale(scale)` when no digit is lost, else nullopt.
  std::optional<Decimal> with_scale_exact(std::int32_t scale) const;

  /// `setScale(scale, RoundingMode.HALF_UP)`.
  Decimal with_scale_half_up(std::int32_t scale) const;

  /// Trailing zeros of the unscaled value removed (BigDecimal.stripTrailingZeros).
  Decimal stripped() const;

  /// Negative, zero or positive by numeric value.
  int compare(const Decimal& other) const;

  bool operator==(const Decimal& other) const = default;

 private:
  Decimal(bool negative, std::string digits, std::int32_t scale);

  bool negative_ = false;
  std::string digits_ = "0";  // no sign, no leading zeros
  std::int32_t scale_ = 0;
};

}  // namespace millrace
