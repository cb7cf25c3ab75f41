#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::cassandra::cql {

// Texts of CQL values, as CQL literals write them (without quotes), and back. Parsers give nullopt for what does not fit.

std::string uuid_text(std::string_view bytes);  ///< Precondition: 16 bytes.
std::optional<std::string> parse_uuid(std::string_view text);
/// Unix milliseconds of a version 1 UUID; nullopt for other versions.
std::optional<std::int64_t> timeuuid_ms(std::string_view bytes);

/// "1.2.3.4", "2001:db8::1" (shortest form); nullopt unless 4 or 16 bytes.
std::optional<std::string> inet_text(std::string_view bytes);
std::optional<std::string> parse_inet(std::string_view text);
/// As Java prints it: "2001:db8:0:0:0:0:0:1".
std::optional<std::string> java_inet_text(std::string_view bytes);

/// "2018-03-09" of days since 1970; years beyond 9999 get a sign.
std::string date_text(std::int64_t epoch_days);
std::optional<std::int64_t> parse_date(std::string_view text);
/// "17:12:32.584000000"
std::string time_text(std::int64_t nanos_of_day);
/// "2018-03-09T16:12:32.584Z"
std::string instant_text(std::int64_t epoch_ms);
std::optional<std::int64_t> parse_instant(std::string_view text);

struct Duration {
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t nanos = 0;
};
/// WireError when the bytes do not parse.
Duration read_duration(std::string_view bytes);
/// "1mo2d3ns", "-1y2h", "0s"
std::string duration_text(const Duration& duration);

/// Days since 1970-01-01 of a civil date, and back.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) noexcept;
struct CivilDate {
  std::int64_t year;
  unsigned month;
  unsigned day;
};
CivilDate civil_from_days(std::int64_t days) noexcept;

std::string encode_i8(std::int8_t v);
std::string encode_i16(std::int16_t v);
std::string encode_i32(std::int32_t v);
std::string encode_i64(std::int64_t v);
std::int64_t decode_i64(std::string_view bytes);  ///< 1 to 8 bytes, two's complement

std::string hex(std::string_view bytes);

}  // namespace millrace::cassandra::cql
