#include "transforms/common/date_format.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>

#include "millrace/decimal.h"
#include "millrace/text.h"
#include "transforms/common/errors.h"
#include "transforms/common/gregorian.h"
#include "transforms/common/java_numbers.h"

namespace millrace::transforms {
namespace {

constexpr std::string_view kLetters = "GyMdkHmsSEDFwWahKzZYuXL";

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};

/// Zone names that texts may hold, with their offset from UTC in minutes.
struct ZoneName {
  std::string_view name;
  int minutes;
};
constexpr std::array kZones{
    ZoneName{"UTC", 0},
    ZoneName{"UT", 0},
    ZoneName{"WET", 0},
    ZoneName{"WEST", 60},
    ZoneName{"BST", 60},
    ZoneName{"CET", 60},
    ZoneName{"CEST", 120},
    ZoneName{"EET", 120},
    ZoneName{"EEST", 180},
    ZoneName{"MSK", 180},
    ZoneName{"EST", -300},
    ZoneName{"EDT", -240},
    ZoneName{"CST", -360},
    ZoneName{"CDT", -300},
    ZoneName{"MST", -420},
    ZoneName{"MDT", -360},
    ZoneName{"PST", -480},
    ZoneName{"PDT", -420},
    ZoneName{"AKST", -540},
    ZoneName{"AKDT", -480},
    ZoneName{"HST", -600},
    ZoneName{"IST", 330},
    ZoneName{"JST", 540},
    ZoneName{"KST", 540},
    ZoneName{"AEST", 600},
    ZoneName{"AEDT", 660},
    ZoneName{"ACST", 570},
    ZoneName{"ACDT", 630},
    ZoneName{"AWST", 480},
    ZoneName{"NZST", 720},
    ZoneName{"NZDT", 780},
    ZoneName{"Coordinated Universal Time", 0},
    ZoneName{"Greenwich Mean Time", 0},
    ZoneName{"Eastern Standard Time", -300},
    ZoneName{"Eastern Daylight Time", -240},
    ZoneName{"Central Standard Time", -360},
    ZoneName{"Central Daylight Time", -300},
    ZoneName{"Mountain Standard Time", -420},
    ZoneName{"Mountain Daylight Time", -360},
    ZoneName{"Pacific Standard Time", -480},
    ZoneName{"Pacific Daylight Time", -420},
    ZoneName{"Central European Standard Time", 60},
    ZoneName{"Central European Summer Time", 120},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_number(std::string& out, std::int64_t value, int width) {
  if (width >= 2 && width <= 4 && value >= 0 && value < 10'000) {
    // Nearly every field; 32-bit divisions by constants cost next to nothing.
    const auto small = static_cast<std::uint32_t>(value);
    const char four[] = {static_cast<char>('0' + small / 1000), static_cast<char>('0' + small / 100 % 10),
                         static_cast<char>('0' + small / 10 % 10), static_cast<char>('0' + small % 10)};
    const int digits = small >= 1000 ? 4 : small >= 100 ? 3 : 2;
    const int length = digits > width ? digits : width;
    out.append(four + 4 - length, static_cast<std::size_t>(length));
    return;
  }
  if (value < 0) {
    out += '-';
    value = -value;
  }
  std::array<char, 24> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  const auto have = static_cast<int>(digits.size() - at);
  if (have < width) out.append(static_cast<std::size_t>(width - have), '0');
  out.append(digits.data() + at, digits.size() - at);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(text[i]) != lower(word[i])) return false;
  }
  return true;
}

}  // namespace

DateFormat::DateFormat(std::string_view pattern) : pattern_(pattern) {
  bool quoted = false;
  const auto literal = [this](char c) {
    if (tokens_.empty() || tokens_.back().letter != 0) tokens_.push_back({});
    tokens_.back().text += c;
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\'') {
      if (i + 1 < pattern.size() && pattern[i + 1] == '\'') {
        literal('\'');
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (quoted || !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
      literal(c);
    } else {
      if (kLetters.find(c) == std::string_view::npos) {
        throw IllegalArgumentError(std::string("Illegal pattern character '") + c + "'");
      }
      int count = 1;
      while (i + 1 < pattern.size() && pattern[i + 1] == c) {
        ++count;
        ++i;
      }
      if (c == 'X' && count > 3) throw IllegalArgumentError("invalid ISO 8601 format: length=" + std::to_string(count));
      if (std::string_view("YwWFD").find(c) != std::string_view::npos) needs_weeks_ = true;
      tokens_.push_back(Token{c, count, {}});
    }
  }
  if (quoted) throw IllegalArgumentError("Unterminated quote");
}

std::string DateFormat::format(std::int64_t epoch_ms) const {
  std::string out;
  out.reserve(pattern_.size() + 8);
  append(out, epoch_ms);
  return out;
}

void DateFormat::append(std::string& out, std::int64_t epoch_ms) const {
  const CalendarFields fields = split(epoch_ms, needs_weeks_ ? Detail::kAll : Detail::kDateAndTime);
  const int hour = fields.millis_of_day / 3'600'000;
  for (const Token& token : tokens_) {
    const int count = token.count;
    const auto year = [&](std::int64_t value) {
      if (count == 2) {
        append_number(out, (value < 0 ? -value : value) % 100, 2);
      } else {
        append_number(out, value, count);
      }
    };
    switch (token.letter) {
      case 0: out += token.text; break;
      case 'G': out += fields.year > 0 ? "AD" : "BC"; break;
      case 'y': year(fields.year > 0 ? fields.year : 1 - fields.year); break;
      case 'Y': year(fields.week_year); break;
      case 'M':
      case 'L':
        if (count >= 3) {
          out += kMonths[static_cast<std::size_t>(fields.month)].substr(0, count == 3 ? 3 : std::string_view::npos);
        } else {
          append_number(out, fields.month + 1, count);
        }
        break;
      case 'd': append_number(out, fields.day, count); break;
      case 'D': append_number(out, fields.day_of_year, count); break;
      case 'F': append_number(out, fields.weekday_in_month, count); break;
      case 'w': append_number(out, fields.week_of_year, count); break;
      case 'W': append_number(out, fields.week_of_month, count); break;
      case 'E':
        out += kDays[static_cast<std::size_t>(fields.weekday - 1)].substr(0, count >= 4 ? std::string_view::npos : 3);
        break;
      case 'u': append_number(out, fields.weekday == 1 ? 7 : fields.weekday - 1, count); break;
      case 'a': out += hour < 12 ? "AM" : "PM"; break;
      case 'H': append_number(out, hour, count); break;
      case 'k': append_number(out, hour == 0 ? 24 : hour, count); break;
      case 'K': append_number(out, hour % 12, count); break;
      case 'h': append_number(out, hour % 12 == 0 ? 12 : hour % 12, count); break;
      case 'm': append_number(out, fields.millis_of_day / 60'000 % 60, count); break;
      case 's': append_number(out, fields.millis_of_day / 1000 % 60, count); break;
      case 'S': append_number(out, fields.millis_of_day % 1000, count); break;
      case 'z': out += count >= 4 ? "Coordinated Universal Time" : "UTC"; break;
      case 'Z': out += "+0000"; break;
      default: out += 'Z'; break;  // X
    }
  }
}

/// SimpleDateFormat.parse and subParse.
class DateFormat::Parser {
 public:
  Parser(const DateFormat& format, std::string_view text, std::int64_t now_ms)
      : format_(format), text_(text), now_ms_(now_ms) {}

  std::optional<std::int64_t> run() {
    for (std::size_t i = 0; i < format_.tokens_.size(); ++i) {
      const Token& token = format_.tokens_[i];
      if (token.letter == 0) {
        if (!text_.substr(at_).starts_with(token.text)) return std::nullopt;
        at_ += token.text.size();
        continue;
      }
      const Token* next = i + 1 < format_.tokens_.size() ? &format_.tokens_[i + 1] : nullptr;
      if (!field(token, next != nullptr && is_number(*next))) return std::nullopt;
    }
    if (!ambiguous_year_) return builder_.epoch_ms();
    std::int64_t parsed = builder_.epoch_ms();
    if (parsed < century_start()) {
      builder_.add_to_year(100);
      parsed = builder_.epoch_ms();
    }
    return parsed;
  }

 private:
  using F = CalendarField;

  /// Whether a field of digits follows directly, so that this one may take as many digits as it has letters only.
  static bool is_number(const Token& token) {
    switch (token.letter) {
      case 0:
      case 'G':
      case 'E':
      case 'a':
      case 'z':
      case 'Z':
      case 'X': return false;
      case 'M':
      case 'L': return token.count <= 2;
      default: return true;
    }
  }

  std::int64_t century_start() const {
    const CalendarFields now = split(now_ms_);
    CalendarBuilder start;
    start.set(F::kYear, now.year - 80);
    start.set(F::kMonth, now.month);
    start.set(F::kDayOfMonth, now.day);
    start.set(F::kMillisecond, now.millis_of_day);
    return start.epoch_ms();
  }

  /// What nearly every number is: up to nine ASCII digits. nullopt, nothing taken, for any other.
  std::optional<std::int32_t> short_number(std::size_t end) {
    std::int32_t value = 0;
    std::size_t at = at_;
    while (at < end && at < at_ + 9 && is_digit(text_[at])) value = value * 10 + (text_[at++] - '0');
    if (at == at_ || (at < end && is_digit(text_[at])) ||
        (at < end && (text_[at] == 'E' || static_cast<unsigned char>(text_[at]) >= 0x80)))
      return std::nullopt;
    digits_read_ = at - at_;
    at_ = at;
    return value;
  }

  /// DecimalFormat for integers: an optional minus, digits, perhaps an exponent. `end` limits what may be read.
  std::optional<std::int32_t> number(std::size_t end) {
    if (const auto simple = short_number(end)) return simple;
    const char* at = text_.data() + at_;
    const char* const stop = text_.data() + end;
    std::string digits;  // in ASCII
    const auto take_digits = [stop](const char*& p, std::string& out) {
      while (const auto digit = next_decimal_digit(p, stop)) out += static_cast<char>('0' + *digit);
    };
    const bool negative = at != stop && *at == '-';
    if (negative) ++at;
    take_digits(at, digits);
    if (digits.empty()) return std::nullopt;
    digits_read_ = digits.size();
    if (at != stop && *at == 'E') {
      const char* behind = at + 1;
      const bool down = behind != stop && *behind == '-';
      if (down) ++behind;
      std::string exponent;
      take_digits(behind, exponent);
      if (!exponent.empty()) {
        digits += (down ? "E-" : "E") + exponent.substr(0, 4);
        digits_read_ = 0;
        at = behind;
      }
    }
    at_ = static_cast<std::size_t>(at - text_.data());
    const auto number = Decimal::parse((negative ? "-" : "") + digits);
    // Number.intValue: of what is whole and fits 64 bits the low 32, of all else the nearest int.
    if (const auto whole = number->to_int64_exact()) return static_cast<std::int32_t>(*whole);
    return java_to_int(number->to_double());
  }

  /// The longest word of a list at `start`, ignoring case, cut to `length` letters; its index, or -1.
  template <class Words>
  int word(const Words& words, std::size_t start, std::size_t& best_length,
           std::size_t length = std::string_view::npos) const {
    int best = -1;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string_view name = words[i].substr(0, length);
      if (name.size() > best_length && starts_with_ignoring_case(text_.substr(start), name)) {
        best = static_cast<int>(i);
        best_length = name.size();
      }
    }
    return best;
  }

  /// Full names and their first three letters.
  template <class Words>
  bool name(const Words& words, std::size_t start, F field, int first) {
    std::size_t length = 0;
    int best = word(words, start, length);
    if (const int shorter = word(words, start, length, 3); shorter >= 0) best = shorter;
    if (best < 0) return false;
    builder_.set(field, best + first);
    at_ = start + length;
    return true;
  }

  bool field(const Token& token, bool digits_follow) {
    const std::size_t start = at_;
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    if (at_ == text_.size()) return false;
    switch (token.letter) {
      case 'G': return name(std::array<std::string_view, 2>{"BC", "AD"}, start, F::kEra, 0);
      case 'a': return name(std::array<std::string_view, 2>{"AM", "PM"}, start, F::kAmPm, 0);
      case 'E': return name(kDays, start, F::kDayOfWeek, 1);
      case 'M':
      case 'L':
        if (token.count > 2) return name(kMonths, start, F::kMonth, 0);
        break;
      case 'z':
      case 'Z': return zone(start);
      case 'X': return iso_zone(token.count);
      default: break;
    }
    const bool minus = text_[at_] == '-';
    std::size_t end = text_.size();
    if (digits_follow) {
      end = start;
      for (int characters = token.count; characters > 0; --characters) {
        if (end == text_.size()) return false;
        do ++end;
        while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0U) == 0x80U);
      }
    }
    const auto parsed = number(end);
    if (!parsed) return false;
    set_number(token, *parsed, !minus && digits_read_ == 2);
    return true;
  }

  void set_number(const Token& token, std::int32_t value, bool two_digits) {
    switch (token.letter) {
      case 'y':
      case 'Y':
        if (token.count <= 2 && two_digits) {
          const auto start_year = static_cast<std::int32_t>(split(now_ms_).year - 80);
          const std::int32_t boundary = start_year % 100;
          ambiguous_year_ = value == boundary;
          value += start_year / 100 * 100 + (value < boundary ? 100 : 0);
        }
        builder_.set(token.letter == 'y' ? F::kYear : F::kWeekYear, value);
        break;
      case 'M':
      case 'L': builder_.set(F::kMonth, static_cast<std::int64_t>(value) - 1); break;
      case 'k': builder_.set(F::kHourOfDay, value == 24 ? 0 : value); break;
      case 'h': builder_.set(F::kHour, value == 12 ? 0 : value); break;
      case 'u': builder_.set(F::kDayOfWeek, value < 1 || value > 7 ? value : value % 7 + 1); break;
      case 'd': builder_.set(F::kDayOfMonth, value); break;
      case 'H': builder_.set(F::kHourOfDay, value); break;
      case 'm': builder_.set(F::kMinute, value); break;
      case 's': builder_.set(F::kSecond, value); break;
      case 'S': builder_.set(F::kMillisecond, value); break;
      case 'D': builder_.set(F::kDayOfYear, value); break;
      case 'F': builder_.set(F::kDayOfWeekInMonth, value); break;
      case 'w': builder_.set(F::kWeekOfYear, value); break;
      case 'W': builder_.set(F::kWeekOfMonth, value); break;
      default: builder_.set(F::kHour, value); break;  // K
    }
  }

  /// "+hhmm", "GMT", "GMT+hh:mm" or a name.
  bool zone(std::size_t start) {
    const char c = text_[at_];
    if (c == '+' || c == '-') {
      ++at_;
      return offset(c == '+' ? 1 : -1, 0, false);
    }
    if (starts_with_ignoring_case(text_.substr(start), "GMT")) {
      at_ = start + 3;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) {
        const int sign = text_[at_] == '+' ? 1 : -1;
        ++at_;
        return offset(sign, 0, true);
      }
      builder_.set(F::kZoneOffset, 0);
      return true;
    }
    std::size_t length = 0;
    int minutes = 0;
    for (const ZoneName& zone : kZones) {
      if (zone.name.size() > length && starts_with_ignoring_case(text_.substr(at_), zone.name)) {
        length = zone.name.size();
        minutes = zone.minutes;
      }
    }
    if (length == 0) return false;
    at_ += length;
    builder_.set(F::kZoneOffset, static_cast<std::int64_t>(minutes) * 60'000);
    return true;
  }

  bool iso_zone(int count) {
    const char c = text_[at_++];
    if (c == 'Z') {
      builder_.set(F::kZoneOffset, 0);
      return true;
    }
    if (c != '+' && c != '-') return false;
    return offset(c == '+' ? 1 : -1, count, count == 3);
  }

  /// hh[[:]mm]; `count` 1: hours only.
  bool offset(int sign, int count, bool colon) {
    const auto digit = [this](int& out) {
      if (at_ == text_.size() || !is_digit(text_[at_])) return false;
      out = text_[at_++] - '0';
      return true;
    };
    int hours = 0;
    int second = 0;
    if (!digit(hours)) return false;
    if (digit(second)) {
      hours = hours * 10 + second;
    } else if (count > 0 || !colon) {
      return false;
    }
    if (hours > 23) return false;
    int minutes = 0;
    if (count != 1) {
      if (colon) {
        if (at_ == text_.size() || text_[at_] != ':') return false;
        ++at_;
      }
      if (!digit(minutes) || !digit(second)) return false;
      minutes = minutes * 10 + second;
      if (minutes > 59) return false;
    }
    builder_.set(F::kZoneOffset, static_cast<std::int64_t>(sign) * (hours * 60 + minutes) * 60'000);
    return true;
  }

  const DateFormat& format_;
  std::string_view text_;
  std::int64_t now_ms_;
  std::size_t at_ = 0;
  std::size_t digits_read_ = 0;  ///< by the last `number`; 0 for one with an exponent
  CalendarBuilder builder_;
  bool ambiguous_year_ = false;
};

std::optional<std::int64_t> DateFormat::parse(std::string_view text, std::int64_t now_ms) const {
  return Parser(*this, text, now_ms).run();
}

std::int64_t system_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace millrace::transforms
