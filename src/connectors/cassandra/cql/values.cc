#include "connectors/cassandra/cql/values.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdio>

#include "connectors/cassandra/cql/wire.h"

namespace millrace::cassandra::cql {

namespace {

constexpr std::uint64_t kUuidEpochTicks = 0x01b21dd213814000ULL;
constexpr std::int64_t kMsPerDay = 86400000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

template <class... Args>
std::string formatted(const char* format, Args... args) {
  std::array<char, 64> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), format, args...);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - ((a % b != 0 && a % b < 0) ? 1 : 0); }

}  // namespace

std::string uuid_text(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

std::optional<std::string> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < 36;) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      ++i;
      continue;
    }
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::optional<std::int64_t> timeuuid_ms(std::string_view bytes) {
  if (bytes.size() != 16 || (static_cast<std::uint8_t>(bytes[6]) >> 4) != 1) return std::nullopt;
  const auto part = [&bytes](std::size_t from, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = from; i < from + count; ++i) value = (value << 8) | static_cast<std::uint8_t>(bytes[i]);
    return value;
  };
  const std::uint64_t ticks = ((part(6, 2) & 0x0FFF) << 48) | (part(4, 2) << 32) | part(0, 4);
  return floor_div(static_cast<std::int64_t>(ticks - kUuidEpochTicks), 10000);
}

std::optional<std::string> inet_text(std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  if (inet_ntop(family, bytes.data(), buffer.data(), buffer.size()) == nullptr) return std::nullopt;
  return std::string(buffer.data());
}

std::optional<std::string> java_inet_text(std::string_view bytes) {
  if (bytes.size() != 16) return inet_text(bytes);
  std::string out;
  for (std::size_t i = 0; i < 16; i += 2) {
    if (i != 0) out.push_back(':');
    out += formatted("%x", static_cast<unsigned>(static_cast<std::uint8_t>(bytes[i]) << 8 |
                                                 static_cast<std::uint8_t>(bytes[i + 1])));
  }
  return out;
}

std::optional<std::string> parse_inet(std::string_view text) {
  const std::string owned(text);
  std::string out(16, '\0');
  if (inet_pton(AF_INET6, owned.c_str(), out.data()) == 1) return out;
  out.resize(4);
  if (inet_pton(AF_INET, owned.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) noexcept {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = floor_div(year, 400);
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

CivilDate civil_from_days(std::int64_t days) noexcept {
  days += 719468;
  const std::int64_t era = floor_div(days, 146097);
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::string date_text(std::int64_t epoch_days) {
  const auto date = civil_from_days(epoch_days);
  const char* format = date.year > 9999 ? "+%lld-%02u-%02u" : date.year < 0 ? "%05lld-%02u-%02u" : "%04lld-%02u-%02u";
  return formatted(format, static_cast<long long>(date.year), date.month, date.day);
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(5, 2));
  const auto day = digits(text.substr(8, 2));
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  return days_from_civil(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day));
}

std::string time_text(std::int64_t nanos) {
  const std::int64_t seconds = nanos / 1000000000;
  return formatted("%02lld:%02lld:%02lld.%09lld", static_cast<long long>(seconds / 3600),
                   static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60),
                   static_cast<long long>(nanos % 1000000000));
}

std::string instant_text(std::int64_t epoch_ms) {
  const std::int64_t days = floor_div(epoch_ms, kMsPerDay);
  const std::int64_t ms = epoch_ms - days * kMsPerDay;
  return date_text(days) + "T" +
         formatted("%02lld:%02lld:%02lld.%03lldZ", static_cast<long long>(ms / 3600000),
                   static_cast<long long>(ms / 60000 % 60), static_cast<long long>(ms / 1000 % 60),
                   static_cast<long long>(ms % 1000));
}

std::optional<std::int64_t> parse_instant(std::string_view text) {
  if (text.size() < 20 || text.back() != 'Z' || text[10] != 'T') return std::nullopt;
  const auto days = parse_date(text.substr(0, 10));
  text.remove_suffix(1);
  const auto clock = text.substr(11);
  if (clock.size() < 8 || clock[2] != ':' || clock[5] != ':') return std::nullopt;
  const auto hour = digits(clock.substr(0, 2));
  const auto minute = digits(clock.substr(3, 2));
  const auto second = digits(clock.substr(6, 2));
  if (!days || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::int64_t ms = 0;
  if (clock.size() > 8) {
    if (clock[8] != '.' || clock.size() == 9 || clock.size() > 18) return std::nullopt;
    std::string fraction(clock.substr(9));
    fraction.resize(3, '0');
    const auto parsed = digits(fraction);
    if (!parsed) return std::nullopt;
    ms = *parsed;
  }
  return *days * kMsPerDay + *hour * 3600000 + *minute * 60000 + *second * 1000 + ms;
}

Duration read_duration(std::string_view bytes) {
  Reader in(bytes);
  Duration duration;
  duration.months = in.vint();
  duration.days = in.vint();
  duration.nanos = in.vint();
  return duration;
}

std::string duration_text(const Duration& duration) {
  if (duration.months == 0 && duration.days == 0 && duration.nanos == 0) return "0s";
  const bool negative = duration.months < 0 || duration.days < 0 || duration.nanos < 0;
  std::string out = negative ? "-" : "";
  const auto magnitude = [](std::int64_t v) {
    return v < 0 ? ~static_cast<std::uint64_t>(v) + 1 : static_cast<std::uint64_t>(v);
  };
  const auto add = [&out](std::uint64_t& left, std::uint64_t unit, const char* word) {
    if (left >= unit) out += std::to_string(left / unit) + word;
    left %= unit;
  };
  std::uint64_t months = magnitude(duration.months);
  add(months, 12, "y");
  add(months, 1, "mo");
  std::uint64_t days = magnitude(duration.days);
  add(days, 1, "d");
  std::uint64_t nanos = magnitude(duration.nanos);
  add(nanos, 3600000000000ULL, "h");
  add(nanos, 60000000000ULL, "m");
  add(nanos, 1000000000ULL, "s");
  add(nanos, 1000000ULL, "ms");
  add(nanos, 1000ULL, "us");
  add(nanos, 1, "ns");
  return out;
}

std::string encode_i8(std::int8_t v) { return Writer().u8(static_cast<std::uint8_t>(v)).take(); }
std::string encode_i16(std::int16_t v) { return Writer().u16(static_cast<std::uint16_t>(v)).take(); }
std::string encode_i32(std::int32_t v) { return Writer().i32(v).take(); }
std::string encode_i64(std::int64_t v) { return Writer().i64(v).take(); }

std::int64_t decode_i64(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > 8) throw WireError("an integer of " + std::to_string(bytes.size()) + " bytes");
  std::uint64_t value = (static_cast<std::uint8_t>(bytes[0]) & 0x80) != 0 ? ~0ULL : 0;
  for (const char c : bytes) value = (value << 8) | static_cast<std::uint8_t>(c);
  return static_cast<std::int64_t>(value);
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<std::uint8_t>(c) >> 4]);
    out.push_back(kDigits[static_cast<std::uint8_t>(c) & 15]);
  }
  return out;
}

}  // namespace millrace::cassandra::cql
