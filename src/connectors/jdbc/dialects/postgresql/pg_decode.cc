#include "connectors/jdbc/dialects/postgresql/pg_decode.h"

#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>

#include "connectors/jdbc/type_mapping.h"
#include "millrace/errors.h"

namespace millrace::jdbc::postgresql {
namespace {

constexpr std::int64_t kEpochDays = 10957;           // 2000-01-01
constexpr std::int64_t kEpochSeconds = 946'684'800;  // 2000-01-01
constexpr std::int64_t kMillisPerDay = 86'400'000;
// pgjdbc's stand-ins for infinity.
constexpr std::int64_t kInfinityMillis = 9223372036825200000;
constexpr std::int64_t kMinusInfinityMillis = -9223372036832400000;

constexpr std::array<std::int64_t, 19> kPowersOfTen{1,
                                                    10,
                                                    100,
                                                    1000,
                                                    10'000,
                                                    100'000,
                                                    1'000'000,
                                                    10'000'000,
                                                    100'000'000,
                                                    1'000'000'000,
                                                    10'000'000'000,
                                                    100'000'000'000,
                                                    1'000'000'000'000,
                                                    10'000'000'000'000,
                                                    100'000'000'000'000,
                                                    1'000'000'000'000'000,
                                                    10'000'000'000'000'000,
                                                    100'000'000'000'000'000,
                                                    1'000'000'000'000'000'000};

std::string_view text_of(const PgCell& cell) { return {cell.data, static_cast<std::size_t>(cell.size)}; }

void decode_bool(const PgCell& cell, const PgDecoder&, Value& value) { value = cell.data[0] != 0; }
void decode_int2(const PgCell& cell, const PgDecoder&, Value& value) { value = read_int16(cell.data); }
void decode_int4(const PgCell& cell, const PgDecoder&, Value& value) { value = read_int32(cell.data); }
void decode_int8(const PgCell& cell, const PgDecoder&, Value& value) { value = read_int64(cell.data); }
void decode_oid(const PgCell& cell, const PgDecoder&, Value& value) {
  value = static_cast<std::int64_t>(static_cast<std::uint32_t>(read_int32(cell.data)));
}
void decode_float4(const PgCell& cell, const PgDecoder&, Value& value) {
  value = std::bit_cast<float>(read_int32(cell.data));
}
void decode_float8(const PgCell& cell, const PgDecoder&, Value& value) {
  value = std::bit_cast<double>(read_int64(cell.data));
}
void decode_text(const PgCell& cell, const PgDecoder&, Value& value) { value = std::string(text_of(cell)); }
void decode_jsonb(const PgCell& cell, const PgDecoder&, Value& value) { value = std::string(text_of(cell).substr(1)); }

/// The binary form names the encoding in an XML declaration, the text form does not.
void decode_xml(const PgCell& cell, const PgDecoder&, Value& value) {
  constexpr std::string_view kEncoding = " encoding=\"UTF-8\"";
  std::string text(text_of(cell));
  if (text.compare(0, 5, "<?xml") == 0) {
    const std::size_t end = text.find("?>");
    const std::size_t at = text.find(kEncoding);
    if (at != std::string::npos && at < end) text.erase(at, kEncoding.size());
  }
  value = std::move(text);
}

void decode_bytea(const PgCell& cell, const PgDecoder&, Value& value) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(cell.data);
  value = Bytes(begin, begin + cell.size);
}

void decode_uuid(const PgCell& cell, const PgDecoder&, Value& value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(cell.data[i]);
    text += kHex[byte >> 4U];
    text += kHex[byte & 15U];
  }
  value = std::move(text);
}

/// Cents (or what lc_monetary has) to a number, as pgjdbc strips the currency sign.
void decode_money(const PgCell& cell, const PgDecoder&, Value& value) {
  value = static_cast<double>(read_int64(cell.data)) / 100.0;
}

std::string bit_digits(const PgCell& cell) {
  const std::int32_t bits = read_int32(cell.data);
  std::string digits;
  for (std::int32_t i = 0; i < bits; ++i) {
    const auto byte = static_cast<unsigned char>(cell.data[4 + i / 8]);
    digits += (byte >> (7U - static_cast<unsigned>(i % 8)) & 1U) != 0 ? '1' : '0';
  }
  return digits;
}

/// Behaviour: the Java connector reads the digits of bit(2..8) as a decimal number and hands out longer ones as ASCII.
void decode_bit(const PgCell& cell, const PgDecoder& decoder, Value& value) {
  const std::string digits = bit_digits(cell);
  if (decoder.target == Target::kBoolean) {
    value = digits == "1";
  } else if (decoder.target == Target::kInt8) {
    const int number = std::atoi(digits.c_str());
    if (number > std::numeric_limits<std::int8_t>::max()) throw DataError("Bad value for type byte : " + digits);
    value = static_cast<std::int8_t>(number);
  } else {
    value = Bytes(digits.begin(), digits.end());
  }
}

void decode_date(const PgCell& cell, const PgDecoder& decoder, Value& value) {
  const std::int32_t days = read_int32(cell.data);
  if (days == std::numeric_limits<std::int32_t>::max()) {
    value = Date{kInfinityMillis};
  } else if (days == std::numeric_limits<std::int32_t>::min()) {
    value = Date{kMinusInfinityMillis};
  } else {
    value = Date{to_java_days(days + kEpochDays, decoder.options->calendar) * kMillisPerDay};
  }
}

void decode_time(const PgCell& cell, const PgDecoder& decoder, Value& value) {
  const std::int64_t seconds_of_zone = decoder.options->zone->is_utc() ? 0 : decoder.options->zone->offset_at(0);
  value = Date{read_int64(cell.data) / 1000 - seconds_of_zone * 1000};
}

void decode_timetz(const PgCell& cell, const PgDecoder&, Value& value) {
  // Microseconds of day, then the zone in seconds west. Time's converter refuses what leaves the day.
  value = Date{read_int64(cell.data) / 1000 + std::int64_t{read_int32(cell.data + 8)} * 1000};
}

void decode_timestamp(const PgCell& cell, const PgDecoder& decoder, Value& value) {
  value = timestamp_value(decode_instant(cell, decoder.oid, *decoder.options), *decoder.options);
}

struct Numeric {
  std::int32_t count = 0;
  std::int32_t weight = 0;
  std::uint16_t sign = 0;
  std::int32_t scale = 0;
  const char* digits = nullptr;
  std::int32_t digit(std::int32_t i) const { return read_int16(digits + std::ptrdiff_t{2} * i); }
};

std::string numeric_text(const Numeric& number) {
  std::string text = number.sign == 0x4000 ? "-" : "";
  std::array<char, 8> group{};
  if (number.weight < 0) text += '0';
  for (std::int32_t i = 0; i <= number.weight; ++i) {
    std::snprintf(group.data(), group.size(), "%04d", i < number.count ? number.digit(i) : 0);
    text += group.data();
  }
  if (number.scale > 0) {
    text += '.';
    const std::size_t start = text.size();
    for (std::int32_t i = number.weight + 1; static_cast<std::int32_t>(text.size() - start) < number.scale; ++i) {
      std::snprintf(group.data(), group.size(), "%04d", i >= 0 && i < number.count ? number.digit(i) : 0);
      text += group.data();
    }
    text.resize(start + static_cast<std::size_t>(number.scale));
  }
  return text;
}

const char* numeric_type_name(Target target) {
  switch (target) {
    case Target::kInt8: return "byte";
    case Target::kInt16: return "short";
    case Target::kInt32: return "int";
    case Target::kInt64: return "long";
    default: return "BigDecimal";
  }
}

void decode_numeric(const PgCell& cell, const PgDecoder& decoder, Value& value) {
  Numeric number;
  number.count = read_int16(cell.data);
  number.weight = read_int16(cell.data + 2);
  number.sign = static_cast<std::uint16_t>(read_int16(cell.data + 4));
  number.scale = read_int16(cell.data + 6);
  number.digits = cell.data + 8;
  const bool negative = number.sign == 0x4000;
  if (number.sign >= 0xC000) {
    if (decoder.target == Target::kFloat64) {
      const double infinity = std::numeric_limits<double>::infinity();
      value = number.sign == 0xC000   ? std::numeric_limits<double>::quiet_NaN()
              : number.sign == 0xD000 ? infinity
                                      : -infinity;
      return;
    }
    const char* word = number.sign == 0xC000 ? "NaN" : number.sign == 0xD000 ? "Infinity" : "-Infinity";
    throw DataError(std::string("Bad value for type ") + numeric_type_name(decoder.target) + " : " + word);
  }
  // Up to 16 digits: plain integer arithmetic. mantissa * 10^exponent is the value.
  if (number.count <= 4) {
    std::int64_t mantissa = 0;
    for (std::int32_t i = 0; i < number.count; ++i) mantissa = mantissa * 10'000 + number.digit(i);
    const std::int32_t exponent = 4 * (number.weight - number.count + 1);
    if (decoder.target == Target::kFloat64) {
      // One rounding only, so the result is the nearest double.
      if (mantissa < (std::int64_t{1} << 53) && exponent >= -18 && exponent <= 0) {
        const double magnitude =
            static_cast<double>(mantissa) / static_cast<double>(kPowersOfTen[static_cast<std::size_t>(-exponent)]);
        value = negative ? -magnitude : magnitude;
        return;
      }
    } else {
      const std::int32_t shift = exponent + (decoder.target == Target::kDecimal ? decoder.scale : 0);
      std::optional<std::int64_t> unscaled;
      if (mantissa == 0) {
        unscaled = 0;
      } else if (shift >= 0 && shift <= 18) {
        std::int64_t product = 0;
        if (!__builtin_mul_overflow(mantissa, kPowersOfTen[static_cast<std::size_t>(shift)], &product))
          unscaled = product;
      } else if (shift < 0 && shift >= -18 && mantissa % kPowersOfTen[static_cast<std::size_t>(-shift)] == 0) {
        unscaled = mantissa / kPowersOfTen[static_cast<std::size_t>(-shift)];
      }
      if (unscaled) {
        const std::int64_t result = negative ? -*unscaled : *unscaled;
        value = decoder.target == Target::kDecimal ? Value(Decimal(result, decoder.scale))
                                                   : integer_value(result, decoder.target, decoder.scale);
        return;
      }
    }
  }
  value = number_from_text(numeric_text(number), decoder.target, decoder.scale);
}

PgDecode decode_function(std::uint32_t oid) {
  switch (oid) {
    case kBoolOid: return decode_bool;
    case kByteaOid: return decode_bytea;
    case kInt8Oid: return decode_int8;
    case kInt2Oid: return decode_int2;
    case kInt4Oid: return decode_int4;
    case kOidOid: return decode_oid;
    case kFloat4Oid: return decode_float4;
    case kFloat8Oid: return decode_float8;
    case kMoneyOid: return decode_money;
    case kDateOid: return decode_date;
    case kTimeOid: return decode_time;
    case kTimetzOid: return decode_timetz;
    case kTimestampOid:
    case kTimestamptzOid: return decode_timestamp;
    case kBitOid: return decode_bit;
    case kNumericOid: return decode_numeric;
    case kUuidOid: return decode_uuid;
    case kJsonbOid: return decode_jsonb;
    case kXmlOid: return decode_xml;
    default: return decode_text;
  }
}

}  // namespace

std::int16_t read_int16(const char* data) noexcept {
  std::uint16_t value = 0;
  std::memcpy(&value, data, sizeof value);
  return static_cast<std::int16_t>(__builtin_bswap16(value));
}

std::int32_t read_int32(const char* data) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, data, sizeof value);
  return static_cast<std::int32_t>(__builtin_bswap32(value));
}

std::int64_t read_int64(const char* data) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, data, sizeof value);
  return static_cast<std::int64_t>(__builtin_bswap64(value));
}

void describe_type(std::uint32_t oid, std::int32_t modifier, char type_class, ResultColumn& column) {
  switch (oid) {
    case kBoolOid: column.type = JdbcType::kBoolean; break;
    case kByteaOid: column.type = JdbcType::kBinary; break;
    case kCharOid:
    case kBpcharOid: column.type = JdbcType::kChar; break;
    case kNameOid:
    case kTextOid:
    case kVarcharOid:
    case kUuidOid:
    case kJsonOid:
    case kJsonbOid: column.type = JdbcType::kVarchar; break;
    case kXmlOid: column.type = JdbcType::kSqlXml; break;
    case kInt2Oid: column.type = JdbcType::kSmallint; break;
    case kInt4Oid: column.type = JdbcType::kInteger; break;
    case kInt8Oid:
    case kOidOid: column.type = JdbcType::kBigint; break;
    case kFloat4Oid: column.type = JdbcType::kReal; break;
    case kFloat8Oid:
    case kMoneyOid: column.type = JdbcType::kDouble; break;
    case kDateOid: column.type = JdbcType::kDate; break;
    case kTimeOid:
    case kTimetzOid: column.type = JdbcType::kTime; break;
    case kTimestampOid:
    case kTimestamptzOid: column.type = JdbcType::kTimestamp; break;
    case kNumericOid:
      column.type = JdbcType::kNumeric;
      if (modifier >= 4) {
        column.precision = (modifier - 4) >> 16 & 0xffff;
        column.scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
      }
      break;
    case kBitOid:
      column.type = modifier == 1                    ? JdbcType::kBoolean
                    : modifier >= 2 && modifier <= 8 ? JdbcType::kTinyint
                                                     : JdbcType::kBinary;
      break;
    default: column.type = type_class == 'e' ? JdbcType::kVarchar : JdbcType::kOther;
  }
}

PgDecoder make_decoder(std::uint32_t oid, const FieldPlan& plan, const ReadOptions& options) {
  return {plan.column, decode_function(oid), oid, plan.target, plan.scale, &options};
}

Instant decode_instant(const PgCell& cell, std::uint32_t oid, const ReadOptions& options) {
  if (oid == kDateOid) {
    const std::int64_t days = read_int32(cell.data);
    return from_wall({(days + kEpochDays) * 86'400, 0}, *options.zone, options.calendar);
  }
  const std::int64_t micros = read_int64(cell.data);
  if (micros == std::numeric_limits<std::int64_t>::max()) return Instant::of_millis(kInfinityMillis);
  if (micros == std::numeric_limits<std::int64_t>::min()) return Instant::of_millis(kMinusInfinityMillis);
  Instant instant = Instant::of_micros(micros);
  instant.seconds += kEpochSeconds;
  return from_wall(instant, oid == kTimestamptzOid ? *TimeZone::utc() : *options.zone, options.calendar);
}

}  // namespace millrace::jdbc::postgresql
