#include "connectors/jdbc/calendar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

namespace millrace::jdbc {
namespace {

constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int64_t kGregorianStart = -141427;  // 1582-10-15

std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept {
  return a / b - ((a % b != 0) && ((a % b < 0) != (b < 0)));
}

/// Java's ZoneId.SHORT_IDS.
const std::map<std::string, std::string>& short_ids() {
  static const std::map<std::string, std::string> kIds{{"EST", "-05:00"},
                                                       {"MST", "-07:00"},
                                                       {"HST", "-10:00"},
                                                       {"ACT", "Australia/Darwin"},
                                                       {"AET", "Australia/Sydney"},
                                                       {"AGT", "America/Argentina/Buenos_Aires"},
                                                       {"ART", "Africa/Cairo"},
                                                       {"AST", "America/Anchorage"},
                                                       {"BET", "America/Sao_Paulo"},
                                                       {"BST", "Asia/Dhaka"},
                                                       {"CAT", "Africa/Harare"},
                                                       {"CNT", "America/St_Johns"},
                                                       {"CST", "America/Chicago"},
                                                       {"CTT", "Asia/Shanghai"},
                                                       {"EAT", "Africa/Addis_Ababa"},
                                                       {"ECT", "Europe/Paris"},
                                                       {"IET", "America/Indiana/Indianapolis"},
                                                       {"IST", "Asia/Kolkata"},
                                                       {"JST", "Asia/Tokyo"},
                                                       {"MIT", "Pacific/Apia"},
                                                       {"NET", "Asia/Yerevan"},
                                                       {"NST", "Pacific/Auckland"},
                                                       {"PLT", "Asia/Karachi"},
                                                       {"PNT", "America/Phoenix"},
                                                       {"PRT", "America/Puerto_Rico"},
                                                       {"PST", "America/Los_Angeles"},
                                                       {"SST", "Pacific/Guadalcanal"},
                                                       {"VST", "Asia/Ho_Chi_Minh"}};
  return kIds;
}

/// "+02:00", "-5", "+0530": seconds east.
std::optional<std::int64_t> parse_offset(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c == ':') continue;
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    digits += c;
  }
  if (digits.empty() || digits.size() > 6) return std::nullopt;
  if (digits.size() % 2 == 1) digits.insert(0, "0");
  std::int64_t seconds = 0;
  std::int64_t unit = 3600;
  for (std::size_t i = 0; i < digits.size(); i += 2, unit /= 60) seconds += unit * std::stoi(digits.substr(i, 2));
  if (seconds > 18 * 3600) return std::nullopt;
  return text[0] == '-' ? -seconds : seconds;
}

std::int64_t big_endian(const std::string& bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[at]) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<std::int64_t>(value);
}

bool read_digits(std::string_view text, std::size_t& at, std::size_t least, std::size_t most, std::int64_t& value) {
  std::size_t count = 0;
  value = 0;
  while (count < most && at < text.size() && text[at] >= '0' && text[at] <= '9') {
    value = value * 10 + (text[at] - '0');
    ++at;
    ++count;
  }
  return count >= least;
}

}  // namespace

Instant Instant::of_millis(std::int64_t millis) noexcept {
  const std::int64_t seconds = floor_div(millis, 1000);
  return {seconds, static_cast<std::int32_t>((millis - seconds * 1000) * 1'000'000)};
}

Instant Instant::of_micros(std::int64_t micros) noexcept {
  const std::int64_t seconds = floor_div(micros, 1'000'000);
  return {seconds, static_cast<std::int32_t>((micros - seconds * 1'000'000) * 1000)};
}

std::int64_t days_from_civil(const CivilDate& date) noexcept {
  const std::int64_t y = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t yoe = y - era * 400;
  const std::int64_t doy = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

CivilDate civil_from_days(std::int64_t days) noexcept {
  const std::int64_t z = days + 719468;
  const std::int64_t era = floor_div(z, 146097);
  const std::int64_t doe = z - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const int day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {yoe + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::int64_t days_from_julian(const CivilDate& date) noexcept {
  const std::int64_t y = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_div(y, 4);
  const std::int64_t yoe = y - era * 4;
  const std::int64_t doy = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 1461 + yoe * 365 + doy - 719470;
}

CivilDate julian_from_days(std::int64_t days) noexcept {
  const std::int64_t z = days + 719470;
  const std::int64_t era = floor_div(z, 1461);
  const std::int64_t doe = z - era * 1461;
  const std::int64_t yoe = (doe - doe / 1460) / 365;
  const std::int64_t doy = doe - 365 * yoe;
  const std::int64_t mp = (5 * doy + 2) / 153;
  const int day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {yoe + era * 4 + (month <= 2 ? 1 : 0), month, day};
}

std::int64_t to_java_days(std::int64_t days, CalendarSystem calendar) noexcept {
  if (calendar == CalendarSystem::kProlepticGregorian || days >= kGregorianStart) return days;
  return days_from_julian(civil_from_days(days));
}

std::int64_t from_java_days(std::int64_t days, CalendarSystem calendar) noexcept {
  if (calendar == CalendarSystem::kProlepticGregorian || days >= kGregorianStart) return days;
  return days_from_civil(julian_from_days(days));
}

std::shared_ptr<const TimeZone> TimeZone::utc() {
  static const std::shared_ptr<const TimeZone> kUtc = std::make_shared<TimeZone>();
  return kUtc;
}

std::shared_ptr<const TimeZone> TimeZone::find(const std::string& id) {
  if (id == "UTC" || id == "GMT" || id == "UT" || id == "Z" || id == "Etc/UTC") return utc();
  std::string name = id;
  if (const auto it = short_ids().find(id); it != short_ids().end()) name = it->second;
  for (const std::string_view prefix : {"UTC", "GMT", "UT"}) {
    if (name.size() > prefix.size() && name.compare(0, prefix.size(), prefix) == 0 &&
        (name[prefix.size()] == '+' || name[prefix.size()] == '-')) {
      name = name.substr(prefix.size());
      break;
    }
  }
  if (const auto offset = parse_offset(name)) {
    auto zone = std::make_shared<TimeZone>();
    zone->fixed_offset_ = *offset;
    return zone;
  }
  return load(name);
}

std::shared_ptr<TimeZone> TimeZone::load(const std::string& id) {
  const bool well_formed = !id.empty() && id.find("..") == std::string::npos && id[0] != '/' &&
                           std::all_of(id.begin(), id.end(), [](unsigned char c) {
                             return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
                           });
  if (!well_formed) return nullptr;
  std::ifstream file("/usr/share/zoneinfo/" + id, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.size() < 44 || bytes.compare(0, 4, "TZif") != 0) return nullptr;

  // RFC 8536: a block with 32-bit times, then (version 2 and later) the same again with 64-bit times.
  std::size_t at = 0;
  std::size_t width = 4;
  std::array<std::size_t, 6> counts{};
  const auto read_header = [&] {
    for (std::size_t i = 0; i < counts.size(); ++i)
      counts[i] = static_cast<std::size_t>(big_endian(bytes, at + 20 + i * 4, 4));
    at += 44;
  };
  const auto body_size = [&] {
    return counts[3] * width + counts[3] + counts[4] * 6 + counts[5] + counts[2] * (width + 4) + counts[1] + counts[0];
  };
  read_header();
  if (bytes[4] >= '2') {
    at += body_size();
    width = 8;
    if (at + 44 > bytes.size()) return nullptr;
    read_header();
  }
  if (at + body_size() > bytes.size() || counts[4] == 0) return nullptr;
  const std::size_t times = counts[3];
  const std::size_t types = at + times * width + times;
  auto zone = std::make_shared<TimeZone>();
  zone->fixed_ = times == 0;
  zone->first_offset_ = zone->fixed_offset_ = big_endian(bytes, types, 4);
  for (std::size_t i = 0; i < times; ++i) {
    const auto type = static_cast<unsigned char>(bytes[at + times * width + i]);
    zone->transitions_.push_back(big_endian(bytes, at + i * width, width));
    zone->offsets_.push_back(big_endian(bytes, types + type * std::size_t{6}, 4));
  }
  return zone;
}

std::int64_t TimeZone::offset_at(std::int64_t utc_seconds) const noexcept {
  if (fixed_) return fixed_offset_;
  // The database ends in 2037; the calendar, and with it today's rules, repeats every 28 years until 2100.
  constexpr std::int64_t kEnd = 2145916800;                // 2038-01-01
  constexpr std::int64_t kCycle = 10227 * kSecondsPerDay;  // 28 years
  if (utc_seconds >= kEnd) utc_seconds -= ((utc_seconds - kEnd) / kCycle + 1) * kCycle;
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), utc_seconds);
  if (next == transitions_.begin()) return first_offset_;
  return offsets_[static_cast<std::size_t>(next - transitions_.begin()) - 1];
}

std::int64_t TimeZone::to_utc(std::int64_t wall_seconds) const noexcept {
  if (fixed_) return wall_seconds - fixed_offset_;
  const std::int64_t before = offset_at(wall_seconds - kSecondsPerDay);
  const std::int64_t after = offset_at(wall_seconds + kSecondsPerDay);
  if (before == after) return wall_seconds - before;
  const std::int64_t early = wall_seconds - before;
  const std::int64_t late = wall_seconds - after;
  const bool early_fits = offset_at(early) == before;
  const bool late_fits = offset_at(late) == after;
  if (early_fits && late_fits) return std::max(early, late);
  return late_fits ? late : early;
}

Instant to_wall(const Instant& instant, const TimeZone& zone, CalendarSystem calendar) noexcept {
  std::int64_t seconds = zone.to_wall(instant.seconds);
  const std::int64_t days = floor_div(seconds, kSecondsPerDay);
  if (days < kGregorianStart) seconds += (from_java_days(days, calendar) - days) * kSecondsPerDay;
  return {seconds, instant.nanos};
}

Instant from_wall(const Instant& wall, const TimeZone& zone, CalendarSystem calendar) noexcept {
  std::int64_t seconds = wall.seconds;
  const std::int64_t days = floor_div(seconds, kSecondsPerDay);
  if (days < kGregorianStart) seconds += (to_java_days(days, calendar) - days) * kSecondsPerDay;
  return {zone.to_utc(seconds), wall.nanos};
}

std::string format_wall(const Instant& wall, char separator, int digits, bool era) {
  const std::int64_t days = floor_div(wall.seconds, kSecondsPerDay);
  const auto second = static_cast<int>(wall.seconds - days * kSecondsPerDay);
  const CivilDate date = civil_from_days(days);
  const bool before_christ = date.year < 1 && era;
  std::array<char, 96> buffer{};
  int length = std::snprintf(buffer.data(), buffer.size(), "%04lld-%02d-%02d%c%02d:%02d:%02d",
                             static_cast<long long>(before_christ ? 1 - date.year : date.year), date.month, date.day,
                             separator, second / 3600, second / 60 % 60, second % 60);
  std::string text(buffer.data(), static_cast<std::size_t>(length));
  if (digits > 0) {
    length = std::snprintf(buffer.data(), buffer.size(), ".%09d", static_cast<int>(wall.nanos));
    text.append(buffer.data(), static_cast<std::size_t>(std::min(length, digits + 1)));
  }
  if (before_christ) text += " BC";
  return text;
}

std::optional<Instant> parse_wall(std::string_view text) {
  std::size_t at = 0;
  CivilDate date;
  std::int64_t value = 0;
  if (!read_digits(text, at, 4, 6, date.year)) return std::nullopt;
  const auto take = [&](char c) { return at < text.size() && text[at] == c ? (++at, true) : false; };
  if (!take('-') || !read_digits(text, at, 1, 2, value)) return std::nullopt;
  date.month = static_cast<int>(value);
  if (!take('-') || !read_digits(text, at, 1, 2, value)) return std::nullopt;
  date.day = static_cast<int>(value);
  if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31) return std::nullopt;
  Instant wall{days_from_civil(date) * kSecondsPerDay, 0};
  if (at == text.size()) return wall;
  if (!take(' ') && !take('T')) return std::nullopt;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  if (!read_digits(text, at, 1, 2, hour) || !take(':') || !read_digits(text, at, 2, 2, minute)) return std::nullopt;
  if (take(':') && !read_digits(text, at, 2, 2, second)) return std::nullopt;
  if (hour > 24 || minute > 59 || second > 60) return std::nullopt;
  wall.seconds += hour * 3600 + minute * 60 + second;
  if (take('.')) {
    const std::size_t start = at;
    if (!read_digits(text, at, 1, 9, value)) return std::nullopt;
    for (std::size_t i = at - start; i < 9; ++i) value *= 10;
    wall.nanos = static_cast<std::int32_t>(value);
  }
  if (take('Z') || at == text.size()) return at == text.size() ? std::optional(wall) : std::nullopt;
  return std::nullopt;
}

}  // namespace millrace::jdbc
