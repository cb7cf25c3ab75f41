#include "connectors/cassandra/source/instants.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "connectors/cassandra/cql/values.h"

namespace millrace::cassandra {

namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - ((a % b != 0 && a % b < 0) ? 1 : 0); }

struct Fields {
  std::int64_t year = 0;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0;
};

Fields fields_of(std::int64_t epoch_ms, const TimeZone& zone) {
  const std::int64_t seconds = floor_div(epoch_ms, 1000);
  Fields out;
  out.ms = static_cast<int>(epoch_ms - seconds * 1000);
  std::tm tm{};
  if (zone.local) {
    const auto time = static_cast<std::time_t>(seconds);
    localtime_r(&time, &tm);
    out.year = tm.tm_year + 1900;
    out.month = tm.tm_mon + 1;
    out.day = tm.tm_mday;
    out.hour = tm.tm_hour;
    out.minute = tm.tm_min;
    out.second = tm.tm_sec;
    return out;
  }
  const std::int64_t shifted = seconds + zone.rules->offset_at(seconds);
  const std::int64_t days = floor_div(shifted, 86400);
  const auto date = cql::civil_from_days(days);
  const auto rest = static_cast<int>(shifted - days * 86400);
  out.year = date.year;
  out.month = static_cast<int>(date.month);
  out.day = static_cast<int>(date.day);
  out.hour = rest / 3600;
  out.minute = rest / 60 % 60;
  out.second = rest % 60;
  return out;
}

/// Takes digits; nullopt when there are none or too many to be a field.
std::optional<std::int64_t> number(std::string_view& text) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) == 0 || parsed.ec != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return value;
}

bool skip(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
}

}  // namespace

std::optional<TimeZone> TimeZone::parse(std::string_view text) {
  if (text == "system" || text.empty()) return TimeZone{};
  auto rules = ZoneRules::find(text);
  if (!rules) return std::nullopt;
  return TimeZone{false, std::move(rules), std::string(text)};
}

std::string TimeZone::text() const {
  const std::time_t now = std::time(nullptr);
  std::int64_t seconds = local ? 0 : rules->offset_at(now);
  if (local) {
    std::tm tm{};
    localtime_r(&now, &tm);
    seconds = tm.tm_gmtoff;
  }
  std::array<char, 16> buffer{};
  const std::int64_t distance = seconds < 0 ? -seconds : seconds;
  std::snprintf(buffer.data(), buffer.size(), "%c%02d:%02d", seconds < 0 ? '-' : '+', static_cast<int>(distance / 3600),
                static_cast<int>(distance / 60 % 60));
  const std::string shown = seconds == 0 ? "UTC" : buffer.data();
  return local ? "system (" + shown + " now)" : name == shown ? shown : name + " (" + shown + " now)";
}

std::string offset_text(std::int64_t epoch_ms, const TimeZone& zone) {
  const auto f = fields_of(epoch_ms, zone);
  std::array<char, 96> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), "%04lld-%02d-%02d %02d:%02d:%02d.%03dZ",
                                 static_cast<long long>(f.year), f.month, f.day, f.hour, f.minute, f.second, f.ms);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> parse_offset_text(std::string_view text, const TimeZone& zone) {
  if (const auto instant = cql::parse_instant(text)) return instant;
  skip_blanks(text);
  const auto year = number(text);
  if (!year || !skip(text, '-')) return std::nullopt;
  const auto month = number(text);
  if (!month || !skip(text, '-')) return std::nullopt;
  const auto day = number(text);
  if (!day || !skip(text, ' ')) return std::nullopt;
  skip_blanks(text);
  const auto hour = number(text);
  if (!hour || !skip(text, ':')) return std::nullopt;
  const auto minute = number(text);
  if (!minute || !skip(text, ':')) return std::nullopt;
  const auto second = number(text);
  if (!second || !skip(text, '.')) return std::nullopt;
  const auto ms = number(text);
  if (!ms || !skip(text, 'Z')) return std::nullopt;
  constexpr std::int64_t kSane = 1000000;
  if (*year > kSane || *month > kSane || *day > kSane || *hour > kSane || *minute > kSane || *second > kSane)
    return std::nullopt;

  const std::int64_t months = *year * 12 + *month - 1;
  const std::int64_t rolled_year = floor_div(months, 12);
  if (zone.local) {
    std::tm tm{};
    tm.tm_year = static_cast<int>(rolled_year - 1900);
    tm.tm_mon = static_cast<int>(months - rolled_year * 12);
    tm.tm_mday = static_cast<int>(*day);
    tm.tm_hour = static_cast<int>(*hour);
    tm.tm_min = static_cast<int>(*minute);
    tm.tm_sec = static_cast<int>(*second);
    tm.tm_isdst = -1;
    return static_cast<std::int64_t>(std::mktime(&tm)) * 1000 + *ms;
  }
  const std::int64_t days =
      cql::days_from_civil(rolled_year, static_cast<unsigned>(months - rolled_year * 12 + 1), 1) + *day - 1;
  return zone.rules->to_utc((days * 24 + *hour) * 3600 + *minute * 60 + *second) * 1000 + *ms;
}

std::int64_t year_of(std::int64_t epoch_ms, const TimeZone& zone) { return fields_of(epoch_ms, zone).year; }

std::optional<std::string> check_bucket_format(std::string_view pattern) {
  bool quoted = false;
  for (const char c : pattern) {
    if (c == '\'') quoted = !quoted;
    if (quoted || std::isalpha(static_cast<unsigned char>(c)) == 0) continue;
    if (std::string_view("yMdHmsu").find(c) == std::string_view::npos) {
      return std::string("letter ") + c + " is not supported: use y M d H m s, or put it in single quotes";
    }
  }
  if (quoted) return "a single quote is never closed";
  return std::nullopt;
}

std::string bucket_text(std::int64_t epoch_ms, std::string_view pattern) {
  static const TimeZone kUtc = *TimeZone::parse("UTC");
  const auto f = fields_of(epoch_ms, kUtc);
  std::string out;
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const auto close = pattern.find('\'', i + 1);
      if (close == i + 1) out.push_back('\'');
      out += pattern.substr(i + 1, close - i - 1);
      i = close + 1;
      continue;
    }
    std::size_t count = 1;
    while (i + count < pattern.size() && pattern[i + count] == c) ++count;
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) {
      out.append(count, c);
    } else {
      std::int64_t value = c == 'y' || c == 'u' ? f.year
                           : c == 'M'           ? f.month
                           : c == 'd'           ? f.day
                           : c == 'H'           ? f.hour
                           : c == 'm'           ? f.minute
                                                : f.second;
      if ((c == 'y' || c == 'u') && count == 2) value %= 100;
      std::string digits = std::to_string(value);
      if (digits.size() < count) digits.insert(0, count - digits.size(), '0');
      out += digits;
    }
    i += count;
  }
  return out;
}

}  // namespace millrace::cassandra
