#include "millrace/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "api/unicode.h"
#include "millrace/text.h"

namespace millrace {

namespace {

constexpr std::uint32_t kLimbBase = 1'000'000'000;  // nine decimal digits
constexpr std::size_t kLimbDigits = 9;

using UInt128 = unsigned __int128;

std::string digits_of(std::uint64_t value) {
  char buffer[20];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string digits_of(UInt128 value) {
  char buffer[40];
  char* p = buffer + sizeof buffer;
  do {
    *--p = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return {p, static_cast<std::size_t>(buffer + sizeof buffer - p)};
}

void strip_leading_zeros(std::string& digits) {
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) {
    digits = "0";
  } else {
    digits.erase(0, first);
  }
}

/// Decimal digits of a big-endian magnitude.
std::string digits_of_magnitude(const Bytes& magnitude) {
  if (magnitude.size() <= 16) {
    UInt128 value = 0;
    for (const std::uint8_t b : magnitude) value = value << 8 | b;
    return digits_of(value);
  }
  std::vector<std::uint32_t> limbs;  // little-endian, base 10^9
  for (const std::uint8_t b : magnitude) {
    std::uint64_t carry = b;
    for (std::uint32_t& limb : limbs) {
      carry += std::uint64_t{limb} << 8;
      limb = static_cast<std::uint32_t>(carry % kLimbBase);
      carry /= kLimbBase;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
  }
  std::string digits;
  digits.reserve(limbs.size() * kLimbDigits);
  for (auto limb = limbs.rbegin(); limb != limbs.rend(); ++limb) {
    std::string part = digits_of(std::uint64_t{*limb});
    digits.append(kLimbDigits - part.size(), '0');
    digits += part;
  }
  strip_leading_zeros(digits);
  return digits;
}

/// Big-endian magnitude of decimal digits, without leading zero bytes.
Bytes magnitude_of_digits(std::string_view digits) {
  Bytes little;
  if (digits.size() <= 38) {
    UInt128 value = 0;
    for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
    for (; value != 0; value >>= 8) little.push_back(static_cast<std::uint8_t>(value));
  } else {
    std::vector<std::uint32_t> words;  // little-endian, base 2^32
    for (std::size_t at = 0; at < digits.size();) {
      const std::size_t count = std::min(kLimbDigits, digits.size() - at);
      std::uint64_t carry = 0;
      std::uint64_t factor = 1;
      for (std::size_t i = 0; i < count; ++i) {
        carry = carry * 10 + static_cast<unsigned>(digits[at + i] - '0');
        factor *= 10;
      }
      for (std::uint32_t& word : words) {
        carry += word * factor;
        word = static_cast<std::uint32_t>(carry);
        carry >>= 32;
      }
      if (carry != 0) words.push_back(static_cast<std::uint32_t>(carry));
      at += count;
    }
    for (std::uint32_t word : words) {
      for (int i = 0; i < 4; ++i, word >>= 8) little.push_back(static_cast<std::uint8_t>(word));
    }
    while (!little.empty() && little.back() == 0) little.pop_back();
  }
  std::reverse(little.begin(), little.end());
  return little;
}

void negate(Bytes& two_complement) {
  unsigned carry = 1;
  for (auto b = two_complement.rbegin(); b != two_complement.rend(); ++b) {
    carry += static_cast<std::uint8_t>(~*b);
    *b = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
}

/// Adds one to the number that `digits` shows.
void increment(std::string& digits) {
  for (auto c = digits.rbegin(); c != digits.rend(); ++c) {
    if (*c != '9') {
      ++*c;
      return;
    }
    *c = '0';
  }
  digits.insert(digits.begin(), '1');
}

bool in_scale_range(std::int64_t scale) {
  return scale >= std::numeric_limits<std::int32_t>::min() && scale <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

Decimal::Decimal(std::int64_t unscaled, std::int32_t scale)
    : negative_(unscaled < 0),
      digits_(
          digits_of(unscaled < 0 ? 0 - static_cast<std::uint64_t>(unscaled) : static_cast<std::uint64_t>(unscaled))),
      scale_(scale) {}

Decimal::Decimal(bool negative, std::string digits, std::int32_t scale)
    : negative_(negative), digits_(std::move(digits)), scale_(scale) {
  if (digits_ == "0") negative_ = false;
}

std::optional<Decimal> Decimal::from_unscaled_bytes(const Bytes& bytes, std::int32_t scale) {
  if (bytes.empty()) return std::nullopt;
  if (bytes.size() <= 8) {
    std::uint64_t value = bytes[0] & 0x80 ? ~std::uint64_t{0} : 0;
    for (const std::uint8_t b : bytes) value = value << 8 | b;
    return Decimal(static_cast<std::int64_t>(value), scale);
  }
  const bool negative = (bytes[0] & 0x80) != 0;
  Bytes magnitude = bytes;
  if (negative) {
    negate(magnitude);
    // -2^(8n-1) is its own complement: read as unsigned it is the magnitude.
  }
  return Decimal(negative, digits_of_magnitude(magnitude), scale);
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  bool negative = false;
  if (p != end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  std::string digits;
  std::int64_t fraction = 0;
  bool point = false;
  bool any = false;
  while (p != end) {
    if (*p == '.') {
      if (point) return std::nullopt;
      point = true;
      ++p;
      continue;
    }
    const auto digit = next_decimal_digit(p, end);
    if (!digit) break;
    any = true;
    if (point) ++fraction;
    if (digits != "0") {
      digits.push_back(static_cast<char>('0' + *digit));
    } else {
      digits[0] = static_cast<char>('0' + *digit);
    }
  }
  if (!any) return std::nullopt;
  std::int64_t exponent = 0;
  if (p != end) {
    if (*p != 'e' && *p != 'E') return std::nullopt;
    ++p;
    bool negative_exponent = false;
    if (p != end && (*p == '-' || *p == '+')) negative_exponent = *p++ == '-';
    if (p == end) return std::nullopt;
    int significant = 0;
    while (p != end) {
      const auto digit = next_decimal_digit(p, end);
      if (!digit) return std::nullopt;
      if (*digit != 0 || significant != 0) ++significant;
      if (significant > 10) return std::nullopt;
      exponent = exponent * 10 + *digit;
    }
    if (negative_exponent) exponent = -exponent;
  }
  const std::int64_t scale = fraction - exponent;
  if (!in_scale_range(exponent) || !in_scale_range(scale)) return std::nullopt;
  return Decimal(negative, std::move(digits), static_cast<std::int32_t>(scale));
}

std::optional<Decimal> Decimal::from_double_exact(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  if (value == 0) return Decimal(0, 0);
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);  // value = fraction * 2^exponent
  auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  while ((mantissa & 1) == 0) {
    mantissa >>= 1;
    ++exponent;
  }
  // mantissa * 2^exponent; for a negative exponent that is mantissa * 5^-exponent at scale -exponent.
  std::vector<std::uint32_t> limbs;
  for (std::uint64_t rest = mantissa; rest != 0; rest /= kLimbBase) {
    limbs.push_back(static_cast<std::uint32_t>(rest % kLimbBase));
  }
  const std::uint32_t factor = exponent < 0 ? 5 : 2;
  for (int i = 0; i < std::abs(exponent); ++i) {
    std::uint64_t carry = 0;
    for (std::uint32_t& limb : limbs) {
      carry += std::uint64_t{limb} * factor;
      limb = static_cast<std::uint32_t>(carry % kLimbBase);
      carry /= kLimbBase;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
  }
  std::string digits;
  for (auto limb = limbs.rbegin(); limb != limbs.rend(); ++limb) {
    const std::string part = digits_of(std::uint64_t{*limb});
    digits.append(kLimbDigits - part.size(), '0');
    digits += part;
  }
  strip_leading_zeros(digits);
  return Decimal(value < 0, std::move(digits), exponent < 0 ? -exponent : 0);
}

std::int32_t Decimal::precision() const { return static_cast<std::int32_t>(digits_.size()); }

Bytes Decimal::unscaled_bytes() const {
  Bytes bytes = magnitude_of_digits(digits_);
  if (bytes.empty() || (bytes[0] & 0x80) != 0) bytes.insert(bytes.begin(), 0);
  if (!negative_) return bytes;
  negate(bytes);
  // Minimal form: a leading ff before a byte with its sign bit set says nothing.
  if (bytes.size() > 1 && bytes[0] == 0xff && (bytes[1] & 0x80) != 0) bytes.erase(bytes.begin());
  return bytes;
}

std::string Decimal::unscaled_text() const { return negative_ ? "-" + digits_ : digits_; }

std::string Decimal::to_string() const {
  std::string out;
  out.reserve(digits_.size() + 16);
  if (negative_) out += '-';
  const auto count = static_cast<std::int64_t>(digits_.size());
  if (scale_ == 0) return out += digits_;
  const std::int64_t adjusted = -std::int64_t{scale_} + (count - 1);
  if (scale_ > 0 && adjusted >= -6) {
    const std::int64_t pad = scale_ - count;
    if (pad >= 0) {
      out += "0.";
      out.append(static_cast<std::size_t>(pad), '0');
      return out += digits_;
    }
    out.append(digits_, 0, static_cast<std::size_t>(-pad));
    out += '.';
    return out.append(digits_, static_cast<std::size_t>(-pad));
  }
  out += digits_[0];
  if (count > 1) {
    out += '.';
    out.append(digits_, 1);
  }
  if (adjusted != 0) {
    out += adjusted > 0 ? "E+" : "E";
    out += std::to_string(adjusted);
  }
  return out;
}

std::string Decimal::to_plain_string() const {
  std::string out;
  if (negative_) out += '-';
  const auto count = static_cast<std::int64_t>(digits_.size());
  if (scale_ <= 0) {
    out += digits_;
    if (!is_zero()) out.append(static_cast<std::size_t>(-std::int64_t{scale_}), '0');
    return out;
  }
  const std::int64_t pad = scale_ - count;
  if (pad >= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(pad), '0');
    return out += digits_;
  }
  out.append(digits_, 0, static_cast<std::size_t>(-pad));
  out += '.';
  return out.append(digits_, static_cast<std::size_t>(-pad));
}

namespace {

/// The nearest Float of digits times ten to the minus scale; infinite or zero beyond its range.
template <class Float>
Float nearest(std::string text, std::size_t digit_count, std::int32_t scale, bool negative) {
  text += 'e';
  text += std::to_string(-std::int64_t{scale});
  Float value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    // Too large or too small: which one is told by the adjusted exponent.
    const std::int64_t adjusted = static_cast<std::int64_t>(digit_count) - 1 - scale;
    value = adjusted > 0 ? std::numeric_limits<Float>::infinity() : Float(0);
    if (negative) value = -value;
  }
  return value;
}

}  // namespace

double Decimal::to_double() const { return nearest<double>(unscaled_text(), digits_.size(), scale_, negative_); }

float Decimal::to_float() const { return nearest<float>(unscaled_text(), digits_.size(), scale_, negative_); }

std::int64_t Decimal::to_int64_wrapping() const {
  std::int64_t count = static_cast<std::int64_t>(digits_.size()) - scale_;  // digits before the point
  if (count <= 0) return 0;
  std::uint64_t value = 0;
  const auto given = std::min<std::int64_t>(count, static_cast<std::int64_t>(digits_.size()));
  for (std::int64_t i = 0; i < given; ++i)
    value = value * 10 + static_cast<unsigned>(digits_[static_cast<std::size_t>(i)] - '0');
  count -= given;
  if (count >= 64) return 0;  // 10^64 is a multiple of 2^64
  for (; count > 0; --count) value *= 10;
  return static_cast<std::int64_t>(negative_ ? 0 - value : value);
}

std::optional<std::int64_t> Decimal::to_int64_exact() const {
  if (is_zero()) return 0;
  const std::int64_t count = static_cast<std::int64_t>(digits_.size()) - scale_;
  if (count <= 0 || count > 19) return std::nullopt;
  UInt128 value = 0;
  for (std::size_t i = 0; i < digits_.size(); ++i) {
    if (static_cast<std::int64_t>(i) < count) {
      value = value * 10 + static_cast<unsigned>(digits_[i] - '0');
    } else if (digits_[i] != '0') {
      return std::nullopt;
    }
  }
  for (auto i = static_cast<std::int64_t>(digits_.size()); i < count; ++i) value *= 10;
  const UInt128 limit = (UInt128{1} << 63) - (negative_ ? 0 : 1);
  if (value > limit) return std::nullopt;
  const auto low = static_cast<std::uint64_t>(value);
  return static_cast<std::int64_t>(negative_ ? 0 - low : low);
}

std::optional<Decimal> Decimal::with_scale_exact(std::int32_t scale) const {
  if (scale == scale_) return *this;
  if (is_zero()) return Decimal(0, scale);
  const std::int64_t shift = std::int64_t{scale} - scale_;
  if (shift > 0) {
    std::string digits = digits_;
    digits.append(static_cast<std::size_t>(shift), '0');
    return Decimal(negative_, std::move(digits), scale);
  }
  const auto cut = static_cast<std::size_t>(-shift);
  if (cut >= digits_.size() || digits_.find_first_not_of('0', digits_.size() - cut) != std::string::npos) {
    return std::nullopt;
  }
  return Decimal(negative_, digits_.substr(0, digits_.size() - cut), scale);
}

Decimal Decimal::with_scale_half_up(std::int32_t scale) const {
  if (auto exact = with_scale_exact(scale)) return *std::move(exact);
  const auto cut = static_cast<std::size_t>(std::int64_t{scale_} - scale);  // > 0: digits are lost
  if (cut > digits_.size()) return Decimal(0, scale);
  const bool up = digits_[digits_.size() - cut] >= '5';
  std::string digits = digits_.substr(0, digits_.size() - cut);
  if (digits.empty()) digits = "0";
  if (up) increment(digits);
  return Decimal(negative_, std::move(digits), scale);
}

Decimal Decimal::stripped() const {
  if (is_zero()) return Decimal(0, 0);
  const std::size_t last = digits_.find_last_not_of('0');
  const auto zeros = static_cast<std::int64_t>(digits_.size() - 1 - last);
  const std::int64_t room = std::int64_t{scale_} - std::numeric_limits<std::int32_t>::min();
  const std::int64_t cut = std::min(zeros, room);
  return Decimal(negative_, digits_.substr(0, digits_.size() - static_cast<std::size_t>(cut)),
                 static_cast<std::int32_t>(scale_ - cut));
}

int Decimal::compare(const Decimal& other) const {
  if (is_zero() || other.is_zero() || negative_ != other.negative_) {
    const int mine = is_zero() ? 0 : negative_ ? -1 : 1;
    const int theirs = other.is_zero() ? 0 : other.negative_ ? -1 : 1;
    return mine < theirs ? -1 : mine > theirs ? 1 : 0;
  }
  const int larger = negative_ ? -1 : 1;
  const std::int64_t mine = static_cast<std::int64_t>(digits_.size()) - scale_;
  const std::int64_t theirs = static_cast<std::int64_t>(other.digits_.size()) - other.scale_;
  if (mine != theirs) return mine > theirs ? larger : -larger;
  const std::size_t common = std::min(digits_.size(), other.digits_.size());
  if (const int order = std::memcmp(digits_.data(), other.digits_.data(), common); order != 0) {
    return order > 0 ? larger : -larger;
  }
  if (digits_.find_first_not_of('0', common) != std::string::npos) return larger;
  if (other.digits_.find_first_not_of('0', common) != std::string::npos) return -larger;
  return 0;
}

}  // namespace millrace
